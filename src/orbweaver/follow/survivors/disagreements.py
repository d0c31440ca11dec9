"""Whoever asked does not agree with what we decided: somebody who was not involved answers, with reasons (R70).

That somebody may write depends on their own request alone, and so does what they read of it: the number and the day at
once, the answer with a daily update. Of a picture that we decided nothing about has to be done, a senior who was not
involved looks again, where whoever answers asks for it.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from orbweaver.assess.review.appeals import open_by_rule
from orbweaver.assess.review.asked import SURVIVOR
from orbweaver.assess.review.messages import DISAGREED_WITH
from orbweaver.assess.review.models import Appeal, Verdict
from orbweaver.assess.review.uninvolved import took_part
from orbweaver.assess.series.selectors import series_of
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.follow.survivors.messages import (
    ANSWER_TELLS_TOO_MUCH,
    DISAGREED_OFTEN,
    NO_OPEN_DISAGREEMENT,
    NOTHING_CHANGED,
    NOTHING_TO_REVIEW,
    REASONS_MISSING,
    REVIEW_IS_OPEN,
    WAS_INVOLVED_IN_REQUEST,
    WITHDRAWN,
)
from orbweaver.follow.survivors.models import Disagreement, Request, SafetyNotice, WordsStep
from orbweaver.follow.survivors.rules import shown_as_of, told_at
from orbweaver.follow.survivors.selectors import places_found
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.one_person import accounts_of
from orbweaver.people.audit.services import record
from orbweaver.people.objections import Answered, answer_by, answered

MOST: Final = 3
"""Of one request: further ones go through a help line, or a new request."""
TELLS: Final = re.compile(r"\w+://|hxxp|\bwww\.|\b[a-z]{3}_[0-9a-z]{8,}", re.IGNORECASE)
"""What an answer may not hold: an address, whoever else reads that page, and numbers of ours."""


@dataclass(frozen=True)
class DisagreementTold:
    """What the person reads of one: its number, by when it is answered; with the update after it, the answer."""

    number: str
    answer_on: dt.datetime
    outcome: str
    answer: str


@transaction.atomic
def disagree(request: Request, words: str, now: dt.datetime) -> Disagreement:
    """Keep that the person does not agree; the one before, until its answer is told. Raises InvalidInput, Conflict."""
    request = Request.objects.select_for_update().get(pk=request.pk)
    words = words.replace("\x00", " ").strip()
    if not words:
        raise InvalidInput(REASONS_MISSING)
    last = request.disagreements.order_by("pk").last()
    if last is not None and not told_of(request, now)[0].outcome:
        return last
    if not may_disagree(request, now):
        raise Conflict(WITHDRAWN if request.withdrawn_at is not None else DISAGREED_OFTEN)
    made = Disagreement.objects.create(request=request, words=words, made_at=now, answer_by=answer_by(now))
    record("survivor_request.disagreed", request.public_id, details={"number": made.public_id}, at=now)
    return made


def may_disagree(request: Request, now: dt.datetime) -> bool:
    """Whether the page offers it: once there is news, while none waits; nothing else is asked."""
    if request.withdrawn_at is not None or shown_as_of(request.created_at, now) is None:
        return False
    there = told_of(request, now)
    return len(there) < MOST and all(each.outcome for each in there)


def told_of(request: Request, now: dt.datetime) -> list[DisagreementTold]:
    """What the person reads of theirs, the newest first. An answer comes with the update after it."""
    as_of = shown_as_of(request.created_at, now)
    return [
        DisagreementTold(each.public_id, told_at(request.created_at, each.answer_by), each.outcome, each.answer)
        if each.decided_at is not None and as_of is not None and each.decided_at <= as_of
        else DisagreementTold(each.public_id, told_at(request.created_at, each.answer_by), "", "")
        for each in request.disagreements.order_by("-pk")
    ]


def is_involved(person: User, request: Request) -> bool:
    """Whether somebody decided anything about the request, or answered about a picture that was found for it."""
    theirs = accounts_of(person)
    if request.done_by_id in theirs or request.disagreements.filter(decided_by__in=theirs).exists():
        return True
    parts = list(request.parts.all())
    steps = WordsStep.objects.filter(part__in=parts, by__in=theirs)
    asked = SafetyNotice.objects.filter(part__in=parts, made_by__in=theirs)
    return steps.exists() or asked.exists() or took_part(person, {each.media_id for each in places_found(parts)})


def decided_against(request: Request) -> QuerySet[Verdict]:
    """Verdicts that stand on what was found for it, and say that nothing is to be done."""
    seen = [each.pk for each in places_found(request.parts.all())]
    stands = Verdict.objects.filter(item__sightings__in=seen, superseded_by=None)
    return stands.filter(outcome=Verdict.Outcome.NO_ACTION).distinct().order_by("pk")


def open_reviews(request: Request) -> QuerySet[Appeal]:
    """Reviews of these that no senior has answered yet."""
    return Appeal.objects.filter(verdict__in=decided_against(request), decided_at=None)


@transaction.atomic
def review_pictures(request: Request, *, by: User, now: dt.datetime) -> int:
    """Have a senior who was not involved look once more at each picture about which nothing is to be done; how many.

    Raises Conflict for who was involved; InvalidInput where there is none, or none is open.
    """
    found = _open_one(request, by)
    asked = 0
    for verdict in decided_against(request):
        if verdict.appeals.filter(decided_at=None).exists():
            continue
        appeal = open_by_rule(verdict, SURVIVOR, DISAGREED_WITH, now)
        record("appeal.opened", appeal.public_id, actor=by, details={"verdict": verdict.public_id}, at=now)
        asked += 1
    if not asked:
        raise InvalidInput(NOTHING_TO_REVIEW)
    details = {"number": found.public_id, "pictures": asked}
    record("survivor_request.review_asked", request.public_id, actor=by, details=details, at=now)
    return asked


@transaction.atomic
def answer(request: Request, outcome: str, words: str, *, by: User, now: dt.datetime) -> Disagreement:
    """Answer the one that is open, with reasons that the person reads.

    Raises Conflict for who was involved, while a senior still looks, and for "we decide differently" where the page
    would go on to say the contrary; InvalidInput for no reasons, for words that may not be told, where none is open.
    """
    found = _open_one(request, by)
    words = words.replace("\x00", " ").replace("\r\n", "\n").strip()
    if not words or outcome not in Disagreement.Outcome.values:
        raise InvalidInput(REASONS_MISSING)
    if open_reviews(request).exists():
        raise Conflict(REVIEW_IS_OPEN)
    if outcome == Disagreement.Outcome.CHANGED and decided_against(request).exists() and not _is_changed(found):
        raise Conflict(NOTHING_CHANGED)
    _refuse_leaks(request, words)
    found.outcome, found.answer, found.decided_by, found.decided_at = outcome, words, by, now
    found.save(update_fields=["outcome", "answer", "decided_by", "decided_at"])
    details = {"number": found.public_id, "outcome": outcome}
    record("survivor_request.disagreement_answered", request.public_id, actor=by, details=details, at=now)
    return found


def _is_changed(found: Disagreement) -> bool:
    """Whether anything was decided, asked or found for the request since the person wrote."""
    since, parts = found.made_at, list(found.request.parts.all())
    if any(each.added_at is not None and each.added_at >= since for each in parts):
        return True
    if SafetyNotice.objects.filter(part__in=parts, made_at__gte=since).exists():
        return True
    seen = [each.pk for each in places_found(parts)]
    removals = Verdict.objects.filter(item__sightings__in=seen, outcome=Verdict.Outcome.REMOVE, superseded_by=None)
    return removals.filter(decided_at__gte=since).exists()


def _open_one(request: Request, by: User) -> Disagreement:
    found = request.disagreements.select_for_update().filter(decided_at=None).first()
    if found is None:
        raise InvalidInput(NO_OPEN_DISAGREEMENT)
    if is_involved(by, request):
        raise Conflict(WAS_INVOLVED_IN_REQUEST)
    return found


def _refuse_leaks(request: Request, words: str) -> None:
    """The page may be read by others, and tells nothing of others: no address, number or series stands in an answer."""
    media = {each.media for each in places_found(request.parts.all())}
    secrets: set[str] = set()
    for series in (each for of_medium in series_of(media).values() for each in of_medium):
        secrets |= {series.title, series.police_reference, *series.names.values_list("name", flat=True)}
    folded = words.casefold()
    if TELLS.search(words) or any(len(each) > 2 and each.casefold() in folded for each in secrets):
        raise InvalidInput(ANSWER_TELLS_TOO_MUCH)


def disagreements_answered(at: dt.datetime) -> Answered:
    """How those that were made before a moment were answered by then."""
    return answered(Disagreement.objects.filter(made_at__lt=at), at)


def unanswered() -> QuerySet[Disagreement]:
    """Those that wait for an answer."""
    return Disagreement.objects.filter(decided_at=None)
