"""Forms of the workplace: answers, the queue's filter, reviews, known answers, one's own password."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orbweaver.assess.criteria import BASELINE, OTHERS, Answers, Category, Criteria
from orbweaver.assess.linking.models import Marker
from orbweaver.assess.linking.narrowing import Narrowing
from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.models import Site
from orbweaver.doors.web.frame.forms import NewPasswordForm, password_field
from orbweaver.doors.web.frame.wording import in_words
from orbweaver.doors.web.workplace.questions import categories_with_facts
from orbweaver.platform.network.domains import as_typed


class PasswordForm(NewPasswordForm):
    """Another password for oneself, by somebody who knows the old one."""

    old = password_field(_("Current password"), "current-password")
    field_order = ("old", "new", "again")


YES_NO = [("yes", _("Yes")), ("no", _("No"))]


class StillForm(forms.Form):
    """Which picture of a film is asked for; neither is the first one."""

    number = forms.IntegerField(min_value=0, max_value=10**9, required=False)
    time = forms.FloatField(min_value=0, max_value=10**6, required=False)


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
    others_prepubescent = forms.IntegerField(min_value=0, max_value=99, required=False)
    others_pubescent = forms.IntegerField(min_value=0, max_value=99, required=False)
    others_post_pubescent = forms.IntegerField(min_value=0, max_value=99, required=False)
    place = forms.CharField(max_length=24, required=False)

    def clean(self) -> dict[str, Any]:
        """The second question may stay open only when the first is answered no."""
        cleaned = super().clean() or {}
        if cleaned.get("is_child") == "yes" and not cleaned.get("is_harmed"):
            self.add_error("is_harmed", _("Answer the second question, too."))
        return cleaned

    def answers(self, criteria: Criteria) -> Answers:
        """What these criteria take. Facts that they do not ask of the category are left out, ticked or not."""
        given = self.cleaned_data
        removal = given["is_child"] == "yes" and given["is_harmed"] == "yes"
        asked = removal and given["category"] in categories_with_facts(criteria)
        return Answers(
            is_child=given["is_child"] == "yes",
            is_harmed=given["is_harmed"] == "yes",
            category=Category(given["category"]) if removal and given["category"] else None,
            age_min=given["age_min"] if given["is_child"] == "yes" else None,
            age_max=given["age_max"] if given["is_child"] == "yes" else None,
            nude=asked and given["nude"],
            sexualised_context=asked and given["sexualised_context"],
            clothed_variant=asked and given["clothed_variant"],
            physical_abuse=asked and given["physical_abuse"],
            markers=self._markers(criteria) if given["is_child"] == "yes" else frozenset(),
            others=self._others() if given["is_child"] == "yes" else (0, 0, 0),
        )

    def _others(self) -> tuple[int, int, int]:
        youngest, middle, oldest = (self.cleaned_data[name] or 0 for name in OTHERS.values())
        return youngest, middle, oldest

    def _markers(self, criteria: Criteria) -> frozenset[str]:
        """Those that these criteria word and that are ticked; the baseline is asked of what is ``csam`` alone."""
        box = forms.BooleanField(required=False)
        ticked = {each.name for each in criteria.markers if box.clean(self.data.get(each.name))}
        return frozenset(ticked if self.cleaned_data["category"] == Category.CSAM else ticked - {BASELINE})


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
    known = forms.ChoiceField(
        label=_("Known to police"),
        required=False,
        choices=[("", _("Any")), ("new", _("On no list of police")), ("listed", _("On a list of police"))],
    )
    site_kind = forms.ChoiceField(
        label=_("Kind of site"),
        required=False,
        choices=lambda: (
            [("", _("Any"))] + [(each.value, in_words(each.value)) for each in Site.Kind if each != Site.Kind.UNKNOWN]
        ),
    )
    marker = forms.ChoiceField(
        label=_("Marker"),
        required=False,
        choices=lambda: [("", _("Any"))] + [(each.value, in_words(each.value)) for each in Marker.Kind],
    )
    words = forms.ChoiceField(
        label=_("Words around it"),
        required=False,
        choices=[("", _("Any")), ("flagged", _("Terms of a list")), ("watched", _("Identifying text"))],
    )
    children = forms.TypedChoiceField(
        label=_("Children in its series"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("Any")), ("1", _("One")), ("2", _("Two")), ("3", _("Three or more"))],
    )
    page = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def offer_lists(self, names: Sequence[str]) -> None:
        """The lists that can be chosen."""
        widget = self.fields["list_name"].widget
        if isinstance(widget, forms.Select):
            widget.choices = [("", _("Any")), *((name, name) for name in names)]

    def wanted(self) -> dict[str, Any]:
        """The fields of a filter (``review.queue.QueueFilter``)."""
        given = dict(self.cleaned_data)
        given["older_than_hours"] = given.pop("older")
        given["host"] = as_typed(given["host"])
        given["page"] = given["page"] or 1
        del given["marker"], given["words"], given["children"]
        return given

    def narrowing(self) -> Narrowing:
        """What rooms above the queue narrow it by."""
        given = self.cleaned_data
        return Narrowing(given["marker"], given["words"], given["children"] or 0)


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
        label=_("Who asks"), max_length=120, help_text=_("One word, such as provider, family or police. No names.")
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The senior analyst who decides reads it. No names, no addresses."),
    )
