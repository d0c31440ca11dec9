"""What stands around an item, and what an analyst does about it: links, markers, neighbours, looks beside it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.linking.looking import look_side_by_side, try_side_by_side
from orbweaver.assess.linking.marking import set_marker, withdraw_marker
from orbweaver.assess.linking.models import Marker
from orbweaver.assess.linking.neighbours import link_neighbour
from orbweaver.assess.linking.selectors import surroundings_of
from orbweaver.assess.linking.suggesting import close_moot
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.notes import notes_for, write_note
from orbweaver.assess.review.preferences import preferences_of
from orbweaver.assess.review.selectors import ItemView
from orbweaver.assess.series.police_words import words_on
from orbweaver.assess.series.rules import LinkReason, Position
from orbweaver.assess.series.selectors import get_series
from orbweaver.assess.series.services import current, link_item
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.messages import LINK_INCOMPLETE, MARKER_MISSING
from orbweaver.doors.web.workplace import shown_once
from orbweaver.doors.web.workplace.drawing import drawn
from orbweaver.doors.web.workplace.series_forms import LinkForm, MarkerForm
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

POLICE_WORDS = 20
BESIDE = "beside"
"""What a picture near an item is asked for as."""


def around(view: ItemView, request: SignedInRequest) -> dict[str, Any]:
    """What the parts web/item/{series,neighbours,markers,flags}.html need, for the page of an item."""
    bound = bool(request.user.bounds)
    return {
        "around": surroundings_of(view.item, request.user, answered=view.answered),
        "link_form": LinkForm(auto_id="link_%s"),
        "marker_form": MarkerForm(auto_id="marker_%s"),
        "notes": [] if bound else notes_for(view.item, request.user, answered=view.answered),
        "police_words": [] if bound else words_on(view.item.media)[:POLICE_WORDS],
        "may_edit_series": request.user.may(Permission.SERIES_EDIT) and not bound,
        "is_bound": bound,
    }


def _item(public_id: str) -> ReviewItem:
    return get_object_or_404(ReviewItem.objects.select_related("media"), public_id=public_id)


@require_POST
@needs(Permission.SERIES_EDIT)
def link(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The item goes into a series."""
    item, form = _item(public_id), LinkForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(LINK_INCOMPLETE)
    given = form.cleaned_data
    series = current(get_series(given["series"].strip()))
    reason, position = LinkReason(given["reason"]), Position(given["position"])
    link_item(series, item.media, reason=reason, words=given["words"], position=position, by=request.user, now=now())
    close_moot(series, now())
    messages.success(request, _("The item is in the series."))
    return redirect("item", public_id)


@require_POST
@needs(Permission.ITEM_READ)
def note(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Write something down about the item."""
    write_note(_item(public_id), request.POST.get("words", ""), by=request.user, now=now())
    messages.success(request, _("Your note is kept."))
    return redirect(f"{reverse('item', args=[public_id])}#notes")


@require_POST
@needs(Permission.SERIES_EDIT)
def mark(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Set a marker; what is urgent goes to the liaison at once."""
    item, form = _item(public_id), MarkerForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(MARKER_MISSING)
    kind = Marker.Kind(form.cleaned_data["kind"])
    marker = set_marker(item.media, kind, form.cleaned_data["words"], item=item, by=request.user, now=now())
    if hasattr(marker, "referral"):
        messages.success(request, _("Marked. The law-enforcement liaison has it now. The notice is sent as usual."))
    else:
        messages.success(request, _("Marked. A marker never makes a verdict less serious."))
    return redirect("item", public_id)


@require_POST
@needs(Permission.SERIES_EDIT)
def unmark(request: SignedInRequest, public_id: str, marker_id: str) -> HttpResponseBase:
    """Withdraw a marker, with a reason."""
    get_object_or_404(Marker, public_id=marker_id, media=_item(public_id).media)
    withdraw_marker(marker_id, request.POST.get("why", ""), by=request.user, now=now())
    messages.success(request, _("The marker is withdrawn. A referral that it made stays with the liaison."))
    return redirect("item", public_id)


@require_POST
@needs(Permission.SERIES_EDIT)
def keep(request: SignedInRequest, public_id: str, other: str) -> HttpResponseBase:
    """A neighbour goes into a series and is kept."""
    series = current(get_series(request.POST.get("series", "")))
    link_neighbour(_item(public_id), other, series, by=request.user, now=now())
    messages.success(request, _("It is in the series, and an item of its own: others are asked about it."))
    return redirect("item", public_id)


@require_POST
@needs(Permission.ITEM_ASSESS)
def look(request: SignedInRequest, public_id: str, other: str) -> HttpResponseBase:
    """Ask for another picture of the series or the page: a page of its own that shows it once."""
    # what is wrong is said in words, before anything counts
    try_side_by_side(public_id, other, request.user, now(), drawn)
    token = shown_once.ask(request, BESIDE, public_id, other)
    context = {
        "public_id": public_id,
        "other": other,
        "token": token,
        "preferences": preferences_of(request.user),
    }
    return render(request, "web/workplace/neighbour_picture.html", context)


@require_GET
@needs(Permission.ITEM_ASSESS)
def picture(request: SignedInRequest, public_id: str, other: str, token: str) -> HttpResponseBase:
    """The picture, once for each time the person asked; counted and audited before it is shown."""
    shown_once.spend(request, token, BESIDE, public_id, other)
    return look_side_by_side(public_id, other, request.user, now(), drawn)
