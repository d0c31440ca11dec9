"""Reads of requests: what a person is told of theirs, and the page of survivor support."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from orbweaver.assess.review.models import Verdict
from orbweaver.detect.crawl.selectors import awaits_report
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.models import Sighting
from orbweaver.follow.survivors.models import Disagreement, Request, RequestPart
from orbweaver.follow.survivors.more import elsewhere
from orbweaver.follow.survivors.rules import (
    BY_PEOPLE,
    AddressState,
    Stage,
    danger,
    removal_told,
    shown_as_of,
    stages_of,
    told_at,
    words_stage,
)
from orbweaver.follow.survivors.safety import is_about_words, words_events
from orbweaver.follow.survivors.stops import gone_on
from orbweaver.notify.notices.models import NoticeUrl
from orbweaver.notify.notices.rules import PushBackReason, UrlState
from orbweaver.platform.network.signed import file_key
from orbweaver.platform.network.urls import parse

REFUSALS: Final = (PushBackReason.NOT_A_CHILD, PushBackReason.NOT_ILLEGAL, PushBackReason.WANTS_PROOF_OF_AGE)
"""By which a company says that it does not remove something; the others say that it cannot, or has."""


@dataclass(frozen=True)
class PartProgress:
    """What is told of one address, or of all hashes (``url`` is ""), in the order of ``Stage``."""

    url: str
    stages: list[Stage]
    is_more: bool = False
    """More of the same, in other places."""
    is_ours: bool = False
    """People of ours found the address by what the person wrote."""

    @property
    def pictures(self) -> list[Stage]:
        """What is told of pictures that the crawler looks for."""
        return [stage for stage in self.stages if stage not in BY_PEOPLE]

    @property
    def texts(self) -> list[Stage]:
        """What is told of what people of ours read: texts, and legal pictures."""
        return [stage for stage in self.stages if stage in BY_PEOPLE]


@dataclass(frozen=True)
class Progress:
    """What a person is told. ``as_of`` is the daily update that it is from; None: nothing is told yet, to anybody."""

    request: Request
    as_of: dt.datetime | None
    next_update: dt.datetime
    parts: list[PartProgress]

    @property
    def words_are_read(self) -> bool:
        """Whether somebody of ours has read a request in words alone, and nothing is left to do for it."""
        done_at = self.request.done_at
        return done_at is not None and self.as_of is not None and done_at <= self.as_of

    @property
    def first_news_on(self) -> dt.date:
        """The day on which the next update can be read wherever the person lives: it comes at noon, UTC."""
        return (self.next_update + dt.timedelta(days=1)).date()


@dataclass(frozen=True)
class ReportTold:
    """What whoever made a report is told of it."""

    state: Report.State
    assessed_at: dt.datetime | None
    """The update that told it, which says nothing of when people decided."""


def report_told(report: Report, now: dt.datetime) -> ReportTold:
    """Where a report of the public or of a partner stands, as they are told.

    That it is assessed comes with the daily update, a day after the report at the earliest: told at once, it would say
    that we knew what is there, and whoever reports it may be who put it there (R56).
    """
    state = Report.State(report.state)
    if state != Report.State.ASSESSED or report.assessed_at is None:
        return ReportTold(state, None)
    update = told_at(report.created_at, report.assessed_at)
    return ReportTold(state, update) if update <= now else ReportTold(Report.State.FETCHED, None)


def progress_of(request: Request, now: dt.datetime) -> Progress:
    """What the person is told now (``rules.FIRST_AFTER`` says why not sooner). No imagery, no address but their own."""
    as_of = shown_as_of(request.created_at, now)
    told = [] if as_of is None else [_part(part, as_of) for part in _parts_by(request, as_of)]
    return Progress(request, as_of, _next_update(request.created_at, now), told)


def _parts_by(request: Request, as_of: dt.datetime) -> QuerySet[RequestPart]:
    there = request.parts.filter(Q(added_at=None) | Q(added_at__lte=as_of))
    return there.select_related("report", "request").order_by("pk")


def _part(part: RequestPart, as_of: dt.datetime) -> PartProgress:
    return PartProgress(part.url, _stages(part, as_of), part.is_more, is_ours=part.added_at is not None)


def _next_update(created_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    at = now
    while (update := shown_as_of(created_at, at)) is None or update <= now:
        at += dt.timedelta(hours=12)
    return update


def _stages(part: RequestPart, as_of: dt.datetime) -> list[Stage]:
    words = _of_words(part, as_of)
    if part.report is None:
        return words
    return list(dict.fromkeys([*words, *_of_pictures(part, part.report, as_of)]))


def _of_pictures(part: RequestPart, report: Report, as_of: dt.datetime) -> list[Stage]:
    seen = list(sightings_of(part))
    by_then = [each for each in seen if each.first_seen_at <= as_of]
    counting = elsewhere(part, by_then) if part.is_more else by_then
    places = [place for each in counting if (place := _place(each, as_of, part.request.created_at)) is not None]
    looked = report.state in (Report.State.FETCHED, Report.State.ASSESSED) and len(by_then) == len(seen)
    in_vain = report.state == Report.State.UNREACHABLE or (looked and not awaits_report(report.pk))
    return stages_of(places, nothing_there=in_vain)


def _of_words(part: RequestPart, as_of: dt.datetime) -> list[Stage]:
    """What is told of the words at an address; nothing where pictures alone are to go."""
    return [words_stage(words_events(part), as_of)] if is_about_words(part) else []


def sightings_of(part: RequestPart) -> QuerySet[Sighting]:
    """Where what this part names was seen."""
    if part.report is None:
        return Sighting.objects.none()
    if not part.url:
        return Sighting.objects.filter(asked__asked__report=part.report).distinct()
    url = parse(part.url)
    return Sighting.objects.filter(Q(url_key=file_key(url)) | Q(page_url_key=url.key) | Q(report=part.report))


def _place(sighting: Sighting, as_of: dt.datetime, asked_at: dt.datetime) -> AddressState | None:
    """Where one place stood at the update; None where it was gone before the person asked."""
    rows = NoticeUrl.objects.filter(media=sighting.media_id, url_key=bytes(sighting.url_key))
    there = rows.filter(notice__created_at__lte=as_of).exclude(_withdrawn_by(as_of)).select_related("notice")
    told = [_told(row, as_of, asked_at) for row in there]
    if not told:
        return _decided(sighting, as_of)
    order = (
        AddressState.BACK,
        AddressState.REFUSED,
        AddressState.TOLD,
        AddressState.WRITING,
        AddressState.SILENT,
        AddressState.GONE,
    )
    return next((place for place in order if place in told), None)


def _withdrawn_by(as_of: dt.datetime) -> Q:
    """Of whose verdict fell nothing more is asked; until the update after that it is told as before."""
    fell_later = Q(verdict__superseded_by__decided_at__gt=as_of)
    return Q(state=UrlState.WITHDRAWN) & ~fell_later


def _told(row: NoticeUrl, as_of: dt.datetime, asked_at: dt.datetime) -> AddressState | None:
    if row.state == UrlState.OFFLINE and row.offline_at is not None and row.offline_at <= as_of:
        return AddressState.SILENT if removal_told(asked_at, row.offline_at, None) else None
    if row.removed_at is not None and row.removed_at <= as_of:
        came_back = row.reappeared_at is not None and row.removed_at < row.reappeared_at <= as_of
        return removal_told(asked_at, row.removed_at, row.reappeared_at if came_back else None)
    sent_at = row.notice.first_sent_at
    if sent_at is None or sent_at > as_of:
        return AddressState.WRITING
    return AddressState.REFUSED if _is_refused(row, as_of, asked_at) else AddressState.TOLD


def _is_refused(row: NoticeUrl, as_of: dt.datetime, asked_at: dt.datetime) -> bool:
    """Whether its company says no to this address. What it said before the person asked would tell that it was asked
    before (R56)."""
    said = row.notice.push_backs.filter(reason__in=REFUSALS, made_at__gt=asked_at, made_at__lte=as_of)
    return said.filter(Q(addresses=None) | Q(addresses__contains=[row.pk])).exists()


def _decided(sighting: Sighting, as_of: dt.datetime) -> AddressState:
    items = sighting.review_items.filter(created_at__lte=as_of)
    if items.filter(Q(decided_at=None) | Q(decided_at__gt=as_of)).exists():
        return AddressState.ASSESSING
    verdicts = Verdict.objects.filter(item__sightings=sighting, decided_at__lte=as_of)
    last = verdicts.exclude(superseded_by__decided_at__lte=as_of).order_by("-decided_at").first()
    if last is None:
        return AddressState.ASSESSING
    return AddressState.WRITING if last.outcome == Verdict.Outcome.REMOVE else AddressState.NOT_ASKED


def requests(*, done: bool = False) -> QuerySet[Request]:
    """Requests in the order of danger, then of time; those done with, of whom nobody waits for an answer, by day."""
    found = Request.objects.select_related("done_by", "tied_to", "referral")
    unanswered = Disagreement.objects.filter(decided_at=None).values("request")
    waits = Q(done_at=None) | Q(pk__in=unanswered) | Q(pk__in=gone_on().values("request"))
    if done:
        return found.exclude(waits).order_by("-done_at", "-pk")
    return found.filter(waits).order_by(_danger(), "created_at", "pk")


def put_aside() -> QuerySet[Request]:
    """Those of which a hash is found in so many places that it is not looked for until a person says so."""
    return Request.objects.filter(parts__report__asked_hashes__paused_at__isnull=False, done_at=None).distinct()


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
