"""The crawler process: lease → fetch → decode → look up → record, many at once, until it is asked to stop.

One event loop fetches; decoder processes make fingerprints; two threads talk to the database, one leasing, one
recording a batch at a time. What is in hand at any moment is bounded in number and in bytes. Nothing is lost when the
process dies: its leases run out and others do the same work again, which changes nothing that was done.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import platform
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from django.db import InterfaceError, InternalError, OperationalError
from prometheus_client import Counter, Gauge

from orbweaver.assess.terms.page_watch import PageWatch
from orbweaver.detect.crawl.frontier import HEARTBEAT_S, Leased
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.drawing.browser import PageBrowser
from orbweaver.detect.drawing.settings import DrawingSettings
from orbweaver.detect.evidence.services import archive_is_on
from orbweaver.detect.extraction.page_reader import PageReader
from orbweaver.detect.fetching.fetch import Fetcher
from orbweaver.detect.fetching.settings import FetchingSettings
from orbweaver.detect.media.decoders import decoder_pool
from orbweaver.detect.visiting.database import CrawlDatabase
from orbweaver.detect.visiting.polite_fetch import PoliteFetcher
from orbweaver.detect.visiting.reading import Reading
from orbweaver.detect.visiting.recording import Recorded
from orbweaver.detect.visiting.stages import Visited
from orbweaver.detect.visiting.visitor import Visitor
from orbweaver.fingerprints.desk import DecoderDesk
from orbweaver.platform.runtime.ending import ended_in_time
from orbweaver.platform.runtime.limits import will_pass
from orbweaver.platform.runtime.status import BEATS, REGISTRY
from orbweaver.platform.settings import PlatformSettings

logger = logging.getLogger(__name__)

IN_HAND: Final = 16
"""URLs leased for each fetch that may run, so that neither hosts that must be waited for nor a batch that is being
recorded hold up the others."""
BATCH: Final = 512
"""Outcomes recorded in one transaction at most: half of what is in hand, so that the other half goes on."""
BATCH_WAIT_S: Final = 0.1
"""Seconds that an outcome waits for company."""
IDLE_S: Final = 0.2
"""Seconds between looks at a frontier of which nothing may be fetched yet."""
REST_AFTER_S: Final = 5.0
"""Seconds without anything in hand after which the crawler rests: it looks when something was committed."""
REST_S: Final = 20.0
"""Seconds between looks at the frontier while nothing is committed: time alone lets some of it be fetched."""
TIDY_S: Final = 10.0
"""Seconds between looks at whether the match index is in many parts."""
STOP_PATIENCE_S: Final = 5.0
"""Seconds that visits may still take once the crawler is to stop; then they are given back."""
END_WITHIN_S: Final = 40.0
"""Seconds for all of the end: visits, the last batch, its captures (``captures.keeper.CLOSING_S``)."""

_DONE = Counter("orbweaver_crawl_done", "What this crawler recorded, by kind.", ["kind"], registry=REGISTRY)
_IN_HAND = Gauge("orbweaver_crawl_in_hand", "Addresses that this crawler has in hand.", registry=REGISTRY)

Progress = Callable[["CrawlSummary"], None]


@dataclass
class CrawlSummary:
    """What a run came to: pages, those of them drawn with a browser, pictures and videos, media that did not change,
    URLs that failed, URLs that are put off for an hour or a day, bytes, matches, URLs added, URLs of which a part was
    not looked at (none of the failed)."""

    pages: int = 0
    drawn: int = 0
    images: int = 0
    unchanged: int = 0
    failures: int = 0
    put_off: int = 0
    bytes: int = 0
    matches: int = 0
    added: int = 0
    partly: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    """It was asked to stop before it was done; what is left waits in the frontier."""
    helped: bool = False
    """Other crawlers did a part: their bytes are not known."""

    def add(self, recorded: Recorded) -> None:
        """Count a batch."""
        for name, value in asdict(recorded).items():
            setattr(self, name, getattr(self, name) + value)
            _DONE.labels(name).inc(value)

    def with_others(self, work: dict[str, int]) -> CrawlSummary:
        """With what other crawlers did of the same leads: ``work`` is that of all."""
        if work["urls"] <= self.pages + self.images + self.unchanged + self.failures:
            return self
        counted = ("pages", "images", "matches", "failures", "put_off", "partly")
        return replace(self, helped=True, **{name: max(getattr(self, name), work[name]) for name in counted})


@dataclass
class Crawler:
    """One crawler process. ``lead_ids`` bounds it to what these leads lead to."""

    lead_ids: Sequence[int] | None = None
    max_pages: int | None = None
    once: bool = False
    progress: Progress | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    summary: CrawlSummary = field(default_factory=CrawlSummary)

    def __post_init__(self) -> None:
        self._outcomes: asyncio.Queue[Visited | None] = asyncio.Queue()
        self._visits: set[asyncio.Task[None]] = set()
        self._most_in_hand = FetchingSettings.current().crawl_concurrency * IN_HAND
        self._in_hand = 0
        self._pages_begun = 0
        self._changed = asyncio.Event()
        self._busy_at = time.monotonic()

    async def run(self) -> CrawlSummary:
        """Crawl until stopped, or until nothing is left where ``once`` or leads bound it."""
        began = time.monotonic()
        try:
            await self._run()
        except (OperationalError, InterfaceError, InternalError) as error:
            if not (self.stop.is_set() and will_pass(error)):
                raise
            logger.warning("Ended without the database's answer: what was in hand is done by others, or again.")
        finally:
            BEATS.end()
        self.summary.seconds = time.monotonic() - began
        self.summary.interrupted = self.stop.is_set()
        return self.summary

    async def _run(self) -> None:
        async with contextlib.AsyncExitStack() as stack:
            decoders = decoder_pool(ready=0)
            stack.push_async_callback(asyncio.to_thread, decoders.close)
            self._database = CrawlDatabase(f"{platform.node()}:{os.getpid()}", PageWatch().read, decoders.submit_views)
            stack.callback(asyncio.create_task(self._pass_on_stop()).cancel)
            await stack.enter_async_context(self._database)
            fetcher = await stack.enter_async_context(Fetcher.from_settings(capture=archive_is_on()))
            reader = await stack.enter_async_context(PageReader.from_settings())
            draws = bool(DrawingSettings.current().crawl_browser)
            browser = PageBrowser.from_settings(pictured=archive_is_on()) if draws else None
            if browser is not None:
                await stack.enter_async_context(browser)
            self._fetcher = PoliteFetcher(fetcher, self._database, PlatformSettings.current().user_agent_text)
            reading = Reading(reader, DecoderDesk(decoders).decode, browser)
            self._visitor = Visitor(self._fetcher, reading, at_once=FetchingSettings.current().crawl_concurrency)
            try:
                await self._work()
                self.summary = await self._of_all()
            except BaseExceptionGroup as group:
                raise group.exceptions[0] from None

    async def _pass_on_stop(self) -> None:
        """Threads that wait for the database hear nothing of signals."""
        await self.stop.wait()
        self._database.stop()

    async def _work(self) -> None:
        """Run the loops. When one fails, all end with its error, and the leases are given back."""
        async with asyncio.TaskGroup() as group:
            living = group.create_task(self._live())
            tidying = group.create_task(self._tidy())
            recording = group.create_task(self._record())
            await self._lease(group)
            await self._end_visits()
            self._outcomes.put_nowait(None)
            await recording
            living.cancel()
            tidying.cancel()

    async def _end_visits(self) -> None:
        """Let visits come to their end, for a while; what does not is given back when the database closes."""
        if self._visits:
            _, late = await asyncio.wait(self._visits, timeout=STOP_PATIENCE_S)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _live(self) -> None:
        """Say that this process lives, take back the leases of those that do not, look at the off switches."""
        while True:
            self._fetcher.turns.off = await self._database.heartbeat()
            BEATS.beat()
            _IN_HAND.set(self._in_hand)
            if self.progress is not None and not self._in_hand:  # others may be at it
                self.progress(await self._of_all())
            await asyncio.sleep(REST_S if self._rests else HEARTBEAT_S)

    async def _of_all(self) -> CrawlSummary:
        """The summary, with what other crawlers did of the leads that bound this one, as one that runs beside it."""
        if self.lead_ids is None:
            return self.summary
        return self.summary.with_others(await self._database.work_of(self.lead_ids))

    async def _tidy(self) -> None:
        """Keep the match index in few parts."""
        while True:
            await self._database.tidy()
            await asyncio.sleep(TIDY_S)

    @property
    def _rests(self) -> bool:
        """Whether there was nothing to do for a while, and nobody waits for the end."""
        bounded = self.once or self.lead_ids is not None
        return not bounded and not self._in_hand and time.monotonic() - self._busy_at > REST_AFTER_S

    async def _rest(self) -> None:
        """Wait until something was committed, or time may have brought something."""
        until = time.monotonic() + REST_S
        while time.monotonic() < until and not self.stop.is_set():
            if await self._database.has_changed():
                self._fetcher.turns.off = await self._database.heartbeat()
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), self._database.pause_s)

    async def _lease(self, group: asyncio.TaskGroup) -> None:
        """Keep work in hand until stopped or finished."""
        while not self.stop.is_set():
            free = self._most_in_hand - self._in_hand
            if free < max(1, self._most_in_hand // 4):
                await self._wait_for_change()
                continue
            media_only = self.max_pages is not None and self._pages_begun >= self.max_pages
            leased = await self._database.lease(free, self.lead_ids, media_only=media_only)
            for each in leased:
                self._begin(group, each)
            if not leased:
                if not self._in_hand and await self._is_finished(media_only):
                    return
                await (self._rest() if self._rests else self._wait_for_change())
            else:
                self._busy_at = time.monotonic()

    def _begin(self, group: asyncio.TaskGroup, leased: Leased) -> None:
        self._in_hand += 1
        task = group.create_task(self._visit(leased))
        self._visits.add(task)
        task.add_done_callback(self._visits.discard)

    async def _is_finished(self, media_only: bool) -> bool:
        if self._fetcher.turns.off.everything:
            return self.once or self.lead_ids is not None
        if self.lead_ids is not None:
            return not await self._database.unfinished(self.lead_ids, media_only=media_only)
        return self.once and not await self._database.anything_waits()

    async def _wait_for_change(self) -> None:
        """Wait until something was recorded or the crawler is to stop, for a moment at most."""
        self._changed.clear()
        waits = {asyncio.create_task(self._changed.wait()), asyncio.create_task(self.stop.wait())}
        _, pending = await asyncio.wait(waits, timeout=IDLE_S, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()

    async def _visit(self, leased: Leased) -> None:
        """Wait for the host's turn, fetch, look, and hand over what came. A turn that cannot be taken is given back."""
        turn = time.monotonic() + leased.wait_s
        if leased.wait_s:
            await asyncio.sleep(leased.wait_s)
        if self._is_a_page_too_many(leased):
            await self._give_back(leased)
            return
        outcome = await self._visitor.visit(leased, turn)
        if outcome is None:
            if leased.kind != FrontierUrl.Kind.MEDIA:
                self._pages_begun -= 1
            await self._give_back(leased)
        else:
            self._outcomes.put_nowait(outcome)

    async def _give_back(self, leased: Leased) -> None:
        await self._database.release([leased.id])
        self._in_hand -= 1
        self._changed.set()

    def _is_a_page_too_many(self, leased: Leased) -> bool:
        """Whether the pages that were asked for are fetched. What may be a page counts as one."""
        if self.max_pages is None or leased.kind == FrontierUrl.Kind.MEDIA:
            return False
        self._pages_begun += 1
        return self._pages_begun > self.max_pages

    async def _record(self) -> None:
        """Record outcomes in batches, until None ends them."""
        ended = False
        while not ended:
            batch, ended = await self._batch()
            if batch:
                self.summary.add(await self._database.record(batch))
                self.summary.drawn += sum(outcome.drawn for outcome in batch)
            for outcome in batch:
                outcome.held.close()
            self._in_hand -= len(batch)
            self._changed.set()
            if self.progress is not None:
                self.progress(self.summary)

    async def _batch(self) -> tuple[list[Visited], bool]:
        """What came within a moment, and whether it is the last."""
        batch = [await self._outcomes.get()]
        if batch[0] is not None and self._outcomes.qsize() < BATCH:
            await asyncio.sleep(BATCH_WAIT_S)
        while batch[-1] is not None and len(batch) < BATCH and not self._outcomes.empty():
            batch.append(self._outcomes.get_nowait())
        return [outcome for outcome in batch if outcome is not None], batch[-1] is None


def run_crawler(
    *,
    once: bool = False,
    progress: Progress | None = None,
    lead_ids: Sequence[int] | None = None,
    max_pages: int | None = None,
    cut_off_code: int = 0,
) -> CrawlSummary:
    """Run a crawler in this process until SIGTERM or SIGINT, or until it is finished where ``once`` or leads bound it.

    Django must be set up. The first signal lets visits in hand come to their end for a few seconds. Where the database
    keeps the end waiting, the process ends with ``cut_off_code`` (``platform.runtime.ending``).
    """

    _quieten_collector()

    async def run(asked: Callable[[], None]) -> CrawlSummary:
        crawler = Crawler(lead_ids=lead_ids, max_pages=max_pages, once=once, progress=progress)
        loop = asyncio.get_running_loop()

        def stop() -> None:
            crawler.stop.set()
            asked()

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, stop)
        return await crawler.run()

    with ended_in_time(END_WITHIN_S, cut_off_code) as asked:
        return asyncio.run(run(asked))


def _quieten_collector() -> None:
    """Take what is loaded out of the garbage collector's rounds: they took a quarter of the loop's time.

    What is in hand are some 60,000 objects, which come and go: a round each time their number has grown by less than
    that finds nothing and takes 0.04 ms a picture.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
