"""The form by which survivor support asks to stop a request; whoever agrees reads its words."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from orbweaver.follow.survivors.rules import Surety


class StopForm(forms.Form):
    """How one made sure that it is the person who wants the request to stop."""

    surety = forms.ChoiceField(
        label=_("How we know that it is the person"),
        choices=[
            (Surety.WORDS, _("They told us what they wrote in the request")),
            (Surety.SAFE_CONTACT, _("We reached them by the safe contact of the request")),
            (Surety.IN_PERSON, _("They came to us, or their lawyer wrote to us")),
        ],
        widget=forms.RadioSelect,
    )
