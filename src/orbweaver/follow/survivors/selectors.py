"""Reads of requests: what a person is told of theirs, and the page of survivor support."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from orbweaver.assess.review.models import ReviewItem, Verdict
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.models import Sighting
from orbweaver.follow.survivors.models import Request, RequestPart, SafetyNotice
from orbweaver.follow.survivors.more import elsewhere
from orbweaver.follow.survivors.rules import AddressState, Stage, danger, shown_as_of, stages_of
from orbweaver.notify.notices.models import NoticeUrl
from orbweaver.notify.notices.rules import UrlState
from orbweaver.platform.network.signed import file_key
from orbweaver.platform.network.urls import parse


@dataclass(frozen=True)
class PartProgress:
    """What is told of one address, or of all hashes (``url`` is ""), in the order of ``Stage``."""

    url: str
    stages: list[Stage]
    is_more: bool = False
    """More of the same, in other places."""


@dataclass(frozen=True)
class Progress:
    """What a person is told. ``as_of`` is the daily update that it is from; None: nothing is told yet, to anybody."""

    request: Request
    as_of: dt.datetime | None
    next_update: dt.datetime
    parts: list[PartProgress]


def progress_of(request: Request, now: dt.datetime) -> Progress:
    """What the person is told now (``rules.FIRST_AFTER`` says why not sooner). No imagery, no address but their own."""
    as_of = shown_as_of(request.created_at, now)
    parts = request.parts.select_related("report", "request").order_by("pk")
    told = [] if as_of is None else [PartProgress(part.url, _stages(part, as_of), part.is_more) for part in parts]
    return Progress(request, as_of, _next_update(request.created_at, now), told)


def _next_update(created_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    at = now
    while (update := shown_as_of(created_at, at)) is None or update <= now:
        at += dt.timedelta(hours=12)
    return update


def _stages(part: RequestPart, as_of: dt.datetime) -> list[Stage]:
    words = _of_words(part, as_of)
    if part.report is None:
        return words
    seen: Iterable[Sighting] = sightings_of(part).filter(first_seen_at__lte=as_of)
    places = [_place(sighting, as_of) for sighting in (elsewhere(part, seen) if part.is_more else seen)]
    state = part.report.state
    looked = state in (Report.State.FETCHED, Report.State.ASSESSED)
    pictures = stages_of(places, looked=looked, unreachable=state == Report.State.UNREACHABLE)
    return list(dict.fromkeys([*words, *pictures]))


def _of_words(part: RequestPart, as_of: dt.datetime) -> list[Stage]:
    """What is told of the words at an address; nothing where pictures alone are to go."""
    if not part.url or part.request.aim == Request.Aim.PICTURE:
        return []
    notice = SafetyNotice.objects.filter(part=part, made_at__lte=as_of).first()
    if notice is None:
        return [Stage.READING]
    if notice.gone_at is not None and notice.gone_at <= as_of:
        return [Stage.WORDS_GONE]
    return [Stage.WORDS_TOLD if notice.sent_at is not None and notice.sent_at <= as_of else Stage.READING]


def sightings_of(part: RequestPart) -> QuerySet[Sighting]:
    """Where what this part names was seen."""
    if part.report is None:
        return Sighting.objects.none()
    if not part.url:
        return Sighting.objects.filter(asked__asked__report=part.report).distinct()
    url = parse(part.url)
    return Sighting.objects.filter(Q(url_key=file_key(url)) | Q(page_url_key=url.key) | Q(report=part.report))


def _place(sighting: Sighting, as_of: dt.datetime) -> AddressState:
    rows = NoticeUrl.objects.filter(media=sighting.media_id, url_key=bytes(sighting.url_key))
    told = [_told(row, as_of) for row in rows.exclude(state=UrlState.WITHDRAWN).select_related("notice")]
    if told:
        return next(
            place
            for place in (AddressState.BACK, AddressState.TOLD, AddressState.WRITING, AddressState.GONE)
            if place in told
        )
    return _decided(sighting, as_of)


def _told(row: NoticeUrl, as_of: dt.datetime) -> AddressState:
    if row.removed_at is not None and row.removed_at <= as_of:
        came_back = row.state == UrlState.REAPPEARED and row.reappeared_at is not None and row.reappeared_at <= as_of
        return AddressState.BACK if came_back else AddressState.GONE
    if row.state == UrlState.OFFLINE and row.offline_at is not None and row.offline_at <= as_of:
        return AddressState.GONE
    sent_at = row.notice.first_sent_at
    return AddressState.TOLD if sent_at is not None and sent_at <= as_of else AddressState.WRITING


def _decided(sighting: Sighting, as_of: dt.datetime) -> AddressState:
    if sighting.review_items.exclude(state=ReviewItem.State.DECIDED).exists():
        return AddressState.ASSESSING
    verdicts = Verdict.objects.filter(item__sightings=sighting, superseded_by=None, decided_at__lte=as_of)
    last = verdicts.order_by("-decided_at").first()
    if last is None:
        return AddressState.ASSESSING
    return AddressState.WRITING if last.outcome == Verdict.Outcome.REMOVE else AddressState.NOT_ASKED


def requests(*, done: bool = False) -> QuerySet[Request]:
    """Requests in the order of danger, then of time; those done with, the newest first."""
    found = Request.objects.select_related("done_by", "tied_to", "referral")
    if done:
        return found.exclude(done_at=None).order_by("-done_at", "-pk")
    return found.filter(done_at=None).order_by(_danger(), "created_at", "pk")


def _danger() -> Case:
    whens = [
        When(at_risk=at_risk, capacity=capacity, then=Value(danger(capacity, at_risk=at_risk)))
        for at_risk in (True, False)
        for capacity in Request.Capacity.values
    ]
    return Case(*whens, output_field=IntegerField())


def places_found(parts: Iterable[RequestPart]) -> list[Sighting]:
    """All sightings of these parts, for the workplace."""
    return [sighting for part in parts for sighting in sightings_of(part).order_by("first_seen_at", "pk")]
