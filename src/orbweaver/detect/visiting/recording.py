"""Recording what a batch of visits brought: findings, results, new URLs, reports and figures, in one transaction."""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from django.db.models import Q

from orbweaver.detect.captures.keeper import Keeper
from orbweaver.detect.captures.keeping import PagesInHand, Wire, exchanges_of
from orbweaver.detect.crawl import extents, frontier, leases, revisits, rules
from orbweaver.detect.crawl.frontier import Done
from orbweaver.detect.crawl.ledger import Ledger, LedgerRow, seen_rows
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.crawl.services import count, count_pages, hold_leads
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.crawl.stopping import hold_back, stopped_among
from orbweaver.detect.fetching.errors import REASONS
from orbweaver.detect.held import gate
from orbweaver.detect.held.gate import Candidate, Gate, Show
from orbweaver.detect.held.models import WaitingPicture
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import note_visits
from orbweaver.detect.matching.asked import AskedHashes
from orbweaver.detect.matching.index import ListIndex
from orbweaver.detect.matching.seen import as_rows, open_seen
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.crawled import keep_crawled_films
from orbweaver.detect.visiting import findings
from orbweaver.detect.visiting.found import found_urls
from orbweaver.detect.visiting.handovers import BatchRecorded, ReadPages, batch_recorded
from orbweaver.detect.visiting.messages import NOTHING_TO_ASSESS
from orbweaver.detect.visiting.places import follow_pages, moved_media
from orbweaver.detect.visiting.site_kinds import SiteKinds
from orbweaver.detect.visiting.stages import Visited
from orbweaver.detect.visiting.telling import tell
from orbweaver.detect.visiting.unchanged import UnchangedMedia, has_one_picture, pack_others
from orbweaver.fingerprints import Fingerprints
from orbweaver.platform.shared_clock import shared_now

logger = logging.getLogger(__name__)

Kind = FrontierUrl.Kind


@dataclass(slots=True)
class Recorded:
    """What a batch came to."""

    pages: int = 0
    images: int = 0
    unchanged: int = 0
    failures: int = 0
    put_off: int = 0
    bytes: int = 0
    matches: int = 0
    added: int = 0
    partly: int = 0


@dataclass(frozen=True)
class Progress:
    """What a batch adds to the bounds of a crawl: pages of leads, leads that led to something known, new addresses and
    finds (``extents``)."""

    pages: Counter[int]
    fruitful: set[int]
    grown: Counter[str]
    finds: Counter[str]


class Recorder:
    """Records batches. It remembers which leads led to nothing known for so long that they are given up."""

    def __init__(self, index: ListIndex, read_pages: ReadPages, show: Show | None = None) -> None:
        """``show`` asks a decoder process for pixels; without it nothing waits to be compared with held pictures."""
        self._max_hops = CrawlSettings.current().crawl_max_hops
        self._max_fruitless = CrawlSettings.current().crawl_max_fruitless_pages
        self._delay_s = CrawlSettings.current().crawl_host_delay_s
        self._concurrency = CrawlSettings.current().crawl_host_concurrency
        self._index = index
        self._asked = AskedHashes()
        self._given_up: set[int] = set()
        self._kinds = SiteKinds()
        self._unchanged = UnchangedMedia()
        self._read_pages = read_pages
        self._gate = Gate(show) if show is not None else None
        self._seen = open_seen()
        self._pages = PagesInHand()
        self._keeper = Keeper()
        self._ledger = Ledger(CrawlSettings.current().ledger_dir) if CrawlSettings.current().ledger else None

    def record(self, worker_id: int, outcomes: Sequence[Visited], now: dt.datetime) -> Recorded:
        """Look up, then record all in one transaction; may be repeated. ``now`` is domain time.

        Nothing is recorded of what was leased under another number than ``worker_id``, nor anything once that one was
        given up: it waits again, and whoever leases it then records it.
        """
        outcomes = [outcome for outcome in outcomes if outcome.leased.worker_id == worker_id]
        files = [outcome for outcome in outcomes if outcome.prints is not None]
        # before it is looked up: an entry that comes in between finds it there
        self._seen.append(as_rows(_places_and_prints(outcomes), MatchingSettings.current().match_quality_floor))
        found = findings.look_up(outcomes, self._index, self._asked)
        again = self._unchanged.look_up(outcomes, self._index, self._asked)
        if self._ledger is not None:
            self._ledger.append(_seen(files, now), now.date())
        keep = self._read_pages(outcomes)
        waiting, dropped = self._to_compare(outcomes, found, now)
        with transaction.atomic():
            if not leases.hold(worker_id):
                return Recorded()
            keep(now)
            gate.keep(waiting, dropped)
            matched = findings.record(found, now)
            keep_crawled_films(
                (prints for _, prints in _places_and_prints(outcomes)), MatchingSettings.current().match_quality_floor
            )
            recorded, progress = self._record_results(worker_id, outcomes, matched, again, now)
        self._capture(outcomes, matched, now)
        tell(outcomes, matched.seen)
        self._kinds.note(outcomes)
        self._count_on(progress)
        return recorded

    def _to_compare(
        self, outcomes: Sequence[Visited], found: Sequence[findings.Hitting], now: dt.datetime
    ) -> tuple[list[WaitingPicture], int]:
        """Pictures that are to wait to be compared with held ones, and how many were dropped."""
        if self._gate is None:
            return [], 0
        matching = {each.outcome.leased.parent_id for each in found if each.hits}
        return self._gate.chosen(_unknown(outcomes, found), matching, now)

    def _capture(self, outcomes: Sequence[Visited], matched: findings.Matched, now: dt.datetime) -> None:
        """Have kept what went over the wire for what was found. What follows from it is on its way already."""
        for outcome in outcomes:
            if outcome.page is not None:
                self._pages.note(outcome.leased.id, outcome.result, outcome.picture)
        self._keeper.put(
            (
                Wire(each.sighting, exchanges_of(each.visit.result), *self._pages.get(each.page_id))
                for each in matched.seen
            ),
            now,
        )

    def close(self) -> None:
        """Let captures that wait come to their end, for a while."""
        self._keeper.close()

    def _record_results(
        self, worker_id: int, outcomes: Sequence[Visited], found: findings.Matched, again: set[int], now: dt.datetime
    ) -> tuple[Recorded, Progress]:
        changes, at, matched = SiteChanges(), shared_now(), found.urls
        ended = self._given_up | stopped_among({outcome.leased.lead_id for outcome in outcomes})
        done = [
            self._done(outcome, at, ended, matched=outcome.leased.id in matched, again=outcome.leased.id in again)
            for outcome in outcomes
        ]
        ours = frontier.complete(worker_id, done, at=now, changes=changes)
        mine = [outcome for outcome in outcomes if outcome.leased.id in ours]
        matches = [outcome.leased for outcome in mine if outcome.leased.id in matched]
        urls = found_urls(mine, hops=ours, max_hops=self._max_hops, given_up=ended)
        for each in matches:
            changes.finds.update(extents.names_of(each.lead_id, each.parsed.host))
        shown_too: set[int] = set()
        added = frontier.add_urls(
            urls, max_hops=self._max_hops, changes=changes, shown_too=shown_too, moved=moved_media(mine)
        )
        batch_recorded.announce(BatchRecorded(mine, matched, changes, now))
        follow_pages(mine, found, again, shown_too, changes)
        parents = {leased.parent_id for leased in matches if leased.parent_id is not None}
        parents |= {each.page_id for each in found.seen if each.page_id is not None and each.visit.leased.id in matched}
        parents |= {each.leased.id for each in mine if each.page is not None and each.leased.id in matched}
        frontier.renew(parents, max_hops=self._max_hops, changes=changes)
        _note_places(mine, matched, now)
        _update_reports(mine)
        note_visits({each.leased.report_id for each in mine if each.leased.report_id is not None})
        _note_answers(outcomes, changes, at)
        recorded = _figures(mine, matched, added)
        # rows that others want, too: by one statement for each table, right before the commit, leads (the fewest) last;
        # what only counts comes after it
        apply_changes(changes, now=shared_now(), delay_s=self._delay_s, concurrency=self._concurrency)
        fruitful = {leased.lead_id for leased in matches}
        _hold_leads(mine, fruitful)
        count(pages=recorded.pages, images=recorded.images, failures=recorded.failures, size=recorded.bytes, now=now)
        pages = Counter(outcome.leased.lead_id for outcome in mine if outcome.page is not None)
        return recorded, Progress(pages, fruitful, changes.grown, changes.finds)

    def _done(self, outcome: Visited, at: dt.datetime, ended: Collection[int], *, matched: bool, again: bool) -> Done:
        leased, prints, result = outcome.leased, outcome.prints, outcome.result
        sound = not outcome.error and not outcome.left
        keeps_validators = outcome.kind == Kind.MEDIA and sound and has_one_picture(outcome)
        return Done(
            id=leased.id,
            report_id=leased.report_id,
            status=result.status,
            error=outcome.error or outcome.left,
            kind=outcome.kind,
            sha256=prints.sha256 if prints else None,
            pdq=prints.pdq if prints else None,
            pdq_quality=prints.pdq_quality if prints else None,
            other_prints=pack_others(prints) if prints else None,
            matched=matched,
            etag=result.header("ETag") if keeps_validators else "",
            last_modified=result.header("Last-Modified", 40) if keeps_validators else "",
            context=outcome.page_context(),
            due_at=at + dt.timedelta(seconds=outcome.again_in_s) if outcome.again_in_s is not None else None,
            unchanged=outcome.unchanged,
            again=again,
            least_hops=self._max_hops if outcome.page is not None and leased.lead_id in ended else 0,
        )

    def _count_on(self, progress: Progress) -> None:
        """Count what bounds a crawl, in rows that all crawlers share: after the commit, each for no longer than a
        statement. Where the database fails just then the batch is not counted; all of it is recorded."""
        self._given_up -= progress.fruitful
        fruitless = {lead_id: pages for lead_id, pages in progress.pages.items() if lead_id not in progress.fruitful}
        try:
            extents.grow(progress.grown, progress.finds, shared_now())
            counted = count_pages(fruitless)
        except (OperationalError, InterfaceError, InternalError) as error:
            connection.close()
            logger.warning("A batch was not counted for the bounds of its leads (%s).", type(error).__name__)
            return
        for lead_id, pages in counted.items():
            if rules.is_fruitless(pages, self._max_fruitless):
                self._given_up.add(lead_id)
            else:
                self._given_up.discard(lead_id)


def _hold_leads(outcomes: Sequence[Visited], fruitful: set[int]) -> None:
    lead_ids = {outcome.leased.lead_id for outcome in outcomes}
    hold_leads(lead_ids, fruitful)
    for lead_id in stopped_among(lead_ids):  # perhaps since it began
        hold_back(lead_id)


def _unknown(outcomes: Sequence[Visited], found: Sequence[findings.Hitting]) -> list[Candidate]:
    """Pictures that hit nothing; what is within an archive or a page is not among them."""
    known = {each.outcome.leased.id for each in found}
    return [
        Candidate(each.leased.id, each.prints, each.result.body, each.leased.hops, each.leased.parent_id)
        for each in outcomes
        if each.prints is not None and each.leased.id not in known
    ]


def _note_places(outcomes: Sequence[Visited], matched: set[int], now: dt.datetime) -> None:
    """Where something known is new is visited again; what lay there before is no news, and rechecks follow it."""
    new = [each for each in outcomes if each.leased.id in matched and not _was_there(each)]
    pages = [each.leased.id if each.page is not None else each.leased.parent_id for each in new]
    leads = {each.leased.lead_id for each in new}
    revisits.note_found({page for page in pages if page is not None}, leads, now)


def _was_there(outcome: Visited) -> bool:
    before = outcome.leased.sha256
    return outcome.prints is not None and before is not None and outcome.prints.sha256 == bytes(before)


_KEYS = """
SELECT f.id, f.url_key, p.url_key FROM crawl_frontierurl f LEFT JOIN crawl_frontierurl p ON p.id = f.parent_id
WHERE f.id = ANY(%s)
"""


def _note_answers(outcomes: Sequence[Visited], changes: SiteChanges, at: dt.datetime) -> None:
    """What the answers say of their sites: how quick they are, whether they are busy or asked for patience."""
    for outcome in outcomes:
        result, site_id = outcome.result, outcome.leased.site_id
        busy = rules.is_busy(outcome.error, result.status)
        if busy or result.status is not None:
            changes.answered(site_id, busy=busy, latency_s=result.answered_s)
        if outcome.patience_s is not None:
            changes.hold_until(site_id, at + dt.timedelta(seconds=outcome.patience_s))


def _places_and_prints(outcomes: Sequence[Visited]) -> Iterator[tuple[int, Fingerprints]]:
    """All that was fetched and what is within it, with the number of its place."""
    for outcome in outcomes:
        if outcome.prints is not None:
            yield outcome.leased.id, outcome.prints
        yield from ((outcome.leased.id, each.prints) for each in outcome.inside)


def _seen(files: Sequence[Visited], now: dt.datetime) -> list[LedgerRow]:
    """The ledger's rows for these files."""
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [[outcome.leased.id for outcome in files]])
        keys = {number: (bytes(own), bytes(page) if page else None) for number, own, page in cursor.fetchall()}
    rows: list[LedgerRow] = []
    for outcome in files:
        if outcome.prints is not None and outcome.leased.id in keys:
            own, page = keys[outcome.leased.id]
            rows += seen_rows(outcome.prints, url_key=own, page_key=page, at=now)
    return rows


def _update_reports(outcomes: Iterable[Visited]) -> None:
    """A report's own URL was fetched, or could not be. A row holds the last report alone; others may wait too."""
    for outcome in outcomes:
        report_id = outcome.leased.report_id
        if (
            report_id is None
            or outcome.error == "redirect"
            or (outcome.again_in_s is not None and not outcome.is_put_off)
        ):
            continue
        # a report that came while this was being fetched has a higher number, and the URL waits again for it
        named = Q(url_key=outcome.leased.parsed.key, pk__lte=report_id)
        if outcome.leased.kind == Kind.UNKNOWN:  # where a reported URL leads to
            named |= Q(pk=report_id)
        waiting = Report.objects.filter(named, state=Report.State.RECEIVED)
        if outcome.page is not None or outcome.prints is not None or outcome.unchanged:
            waiting.update(state=Report.State.FETCHED, state_reason="")
        else:
            reason = REASONS.get(outcome.error, NOTHING_TO_ASSESS)
            state = Report.State.RECEIVED if outcome.is_put_off else Report.State.UNREACHABLE
            waiting.update(state=state, state_reason=str(reason)[:200])


def _figures(outcomes: Sequence[Visited], matched: set[int], added: int) -> Recorded:
    return Recorded(
        pages=sum(outcome.page is not None for outcome in outcomes),
        images=sum(outcome.is_image + len(outcome.inside) for outcome in outcomes),
        unchanged=sum(outcome.unchanged for outcome in outcomes),
        failures=sum(
            bool(outcome.error) and outcome.again_in_s is None and not outcome.is_moved for outcome in outcomes
        ),
        put_off=sum(outcome.is_put_off for outcome in outcomes),
        bytes=sum(len(outcome.result.body) for outcome in outcomes),
        matches=sum(outcome.leased.id in matched for outcome in outcomes),
        added=added,
        partly=sum(bool(outcome.left) and not outcome.error for outcome in outcomes),
    )
