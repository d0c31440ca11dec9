"""A picture of a series: asked for on the series' page, shown once on a page of its own, to analysts and to police."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from orbweaver.assess.linking.looking import Right, look_in_series, try_in_series
from orbweaver.assess.review.preferences import preferences_of
from orbweaver.assess.series import selectors
from orbweaver.assess.series.models import VictimSeries
from orbweaver.doors.web.frame.access import SignedInRequest
from orbweaver.doors.web.workplace import shown_once
from orbweaver.doors.web.workplace.drawing import drawn
from orbweaver.errors import InvalidInput
from orbweaver.platform.clock import now


def series_or_404(public_id: str) -> VictimSeries:
    """The series of an address. Raises Http404."""
    try:
        return selectors.get_series(public_id)
    except InvalidInput:
        raise Http404 from None


def ask(request: SignedInRequest, public_id: str, media_id: str, page: str, right: Right) -> HttpResponse:
    """The page that shows the picture once, as blurred as was chosen. ``page``: the name of the series' address;
    the picture's is ``PAGE-picture``. ``right``: by what they may look."""
    found = series_or_404(public_id)
    # what is wrong is said in words, before anything counts
    try_in_series(found, media_id, request.user, now(), drawn, right=right)
    token = shown_once.ask(request, page, public_id, media_id)
    context = {
        "series": found,
        "media_id": media_id,
        "preferences": preferences_of(request.user),
        "source": reverse(f"{page}-picture", args=[public_id, media_id, token]),
        "back": reverse(page, args=[public_id]),
    }
    return render(request, "web/workplace/series/picture.html", context)


def show(
    request: SignedInRequest, public_id: str, media_id: str, token: str, page: str, right: Right
) -> HttpResponseBase:
    """The picture, once for each time the person asked; counted and audited before it is shown."""
    shown_once.spend(request, token, page, public_id, media_id)
    return look_in_series(series_or_404(public_id), media_id, request.user, now(), drawn, right=right)
