"""The measured frontier, in a process of its own: ``python -m orbweaver_trials.bench.frontier_run <order as JSON>``.

The environment names a database and a data folder that are thrown away. Prints one JSON object.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.db import OperationalError, connection, transaction

from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now
from orbweaver.platform.runtime.limits import CRAWLER

HOSTS: Final = 2_000
BEGIN: Final = 40
"""Addresses that wait at each host when a run begins."""
WANT: Final = 256
"""Addresses of one lease."""
LINKS: Final = 10
"""Of each address that is done; one in five is new."""
NEW: Final = 0.2
LOOK_S: Final = 0.05
TICKS: Final = os.sysconf("SC_CLK_TCK")


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Each number of crawlers for a while, on a frontier of its own."""
    return {
        "runs": [_run(number, int(workers), float(order["seconds"])) for number, workers in enumerate(order["workers"])]
    }


def _run(number: int, workers: int, seconds: float) -> dict[str, Any]:
    lead = _fill(number)
    connection.close()
    context = multiprocessing.get_context("fork")
    done, repeated = context.Value("q", 0), context.Value("q", 0)
    stop, go = context.Event(), context.Event()
    crawlers = [
        context.Process(target=_crawl, args=(lead, number, each, done, repeated, go, stop)) for each in range(workers)
    ]
    for each in crawlers:
        each.start()
    time.sleep(1.0)
    before = _database_ticks()
    go.set()
    looks, waiting, ends = 0, 0, time.monotonic() + seconds
    while time.monotonic() < ends:
        time.sleep(LOOK_S)
        active, blocked = _sessions()
        looks, waiting = looks + active, waiting + blocked
    stop.set()
    for each in crawlers:
        each.join()
    spent = (_database_ticks() - before) / TICKS
    return {
        "workers": workers,
        "urls": done.value,
        "repeated": repeated.value,
        "database_cpu_s": spent,
        "waiting": waiting / looks if looks else 0.0,
    }


def _fill(number: int) -> int:
    """Hosts with addresses that wait, all of one lead; what earlier runs left waits no more."""
    from orbweaver.detect.crawl.frontier import add_urls
    from orbweaver.detect.crawl.models import FrontierUrl, Lead, Site
    from orbweaver.detect.crawl.services import add_lead
    from orbweaver.detect.crawl.sites import SiteChanges, apply_changes

    FrontierUrl.objects.update(state=FrontierUrl.State.DONE)
    Site.objects.update(waiting=False)
    lead = add_lead(f"http://start-{number}.example/", source=Lead.Source.LIST, now=now()).pk
    for first in range(0, HOSTS, 200):
        changes = SiteChanges()
        urls = [_new(number, host, f"s{each}", lead) for host in range(first, first + 200) for each in range(BEGIN)]
        with transaction.atomic():
            add_urls(_placed(urls), max_hops=99, changes=changes)
            apply_changes(changes, now=now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE crawl_frontierurl")
        cursor.execute("VACUUM ANALYZE crawl_site")
    return int(lead)


def _new(number: int, host: int, name: str, lead: int) -> tuple[str, str, int]:
    return f"host-{host}.run-{number}.example", f"http://host-{host}.run-{number}.example/{name}", lead


def _placed(urls: list[tuple[str, str, int]]) -> list[Any]:
    from orbweaver.detect.crawl.frontier import NewUrl
    from orbweaver.detect.crawl.models import FrontierUrl
    from orbweaver.detect.crawl.services import site_ids
    from orbweaver.platform.network.urls import parse

    sites = site_ids((host, 80) for host, _, _ in urls)
    return [
        NewUrl(parse(url).key, url, sites[host, 80], lead, FrontierUrl.Kind.PAGE, hops=1, priority=21)
        for host, url, lead in urls
    ]


def _crawl(lead: int, number: int, own: int, done: Any, repeated: Any, go: Any, stop: Any) -> None:
    from orbweaver.detect.crawl import frontier, leases, leasing, passed_over
    from orbweaver.detect.crawl.frontier import Done, Leased, NewUrl
    from orbweaver.detect.crawl.services import count, count_pages, hold_leads
    from orbweaver.detect.crawl.sites import SiteChanges, apply_changes

    chance = random.Random(own)  # noqa: S311 - makes a load, hides nothing
    worker = leases.enlist(f"bench {own}", now=now())
    go.wait()
    names = 0
    while not stop.is_set():
        leased: list[Leased] = []

        def take(leased: list[Leased] = leased) -> None:
            leased[:] = leasing.lease(worker, want=WANT, now=now(), default_delay_s=0.0)

        again_leased = _patiently(take)
        passed_over.follow()
        links = []
        for _ in range(len(leased) * LINKS):
            names += 1
            name = f"{own}-{names}" if chance.random() < NEW else f"s{chance.randrange(BEGIN)}"
            links.append(_new(number, chance.randrange(HOSTS), name, lead))
        found = _placed(links)

        def record(leased: list[Leased] = leased, found: list[NewUrl] = found) -> None:
            leases.hold(worker)
            changes = SiteChanges()
            results = [Done(each.id, None, status=200) for each in leased]
            frontier.complete(worker, results, at=now(), changes=changes)
            frontier.add_urls(found, max_hops=99, changes=changes)
            for each in leased:
                changes.answered(each.site_id, busy=False, latency_s=chance.uniform(0.05, 0.5))
            apply_changes(changes, now=now(), delay_s=0.0)
            hold_leads([lead], [])
            count(pages=len(leased), images=0, failures=0, size=0, now=now())

        again = _patiently(record)
        count_pages({lead: len(leased)})
        with done.get_lock():
            done.value += len(leased)
        with repeated.get_lock():
            repeated.value += again + again_leased
    connection.close()


def _patiently(work: Callable[[], None]) -> int:
    """Do it in one transaction, again where it met a deadlock, as the crawler does; how often again."""
    again = 0
    while True:
        try:
            with transaction.atomic():
                work()
        except OperationalError:
            connection.close()
            again += 1
        else:
            return again


def _sessions() -> tuple[int, int]:
    """Crawlers' sessions that are in a statement or a transaction, and those of them that wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE wait_event_type = 'Lock') FROM pg_stat_activity"
            " WHERE state <> 'idle' AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        active, blocked = cursor.fetchone()
    return int(active), int(blocked)


def _database_ticks() -> int:
    """Processor time of all processes of the server, those that ended included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = int(cursor.fetchone()[0])
    postmaster = _stat(own)[1]
    ticks = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                _, parent, spent, of_children = _stat(int(folder.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(folder.name) == postmaster:
                ticks += spent + of_children
            elif parent == postmaster:
                ticks += spent
    return ticks


def _stat(pid: int) -> tuple[str, int, int, int]:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return fields[0], int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])


def main(order: dict[str, Any]) -> None:
    """Measure and print."""
    with open_session(limits=CRAWLER):
        print(json.dumps(measure(order)), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
    main(json.loads(sys.argv[1]))
