"""Whatever crawlers beside each other do in whatever order, and whichever of them dies: each page that shows something
known is a place of it, once (R32). Written from what is promised, not from how it is kept.

Each crawler has its own threads and sessions to the database, reads what comes as crawlers do and records it. Before
and after each statement chance lets it wait for the others, or die there.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.signals import connection_created
from tests.integration.doors.workers.conftest import picture
from tests.settings_given import settings_given

from orbweaver.assess.terms.page_watch import PageWatch
from orbweaver.detect.crawl import leases
from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.crawl.models import CrawlWorker, FrontierUrl, Lead, OtherPage
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.extraction.documents import read_document
from orbweaver.detect.extraction.page import Page
from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.visiting.database import CrawlDatabase
from orbweaver.detect.visiting.reading import Reading
from orbweaver.detect.visiting.stages import Fetched, Visited
from orbweaver.fingerprints import Fingerprints, fingerprint
from orbweaver.platform.clock import now
from orbweaver.platform.network.urls import ParsedUrl, parse
from orbweaver.platform.shared_clock import shared_now

pytestmark = pytest.mark.django_db(transaction=True)

KNOWN, UNKNOWN = range(3), range(3, 5)
"""Seeds of pictures that a list has, and of others."""
SETTLES_S = 60.0
Place = tuple[str, str]


class Killed(BaseException):
    """A crawler ends here, without another word to the database."""


class PageAtOnce:
    """Reads pages as crawlers do, in this process."""

    async def read(self, body: bytes, url: ParsedUrl, content_type: str) -> Page:
        return read_document(body, url, content_type)


@cache
def body_of(seed: int) -> bytes:
    return picture(seed, size=(160, 120))


@cache
def prints_of(body: bytes) -> Fingerprints:
    return fingerprint(body)


async def decode(body: bytes) -> Fingerprints:
    return prints_of(body)


@dataclass
class Web:
    """What is answered at each address: a page, a picture, a redirect, or that it is not there."""

    pages: dict[str, list[str]] = field(default_factory=dict)
    """Addresses of pictures that each shows."""
    pictures: dict[str, int] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    at_home: dict[str, str] = field(default_factory=dict)
    """Redirects within a host, which are followed at once."""
    links: dict[str, list[str]] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)
    """How many more times it is answered that the server is busy."""

    @classmethod
    def by(cls, chance: random.Random) -> Web:
        """Pages of as many sites, which show the same addresses: pictures, ways to them of several steps, circles."""
        web, pages = cls(), [f"http://page-{number}.example/" for number in range(chance.randint(3, 5))]
        for seed in (*KNOWN, *UNKNOWN):
            host = "page-0" if seed == 1 else f"store-{seed}"
            web.pictures[f"http://{host}.example/{seed}.jpg"] = seed
        ends = [*web.pictures, "http://store-9.example/gone.jpg"]
        circle = [f"http://round-{number}.example/r.jpg" for number in range(chance.randint(1, 3))]
        web.redirects |= dict(zip(circle, circle[1:] + circle[:1], strict=True))
        web.at_home = {url.replace("example/", "example/to/"): url for url in web.pictures}
        shown = [*ends, circle[0], *web.at_home]
        for number in range(4):
            way = [f"http://way-{number}-{step}.example/w.jpg" for step in range(chance.randint(1, 3))]
            end = chance.choice([*list(web.pictures)[: len(KNOWN)], chance.choice([*ends, *circle, *web.at_home])])
            web.redirects |= dict(zip(way, [*way[1:], end], strict=True))
            shown += way
        for page in pages:
            web.pages[page] = chance.sample(shown, chance.randint(3, min(8, len(shown))))
            web.links[page] = chance.sample(pages, 1)
        web.busy = dict.fromkeys(chance.sample(sorted({*web.pictures, *web.redirects}), 2), 1)
        return web

    def places(self) -> list[Place]:
        """Each known picture with each page that shows it, once."""
        found = {(self._end(url), page) for page, urls in self.pages.items() for url in urls}
        return sorted(each for each in found if self.pictures.get(each[0]) in KNOWN)

    def _end(self, url: str) -> str:
        for _ in self.redirects:
            url = self.redirects.get(url, url)
        return self.at_home.get(url, url)

    def answer(self, url: str) -> FetchResult:
        if url in self.at_home:
            return replace(self.answer(self.at_home[url]), url=url, redirects=(url,))
        parsed = parse(url)
        if self.busy.get(url, 0):
            self.busy[url] -= 1
            return FetchResult(url=url, target=parsed, status=503)
        if url in self.redirects:
            to = parse(self.redirects[url])
            return FetchResult(url=url, target=parsed, status=302, error="redirect", location=to)
        if url in self.pictures:
            kind, body = {"Content-Type": "image/jpeg"}, body_of(self.pictures[url])
            return FetchResult(url=url, target=parsed, status=200, headers=kind, body=body)
        if url in self.pages:
            shown = "".join(f'<img src="{each}" alt="x">' for each in self.pages[url])
            html = "<html><body>" + shown + "".join(f'<a href="{each}">on</a>' for each in self.links[url])
            return FetchResult(
                url=url, target=parsed, status=200, headers={"Content-Type": "text/html"}, body=html.encode()
            )
        return FetchResult(url=url, target=parsed, status=404)


class Schedule:
    """Chance between any two statements of crawlers: others go first, or the crawler dies."""

    def __init__(self, seed: int) -> None:
        self.seed, self.statements, self.is_quiet = seed, 0, False

    def pause(self, chance: random.Random) -> None:
        """For a moment, or until others have said as much as one transaction says."""
        if self.is_quiet or (kind := chance.random()) > 0.3:
            return
        if kind > 0.06:
            time.sleep(chance.random() * 0.01)
            return
        until, deadline = self.statements + chance.randint(3, 40), time.monotonic() + 0.25
        while self.statements < until and time.monotonic() < deadline and not self.is_quiet:
            time.sleep(0.002)


class Mortal:
    """A crawler over the web that is given, in a thread; it dies at the statement that its fate names."""

    def __init__(self, number: int, web: Web, schedule: Schedule, fate: int | None) -> None:
        self.name, self.web, self.schedule, self.fate = f"crawler {number}", web, schedule, fate
        self.chance = random.Random(f"{schedule.seed} {number}")
        self.executors: list[ThreadPoolExecutor] = []
        self.failure: BaseException | None = None
        self.is_dead = self.ends = False
        self.thread = threading.Thread(target=self.run, name=self.name)

    def run(self) -> None:
        _here.crawler = self
        try:
            asyncio.run(self.crawl())
        except BaseException as error:
            if not self.is_dead:
                self.failure = error
            for each in self.executors:
                each.submit(disconnect).result(20)
                each.shutdown()

    def says(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """One statement, on its way to the database."""
        self.may_die()
        self.schedule.pause(self.chance)
        self.may_die()
        done = execute(sql, params, many, context)
        self.schedule.statements += 1
        self.schedule.pause(self.chance)
        self.may_die()
        return done

    def may_die(self) -> None:
        if self.fate is not None and not self.schedule.is_quiet:
            self.fate -= 1
            self.is_dead = self.is_dead or self.fate < 0
        if self.is_dead:
            raise Killed

    async def crawl(self) -> None:
        """Lease on one side and record on the other, as ``Crawler`` does."""
        database = CrawlDatabase(self.name, PageWatch().read)
        reading = Reading(PageAtOnce(), decode, None)  # type: ignore[arg-type]  # all of it that is asked here
        outcomes: asyncio.Queue[Visited] = asyncio.Queue()

        async def visit(leased: Leased) -> None:
            await asyncio.sleep(0 if self.schedule.is_quiet else self.chance.random() * 0.1)
            outcomes.put_nowait(await reading.outcome(Fetched(leased, self.web.answer(leased.url))))

        async def record() -> None:
            while True:
                batch = [await outcomes.get()]
                while not outcomes.empty() and self.chance.random() < 0.6:
                    batch.append(outcomes.get_nowait())
                await database.record(batch)

        async with asyncio.TaskGroup() as group:
            await database.__aenter__()
            recording = group.create_task(record())
            while not self.ends:
                await database.heartbeat()
                for each in await database.lease(self.chance.randint(1, 6), None, media_only=False):
                    group.create_task(visit(each))
                await asyncio.sleep(0.01 + self.chance.random() * 0.02)
            recording.cancel()
            await database.__aexit__()


_here = threading.local()


def disconnect() -> None:
    connection.close()


@pytest.fixture(autouse=True)
def _each_thread_knows_its_crawler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def pool(workers: int, *, thread_name_prefix: str) -> ThreadPoolExecutor:
        crawler = _here.crawler
        made = ThreadPoolExecutor(
            workers, thread_name_prefix=thread_name_prefix, initializer=partial(setattr, _here, "crawler", crawler)
        )
        crawler.executors.append(made)
        return made

    def connected(connection: Any, **_: object) -> None:
        crawler: Mortal | None = getattr(_here, "crawler", None)
        if crawler is not None:
            if crawler.says not in connection.execute_wrappers:
                connection.execute_wrappers.append(crawler.says)
            if crawler.is_dead:
                raise Killed

    monkeypatch.setattr("orbweaver.detect.visiting.database.ThreadPoolExecutor", pool)
    connection_created.connect(connected)
    yield
    connection_created.disconnect(connected)


@pytest.fixture(autouse=True)
def _known(db: None) -> Iterator[None]:
    digests = [hashlib.sha256(body_of(seed)).digest() for seed in KNOWN]
    rows = [EntryRow("sha256", each, "csam", "unidentified", "", "test", False) for each in digests]
    upsert_entries(get_or_create_list("Test list", "test", now()), rows, now())
    with settings_given(crawl_host_delay_s=0.0, crawl_max_hops=50, crawl_host_concurrency=0):
        yield


@contextmanager
def crawlers(web: Web, schedule: Schedule, fates: Sequence[int | None]) -> Iterator[list[Mortal]]:
    """As many as there are fates; all end with the block."""
    living = [Mortal(number, web, schedule, fate) for number, fate in enumerate(fates)]
    for each in living:
        each.thread.start()
    try:
        yield living
    finally:
        schedule.is_quiet = True
        for each in living:
            each.ends = True
        for each in living:
            each.thread.join(20)


def bury(living: list[Mortal], web: Web, schedule: Schedule) -> None:
    """Those that died are known to be dead, as after the length of a lease, and others take their place."""
    for number, each in enumerate(living):
        assert each.failure is None, repr(each.failure)
        if each.is_dead and not each.thread.is_alive():
            CrawlWorker.objects.filter(name=each.name).update(alive_until=shared_now() - dt.timedelta(seconds=1))
            living[number] = Mortal(100 + number + schedule.statements, web, schedule, None)
            living[number].thread.start()


@transaction.atomic
def a_day_goes_by() -> None:
    leases.promote(now=shared_now() + dt.timedelta(days=1))


def is_settled() -> bool:
    return not FrontierUrl.objects.exclude(state=FrontierUrl.State.DONE).exists() and not OtherPage.objects.exists()


def settle(living: list[Mortal], web: Web, schedule: Schedule) -> None:
    """Until nothing waits any more. Those that live go on; none begins anew that did not die."""
    schedule.is_quiet = True
    deadline = time.monotonic() + SETTLES_S
    while not is_settled():
        bury(living, web, schedule)
        a_day_goes_by()
        states = FrontierUrl.objects.exclude(state=FrontierUrl.State.DONE).values_list("url", "state", "worker_id")
        assert time.monotonic() < deadline, f"it does not settle: {list(states)}, {OtherPage.objects.count()} pages"
        time.sleep(0.05)


def seen() -> list[Place]:
    return sorted((each.url, each.page_url) for each in Sighting.objects.all())


def act(seed: int, *, deaths: int = 2) -> tuple[list[Place], list[Place]]:
    """One world, its leads one after the other, three crawlers of which some die. What was seen, what should be."""
    chance = random.Random(seed)
    web, schedule = Web.by(chance), Schedule(seed)
    fates: list[int | None] = [chance.randint(20, 250) if number < deaths else None for number in range(3)]
    with crawlers(web, schedule, fates) as living:
        leads = [*web.pages, *chance.sample(sorted(web.pages), 2)]
        chance.shuffle(leads)
        for url in leads:
            add_lead(url, source=chance.choice([Lead.Source.LIST, Lead.Source.OPERATOR]), now=now())
            time.sleep(chance.random() * 0.4)
            bury(living, web, schedule)
        settle(living, web, schedule)
    for each in living:
        assert each.failure is None, repr(each.failure)
    return seen(), web.places()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("seed", range(24))
def test_no_place_is_lost_or_there_twice_whoever_goes_first_and_whoever_dies(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orbweaver.detect.visiting.database.LOST_EVERY_S", 0.3 * (seed % 3))
    were_seen, should_be = act(seed)
    assert were_seen == should_be


def recorded_together(web: Web, *rounds: Sequence[str]) -> list[Place]:
    """One crawler alone: the leads of each round, then whatever waits by one batch, until nothing does."""

    async def go() -> None:
        reading = Reading(PageAtOnce(), decode, None)  # type: ignore[arg-type]
        async with CrawlDatabase("alone", PageWatch().read) as database:
            for leads in (*rounds, *[()] * 6):
                await asyncio.to_thread(begin, leads)
                leased = await database.lease(50, None, media_only=False)
                got = [await reading.outcome(Fetched(each, web.answer(each.url))) for each in leased]
                if got:
                    await database.record(got)

    _here.crawler = Mortal(0, web, Schedule(0), None)
    _here.crawler.schedule.is_quiet = True
    asyncio.run(go())
    assert is_settled()
    return seen()


def begin(leads: Sequence[str]) -> None:
    """In a thread of its own."""
    try:
        for url in leads:
            add_lead(url, source=Lead.Source.LIST, now=now())
    finally:
        connection.close()


PAGES = ("http://one.example/", "http://two.example/")
WAY, STORE = ("http://way.example/1.jpg", "http://further.example/1.jpg"), "http://store.example/1.jpg"


def a_way(*shown: list[str]) -> Web:
    """Two redirects to a known picture, and what each page shows of it."""
    return Web(
        pages=dict(zip(PAGES, shown, strict=True)),
        links={page: [] for page in PAGES},
        redirects={WAY[0]: WAY[1], WAY[1]: STORE},
        pictures={STORE: KNOWN[0]},
    )


def test_of_two_redirects_one_after_the_other_in_one_batch_both_pages_are_places() -> None:
    assert recorded_together(a_way([WAY[0]], [WAY[1]]), PAGES) == [(STORE, page) for page in PAGES]


def test_a_page_in_one_batch_with_the_redirect_that_it_shows_is_a_place() -> None:
    assert recorded_together(a_way([WAY[1]], [WAY[1]]), PAGES[:1], PAGES[1:]) == [(STORE, page) for page in PAGES]
