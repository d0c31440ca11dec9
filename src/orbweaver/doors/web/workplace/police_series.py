"""A series as police see it: for law enforcement's liaison, whose looks at its pictures count like any others."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.linking.for_police import for_police
from orbweaver.assess.linking.looking import right_of_liaison
from orbweaver.assess.review.preferences import preferences_of, remember_picture
from orbweaver.assess.series import selectors
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.workplace import series_looks
from orbweaver.doors.web.workplace.series_looks import series_or_404
from orbweaver.notify.police.told import told_of
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

LONGEST_WORDS = 200


@require_GET
@needs(Permission.URGENT_HANDLE)
def series(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """What is known of the series, and what was told to whom; all of it, or where analysts wrote some words."""
    found, words = series_or_404(public_id), request.GET.get("words", "").strip()[:LONGEST_WORDS]
    view = for_police(found, request.user, now(), words)
    context = {
        "series": found,
        "view": view,
        "words": words,
        "first_seen": min((each.first_seen_at for each in view.families), default=None),
        "victims": selectors.victims_of(found),
        "numbers": selectors.numbers_of(found),
        "told": told_of(found),
        "preferences": preferences_of(request.user),
    }
    return render(request, "web/workplace/series/police.html", context)


@require_POST
@needs(Permission.URGENT_HANDLE)
def how_shown(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Keep how blurred this person wants pictures, before asking for one."""
    blur = request.POST.get("blur", "")
    if blur.isdecimal():
        remember_picture(request.user, int(blur), "grey" in request.POST, "whole")
    messages.success(request, _("Your choice is kept."))
    return redirect("police-series", series_or_404(public_id).public_id)


@require_POST
@needs(Permission.URGENT_HANDLE)
def look(request: SignedInRequest, public_id: str, media_id: str) -> HttpResponseBase:
    """Ask for a picture: a page of its own that shows it once, as blurred as was chosen."""
    return series_looks.ask(request, public_id, media_id, "police-series", right_of_liaison)


@require_GET
@needs(Permission.URGENT_HANDLE)
def picture(request: SignedInRequest, public_id: str, media_id: str, token: str) -> HttpResponseBase:
    """The picture, once for each time the person asked; counted and audited before it is shown."""
    return series_looks.show(request, public_id, media_id, token, "police-series", right_of_liaison)
