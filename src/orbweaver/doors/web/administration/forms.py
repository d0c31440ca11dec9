"""Forms about people and organisations, and the filter of the audit log."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orbweaver.doors.web.frame.forms import Country
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.frame.wording import in_words
from orbweaver.notify.providers.messages import COUNTRY_CODE
from orbweaver.people.accounts.messages import NOT_A_NETWORK, TEST_KEY_SCANS_ALONE
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.passwords import mail_is_set_up
from orbweaver.people.accounts.rules import KEY_SCOPES, Permission, Role, Scope
from orbweaver.platform.config import LONGEST_DAYS
from orbweaver.platform.network.domains import as_typed
from orbweaver.platform.runtime.visitor import networks_of


def _scope() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("What it covers"),
        choices=lambda: [(each.value, in_words(f"scope_{each}")) for each in Scope],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None chosen: what is usual for this kind of organisation."),
    )


def _codes(typed: str) -> list[str]:
    """Countries by their two letters, each once. Raises ValidationError."""
    codes = typed.replace(",", " ").upper().split()
    if any(len(code) != 2 or not code.isascii() or not code.isalpha() for code in codes):
        raise forms.ValidationError(in_language(COUNTRY_CODE))
    return sorted(set(codes))


class OrganisationForm(forms.Form):
    """A new organisation with its agreement (R65)."""

    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=lambda: [(kind.value, in_words(kind.value)) for kind in Organisation.Kind]
    )
    country = Country()
    agreement = forms.CharField(
        label=_("Agreement or membership"), max_length=200, required=False, help_text=_("Such as “INHOPE member”.")
    )
    vetted_on = forms.DateField(
        label=_("Vetted on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    agreement_ends_on = forms.DateField(
        label=_("Agreement ends on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    scope = _scope()


INVITATIONS = [("mail", _("By mail, to the address above")), ("print", _("Printed by me; a second person vouches"))]


def _role_choices() -> list[tuple[str, str]]:
    return [(role.value, in_words(role.value)) for role in Role]


class PersonForm(forms.Form):
    """A new person, who chooses the password by themselves."""

    display_name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail address"))
    organisation = forms.ModelChoiceField(label=_("Organisation"), queryset=Organisation.objects.order_by("name"))
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=_role_choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    invitation = forms.ChoiceField(
        label=_("Invitation"),
        choices=lambda: INVITATIONS if mail_is_set_up() else INVITATIONS[1:],
        help_text=_("A link, good for seven days, with which the person chooses a password that nobody else knows."),
    )


class RoleForm(forms.Form):
    """One more role for a person, bound or not (ADR 39)."""

    role = forms.ChoiceField(label=_("Role"), choices=_role_choices)
    organisation = forms.ModelChoiceField(
        label=_("For this organisation alone"),
        queryset=Organisation.objects.order_by("name"),
        required=False,
        empty_label=_("any"),
        help_text=_(
            "A liaison can be bound, and an analyst to an organisation or countries whose reports they assess. Whoever "
            "is bound finds nothing of others, and has no other role."
        ),
    )
    countries = forms.CharField(
        label=_("For forces or reporting organisations of these countries alone"),
        required=False,
        max_length=200,
        help_text=_("Codes of two letters, separated by spaces. Empty for any."),
    )
    cases = forms.CharField(
        label=_("For these cases alone"),
        required=False,
        max_length=2000,
        help_text=_("Numbers of series, referrals or orders, separated by spaces. Empty for any."),
    )

    def clean_countries(self) -> list[str]:
        """The codes, each once."""
        return _codes(self.cleaned_data["countries"])

    def clean_cases(self) -> list[str]:
        """The numbers, each once."""
        return sorted(set(str(self.cleaned_data["cases"]).replace(",", " ").split()))

    def wanted(self) -> dict[str, Any]:
        """The role with what it is to be bound to, as a change keeps it."""
        given = self.cleaned_data
        under = given["organisation"].public_id if given["organisation"] else ""
        said = {"organisation": under, "countries": given["countries"], "cases": given["cases"]}
        return {"role": given["role"]} | {name: value for name, value in said.items() if value}


class SwitchForm(forms.Form):
    """Whether a person may sign in."""

    to = forms.ChoiceField(choices=[("on", _("On")), ("off", _("Off"))])


def _period(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=LONGEST_DAYS, show_hidden_initial=True)


class PeriodsForm(forms.Form):
    """How long data are kept, in days: the periods of the policy, by their names."""

    retention_days = _period(_("Evidence that is archived from now on"))
    neighbour_days = _period(_("Pictures held near a match that nobody linked to a series"))
    report_comment_days = _period(_("Words of reports that are dealt with"))
    incoming_mail_days = _period(_("Mails as they came, once read and their notice closed"))
    survivor_words_days = _period(_("Words of survivors, once nothing is left to do"))
    age_proof_days = _period(_("Documents that prove an age, if nobody decides"))

    def changed(self) -> dict[str, int]:
        """What the person wrote anew, and is another number than the one in force.

        A page that stood open while others agreed to a change shows what was in force before it: what was not touched
        there is asked for by nobody.
        """
        given = {name: self.cleaned_data[name] for name in self.changed_data}
        return {name: days for name, days in given.items() if days != self.initial[name]}


class KeyForm(forms.Form):
    """A new API key of a program."""

    name = forms.CharField(label=_("What it is for"), max_length=120, help_text=_("Such as “upload filter”."))
    organisation = forms.ModelChoiceField(label=_("Organisation"), queryset=Organisation.objects.order_by("name"))
    scopes = forms.MultipleChoiceField(
        label=_("What it may"),
        choices=lambda: [(scope.value, in_words(scope.value)) for scope in KEY_SCOPES],
        widget=forms.CheckboxSelectMultiple,
        initial=[KEY_SCOPES[0].value],
    )
    expires_on = forms.DateField(
        label=_("Works until the beginning of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("A day, in UTC. Without one it works until it is revoked."),
    )
    url_hosts = forms.CharField(
        label=_("Hosts whose addresses may be scanned"),
        required=False,
        help_text=_("Separated by spaces; .example.org stands for all below it."),
    )
    networks = forms.CharField(
        label=_("Networks from which it works"),
        required=False,
        help_text=_("Such as 192.0.2.0/24, separated by spaces. Empty for any."),
    )
    scans_per_minute = forms.IntegerField(label=_("Files a minute"), required=False, min_value=1, max_value=100_000_000)

    scans_per_day = forms.IntegerField(
        label=_("Files a day"),
        required=False,
        min_value=1,
        max_value=2**50,
        help_text=_("In UTC. Empty for no end; a hundred hashes count as one file."),
    )
    scans_per_month = forms.IntegerField(label=_("Files a month"), required=False, min_value=1, max_value=2**50)
    is_test = forms.BooleanField(
        label=_("For tests: it finds the harmless test pictures alone, and nothing known"), required=False
    )
    unbound = forms.BooleanField(
        label=_("For police: it speaks of all that was seen here, not only of what its own force was told"),
        required=False,
    )

    def clean_url_hosts(self) -> list[str]:
        """The hosts, each once."""
        typed = str(self.cleaned_data["url_hosts"]).replace(",", " ").split()
        hosts = list(dict.fromkeys(as_typed(host).rstrip(".") for host in typed))
        if any(len(host) > 253 for host in hosts):
            raise forms.ValidationError(_("This is not the name of a host."))
        return hosts

    def clean_networks(self) -> list[str]:
        """The networks, each once."""
        typed = str(self.cleaned_data["networks"]).replace(",", " ").split()
        try:
            return list(dict.fromkeys(map(str, networks_of(typed))))
        except ValueError:
            raise forms.ValidationError(in_language(NOT_A_NETWORK)) from None

    def clean(self) -> dict[str, object]:
        """What fits together."""
        data = super().clean() or {}
        if data.get("is_test") and data.get("scopes") != [Permission.SCAN_USE.value]:
            self.add_error("is_test", str(TEST_KEY_SCANS_ALONE))
        return data


class AgreementForm(forms.Form):
    """An agreement with an organisation, and that it was vetted (R65). Of the document its digest alone is kept."""

    agreement = forms.CharField(label=_("Agreement or membership"), max_length=200)
    vetted_on = forms.DateField(label=_("Vetted on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    begins_on = forms.DateField(
        label=_("Begins on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty: it holds at once."),
    )
    agreement_ends_on = forms.DateField(
        label=_("Agreement ends on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Its last day. Without one nobody assesses or signs under it."),
    )
    scope = _scope()
    countries = forms.CharField(
        label=_("For forces of these countries alone"),
        required=False,
        max_length=200,
        help_text=_("Codes of two letters, separated by spaces. Empty for any."),
    )
    terms = forms.CharField(
        label=_("What else was agreed on"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    document = forms.CharField(label=_("Where the signed document is kept"), required=False, max_length=300)
    file = forms.FileField(
        label=_("The signed document"),
        required=False,
        help_text=_("It is not kept here: its digest is, with which anybody can tell later that it is the same."),
    )

    def clean_countries(self) -> list[str]:
        """The codes, each once."""
        return _codes(self.cleaned_data["countries"])

    def clean(self) -> dict[str, object]:
        """With the digest of the document in place of its bytes."""
        data = super().clean() or {}
        file = data.pop("file", None)
        digest = hashlib.sha256()
        for chunk in file.chunks() if file else ():
            digest.update(chunk)
        data["document_sha256"] = digest.hexdigest() if file else ""
        return data


class EndAgreementForm(forms.Form):
    """Why an agreement ends before its last day."""

    because = forms.CharField(label=_("Why it ends now"), max_length=300)


class TrainingForm(forms.Form):
    """A completed sexual-maturation course (R36)."""

    course = forms.CharField(label=_("Course"), max_length=200)
    completed_on = forms.DateField(
        label=_("Completed on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class AuditFilter(forms.Form):
    """What to see of the audit log."""

    kind = forms.CharField(label=_("Kind starts with"), required=False, max_length=60)
    subject = forms.CharField(label=_("About"), required=False, max_length=24)
    actor = forms.ModelChoiceField(
        label=_("By"), queryset=User.objects.order_by("display_name"), required=False, empty_label=_("Anybody")
    )
