"""The crawler's way to the database: a thread that leases and one that records; both outlive a restart of it."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self, TypeVar

from django.db import InterfaceError, InternalError, OperationalError, connection, transaction

from orbweaver.detect.crawl import leases, leasing, passed_over
from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.crawl.models import Site
from orbweaver.detect.crawl.selectors import Off, anything_waits, is_crawling_off, switched_off, unfinished, work_of
from orbweaver.detect.crawl.services import add_sitemaps, record_robots
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.held.gate import Show
from orbweaver.detect.matching.index import ListIndex, open_index, tidy
from orbweaver.detect.visiting.handovers import ReadPages
from orbweaver.detect.visiting.places import LeftPages
from orbweaver.detect.visiting.recording import Recorded, Recorder
from orbweaver.detect.visiting.stages import Visited
from orbweaver.people.machines.services import say_alive
from orbweaver.people.rule_tables.services import follow
from orbweaver.platform.clock import now
from orbweaver.platform.pulse import QUIET_PULSE_S, Pulse
from orbweaver.platform.runtime.limits import will_pass
from orbweaver.platform.runtime.messages import SHUT_OUT
from orbweaver.platform.runtime.signing_in import SIGN_IN_REFUSED, is_sign_in_refused
from orbweaver.platform.runtime.status import BEATS
from orbweaver.platform.settings import PlatformSettings
from orbweaver.platform.shared_clock import shared_now

T = TypeVar("T")
logger = logging.getLogger(__name__)

RETRY_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts while the database does not answer; the last one again and again."""
REFUSED_RETRY_S: Final = (60.0, 120.0, 300.0, 600.0, 900.0)
"""The same while it lets this machine sign in no more."""
RESTING_LEASE_S: Final = 1200.0
"""How long a worker that holds nothing is taken to live after it said so."""
MACHINE_RESTING_LEASE_S: Final = 60.0
"""The same of a machine of a fleet: the database believes none for longer, as it may be revoked in between."""
LOST_EVERY_S: Final = 30.0
"""Seconds between looks for leases of workers that nobody knows, and for pages whose medium is done."""
FORGOTTEN_EVERY_S: Final = 3600.0
"""Seconds between looks at all hosts for what waits at one that says that nothing does."""
SAY_EVERY_S: Final = 10.0
"""Seconds between words of a machine of a fleet that it lives."""
CLOSING_ATTEMPTS: Final = 3
CLOSING_S: Final = 2.0
"""Attempts, and seconds, that a crawler which is to end has for whatever the database does not take; what could not be
said is then left to the end of the leases."""
CLOSING_RETRY_S: Final = 0.2
"""Seconds between them."""


class CrawlDatabase:
    """Registers a worker and keeps what it holds. Use as an async context manager."""

    def __init__(self, name: str, read_pages: ReadPages, show: Show | None = None) -> None:
        self._read_pages, self._show = read_pages, show
        self._name = name
        self._worker = 0
        self._held: set[int] = set()
        self._pulse = Pulse()
        self._rests_until = 0.0
        is_of_fleet = PlatformSettings.current().machine_part is not None
        self._resting_lease_s = MACHINE_RESTING_LEASE_S if is_of_fleet else RESTING_LEASE_S
        self._looked_for_lost_at = 0.0
        self._looked_for_forgotten_at = 0.0
        self._found_nothing = False
        self._left_pages = LeftPages()
        self._said_alive_at = -SAY_EVERY_S
        self._recorded = 0
        self._may_lease = True
        self._stopping = threading.Event()
        self._patience_ends = math.inf
        self._refusing = threading.Lock()
        self._leasing = ThreadPoolExecutor(1, thread_name_prefix="crawl-lease")
        self._recording = ThreadPoolExecutor(1, thread_name_prefix="crawl-record")
        self._tidying = ThreadPoolExecutor(1, thread_name_prefix="crawl-tidy")
        self._index: ListIndex | None = None
        self._recorder: Recorder | None = None

    async def __aenter__(self) -> Self:
        await self._lease_thread(self._enlist)
        await self._record_thread(self._open_index)
        await asyncio.get_running_loop().run_in_executor(self._recording, _disconnect)  # until there is something
        return self

    def stop(self) -> None:
        """The crawler is to end: what the database does not take is soon given up, with the database's error."""
        if not self._stopping.is_set():
            self._patience_ends = time.monotonic() + CLOSING_S
            self._stopping.set()

    async def __aexit__(self, *_: object) -> None:
        self.stop()
        try:
            await self._lease_thread(lambda: leases.dismiss(self._worker))
        except (OperationalError, InterfaceError, InternalError):
            logger.warning("The database does not answer; leases end by themselves.")
        if self._recorder is not None:
            await asyncio.get_running_loop().run_in_executor(self._recording, self._recorder.close)
        if self._index is not None:
            self._index.close()
        for executor in (self._leasing, self._recording, self._tidying):
            await asyncio.get_running_loop().run_in_executor(executor, _disconnect)
            executor.shutdown()

    def _enlist(self) -> None:
        self._worker = leases.enlist(self._name, now=shared_now())
        self._take_back_lost()
        self._find_forgotten()

    def _find_forgotten(self) -> None:
        passed_over.find_forgotten()
        self._looked_for_forgotten_at = time.monotonic()

    def _take_back_lost(self) -> None:
        with transaction.atomic():
            leases.take_back_lost()
        self._looked_for_lost_at = time.monotonic()

    def _open_index(self) -> None:
        self._index = open_index()
        self._index.sync()
        self._recorder = Recorder(self._index, self._read_pages, self._show)

    async def tidy(self) -> None:
        """Merge what imports added to the match index: searching many small parts costs three times as much."""
        await asyncio.get_running_loop().run_in_executor(self._tidying, tidy)

    async def heartbeat(self) -> Off:
        """Say that the worker lives, take back what others left, let wait what is due. Returns what is switched off."""
        return await self._lease_thread(self._heartbeat)

    async def has_changed(self) -> bool:
        """Whether anything was committed since this was last asked."""
        return await self._lease_thread(self._pulse.has_changed)

    @property
    def pause_s(self) -> float:
        """Real seconds until that is asked again by whoever has nothing to do."""
        return max(QUIET_PULSE_S, self._pulse.pause_s)

    def _heartbeat(self) -> Off:
        self._live()
        with transaction.atomic():
            leases.take_back(now=shared_now())
        with transaction.atomic():
            leases.promote(now=shared_now())
        passed_over.follow()
        if time.monotonic() - self._looked_for_lost_at >= LOST_EVERY_S:
            self._take_back_lost()
            self._left_pages.follow()
        if time.monotonic() - self._looked_for_forgotten_at >= FORGOTTEN_EVERY_S:
            self._find_forgotten()
        if time.monotonic() - self._said_alive_at >= SAY_EVERY_S:
            self._say_alive()
        return switched_off()

    def _say_alive(self) -> None:
        """Where this is a machine of a fleet: that it lives, what it did, and whether it is to take up more. Tables of
        rules that others brought into force count from here on.
        """
        follow()
        done, self._recorded = self._recorded, 0
        self._may_lease = say_alive(done, shared_now())
        self._said_alive_at = time.monotonic()

    def _live(self) -> None:
        """Say that this worker lives: often while it holds something, else seldom: each time wakes others."""
        if not self._held and time.monotonic() < self._rests_until - self._resting_lease_s / 2:
            return
        lease_s = CrawlSettings.current().crawl_lease_s if self._held else self._resting_lease_s
        if not leases.heartbeat(self._worker, now=shared_now(), lease_s=lease_s):
            self._enlist()
            leases.heartbeat(self._worker, now=shared_now(), lease_s=lease_s)
        self._rests_until = 0.0 if self._held else time.monotonic() + lease_s

    def _is_held(self) -> bool:
        """Hold the worker while it leases; one that rested may be given up as soon as others again."""
        if not self._rests_until:
            return leases.hold(self._worker)
        self._rests_until = 0.0
        return leases.heartbeat(self._worker, now=shared_now())

    async def lease(self, want: int, lead_ids: Sequence[int] | None, *, media_only: bool) -> list[Leased]:
        """Take URLs; see ``crawl.leasing.lease``."""
        delay = CrawlSettings.current().crawl_host_delay_s

        again = False

        def work() -> list[Leased]:
            if self._found_nothing:
                passed_over.follow()
            leased = attempt()
            self._found_nothing = not leased
            # Here, in the thread that says that the worker lives: it says so for long while nothing is held.
            self._held.update(each.id for each in leased)
            return leased

        def attempt() -> list[Leased]:
            nonlocal again
            with transaction.atomic():
                off = is_crawling_off() or not self._may_lease
                if not again and (off or not leasing.anything_ready(shared_now())):
                    return []
                if not self._is_held():
                    logger.warning("This crawler was given up, as it was silent for too long; it begins anew.")
                    self._enlist()
                    return []
                if again:  # the first time may have been carried out, with its answer lost
                    leases.release_unknown(self._worker, self._held)
                again = True
                if off:
                    return []
                return leasing.lease(
                    self._worker,
                    want=want,
                    now=shared_now(),
                    default_delay_s=delay,
                    default_concurrency=CrawlSettings.current().crawl_host_concurrency,
                    lead_ids=lead_ids,
                    media_only=media_only,
                )

        return await self._lease_thread(work)

    async def release(self, url_ids: list[int]) -> None:
        """Give back URLs that were not fetched."""
        await self._lease_thread(lambda: leases.release(self._worker, url_ids))
        self._held.difference_update(url_ids)

    async def record(self, outcomes: Sequence[Visited]) -> Recorded:
        """Record a batch in one transaction; see ``recording.Recorder``. Nothing that was leased before this crawler
        was given up is recorded."""

        def work() -> Recorded:
            assert self._recorder is not None
            return self._recorder.record(self._worker, outcomes, now())

        recorded = await self._record_thread(work)
        self._recorded += len(outcomes)
        self._held.difference_update(outcome.leased.id for outcome in outcomes)
        return recorded

    async def unfinished(self, lead_ids: Sequence[int], *, media_only: bool) -> bool:
        """Whether these leads led to something that is not done."""

        def work() -> bool:
            def waits() -> bool:
                return unfinished(lead_ids, media_only=media_only)

            return waits() or (self._left_pages.follow() and waits())

        return await self._lease_thread(work)

    async def work_of(self, lead_ids: Sequence[int]) -> dict[str, int]:
        """What these leads have led to, by whichever crawlers; see ``crawl.selectors.work_of``."""
        return await self._lease_thread(lambda: work_of(lead_ids))

    async def anything_waits(self) -> bool:
        """Whether anything at all is not done, what is put off aside."""
        return await self._lease_thread(lambda: anything_waits() or (self._left_pages.follow() and anything_waits()))

    async def site(self, site_id: int) -> Site:
        """A site with what is known of its robots.txt."""
        return await self._lease_thread(lambda: Site.objects.get(pk=site_id))

    async def record_robots(self, site_id: int, text: str, delay_s: float) -> None:
        """Keep a robots.txt that was just fetched."""
        await self._lease_thread(lambda: record_robots(site_id, text=text, delay_s=delay_s, now=shared_now()))

    async def add_sitemaps(self, leased: Leased, urls: Sequence[str]) -> None:
        """Let sitemaps wait that robots.txt names."""
        max_hops = CrawlSettings.current().crawl_max_hops
        await self._lease_thread(
            lambda: add_sitemaps(urls, near=leased.parsed, lead_id=leased.lead_id, hops=leased.hops, max_hops=max_hops)
        )

    async def _lease_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._leasing, self._patiently, work)

    async def _record_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._recording, self._patiently, work)

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do it again while the database does not answer: all that is done here may be repeated. Raises its error once
        the crawler is to end."""
        attempts = refusals = 0
        while True:
            try:
                done = work()
            except (OperationalError, InterfaceError, InternalError) as error:
                if not will_pass(error):
                    raise
                connection.close()
                refused = is_sign_in_refused(error)
                attempts, refusals = attempts + 1, refusals + 1 if refused else 0
                if self._gives_up(attempts, refused=refused):
                    raise
                if refused:
                    self._say_refused()
                    pause_s = REFUSED_RETRY_S[min(refusals, len(REFUSED_RETRY_S)) - 1]
                else:
                    logger.warning("The database did not take this (%s); trying again.", type(error).__name__)
                    pause_s = RETRY_S[min(attempts, len(RETRY_S)) - 1]
                self._pause(pause_s)
            else:
                self._say_let_in()
                return done

    def _gives_up(self, attempts: int, *, refused: bool) -> bool:
        if not self._stopping.is_set():
            return False
        return refused or (attempts >= CLOSING_ATTEMPTS and time.monotonic() >= self._patience_ends)

    def _pause(self, seconds: float) -> None:
        """So long, or until the crawler is to end; then a moment at the least."""
        if self._stopping.wait(seconds):
            time.sleep(CLOSING_RETRY_S)

    def _say_refused(self) -> None:
        """Once, whichever thread hears of it first."""
        with self._refusing:
            if not BEATS.sign_in_refused:
                BEATS.sign_in_refused = True
                is_of_fleet = PlatformSettings.current().machine_part is not None
                logger.error("%s", SHUT_OUT if is_of_fleet else f"It is tried again, but seldom: {SIGN_IN_REFUSED}.")

    def _say_let_in(self) -> None:
        if BEATS.sign_in_refused:
            BEATS.sign_in_refused = False
            logger.info("The database lets this machine sign in again.")


def _disconnect() -> None:
    """Close the connection of the thread that runs this."""
    connection.close()
