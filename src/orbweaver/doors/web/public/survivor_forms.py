"""Forms of the pages for survivors. Plain words, few fields, nothing that a browser is asked to remember."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from orbweaver.detect.intake.rules import AskedFor, read_hashes
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import OrbweaverError
from orbweaver.follow.survivors.messages import NOT_A_HASH, NOT_AN_ADDRESS, NOTHING_ASKED
from orbweaver.follow.survivors.models import Request
from orbweaver.platform.network.urls import parse

CHOOSE = {"required": _("Please choose one."), "invalid_choice": _("Please choose one.")}
_WITHOUT_SCHEME = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:[/?#]\S*)?$", re.IGNORECASE)
MOST_LINES_NAMED = 20
SILENT = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}


class KindForm(forms.Form):
    """A form that we check, and the browser does not: it would answer in its own language and words, and screen readers
    call a field that has to be filled in "invalid" before anything is written."""

    id = ""
    """Of its element: the buttons to the other languages, above, send it as it stands."""
    use_required_attribute = False


def words_field(label: Any, help_text: Any, rows: int = 4) -> forms.CharField:
    """A field for what somebody wants to say."""
    attributes = {"rows": rows, "autocomplete": "off"}
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs=attributes),
    )


def lines_field(label: Any, help_text: Any, most: int, rows: int = 3) -> forms.CharField:
    """A field for addresses or hashes, one a line."""
    widget = forms.Textarea(attrs={"rows": rows, **SILENT})
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=most, widget=widget)


def safe_contact_field() -> forms.CharField:
    """Asks how somebody may be reached without harm; every form of the public asks it in the same words."""
    return words_field(
        _("Is there a safe way to reach you?"),
        _(
            "We write or call only if you tell us how, and when it is safe. Who else reads your messages? "
            "If you are not sure, leave this empty. You can always look on our page."
        ),
        rows=2,
    )


class AskForm(KindForm):
    """A request. It has no field for a file: a picture never leaves the device."""

    id = "ask"

    capacity = forms.ChoiceField(
        label=_("Who are you?"),
        help_text=format_lazy(
            "{} {}",
            _("We do not need your name."),
            _("Are you under 18? You do not have to ask your parents first."),
        ),
        error_messages=CHOOSE,
        widget=forms.RadioSelect,
        choices=[
            (Request.Capacity.CHILD, _("I am under 18, and it is about me")),
            (Request.Capacity.ADULT, _("I am 18 or older, and it is about me")),
            (Request.Capacity.FAMILY, _("It is about my child, or about somebody in my family")),
            (Request.Capacity.REPRESENTATIVE, _("I am helping somebody: a friend, a client, a patient, a pupil, …")),
        ],
    )
    danger = forms.ChoiceField(
        label=_("Is somebody under 18 in danger now?"),
        help_text=format_lazy(
            "{}\n\n{}\n\n{}",
            _("It can be you. For example: somebody hurts this person, or forces them to send pictures."),
            _(
                "If you say no, we do not give the police what you write. That is so even if you write about a danger. "
                "Only a law or a court can make us."
            ),
            _(
                "If you say yes, our contact at the police gets everything that you write in this form. That includes "
                "how to reach you, if you tell us. The police may then talk to your family, or come to your home. "
                "Could that put you in danger? You can write below what would be dangerous for you: the police get "
                "that, too. But please call a help line before you answer:"
            ),
        ),
        error_messages=CHOOSE,
        widget=forms.RadioSelect,
        choices=[("yes", _("Yes")), ("no", _("No, or I do not know"))],
    )
    aim = forms.ChoiceField(
        label=_("What do you want removed?"),
        error_messages=CHOOSE,
        widget=forms.RadioSelect,
        choices=[
            (Request.Aim.PICTURE, _("Pictures or videos")),
            (Request.Aim.TEXT, _("Texts, for example a name, where somebody lives, insults")),
            (Request.Aim.BOTH, _("Both")),
            (Request.Aim.LEGAL, _("Ordinary pictures of a person or a family, used to hurt or to find them")),
        ],
    )
    urls = lines_field(
        _("Where did you see it?"),
        _(
            "One internet address (link) per line. Copy it from the top of your browser. Please do not go looking for "
            "the picture again. Was it in an app, or do you have no internet address? Then leave this empty, and tell "
            "us below."
        ),
        200_000,
    )
    hashes = lines_field(
        _("Fingerprints of your pictures"),
        _(
            "A fingerprint is a row of letters and digits that is made from a picture. Leave this empty if you have "
            "none. A case number, for example from StopNCII, is not a fingerprint."
        ),
        60_000,
    )
    search_more = forms.BooleanField(
        label=_("Look for more copies elsewhere, too"),
        help_text=_("Then we look for the same picture in other places. Trained people check what we find."),
        required=False,
    )
    words = words_field(
        _("What do you want to tell us?"),
        _(
            "Only what you want to say. A few words are enough, for example the name of the app. "
            "You do not have to say what happened."
        ),
    )
    helper = words_field(
        _("What is your name, and where do you work?"),
        _("Only if you want to say it. It helps us to see that you may ask for somebody."),
        rows=2,
    )
    mandate = words_field(
        _("Who asked you to help?"),
        _(
            "For example a parent, a court, or the person themselves. We may want to see that in writing. "
            "Then we ask you in the way that you give us below. Please send nothing now. "
            "Are you helping more than one person? Then please send one request for each. "
            "After each one, we fill in again what you wrote about yourself."
        ),
        rows=2,
    )
    safe_contact = safe_contact_field()
    form = forms.CharField(widget=forms.HiddenInput, max_length=64)

    HELPING = ("helper", "mandate")
    """Fields for those alone who help somebody."""
    KEPT_FOR_NEXT = ("capacity", "helper", "safe_contact")
    """What is of whoever helps, not of the person whom they help: the same for the next one."""

    def clean_urls(self) -> list[str]:
        """Each line that is not empty, as a web address; which line is not one is said, and nothing is lost."""
        found, bad = [], []
        for number, line in enumerate(self.cleaned_data["urls"].splitlines(), 1):
            text = line.strip()
            if not text:
                continue
            try:
                found.append(_address(text))
            except OrbweaverError:
                bad.append(number)
        if bad:
            self.add_error("urls", in_language(NOT_AN_ADDRESS.of(n=len(bad), lines=_listed(bad))))
        return found

    def clean_hashes(self) -> list[AskedFor]:
        """Each line that is not empty, as one hash or two."""
        found, bad = read_hashes(self.cleaned_data["hashes"])
        if bad:
            self.add_error("hashes", in_language(NOT_A_HASH.of(n=len(bad), lines=_listed(bad))))
        return found

    def clean(self) -> dict[str, Any]:
        """Says with the rest that nothing is asked for, not only once all else is answered."""
        given = super().clean() or self.cleaned_data
        is_wrong = "urls" in self.errors or "hashes" in self.errors
        if not is_wrong and not any(given.get(name) for name in ("urls", "hashes", "words")):
            self.add_error("urls", in_language(NOTHING_ASKED.of()))
        return given


def _listed(numbers: Sequence[int]) -> str:
    """The first of these lines; whoever mends them sees of the others next."""
    return ", ".join(map(str, numbers[:MOST_LINES_NAMED])) + (", …" if len(numbers) > MOST_LINES_NAMED else "")


def _address(text: str) -> str:
    """A web address as it is written, or with the scheme that people leave out by hand. Raises InvalidUrl."""
    if _WITHOUT_SCHEME.match(text):
        text = f"https://{text}"
    parse(text)
    return text


class FollowForm(KindForm):
    """Reference and secret, as they were written down."""

    id = "progress"

    reference = forms.CharField(
        label=_("Your number"),
        max_length=40,
        widget=forms.TextInput(attrs={**SILENT, "inputmode": "numeric", "aria-required": "true"}),
        help_text=_("Ten digits. Spaces do not matter."),
        error_messages={"required": _("Please write your number here.")},
    )
    secret = forms.CharField(
        label=_("Your secret code"),
        max_length=60,
        widget=forms.TextInput(attrs={**SILENT, "aria-required": "true"}),
        help_text=_("Sixteen letters and digits. Spaces do not matter."),
        error_messages={"required": _("Please write your secret code here.")},
    )
    addresses = forms.BooleanField(
        label=_("Show the internet addresses (links) that I gave you"),
        help_text=_("Please choose this only if nobody else can see your screen."),
        required=False,
    )
    form = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)


class DisagreeForm(FollowForm):
    """What the person does not agree with; number and secret are those that the page was opened with."""

    id = "disagree"

    words = forms.CharField(
        label=_("What should we know?"),
        help_text=_("A few words are enough. You do not have to prove anything."),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "aria-required": "true"}),
        error_messages={"required": _("Please tell us in a few words what we should know.")},
    )
