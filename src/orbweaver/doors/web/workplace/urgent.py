"""Urgent referrals: a child may be at risk. For law enforcement's liaison."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.linking import marking
from orbweaver.assess.linking.messages import POLICE_MISSING
from orbweaver.assess.linking.selectors import places_of, referrals, with_all
from orbweaver.assess.linking.urgent_figures import urgent_rows
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.pages import BarePaginator
from orbweaver.doors.web.workplace.series_forms import HandOverForm
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

ROWS = 20


@require_GET
@needs(Permission.URGENT_HANDLE)
def urgent(request: SignedInRequest) -> HttpResponseBase:
    """What waits on top, then what was handed over."""
    found = referrals()
    page = BarePaginator(found, with_all(found), ROWS).get_page(request.GET.get("page"))
    rows = [(each, places_of(each.marker.media) if each.marker else []) for each in page.object_list]
    context = {"page": page, "rows": rows, "form": HandOverForm(auto_id=False), "me": request.user}
    context["urgent"] = urgent_rows(now())
    return render(request, "web/workplace/urgent.html", context)


@require_POST
@needs(Permission.URGENT_HANDLE)
def take(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """A liaison takes a referral in hand; a colleague who was faster keeps it."""
    marking.take_referral(public_id, by=request.user, now=now())
    messages.success(request, _("It is yours. Hand it over, then record to whom."))
    return redirect("urgent")


@require_POST
@needs(Permission.URGENT_HANDLE)
def hand_over(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Police have it."""
    form = HandOverForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(POLICE_MISSING)
    marking.hand_over(public_id, form.cleaned_data["to"], by=request.user, now=now())
    messages.success(request, _("Recorded: it is with the police."))
    return redirect("urgent")
