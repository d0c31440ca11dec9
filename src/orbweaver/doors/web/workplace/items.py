"""One item: facts and context first, the picture when asked for, the answers, and what they will lead to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.criteria import Answers, decide, on_one_place
from orbweaver.assess.review import services, together
from orbweaver.assess.review.copies import copy_in
from orbweaver.assess.review.errors import ItemChanged, LeaseLost
from orbweaver.assess.review.judging import criteria_of
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.partners import partner_words
from orbweaver.assess.review.preferences import preferences_of, remember_picture
from orbweaver.assess.review.selectors import ItemView, item_for, sightings_of
from orbweaver.assess.review.strip import has_pages, strip_of
from orbweaver.assess.review.undo import last_answer
from orbweaver.detect.media.seeing import get_ready
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.failures import status_of
from orbweaver.doors.web.frame.messages import NO_SUCH_STILL, PLACE_MISSING
from orbweaver.doors.web.frame.showing import shown
from orbweaver.doors.web.frame.titles import title_of
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace import shown_once
from orbweaver.doors.web.workplace.consequences import consequences_of
from orbweaver.doors.web.workplace.drawing import drawn, drawn_held
from orbweaver.doors.web.workplace.forms import AssessmentForm, StillForm
from orbweaver.doors.web.workplace.hosting import countries_of
from orbweaver.doors.web.workplace.item_links import around
from orbweaver.doors.web.workplace.questions import questions_of
from orbweaver.errors import InvalidInput, OrbweaverError
from orbweaver.fingerprints.result import FIRST, StillPosition
from orbweaver.notify.notices.services import preview_for_item
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import with_rights
from orbweaver.platform.clock import now
from orbweaver.platform.shared_clock import shared_now

_LOOK = re.compile(r"[0-9a-f]{32}")
ITEM = "item"
"""What a picture of an item is asked for as."""
HELD = "held"
"""In place of a picture of the file: the held picture that the item shows."""


def _outcome_in_words(result: services.AssessmentResult) -> str:
    if result.assessment.confirms:
        return _confirmation_in_words(result.item)
    if result.verdict is None and result.item.state == result.item.State.DECIDED:
        return _without_verdict_in_words(result.item)
    if result.verdict is None and result.item.state == result.item.State.DISAGREED:
        return _("Your answers are saved. The analysts disagree; a senior analyst decides. Nothing is sent until then.")
    if result.verdict is None:
        return _("Your answers are saved. Another analyst, who does not see them, answers next.")
    if result.verdict.outcome == result.verdict.Outcome.REMOVE:
        return _("Your answers are saved. The verdict is removal; the notice goes out within a minute.")
    return _("Your answers are saved. The verdict: no action. The item is closed.")


def _without_verdict_in_words(item: ReviewItem) -> str:
    if item.known_answer_id is not None:
        return _("Your answers are saved. This was an item whose answer was known; your result is in your account.")
    return _("Your answers are saved. They agree with the verdict; nothing changes.")


def _confirmation_in_words(item: ReviewItem) -> str:
    if item.confirmation == ReviewItem.Confirmation.DONE:
        return _(
            "Your answers are saved. The notice was sent before; now its hashes may act alone, "
            "without another assessment."
        )
    if item.confirmation == ReviewItem.Confirmation.DIFFERS:
        return _(
            "Your answers are saved. They differ from the verdict, which stands; none of its hashes "
            "acts alone. You can ask for a review of the decision."
        )
    return _("Your answers are saved. The notice was sent before; they count towards hashes that act alone.")


def _view(public_id: str, request: SignedInRequest) -> ItemView:
    try:
        return item_for(public_id, request.user, now())
    except InvalidInput:
        raise Http404 from None


def _page(
    request: SignedInRequest, public_id: str, given: Mapping[str, Any], errors: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """The item with what was said so far and what is wrong with it (by field, ``form`` for the whole)."""
    view = _view(public_id, request)
    matches = {each.entry_id: each for s in view.sightings for each in s.matches}
    criteria, bound = criteria_of(view.item, now()), bool(request.user.bounds)
    if view.held_by_me and view.picture_available:
        get_ready()
    context = {
        "view": view,
        "title": title_of(view.item.media.mime, (each.host for each in view.sightings), view.item.created_at),
        "matches": list(matches.values()),
        "partners": partner_words(view.item.media, view.verdict) if view.answered and not bound else [],
        "countries_hosting": countries_of(view) if not bound else [],
        "lists_disagree": len({each.classification for each in matches.values() if each.exact}) > 1,
        "lease_left": view.lease_left_s,
        "given": given,
        "errors": errors,
        "criteria": criteria,
        "may_ask_for_review": request.user.may(Permission.APPEAL_OPEN) and not bound,
        "questions": questions_of(criteria, given),
        "age_classes": [(each.name.value, each.first, each.last) for each in criteria.age_classes],
        "consequences": consequences_of(view, now(), bound=bound) if view.held_by_me else [],
        "preferences": preferences_of(request.user),
        "strip": strip_of(view) if view.held_by_me and not view.answered else None,
        "has_pages": bool(matches or view.asked_pictures) and has_pages(view.item.media),
        "alike": _alike(view, request),
        "last_answer": last_answer(request.user, now()),
        **around(view, request),
    }
    return render(request, "web/workplace/item.html", context, status=status)


def _alike(view: ItemView, request: SignedInRequest) -> int:
    """Look-alikes that wait for the person who holds it; of whoever is bound none, as some may be others'."""
    if request.user.bounds or view.answered or not view.held_by_me:
        return 0
    return len(together.alike(view.item, request.user))


@require_GET
@needs(Permission.ITEM_READ, when_bound=True)
def item(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The item as this person may see it."""
    return _page(request, public_id, {}, {})


@require_POST
@needs(Permission.ITEM_ASSESS, when_bound=True)
def take(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Lease this item. Answers that come along (after a lost lease) are put back into the form."""
    try:
        services.take(public_id, request.user, now())
    except LeaseLost as error:
        return _conflict(request, public_id, error)
    if "is_child" in request.POST:
        return _page(request, public_id, request.POST.dict(), {})
    return redirect("item", public_id)


@require_POST
@needs(Permission.ITEM_ASSESS, when_bound=True)
def renew(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Another ten minutes; answers given so far stay in the form."""
    try:
        services.renew_lease(public_id, request.user, now())
    except LeaseLost as error:
        return _conflict(request, public_id, error)
    if "is_child" in request.POST or "category" in request.POST:
        return _page(request, public_id, request.POST.dict(), {})
    return redirect("item", public_id)


@require_POST
@needs(Permission.ITEM_ASSESS, when_bound=True)
def release(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Give the item back unanswered."""
    services.release(public_id, request.user, now())
    messages.info(request, _("You gave the item back. It waits for somebody else."))
    return redirect("queue")


@require_POST
@needs(Permission.ITEM_ASSESS, when_bound=True)
def look(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The picture, counted and audited: its bytes for our script, a page of its own without script.

    How it is to be shown is remembered.
    """
    blur = request.POST.get("blur", "")
    if blur.isdecimal():
        remember_picture(request.user, int(blur), "grey" in request.POST, request.POST.get("part", ""))
    if "text/html" in request.headers.get("Accept", ""):
        position = _position(request.POST)
        services.try_look(
            public_id, request.user, now(), partial(drawn, position=position)
        )  # says what is wrong in words
        token = shown_once.ask(request, ITEM, public_id, *position)
        context = {"public_id": public_id, "token": token, "preferences": preferences_of(request.user)}
        return render(request, "web/workplace/plain_picture.html", context)
    position = _position(request.POST)
    return _picture(request, public_id, position, _key(request.POST.get("look", ""), position))


@require_GET
@needs(Permission.ITEM_ASSESS, when_bound=True)
def picture_once(request: SignedInRequest, public_id: str, token: str) -> HttpResponseBase:
    """The picture for the page without script: once for each time the person asked."""
    of, at = shown_once.spend(request, token, ITEM, public_id)
    if of == HELD:
        return _held(request, public_id, at)
    return _picture(request, public_id, StillPosition(of, at))


@require_POST
@needs(Permission.ITEM_ASSESS)
def compare(request: SignedInRequest, public_id: str, number: int) -> HttpResponseBase:
    """The picture beside the held one that it shows, with both regions: two looks, each counted."""
    services.try_look(public_id, request.user, now(), drawn)  # says what is wrong in words
    found, _stored = copy_in(_view(public_id, request).item, number)
    own = shown_once.ask(request, ITEM, public_id, *FIRST)
    held = shown_once.ask(request, ITEM, public_id, HELD, number)
    context = {
        "public_id": public_id,
        "copy": found,
        "own": own,
        "held": held,
        "preferences": preferences_of(request.user),
    }
    return render(request, "web/workplace/compared_pictures.html", context)


def _held(request: SignedInRequest, public_id: str, number: int) -> HttpResponse:
    _found, stored = copy_in(_view(public_id, request).item, number)
    return services.record_look(public_id, request.user, now(), partial(drawn_held, stored=stored))


def _position(query: Mapping[str, str]) -> StillPosition:
    """Which picture of the file is wanted: the first, unless a still of the strip says another."""
    form = StillForm(query)
    if not form.is_valid():
        raise InvalidInput(NO_SUCH_STILL)
    return StillPosition(form.cleaned_data["number"] or 0, form.cleaned_data["time"] or 0.0)


def _key(look: str, position: StillPosition) -> str:
    """By which the same look is known when it is asked for again: the page's own name for it, and which picture."""
    return f"{look} {position.number} {position.time_s:g}" if _LOOK.fullmatch(look) else ""


def _picture(request: SignedInRequest, public_id: str, position: StillPosition, key: str = "") -> HttpResponse:
    return services.record_look(public_id, request.user, now(), partial(drawn, position=position), key=key)


@require_POST
@needs(Permission.ITEM_ASSESS)
def preview(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The exact words that go out if the other analysts answer the same; nothing is saved."""
    view = _view(public_id, request)
    form = AssessmentForm(request.POST)
    if not form.is_valid():
        return _page(request, public_id, request.POST.dict(), form.errors, status=400)
    try:
        answers, place = _answers_and_place(view.item, request, form)
        found = preview_for_item(view.item, answers, now(), place=place)
    except InvalidInput as error:
        return _page(request, public_id, request.POST.dict(), {"form": [in_language(error.message)]}, status=400)
    return render(
        request,
        "web/workplace/item_preview.html",
        {"public_id": public_id, "messages_shown": [shown(each) for each in found]},
    )


@require_POST
@needs(Permission.ITEM_ASSESS, when_bound=True)
def assess(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Keep the answers; then back to the queue with what came of it."""
    form = AssessmentForm(request.POST)
    with_rights(request.user)  # asked for saving, and for taking the next
    try:  # the lease before the answers, which could not be mended without it
        held = services.check_lease(public_id, request.user)
        if not form.is_valid():
            return _page(request, public_id, request.POST.dict(), form.errors, status=400)
        answers, place = _answers_and_place(held, request, form)
        version = form.cleaned_data["version"]
        result = services.record_assessment(public_id, request.user, answers, version, now(), place=place)
    except InvalidInput as error:
        return _page(request, public_id, request.POST.dict(), {"form": [in_language(error.message)]}, status=400)
    except (LeaseLost, ItemChanged) as error:
        return _conflict(request, public_id, error)
    messages.success(request, _outcome_in_words(result))
    return _onward(request)


def _onward(request: SignedInRequest) -> HttpResponse:
    """To the next item, taken, where that is wanted and one waits; else to the queue, which says why not."""
    if request.POST.get("then") != "next":
        return redirect("queue")
    try:
        following = services.take_next(request.user, now())
    except OrbweaverError:
        return redirect("queue")
    return redirect("queue") if following is None else redirect("item", following.public_id)


def _answers_and_place(item: ReviewItem, request: SignedInRequest, form: AssessmentForm) -> tuple[Answers, str]:
    """The answers, and the place that they are about ("" where they are about the bytes). Raises InvalidInput."""
    criteria = criteria_of(item, now())
    answers = form.answers(criteria)
    if not on_one_place(decide(answers, criteria).sub_type):
        return answers, ""
    place = str(form.cleaned_data["place"])
    if not place and sightings_of(item, request.user).count() > 1:
        raise InvalidInput(PLACE_MISSING)
    return answers, place


def _conflict(request: SignedInRequest, public_id: str, error: OrbweaverError) -> HttpResponse:
    """Nothing was saved, and the answers are kept on the page so that they need not be given again."""
    given = [pair for pair in request.POST.items() if pair[0] not in ("csrfmiddlewaretoken", "version")]
    held_by_other = ReviewItem.objects.filter(public_id=public_id, leased_until__gt=shared_now())
    context = {
        "public_id": public_id,
        "message": in_language(error.message),
        "given": given,
        "held_by_other": held_by_other.exclude(leased_to=request.user).exists(),
    }
    return render(request, "web/workplace/conflict.html", context, status=status_of(error))
