"""Forms of the registry: what people type about providers and holds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orbweaver.doors.web.frame.forms import COUNTRY
from orbweaver.notify.providers.channel_kinds import channel_kinds
from orbweaver.notify.providers.models import Provider, ProviderLink, TermsClause
from orbweaver.platform.languages import choices


def _country(**kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Country"), help_text=_("Two letters, like CA or DE."), max_length=2, required=False,
        validators=[COUNTRY], **kwargs,
    )  # fmt: skip


class SearchForm(forms.Form):
    """Which providers to show."""

    q = forms.CharField(label=_("Name or domain"), max_length=200, required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *Provider.Kind.choices])


class NewProviderForm(forms.Form):
    """A provider that nobody knew of."""

    name = forms.CharField(label=_("Name"), max_length=200)
    country = _country()
    kind = forms.ChoiceField(label=_("Kind"), choices=Provider.Kind.choices)
    contact = forms.CharField(
        label=_("Mail address for notices"), max_length=320, required=False, help_text=_("Can be added later.")
    )


class FactsForm(forms.Form):
    """What a provider is."""

    country = _country()
    kind = forms.ChoiceField(label=_("Kind"), choices=Provider.Kind.choices)
    terms_url = forms.URLField(label=_("Address of its terms"), max_length=500, required=False, assume_scheme="https")
    walled_garden = forms.BooleanField(
        label=_("A walled garden"), required=False, help_text=_("Cannot be crawled: figures about it are too low.")
    )


class AddForm(forms.Form):
    """One more thing that belongs to a provider."""

    what = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            ("domain", _("Domain")),
            ("network", _("Network, like 192.0.2.0/24 AS64500 NL")),
            ("system", _("Autonomous system, like AS64500")),
            ("name", _("Another name")),
        ],
    )
    value = forms.CharField(label=_("Value"), max_length=400)


def _channels() -> list[tuple[str, str]]:
    return [(kind.name, str(kind.title)) for kind in channel_kinds()]


class ContactForm(forms.Form):
    """Where notices to a provider go: a channel, its address as that channel writes it, and the language."""

    channel = forms.ChoiceField(label=_("Channel"), choices=_channels)
    address = forms.CharField(label=_("Where to"), max_length=320)
    language = forms.ChoiceField(label=_("Language of notices"), choices=choices)


class ContactChangeForm(forms.Form):
    """What changes of a contact: its channel stays."""

    address = forms.CharField(max_length=320)
    language = forms.ChoiceField(choices=choices)


class ClauseForm(forms.Form):
    """The clause of its terms on one ground."""

    ground = forms.ChoiceField(label=_("Ground"), choices=TermsClause.Ground.choices)
    clause = forms.CharField(
        label=_("Clause"), max_length=500, help_text=_("As its terms name or word it, like “§ 4.2 Child safety”.")
    )


class LinkForm(forms.Form):
    """Who keeps it going."""

    kind = forms.ChoiceField(label=_("What it does"), choices=ProviderLink.Kind.choices)
    to = forms.CharField(label=_("Name of the other provider"), max_length=200)


class HoldForm(forms.Form):
    """A policy not to send for now."""

    provider = forms.CharField(label=_("Provider"), max_length=200, required=False, help_text=_("Leave empty for all."))
    country = _country()
    sub_type = forms.ChoiceField(
        label=_("Sub-type"), required=False, choices=[("", _("All")), ("a", "a"), ("b", "b"), ("c", "c")]
    )
    reason = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class LeadForm(forms.Form):
    """An address from which the crawler starts."""

    url = forms.CharField(
        label=_("Address"), max_length=8192, widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"})
    )
    note = forms.CharField(label=_("Why"), max_length=500, required=False)


class SentByHandForm(forms.Form):
    """What came of sending by hand. Nothing filled in: sent just now, without a reference."""

    at = forms.DateTimeField(
        label=_("When it was sent (UTC)"), required=False, help_text=_("Leave empty for now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )  # fmt: skip
    reference = forms.CharField(
        label=_("Reference that they gave"), max_length=80, required=False, help_text=_("Such as a ticket’s number.")
    )
    outcome = forms.CharField(required=False, widget=forms.HiddenInput)
