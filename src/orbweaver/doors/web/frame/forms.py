"""Fields and forms that more than one room asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.validators import RegexValidator
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext_lazy as _

from orbweaver.doors.web.frame.wording import in_words
from orbweaver.notify.notices.rules import Action, PushBackReason

COUNTRY = RegexValidator(r"^[A-Za-z]{2}$", _("Two letters, like CA or DE."))


class Country(forms.CharField):
    """A country by its two letters (ISO 3166-1)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Country"),
            help_text=_("Two letters, like CA or DE."),
            min_length=2,
            max_length=2,
            validators=[COUNTRY],
            **kwargs,
        )


def password_field(label: Any, autocomplete: str, help_text: Any = "") -> forms.CharField:
    """A field that hides what is typed and says to the browser which password it is."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, widget=widget, strip=False, max_length=200, help_text=help_text)


class FormAmongOthers(forms.Form):
    """A form beside others on its page. ``ids`` is the pattern of its fields' ids (False: none), so that no two are
    alike."""

    ids: ClassVar[str | bool]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": self.ids, **kwargs})


class NewPasswordForm(FormAmongOthers):
    """A new password, typed twice."""

    ids = "password-%s"
    new = password_field(_("New password"), "new-password", _("At least 12 characters. A whole sentence works well."))
    again = password_field(_("Repeat the new password"), "new-password")

    def clean(self) -> dict[str, Any]:
        """Typed twice alike."""
        cleaned = super().clean() or {}
        if cleaned.get("new") and cleaned.get("again") and cleaned["new"] != cleaned["again"]:
            self.add_error("again", _("The two do not match."))
        return cleaned


ANSWERS = {
    Action.REMOVED: _("We removed it"),
    Action.NOT_OURS: _("It is not on our network"),
    Action.PUSH_BACK: _("We did not remove it"),
}
"""What a provider may answer, in a provider's words."""


class CodeForm(forms.Form):
    """A code of an app, or a spare one."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false", "autofocus": True}),
        help_text=_("Six digits from your app; or one of the spare codes that you kept."),
    )


@dataclass(frozen=True)
class AnswerPart:
    """Boxes below one title: each a value (a notice's reference, behind a colon the number of one of its addresses) and
    its label; ``ticked`` are the values that are chosen until somebody says otherwise."""

    title: str
    choices: Sequence[tuple[str, str]]
    ticked: Sequence[str] = ()


class _Ticked(forms.MultipleChoiceField):
    """References of notices, or with the number of one of their addresses.

    Which of them there are may have changed since the page was opened: whoever keeps the answer says what it cannot be
    for.
    """

    def valid_value(self, value: str) -> bool:
        """Whether it is one at all."""
        _reference, colon, number = value.partition(":")
        return not colon or number.isdecimal()


class AnswerForm(forms.Form):
    """What a provider answers to a notice (R51)."""

    action = forms.ChoiceField(
        label=_("What did you do?"),
        choices=lambda: [(each.value, ANSWERS[each]) for each in Action],
        widget=forms.RadioSelect,
    )
    reason = forms.ChoiceField(
        label=_("If you did not remove it: why?"),
        choices=lambda: [("", _("–"))] + [(each.value, in_words(each.value)) for each in PushBackReason],
        required=False,
    )
    comment = forms.CharField(
        label=_("Anything to add"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Please do not send the picture or its address."),
    )

    notices = _Ticked(label=_("For which addresses?"), required=False, widget=forms.CheckboxSelectMultiple)
    offered = forms.BooleanField(required=False, widget=forms.HiddenInput)
    """Boxes stood on the page that was sent: one of another notice may have come since, and is no question then."""

    def __init__(self, *args: Any, parts: Sequence[AnswerPart] = (), **kwargs: Any) -> None:
        """``parts``: what the answer may be for, where that is more than one thing."""
        super().__init__(*args, **kwargs)
        self.parts = parts if sum(len(each.choices) for each in parts) > 1 else ()
        if not self.parts:
            del self.fields["notices"]
            return
        field = self.fields["notices"]
        assert isinstance(field, _Ticked)
        field.choices = [choice for each in self.parts for choice in each.choices]
        field.initial = [value for each in self.parts for value in each.ticked]
        field.required = not self.is_bound or bool(self.data.get("offered"))

    def by_part(self) -> list[tuple[str, list[BoundWidget]]]:
        """The boxes to tick, below the title of their part."""
        boxes = iter(self["notices"].subwidgets)
        return [(each.title, [next(boxes) for _each in each.choices]) for each in self.parts]

    def clean(self) -> dict[str, Any]:
        """An objection needs its reason. What is ticked becomes references and numbers of addresses."""
        cleaned = super().clean() or {}
        cleaned.pop("offered", None)
        if "notices" in cleaned:
            ticked = [each.partition(":") for each in cleaned["notices"]]
            cleaned["notices"] = [reference for reference, _colon, number in ticked if not number]
            cleaned["addresses"] = [int(number) for _reference, _colon, number in ticked if number]
        if cleaned.get("action") == Action.PUSH_BACK and not cleaned.get("reason"):
            self.add_error("reason", _("Say why, so that a person can look at it."))
        return cleaned
