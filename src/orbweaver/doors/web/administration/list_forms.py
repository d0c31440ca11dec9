"""Forms about hash lists: how one may be used, an entry's state, a file to import."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from orbweaver.detect.hashlists.messages import TESTS_ALONE
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.doors.web.frame.forms import FormAmongOthers
from orbweaver.doors.web.frame.wording import in_words
from orbweaver.fingerprints.kinds import kinds

MOST_WORDS = 2000

TRUST = {
    HashList.Trust.HIGH: _("high: every entry is checked by several people"),
    HashList.Trust.USUAL: _("usual: as hotlines check"),
    HashList.Trust.LOW: _("low: unchecked, or not known how"),
}
ALLOWED = {
    HashList.Allowed.ACT: _("to act on a match"),
    HashList.Allowed.REVIEW: _("review only: a match is marked for a person"),
}
IMPORTED = {
    HashList.Kind.KNOWN: _("Known material"),
    HashList.Kind.KNOWN_GOOD: _("Known good: its entries suppress, by SHA-256 alone"),
}

REGIONS = {
    "": _("as the file says; most say it, or need none"),
    "us": _("us: the categories of the United States"),
    "uk": _("uk: the categories of the United Kingdom"),
    "other": _("other: its categories are not read, all is unclassified"),
}
"""By which the numbers of Project VIC's categories are read."""

DOORS = {
    HashList.Door.CRAWLER: _("our own crawler, and what people report"),
    HashList.Door.SCANS: _("scans by companies"),
    HashList.Door.EXCHANGE: _("exchange: other hotlines and companies may fetch its entries"),
    HashList.Door.TESTS: _("tests: what keys for tests find, and nothing else"),
}


class TermsForm(FormAmongOthers):
    """How a list may be used."""

    ids = "terms-%s"
    terms = forms.CharField(
        label=_("Terms"), max_length=MOST_WORDS, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    trust = forms.ChoiceField(label=_("Trust"), choices=lambda: list(TRUST.items()))
    allowed = forms.ChoiceField(label=_("What its terms allow"), choices=lambda: list(ALLOWED.items()))
    doors = forms.MultipleChoiceField(
        label=_("What it serves"),
        required=False,
        choices=lambda: list(DOORS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    radius = forms.IntegerField(
        label=_("PDQ radius"),
        required=False,
        min_value=0,
        max_value=64,
        help_text=_("Bits that may differ. Leave empty for the radius of the installation."),
    )
    expires_on = forms.DateField(
        label=_("May be used until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("After this day its entries match nothing. Leave empty for no end."),
    )

    def clean(self) -> dict[str, object]:
        """What fits together."""
        data = super().clean() or {}
        doors = data.get("doors") or []
        if HashList.Door.TESTS in doors and len(doors) > 1:
            self.add_error("doors", str(TESTS_ALONE))
        return data


class EntryStateForm(FormAmongOthers):
    """What becomes of an entry, and why; the entry by its number."""

    ids = False
    entry = forms.CharField(widget=forms.HiddenInput, max_length=24)
    state = forms.ChoiceField(choices=lambda: [(each.value, in_words(each.value)) for each in HashListEntry.State])
    reason = forms.CharField(label=_("Reason"), max_length=MOST_WORDS)


class OftenFoundForm(FormAmongOthers):
    """That an entry is right, and why; the entry by its number."""

    ids = False
    entry = forms.CharField(widget=forms.HiddenInput, max_length=24)
    reason = forms.CharField(label=_("Reason"), max_length=MOST_WORDS)


class EntryByHashForm(FormAmongOthers):
    """The same; the entry by its hash, which no page shows again."""

    ids = "state-%s"
    kind = forms.ChoiceField(label=_("Kind of hash"), choices=lambda: [(name, name) for name in kinds()])
    value = forms.CharField(
        label=_("Hash"),
        max_length=2048,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"}),
        help_text=_("As the list writes it. This page does not show it again."),
    )
    state = forms.ChoiceField(
        label=_("What becomes of it"),
        choices=lambda: [(each.value, in_words(each.value)) for each in HashListEntry.State],
    )
    reason = forms.CharField(label=_("Reason"), max_length=MOST_WORDS)


class UploadForm(FormAmongOthers):
    """A file to import into a list, new or there."""

    ids = "upload-%s"
    name = forms.CharField(label=_("List"), max_length=120, help_text=_("A new name makes a new list."))
    supplier = forms.CharField(label=_("Supplied by"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=lambda: [(each.value, text) for each, text in IMPORTED.items()])
    region = forms.ChoiceField(
        label=_("Region"),
        required=False,
        choices=lambda: list(REGIONS.items()),
        help_text=_("For files of Project VIC (VICS), whose category numbers differ by region."),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV with the columns kind, value and classification, or another format that is there; at most 64 MB."
        ),
    )


class ImportAgainForm(UploadForm):
    """The same for a list that is there."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "supplier", "kind"):
            self.fields[name].widget = forms.HiddenInput()
