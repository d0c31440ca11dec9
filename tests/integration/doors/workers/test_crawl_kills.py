"""Crawler processes that are killed or stopped: nothing is lost or done twice, an orderly stop leaves nothing."""

from __future__ import annotations

import http.client
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.db import connection

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.models import CrawlWorker, FrontierUrl, Lead, OtherPage
from orbweaver.detect.crawl.selectors import totals
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.detect.matching.taking_up import take_up
from orbweaver.fingerprints import pdq
from orbweaver.platform.clock import now
from orbweaver.platform.pulse import QUIET_PULSE_S
from orbweaver.platform.runtime.installation import free_port
from orbweaver.platform.runtime.supervisor import Component

from .conftest import Answer, WebSite, picture
from .stalling import Line, line_to

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = 150
State = FrontierUrl.State
StartWorker = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start_worker(database_url: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts ``orbweaver crawl-worker`` processes on the test's database and kills what is left of them."""
    running: list[subprocess.Popen[bytes]] = []
    environment = os.environ | {
        "ORBWEAVER_DATABASE_URL": database_url,
        "ORBWEAVER_DATA_DIR": str(tmp_path / "data"),
        "ORBWEAVER_NETWORK_ALLOW": "127.0.0.1:*,127.0.0.2:*",
        "ORBWEAVER_CRAWL_HOST_DELAY_S": "0.01",
        "ORBWEAVER_CRAWL_HOST_CONCURRENCY": "0",
        "ORBWEAVER_CRAWL_MAX_HOPS": "50",
        "ORBWEAVER_DECODE_WORKERS": "1",
    }

    def start(*words: str, **settings: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "from orbweaver.doors.cli import main; main()", *(words or ["crawl-worker"])]
        changed = environment | {f"ORBWEAVER_{name.upper()}": value for name, value in settings.items()}
        running.append(subprocess.Popen(command, env=changed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def build(site: WebSite) -> None:
    """A tree of pages with a picture each; every tenth picture is known."""
    known = get_or_create_list("Known", "NCMEC", now())
    rows = []
    for number in range(PAGES):
        targets = [target for target in (2 * number + 1, 2 * number + 2) if target < PAGES]
        links = "".join(f"<a href=/{target}>x</a>" for target in targets)
        site.page(f"/{number}", f"{links}<img src=/{number}.jpg>")
        site.picture(f"/{number}.jpg", picture(number, size=(160, 120)))
        if number % 10 == 0:
            value = bytes.fromhex(pdq(picture(number, size=(160, 120)))[0])
            rows.append(EntryRow("pdq", value, "csam", "unidentified", "", "NCMEC", False))
    upsert_entries(known, rows, now())
    add_lead(site.url("/0"), source=Lead.Source.LIST, now=now())


def done() -> int:
    return FrontierUrl.objects.filter(state=State.DONE, error="", status=200).count()


def reached(goal: int) -> bool:
    return done() >= goal


def was_asked(site: WebSite, times: int) -> bool:
    return len(site.asked) >= times


def pages_wait_for_pictures(before: int) -> bool:
    """Whether more is done than ``before``, and pages of other sites wait for what they show."""
    return OtherPage.objects.exists() and FrontierUrl.objects.filter(state=State.DONE).count() > before


def by_way_of(line: Line, database_url: str) -> str:
    """The database's address over a line; all else of it as it is: the file of the password is named there."""
    address, _, options = database_url.partition("?")
    kept = urlencode([each for each in parse_qsl(options) if each[0] not in ("host", "port")])
    return address.replace("@/", f"@127.0.0.1:{line.port}/") + f"?{kept}"


def told(port: int, path: str) -> str:
    """What a part says of itself; empty where it is silent for as long as it asks its database something thrice."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=3 * QUIET_PULSE_S)
    try:
        asking.request("GET", path)
        return asking.getresponse().read().decode().strip()
    except OSError:
        return ""
    finally:
        asking.close()


def who_ask_for_changes() -> set[int]:
    """The sessions of parts whose loop goes round: this they ask again and again (``platform.pulse``)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_current_snapshot()%'")
        return {pid for (pid,) in cursor.fetchall()}


def wait_until(condition: Callable[[], Any], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.1)


@pytest.mark.sweep
def test_crawlers_that_are_killed_lose_nothing_and_do_nothing_twice(
    make_site: Callable[..., WebSite], start_worker: StartWorker
) -> None:
    site = make_site()
    build(site)
    chance = random.Random(7)
    for goal in (PAGES // 3, PAGES):
        workers = [start_worker() for _ in range(2)]
        wait_until(partial(reached, goal), 60)
        time.sleep(chance.random() * 0.3)
        for worker in workers:
            worker.kill()
            worker.wait()
    start_worker()
    wait_until(lambda: done() == 2 * PAGES, 90)
    assert not FrontierUrl.objects.exclude(state=State.DONE).exists()
    expected = len(range(0, PAGES, 10))
    assert Sighting.objects.count() == expected
    assert Match.objects.count() == expected
    while take_up():
        pass
    assert ReviewItem.objects.count() == expected
    assert (totals().images, totals().pages >= PAGES) == (PAGES, True)


def nothing_waits() -> bool:
    return not FrontierUrl.objects.exclude(state=State.DONE).exists()


@pytest.mark.sweep
def test_crawlers_that_are_killed_between_pages_and_their_picture_lose_no_place(
    make_site: Callable[..., WebSite], start_worker: StartWorker
) -> None:
    """Each of three sites shows addresses of another one that lead to known pictures of a fifth (R32)."""
    album, store, forums = make_site(), make_site(), [make_site() for _ in range(3)]
    values = [bytes.fromhex(pdq(picture(number, size=(160, 120)))[0]) for number in range(6)]
    rows = [EntryRow("pdq", value, "csam", "unidentified", "", "NCMEC", False) for value in values]
    upsert_entries(get_or_create_list("Known", "NCMEC", now()), rows, now())
    shown = "".join(f'<img src="{album.url(f"/r{number}")}">' for number in range(6))
    for number in range(6):
        to = {"Location": store.url(f"/{number}.jpg")}
        album.answers[f"/r{number}"] = Answer(status=302, headers=to, wait_s=0.2)
        store.answers[f"/{number}.jpg"] = Answer(picture(number, size=(160, 120)), "image/jpeg", wait_s=0.5)
    for number, forum in enumerate(forums):
        after = f'<a href="{forums[number + 1].url("/")}">on</a>' if number + 1 < len(forums) else ""
        forum.answers["/"] = Answer(shown + after, wait_s=0.3)
    album.page("/", f'{shown}<a href="{forums[0].url("/")}">forum</a>')
    add_lead(album.url("/"), source=Lead.Source.LIST, now=now())
    worker = start_worker()
    wait_until(partial(pages_wait_for_pictures, 0), 60)
    worker.kill()
    worker.wait()
    before = FrontierUrl.objects.filter(state=State.DONE).count()
    worker = start_worker()
    # The moment comes again unless the machine is so busy that it is missed.
    wait_until(lambda: pages_wait_for_pictures(before) or nothing_waits(), 90)
    worker.kill()
    worker.wait()
    start_worker()
    wait_until(lambda: nothing_waits() and not OtherPage.objects.exists(), 90)
    places = {(each.url, each.page_url) for each in Sighting.objects.all()}
    assert places == {(store.url(f"/{n}.jpg"), site.url("/")) for n in range(6) for site in (album, *forums)}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_crawler_that_is_stopped_gives_back_what_it_holds(
    make_site: Callable[..., WebSite], start_worker: StartWorker, kind: signal.Signals
) -> None:
    site = make_site()
    build(site)
    for answer in site.answers.values():
        answer.wait_s = 0.05
    worker = start_worker()
    wait_until(lambda: done() > 10, 60)
    worker.send_signal(kind)
    assert worker.wait(timeout=15) == 0
    assert not FrontierUrl.objects.filter(state=State.LEASED).exists()
    assert not CrawlWorker.objects.exists()
    assert FrontierUrl.objects.filter(state=State.WAITING).exists()


@pytest.mark.sweep
def test_a_crawler_whose_database_is_away_ends_when_told_and_counts_nothing_twice(
    make_site: Callable[..., WebSite], start_worker: StartWorker, database_url: str
) -> None:
    site = make_site()
    build(site)
    for answer in site.answers.values():
        answer.wait_s = 0.05
    with line_to(database_url) as line:
        worker = start_worker(database_url=by_way_of(line, database_url), crawl_lease_s="5")
        wait_until(lambda: done() > 10, 60)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=Component.grace_s) == 0
    assert done() < 2 * PAGES
    start_worker()
    wait_until(lambda: done() == 2 * PAGES, 90)
    assert not FrontierUrl.objects.exclude(state=State.DONE).exists()
    assert Sighting.objects.count() == len(range(0, PAGES, 10))
    assert totals().images == PAGES


@pytest.mark.sampled(1)
@pytest.mark.parametrize("part", ["worker", "copies-worker"])
def test_a_part_whose_database_is_frozen_ends_before_it_would_be_killed(
    start_worker: StartWorker, database_url: str, part: str
) -> None:
    port, before = free_port("127.0.0.1", 0), who_ask_for_changes()
    with line_to(database_url) as line:
        process = start_worker(part, "--status-port", str(port), database_url=by_way_of(line, database_url))
        wait_until(lambda: who_ask_for_changes() - before, 60)
        line.flowing.clear()
        wait_until(lambda: told(port, "/readyz") != "ok", 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=Component.grace_s) == 0


_WATCH = """
CREATE TABLE seen_orphans AS SELECT f.id FROM crawl_frontierurl f LIMIT 0;
CREATE FUNCTION note_orphan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM crawl_crawlworker w WHERE w.id = NEW.worker_id) THEN
        INSERT INTO seen_orphans VALUES (NEW.id);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER note_orphan AFTER UPDATE ON crawl_frontierurl FOR EACH ROW
    WHEN (NEW.worker_id IS NOT NULL) EXECUTE FUNCTION note_orphan();
"""
_UNWATCH = """
DROP TRIGGER note_orphan ON crawl_frontierurl; DROP FUNCTION note_orphan(); DROP TABLE seen_orphans;
"""


@pytest.fixture
def orphans() -> Iterator[Callable[[], int]]:
    """How many addresses were ever leased under a number that nobody has."""

    def run(statement: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None

    run(_WATCH)
    yield lambda: int(run("SELECT count(*) FROM seen_orphans")[0])
    run(_UNWATCH)


@pytest.mark.sweep
def test_a_crawler_that_sleeps_past_its_lease_leases_nothing_under_its_old_number(
    make_site: Callable[..., WebSite], start_worker: StartWorker, orphans: Callable[[], int]
) -> None:
    """A short lease; while one of two sleeps it is given up and the other goes on. What it asks for then, before it has
    noticed, is ready: nobody else has done it meanwhile, as the other one follows its own lead alone."""
    site, elsewhere = make_site(), make_site("127.0.0.2")
    build(site)
    for number in range(PAGES):
        elsewhere.page(f"/{number}", f"<a href=/{number + 1}>x</a>")
    slowly = {"crawl_lease_s": "2", "crawl_host_delay_s": "0.1", "crawl_concurrency": "4"}
    sleeper = start_worker(**slowly)
    wait_until(lambda: len(site.asked) > 4, 60)
    start_worker("crawl", elsewhere.url("/0"), **slowly)
    wait_until(lambda: len(elsewhere.asked) > 4, 60)
    for _ in range(2):
        sleeper.send_signal(signal.SIGSTOP)
        wait_until(lambda: CrawlWorker.objects.count() == 1, 30)
        others, own = len(elsewhere.asked), len(site.asked)
        wait_until(partial(was_asked, elsewhere, others + 5), 30)
        sleeper.send_signal(signal.SIGCONT)
        wait_until(lambda: CrawlWorker.objects.count() == 2, 30)
        wait_until(partial(was_asked, site, own + 5), 30)
    assert len(elsewhere.asked) < PAGES, "the other was at work through all of it"
    assert not orphans()
    assert sleeper.poll() is None
    assert Sighting.objects.values("url_key").distinct().count() == Sighting.objects.count()


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_crawlers_that_sleep_or_hang_for_longer_than_their_leases_lose_nothing(
    make_site: Callable[..., WebSite],
    start_worker: StartWorker,
    database_url: str,
    soak_figures: Callable[..., None],
) -> None:
    site = make_site()
    build(site)
    slowly = "0.5"  # so that the crawl lasts longer than all that happens to it
    with line_to(database_url) as line:
        workers = [start_worker(crawl_host_delay_s=slowly) for _ in range(2)]
        workers.append(start_worker(crawl_host_delay_s=slowly, database_url=by_way_of(line, database_url)))
        wait_until(lambda: CrawlWorker.objects.count() == 3 and done() > 10, 120)
        for worker in workers:
            worker.send_signal(signal.SIGSTOP)
            time.sleep(18)
            worker.send_signal(signal.SIGCONT)
            time.sleep(2)
        line.flowing.clear()
        time.sleep(60)
        before = done()
        line.flowing.set()
        assert before < 2 * PAGES, "the crawl went on through all of it"
        wait_until(lambda: done() == 2 * PAGES, 600)
        assert all(worker.poll() is None for worker in workers), "each went on afterwards"
    left = FrontierUrl.objects.exclude(state=State.DONE).count()
    twice = len(site.asked) - len(set(site.asked))
    soak_figures(addresses=2 * PAGES, done_before_the_end_of_the_cut=before, left=left, asked_twice=twice)
    assert not left
    assert Sighting.objects.count() == len(range(0, PAGES, 10))
