"""A series as police see it: for law enforcement's liaison, whose looks at its pictures count like any others."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.linking.for_police import Own, for_police
from orbweaver.assess.linking.looking import right_of_liaison
from orbweaver.assess.review.preferences import preferences_of, remember_picture
from orbweaver.assess.series import selectors
from orbweaver.assess.series.models import VictimSeries
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.workplace import series_looks
from orbweaver.doors.web.workplace.series_looks import series_or_404
from orbweaver.notify.police import within
from orbweaver.notify.police.told import told_of, told_to
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

LONGEST_WORDS = 200


@require_GET
@needs(Permission.URGENT_HANDLE, when_bound=True)
def series(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """What is known of the series, and what was told to whom; all of it, or where analysts wrote some words."""
    found, words = _series(request.user, public_id), request.GET.get("words", "").strip()[:LONGEST_WORDS]
    bound = bool(request.user.bounds)
    view = for_police(found, request.user, now(), words, _own(request.user) if bound else None)
    context = {
        "series": found,
        "view": view,
        "words": words,
        "first_seen": min((each.first_seen_at for each in view.families), default=None),
        "is_bound": bound,
        "merged_into": found.merged_into if not bound else None,
        "victims": [] if bound else selectors.victims_of(found),
        "numbers": _numbers(request.user, found),
        "told": told_to(found, request.user) if bound else told_of(found),
        "preferences": preferences_of(request.user),
    }
    return render(request, "web/workplace/series/police.html", context)


def _series(person: User, public_id: str) -> VictimSeries:
    """The series, where it is this person's to see. Raises Http404."""
    found = series_or_404(public_id)
    if person.bounds:
        get_object_or_404(within.series(person), pk=found.pk)
        found.title, found.police_reference = found.public_id, ""  # not saved: both may be another force's words
    return found


def _medium(person: User, public_id: str, media_id: str) -> None:
    """Raise Http404 for a series or a medium that is not this person's to see."""
    found = _series(person, public_id)
    if person.bounds:
        get_object_or_404(within.links(person), series=found, media__public_id=media_id)


def _own(person: User) -> Own:
    return Own(within.media(person), within.words(person), within.links(person))


def _numbers(person: User, series: VictimSeries) -> list[tuple[str, str, str]]:
    """What others call it; to whoever is bound, what their own forces call it."""
    mine = set(within.forces(person).values_list("name", flat=True)) if person.bounds else None
    return [each for each in selectors.numbers_of(series) if mine is None or each[0] in mine]


@require_POST
@needs(Permission.URGENT_HANDLE, when_bound=True)
def how_shown(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Keep how blurred this person wants pictures, before asking for one."""
    found, blur = _series(request.user, public_id), request.POST.get("blur", "")
    if blur.isdecimal():
        remember_picture(request.user, int(blur), "grey" in request.POST, "whole")
    messages.success(request, _("Your choice is kept."))
    return redirect("police-series", found.public_id)


@require_POST
@needs(Permission.URGENT_HANDLE, when_bound=True)
def look(request: SignedInRequest, public_id: str, media_id: str) -> HttpResponseBase:
    """Ask for a picture: a page of its own that shows it once, as blurred as was chosen."""
    _medium(request.user, public_id, media_id)
    return series_looks.ask(request, public_id, media_id, "police-series", right_of_liaison)


@require_GET
@needs(Permission.URGENT_HANDLE, when_bound=True)
def picture(request: SignedInRequest, public_id: str, media_id: str, token: str) -> HttpResponseBase:
    """The picture, once for each time the person asked; counted and audited before it is shown."""
    _medium(request.user, public_id, media_id)
    return series_looks.show(request, public_id, media_id, token, "police-series", right_of_liaison)
