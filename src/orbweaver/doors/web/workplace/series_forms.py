"""Forms about series, markers and terms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orbweaver.assess.linking.models import Marker
from orbweaver.assess.series.rules import LinkReason, Position
from orbweaver.assess.terms.models import WatchTerm
from orbweaver.doors.web.frame.wording import in_words


def _choices(kinds: Any, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [(each.value, in_words(each.value)) for each in kinds if each.value not in without]


class OpenSeriesForm(forms.Form):
    """A new, proposed series."""

    title = forms.CharField(label=_("Title"), max_length=200, help_text=_("Internal: it never leaves the workplace."))


class LinkForm(forms.Form):
    """The item goes into a series, with the reason (R15)."""

    series = forms.CharField(
        label=_("Series"), max_length=24, help_text=_("Its number, like ser_…, as the list of series shows it.")
    )
    position = forms.ChoiceField(label=_("In the incident"), choices=lambda: _choices(Position))
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=lambda: _choices(LinkReason, without=(LinkReason.LIST_ENTRY.value, LinkReason.POLICE.value)),
    )
    words = forms.CharField(label=_("In words"), max_length=400, required=False)


class MergeForm(forms.Form):
    """This series goes into another."""

    into = forms.CharField(label=_("Merge into"), max_length=24, help_text=_("The number of the other series: ser_…"))
    why = forms.CharField(label=_("Why"), max_length=400)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "merge_%s", **kwargs})  # the form to split, beside it, asks why too


class SplitForm(forms.Form):
    """Chosen items and victims go to a new series."""

    items = forms.TypedMultipleChoiceField(coerce=int, required=False)
    victims = forms.TypedMultipleChoiceField(coerce=int, required=False)
    title = forms.CharField(label=_("Title of the new series"), max_length=200)
    why = forms.CharField(label=_("Why"), max_length=400)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, items: list[int], victims: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "split_%s", **kwargs})
        for name, numbers in (("items", items), ("victims", victims)):
            field = self.fields[name]
            assert isinstance(field, forms.TypedMultipleChoiceField)
            field.choices = [(str(number), str(number)) for number in numbers]


class VictimForm(forms.Form):
    """A victim with estimated ages."""

    label = forms.CharField(
        label=_("Victim"), max_length=60, help_text=_("A few words, such as “the older child”. Never a name.")
    )
    age_min = forms.IntegerField(label=_("At least, years"), min_value=0, max_value=17, required=False)
    age_max = forms.IntegerField(label=_("At most, years"), min_value=0, max_value=99, required=False)


class KnownForm(forms.Form):
    """Police know the series."""

    reference = forms.CharField(label=_("Police reference"), max_length=200)


class IdentifiedForm(forms.Form):
    """What law enforcement says of a victim (R29)."""

    identified = forms.ChoiceField(
        label=_("The child is"),
        choices=lambda: [(each, in_words(each)) for each in ("identified", "unidentified")],
    )
    source = forms.CharField(label=_("According to"), max_length=200)
    on = forms.DateField(label=_("On which day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class MarkerForm(forms.Form):
    """A marker of the item."""

    kind = forms.ChoiceField(label=_("Marker"), choices=lambda: _choices(Marker.Kind))
    words = forms.CharField(
        label=_("What was seen"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed for what is urgent: the liaison reads it at once."),
    )


class HandOverForm(forms.Form):
    """Police have it."""

    to = forms.CharField(label=_("Handed over to, with their reference"), max_length=200)


class TermListForm(forms.Form):
    """A term list of the hotline (R18)."""

    name = forms.CharField(label=_("Name"), max_length=120)
    language = forms.CharField(
        label=_("Language"), min_length=2, max_length=2, help_text=_("Two letters, like en or fr.")
    )
    supplier = forms.CharField(label=_("Supplied by"), max_length=200)
    file = forms.FileField(label=_("File"), help_text=_("CSV with the columns term and forms, or TOML; at most 2 MB."))


class WatchTermForm(forms.Form):
    """Something that identifies a survivor (R19)."""

    reference = forms.CharField(label=_("Reference of the request"), max_length=60)
    kind = forms.ChoiceField(label=_("Kind"), choices=lambda: _choices(WatchTerm.Kind))
    text = forms.CharField(
        label=_("Watch for"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("It is kept in a form that nobody can read back, this page included."),
    )
