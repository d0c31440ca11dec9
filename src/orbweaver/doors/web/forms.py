"""Forms: what people type, checked and turned into what services take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from orbweaver.assess.criteria import Answers, Category, Criteria
from orbweaver.assess.review.models import ReviewItem
from orbweaver.doors.web.questions import categories_with_facts
from orbweaver.doors.web.wording import in_words
from orbweaver.notify.notices.rules import Action, PushBackReason
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import Role

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


def _password(label: Any, autocomplete: str, help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, widget=widget, strip=False, max_length=200, help_text=help_text)


class SignInForm(forms.Form):
    """Address and password."""

    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = _password(_("Password"), "current-password")


class NewPasswordForm(forms.Form):
    """A new password, typed twice."""

    auto_id = "password-%s"
    new = _password(_("New password"), "new-password", _("At least 12 characters. A sentence is good."))
    again = _password(_("New password, once more"), "new-password")

    def clean(self) -> dict[str, Any]:
        """Typed twice alike."""
        cleaned = super().clean() or {}
        if cleaned.get("new") and cleaned.get("again") and cleaned["new"] != cleaned["again"]:
            self.add_error("again", _("The two do not match."))
        return cleaned


class PasswordForm(NewPasswordForm):
    """Another password for oneself, by somebody who knows the old one."""

    old = _password(_("Password until now"), "current-password")
    field_order = ("old", "new", "again")


class ForgottenForm(forms.Form):
    """Where a link to set another password is mailed to."""

    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )


class SetupForm(forms.Form):
    """The first administrator and the hotline's own organisation."""

    organisation = forms.CharField(label=_("Name of your hotline"), max_length=200)
    country = Country()
    display_name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Your e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = _password(_("Password"), "new-password", _("At least 12 characters. A sentence is good."))


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


def _role_choices() -> list[tuple[str, str]]:
    return [(role.value, in_words(role.value)) for role in Role]


class PersonForm(forms.Form):
    """A new person; the password is told to them by another way and changed by nobody else."""

    display_name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail address"))
    organisation = forms.ModelChoiceField(label=_("Organisation"), queryset=Organisation.objects.order_by("name"))
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=_role_choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    password = _password(
        _("First password"), "new-password", _("At least 12 characters. Tell it by another way than e-mail.")
    )


class RoleForm(forms.Form):
    """One more role for a person."""

    role = forms.ChoiceField(label=_("Role"), choices=_role_choices)


class SwitchForm(forms.Form):
    """Whether a person may sign in."""

    to = forms.ChoiceField(choices=[("on", _("On")), ("off", _("Off"))])


class AgreementForm(forms.Form):
    """That an organisation was vetted, and until when its agreement holds (R65)."""

    agreement = forms.CharField(label=_("Agreement or membership"), max_length=200)
    vetted_on = forms.DateField(label=_("Vetted on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    agreement_ends_on = forms.DateField(
        label=_("Agreement ends on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class TrainingForm(forms.Form):
    """A completed sexual-maturation course (R36)."""

    course = forms.CharField(label=_("Course"), max_length=200)
    completed_on = forms.DateField(
        label=_("Completed on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ReportForm(forms.Form):
    """A public report. Never a file: nobody should send a picture to be heard."""

    url = forms.CharField(
        label=_("Address of the page or picture"),
        max_length=8192,
        help_text=_("Copy it from the address bar of your browser. Please do not send the picture itself."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    comment = forms.CharField(
        label=_("Anything we should know"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For example where on the page it is. You need not say who you are."),
    )


class LeadForm(forms.Form):
    """An address from which the crawler starts."""

    url = forms.CharField(
        label=_("Address"), max_length=8192, widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"})
    )
    note = forms.CharField(label=_("Why"), max_length=500, required=False)


YES_NO = [("yes", _("Yes")), ("no", _("No"))]


class AssessmentForm(forms.Form):
    """An analyst's answers. What contradicts is said by the criteria themselves (``criteria.decide``)."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    is_child = forms.ChoiceField(choices=YES_NO, error_messages={"required": _("Answer the first question.")})
    is_harmed = forms.ChoiceField(choices=YES_NO, required=False)
    category = forms.ChoiceField(choices=[("", "")] + [(each.value, each.value) for each in Category], required=False)
    age_min = forms.IntegerField(min_value=0, max_value=17, required=False)
    age_max = forms.IntegerField(min_value=0, max_value=99, required=False)
    nude = forms.BooleanField(required=False)
    sexualised_context = forms.BooleanField(required=False)
    clothed_variant = forms.BooleanField(required=False)
    physical_abuse = forms.BooleanField(required=False)
    self_generated = forms.BooleanField(required=False)
    place = forms.CharField(max_length=24, required=False)

    def clean(self) -> dict[str, Any]:
        """The second question may stay open only when the first is answered no."""
        cleaned = super().clean() or {}
        if cleaned.get("is_child") == "yes" and not cleaned.get("is_harmed"):
            self.add_error("is_harmed", _("Answer the second question, too."))
        return cleaned

    def answers(self, criteria: Criteria) -> Answers:
        """What these criteria take. Facts that they do not ask of the category are left out, ticked or not."""
        said = self.cleaned_data
        removal = said["is_child"] == "yes" and said["is_harmed"] == "yes"
        asked = removal and said["category"] in categories_with_facts(criteria)
        return Answers(
            is_child=said["is_child"] == "yes",
            is_harmed=said["is_harmed"] == "yes",
            category=Category(said["category"]) if removal and said["category"] else None,
            age_min=said["age_min"] if said["is_child"] == "yes" else None,
            age_max=said["age_max"] if said["is_child"] == "yes" else None,
            nude=asked and said["nude"],
            sexualised_context=asked and said["sexualised_context"],
            clothed_variant=asked and said["clothed_variant"],
            physical_abuse=asked and said["physical_abuse"],
            self_generated=said["is_child"] == "yes" and said["self_generated"],
        )


class QueueForm(forms.Form):
    """What to show of the queue."""

    reason = forms.ChoiceField(
        label=_("Why it is here"),
        required=False,
        choices=lambda: [("", _("Anything"))] + [(each.value, in_words(each.value)) for each in ReviewItem.Reason],
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=lambda: [("", _("Any"))] + [(each, in_words(each)) for each in ("waiting", "disagreed")],
    )
    host = forms.CharField(label=_("Host"), required=False, max_length=260)
    list_name = forms.CharField(label=_("List"), required=False, max_length=200, widget=forms.Select)
    older = forms.TypedChoiceField(
        label=_("Waiting"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("However long")), ("1", _("Over 1 hour")), ("24", _("Over 1 day")), ("168", _("Over 7 days"))],
    )
    page = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def offer_lists(self, names: Sequence[str]) -> None:
        """The lists that can be chosen."""
        widget = self.fields["list_name"].widget
        if isinstance(widget, forms.Select):
            widget.choices = [("", _("Any")), *((name, name) for name in names)]

    def wanted(self) -> dict[str, Any]:
        """The fields of a filter (``review.queue.QueueFilter``)."""
        said = dict(self.cleaned_data)
        said["older_than_hours"] = said.pop("older")
        said["host"] = said["host"].strip().lower()
        said["page"] = said["page"] or 1
        return said


class KnownAnswerForm(forms.Form):
    """A decided item whose answer is known."""

    item = forms.CharField(
        label=_("Decided item"),
        max_length=24,
        help_text="itm_…",
    )


class AppealForm(forms.Form):
    """Who asks for a review of a verdict, and why (R70)."""

    requester = forms.CharField(
        label=_("Who asks"), max_length=120, help_text=_("In a word, such as provider, family or police. No names.")
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The senior analyst who decides reads it. No names, no addresses."),
    )


class AuditFilter(forms.Form):
    """What to see of the audit log."""

    kind = forms.CharField(label=_("Kind starts with"), required=False, max_length=60)
    subject = forms.CharField(label=_("About"), required=False, max_length=24)
    actor = forms.ModelChoiceField(
        label=_("By"), queryset=User.objects.order_by("display_name"), required=False, empty_label=_("Anybody")
    )


ANSWERS = {
    Action.REMOVED: _("We removed it"),
    Action.NOT_OURS: _("It is not on our network"),
    Action.PUSH_BACK: _("We did not remove it"),
}
"""What a provider may answer, in a provider's words."""


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

    def clean(self) -> dict[str, Any]:
        """An objection needs its reason."""
        cleaned = super().clean() or {}
        if cleaned.get("action") == Action.PUSH_BACK and not cleaned.get("reason"):
            self.add_error("reason", _("Say why, so that a person can look at it."))
        return cleaned
