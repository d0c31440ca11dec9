"""Referrals to police: what was sent to which force, what they answered, and the forces themselves."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.review.models import ReviewItem
from orbweaver.doors.changing import ask_for
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.forms import Country
from orbweaver.notify.police import services
from orbweaver.notify.police.models import Force, Referral
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

SHOWN = 100


class ForceForm(forms.Form):
    """A force that is to be told."""

    name = forms.CharField(label=gettext_lazy("Name of the force"), max_length=200)
    country = Country()
    key = forms.CharField(
        label=gettext_lazy("Its public key (age)"),
        max_length=80,
        help_text=gettext_lazy(
            "As they read it out to you, for example by telephone. The person who agrees compares it again."
        ),
    )


class AnswerForm(forms.Form):
    """What police said."""

    answer = forms.CharField(max_length=200)
    refused = forms.BooleanField(required=False)


@require_GET
@needs(Permission.URGENT_HANDLE)
def police(request: SignedInRequest) -> HttpResponseBase:
    """All referrals, the newest first, and the forces."""
    return _page(request, ForceForm())


def _page(request: SignedInRequest, form: ForceForm) -> HttpResponseBase:
    rows = Referral.objects.select_related("force", "item").order_by("-pk")[:SHOWN]
    context = {"rows": rows, "forces": Force.objects.order_by("name"), "form": form}
    return render(request, "web/workplace/police.html", context, status=400 if form.errors else 200)


@require_POST
@needs(Permission.URGENT_HANDLE)
def refer(request: SignedInRequest) -> HttpResponseBase:
    """Every force is told of an item, once."""
    item = get_object_or_404(ReviewItem, public_id=request.POST.get("item", "").strip())
    new = services.refer(item, Referral.Because.REQUEST, by=request.user, now=now())
    text = _("It goes to police within a minute.") if new else _("Police have it already.")
    messages.success(request, text)
    return redirect("police")


@require_POST
@needs(Permission.URGENT_HANDLE)
def answer(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Their number for it, or why they refused it."""
    form = AnswerForm(request.POST)
    words = form.cleaned_data["answer"] if form.is_valid() else ""
    refused = bool(form.cleaned_data.get("refused"))
    services.note_answer(public_id, refused=refused, answer=words, by=request.user, now=now())
    messages.success(request, _("Recorded."))
    return redirect("police")


@require_POST
@needs(Permission.URGENT_HANDLE)
def add_force(request: SignedInRequest) -> HttpResponseBase:
    """A force, once a second person has compared its key."""
    form = ForceForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    data = form.cleaned_data
    change = ask_for("force.added", "", data["name"], data, by=request.user, now=now())
    waits = _("It waits for a second person's agreement. You find it under “Changes”.")
    messages.success(request, waits if change else _("The force is added."))
    return redirect("police")
