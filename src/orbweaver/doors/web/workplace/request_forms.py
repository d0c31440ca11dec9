"""Forms of the page for survivor support."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from orbweaver.follow.survivors.models import Disagreement


class PromiseForm(forms.Form):
    """What was promised, or said."""

    words = forms.CharField(
        label=_("What was promised, or what came of a talk"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    due_on = forms.DateField(
        label=_("By which day"), required=False, widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"})
    )


class AddressForm(forms.Form):
    """An address that somebody of ours found by what the person wrote."""

    url = forms.CharField(
        label=_("An address that you found by their words"),
        max_length=4000,
        help_text=_("The person reads of it as of their own, and never sees the address."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url"}),
    )


class NumberForm(forms.Form):
    """The number that somebody names who writes or calls about a request."""

    reference = forms.CharField(
        label=_("Number that the person names"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class TieForm(forms.Form):
    """Another request of the same person."""

    reference = forms.CharField(
        label=_("Number of the earlier request"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class DisagreementForm(forms.Form):
    """The answer to somebody who does not agree with us."""

    outcome = forms.ChoiceField(
        label=_("What came of it"),
        choices=[
            (Disagreement.Outcome.CHANGED, _("We decide differently")),
            (Disagreement.Outcome.KEPT, _("It stays")),
        ],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=_("Answer, with the reasons"),
        help_text=_(
            "The person reads this on their page, after the next update. Others may read that page: no address, no "
            "name, nothing of others. Kind and plain words, in their language."
        ),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )


class RecordForm(forms.Form):
    """A record of what companies were told about a series."""

    series = forms.CharField(
        label=_("Which series"),
        max_length=40,
        help_text=_("Its public number, such as ser_…"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    for_whom = forms.CharField(
        label=_("For whom"),
        max_length=400,
        help_text=_("The person or their lawyer, in a few words."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
