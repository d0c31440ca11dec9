"""Crawlers that sleep, hang or lose the way to the database: no address stays leased, others go on."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from unittest.mock import Mock

import pytest
from django.db import connection, connections, transaction
from tests.settings_given import settings_given

from orbweaver.assess.terms.page_watch import PageWatch
from orbweaver.detect.crawl import leases
from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.crawl.models import CrawlCount, CrawlWorker, FrontierUrl, Lead, Site
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.crawl.settings import LEASE_S
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.visiting.database import RESTING_LEASE_S, CrawlDatabase
from orbweaver.detect.visiting.stages import Visited
from orbweaver.fingerprints import fingerprint
from orbweaver.platform.clock import now, real_now
from orbweaver.platform.runtime.limits import CRAWLER

from .conftest import picture
from .stalling import Line, line_to

pytestmark = pytest.mark.django_db(transaction=True)
State = FrontierUrl.State
HOSTS = 6
MANY = 4 * HOSTS
"""More than there are: each host gets a share of what is wanted."""


@pytest.fixture(autouse=True)
def _leads(db: None) -> None:
    for number in range(HOSTS):
        add_lead(f"http://host-{number}.example/", source=Lead.Source.LIST, now=now())


@pytest.fixture
def line(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """Threads of the crawler reach the database over this line; the test itself goes the straight way."""
    with line_to(database_url) as made:
        straight = dict(connection.settings_dict)
        monkeypatch.setitem(connections.settings["default"], "HOST", "127.0.0.1")
        monkeypatch.setitem(connections.settings["default"], "PORT", str(made.port))
        connection.settings_dict = straight
        yield made
        made.flowing.set()


def work(database: CrawlDatabase, steps: Callable[[], Coroutine[None, None, None]]) -> None:
    async def go() -> None:
        async with asyncio.timeout(240), database:
            await steps()

    asyncio.run(go())


@pytest.fixture(autouse=True)
def without_delay() -> Iterator[None]:
    with settings_given(crawl_host_delay_s=0.0):
        yield


def crawler(name: str = "sleeper") -> CrawlDatabase:
    return CrawlDatabase(name, PageWatch().read)


async def elsewhere(what: Callable[[], object]) -> None:
    """In a thread with a connection of its own, as another crawler would."""

    def run() -> None:
        try:
            what()
        finally:
            connection.close()

    await asyncio.to_thread(run)


@transaction.atomic
def give_up_the_silent() -> None:
    """What any crawler does, once the others have been silent for the length of a lease."""
    leases.take_back(now=real_now() + dt.timedelta(seconds=LEASE_S + 1))


def leased_by_nobody() -> int:
    return (
        FrontierUrl.objects.filter(state=State.LEASED).exclude(worker_id__in=CrawlWorker.objects.values("pk")).count()
    )


def test_a_crawler_that_was_given_up_while_it_slept_leases_nothing_under_its_old_number() -> None:
    database = crawler()
    counts: list[int] = []

    async def steps() -> None:
        await elsewhere(give_up_the_silent)
        first = await database.lease(MANY, None, media_only=False)
        await database.heartbeat()
        await elsewhere(lambda: counts.append(leased_by_nobody()))
        second = await database.lease(MANY, None, media_only=False)
        counts.append(len(first) + len(second))

    work(database, steps)
    assert counts == [0, HOSTS]
    assert FrontierUrl.objects.filter(state=State.WAITING).count() == HOSTS


def test_a_crawler_that_is_leasing_is_given_up_afterwards_not_meanwhile() -> None:
    worker = leases.enlist("frozen while leasing", now=real_now())
    with transaction.atomic():
        assert leases.hold(worker)
        FrontierUrl.objects.filter(pk=FrontierUrl.objects.values("pk")[:1]).update(state=State.LEASED, worker_id=worker)
        asyncio.run(elsewhere(give_up_the_silent))
        assert CrawlWorker.objects.filter(pk=worker).exists()
    give_up_the_silent()
    assert not CrawlWorker.objects.exists()
    assert not leases.hold(worker)
    assert not FrontierUrl.objects.filter(state=State.LEASED).exists()


def test_a_machine_of_a_fleet_that_rests_says_so_as_often_as_it_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    believed = dt.timedelta(minutes=1)  # crawl_alive_of_machines
    said: list[dt.datetime] = []
    clock = Mock(wraps=time)
    monkeypatch.setattr("orbweaver.detect.visiting.database.time", clock)

    async def steps() -> None:
        for later_s in (0, 40):
            clock.monotonic.side_effect = lambda later_s=later_s: time.monotonic() + later_s
            await database.heartbeat()
            await elsewhere(lambda: said.append(CrawlWorker.objects.get().alive_until))
            if not later_s:
                assert said[0] <= real_now() + believed
                await elsewhere(lambda: CrawlWorker.objects.update(alive_until=said[0] - dt.timedelta(seconds=40)))

    with settings_given(machine_part="crawl"):
        database = crawler()
        work(database, steps)
    assert said[1] >= said[0], "it was said again before that minute was over"


def test_a_crawler_that_was_given_up_while_it_rested_is_taken_to_live_for_as_long_as_it_rests() -> None:
    database = crawler()
    until: list[dt.datetime] = []

    async def steps() -> None:
        await elsewhere(give_up_the_silent)
        await database.heartbeat()
        await elsewhere(lambda: until.append(CrawlWorker.objects.get().alive_until))

    work(database, steps)
    assert until[0] > real_now() + dt.timedelta(seconds=RESTING_LEASE_S / 2)


def test_what_was_leased_by_nobody_known_waits_again_when_a_crawler_begins() -> None:
    FrontierUrl.objects.update(state=State.LEASED, worker_id=123_456)
    Site.objects.update(waiting=False)
    leased: list[Leased] = []

    async def steps() -> None:
        leased.extend(await database.lease(MANY, None, media_only=False))

    database = crawler()
    work(database, steps)
    assert len(leased) == HOSTS


def test_what_was_leased_by_nobody_known_is_found_while_crawlers_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.detect.visiting.database.LOST_EVERY_S", 0.0)

    async def steps() -> None:
        await elsewhere(lambda: FrontierUrl.objects.update(state=State.LEASED, worker_id=123_456))
        await database.heartbeat()
        await elsewhere(lambda: counts.append(leased_by_nobody()))

    database, counts = crawler(), list[int]()
    work(database, steps)
    assert counts == [0]
    assert FrontierUrl.objects.filter(state=State.WAITING).count() == HOSTS


def test_a_crawler_that_was_given_up_records_nothing_under_its_old_number_nor_under_its_new_one() -> None:
    known, body = get_or_create_list("Known", "NCMEC", now()), picture(1)
    prints = fingerprint(body)
    assert prints.pdq is not None
    upsert_entries(known, [EntryRow("pdq", prints.pdq, "csam", "unidentified", "", "NCMEC", False)], now())
    database = crawler()

    async def steps() -> None:
        leased = await database.lease(1, None, media_only=False)
        await elsewhere(give_up_the_silent)
        result = FetchResult(url=leased[0].url, status=200, body=body)
        visited = Visited(leased[0], result, ExitStack(), kind=FrontierUrl.Kind.MEDIA, prints=prints)
        await database.record([visited])
        await database.heartbeat()  # it has a new number
        await database.record([visited])

    work(database, steps)
    assert not Sighting.objects.exists()
    assert not CrawlCount.objects.filter(images__gt=0).exists()
    assert FrontierUrl.objects.filter(state=State.WAITING).count() == HOSTS, "and another can have it"


def test_a_lease_whose_answer_is_lost_on_the_way_is_put_back(line: Line) -> None:
    database = crawler()
    held: list[set[int]] = []

    async def steps() -> None:
        line.loses_answer_to = b"COMMIT"
        leased = await database.lease(MANY, None, media_only=False)
        assert not line.loses_answer_to, "it was lost"
        held.append({each.id for each in leased})
        await elsewhere(
            lambda: held.append(set(FrontierUrl.objects.filter(state=State.LEASED).values_list("pk", flat=True)))
        )

    work(database, steps)
    assert held[0] == held[1]
    assert len(held[0]) == HOSTS


def test_a_crawler_whose_line_stalled_until_it_was_given_up_loses_nothing(line: Line) -> None:
    database = crawler()
    counts: list[int] = []

    async def steps() -> None:
        assert await database.lease(1, None, media_only=False)
        line.flowing.clear()
        pending = asyncio.create_task(database.lease(MANY, None, media_only=False))
        await asyncio.sleep(0.5)
        await elsewhere_straight(give_up_the_silent)
        line.flowing.set()
        await pending
        await database.heartbeat()
        await elsewhere(lambda: counts.append(leased_by_nobody()))

    async def elsewhere_straight(what: Callable[[], object]) -> None:
        settings = connections.settings["default"]
        by_line = settings["HOST"], settings["PORT"]
        settings["HOST"], settings["PORT"] = connection_host, connection_port
        try:
            await elsewhere(what)
        finally:
            settings["HOST"], settings["PORT"] = by_line

    connection_host, connection_port = connection.settings_dict["HOST"], connection.settings_dict["PORT"]
    work(database, steps)
    assert counts == [0]
    assert FrontierUrl.objects.filter(state=State.WAITING).count() == HOSTS


def test_a_crawler_whose_session_was_ended_for_its_silence_does_it_again() -> None:
    database = crawler()
    did: list[str] = []

    def slow_once() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            if not did:
                did.append("silent")
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 100")
                time.sleep(0.5)
            cursor.execute("SELECT 1")
            did.append("done")

    async def steps() -> None:
        await database._lease_thread(slow_once)

    work(database, steps)
    assert did == ["silent", "done"]


def test_a_crawler_whose_server_became_a_standby_does_it_again_on_another_connection() -> None:
    database = crawler()
    did: list[int] = []

    def write() -> None:
        with connection.cursor() as cursor:
            if not did:
                did.append(0)
                cursor.execute("SET default_transaction_read_only = on")
            cursor.execute("UPDATE crawl_site SET pace_s = 1")
            did.append(cursor.rowcount)

    async def steps() -> None:
        await database._lease_thread(write)

    work(database, steps)
    assert did == [0, HOSTS]


FROZEN = """
import sys, time
from dataclasses import replace
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.runtime.limits import CRAWLER
with open_session(migrate=False, limits=replace(CRAWLER, idle_in_transaction=2)):
    from django.db import transaction
    from orbweaver.detect.crawl.models import Site
    with transaction.atomic():
        list(Site.objects.select_for_update())
        print("locked", flush=True)
        time.sleep(120)
"""


def test_a_process_frozen_inside_a_transaction_holds_the_others_up_for_seconds_alone(database_url: str) -> None:
    assert 0 < CRAWLER.idle_in_transaction < LEASE_S, "whoever waits for its locks is not given up meanwhile"
    environment = os.environ | {"ORBWEAVER_DATABASE_URL": database_url}
    with subprocess.Popen([sys.executable, "-c", FROZEN], env=environment, stdout=subprocess.PIPE) as frozen:
        assert frozen.stdout is not None
        assert frozen.stdout.readline() == b"locked\n"
        frozen.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            changes = SiteChanges()
            for site in Site.objects.all():
                changes.answered(site.pk, busy=True, latency_s=None)
            with transaction.atomic():
                apply_changes(changes, now=real_now())
            assert time.monotonic() - began < 10
        finally:
            frozen.kill()


def test_a_crawler_that_takes_its_first_addresses_is_not_taken_to_rest() -> None:
    database = crawler()
    until: list[dt.datetime] = []

    async def steps() -> None:
        taken, said = (
            asyncio.create_task(each) for each in (database.lease(MANY, None, media_only=False), database.heartbeat())
        )
        # Both are begun, and the loop is busy until they are through.
        asyncio.get_running_loop().call_soon(time.sleep, 2.0)
        assert await taken
        await said
        await elsewhere(lambda: until.append(CrawlWorker.objects.get().alive_until))

    work(database, steps)
    assert until[0] < real_now() + dt.timedelta(seconds=2 * LEASE_S)
