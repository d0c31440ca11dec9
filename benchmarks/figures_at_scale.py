"""The public pages of figures over millions of notices (docs/developers/figures.md).

Fills a database in SQL, builds the summaries with the code that the worker runs, then asks for every page through the
real views, and works in changes to find what keeping up costs. Times are wall-clock; processor time is that of this
process and of its PostgreSQL backend, which is what counts where other work takes turns on the same processors.

    ORBWEAVER_DATA_DIR=/somewhere/with/10/GB nice python benchmarks/figures_at_scale.py [--notices 5000000]

A database that has as many notices already is used as it is, and so are its summaries.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import sys
from collections.abc import Callable
from time import perf_counter

from filling import fill, prepare
from processor import backend, cpu_ms

PIECE = 500_000
GOAL_MS = 100.0
CHANGES = 1_000
PAGES = (
    "",
    "responses/",
    "removal/",
    "providers/",
    "countries/",
    "coverage/",
    "reports/",
    "reports/{year}/",
    "data/providers.json",
    "data/survival.csv",
)


def timed(once: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    """Wall-clock and processor milliseconds of each call, sorted; the first two calls are not counted."""
    pid = backend()
    walls, cpus = [], []
    for number in range(rounds + 2):
        began, cpu = perf_counter(), cpu_ms(pid)
        once()
        if number >= 2:
            walls.append(1000 * (perf_counter() - began))
            cpus.append(cpu_ms(pid) - cpu)
    return sorted(walls), sorted(cpus)


def p95(values: list[float]) -> float:
    """The 95th percentile of sorted values."""
    return values[int(len(values) * 0.95)]


def bring_to(notices: int, now: dt.datetime) -> None:
    """Fill until there are so many notices; what is there stays."""
    from orbweaver.notify.notices.models import Notice

    last = Notice.objects.order_by("-pk").values_list("pk", flat=True).first()
    if last is None:
        prepare(now)
        last = 9
    while last < notices:
        began, upper = perf_counter(), min(notices, last + PIECE)
        fill(last + 1, upper, now)
        print(f"filled to {upper:,} in {perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        last = upper


def pages(rounds: int, now: dt.datetime) -> bool:
    """Ask for each page; whether each answers within the goal."""
    from django.test import Client

    client, within = Client(), True
    print("page                       median ms   p95 ms   processor ms      kB")
    for path in PAGES:
        url = f"/public/{path.format(year=now.year - 1)}"
        answer = client.get(url)
        if answer.status_code != 200:
            raise SystemExit(f"{url} answered {answer.status_code}")
        walls, cpus = timed(lambda url=url: client.get(url), rounds)
        within = within and statistics.median(cpus) < GOAL_MS
        print(
            f"{url:26} {statistics.median(walls):9.1f} {p95(walls):8.1f} {statistics.median(cpus):14.1f} "
            f"{len(answer.content) / 1000:7.1f}",
            flush=True,
        )
    return within


def keeping_up(now: dt.datetime) -> None:
    """What 1,000 changes cost: to note them, in the statement that makes them, and to work them in."""
    from orbweaver.account_for.transparency.folding import bring_up_to_date, waiting
    from orbweaver.notify.notices.models import NoticeUrl

    live = NoticeUrl.objects.filter(state="live").order_by("url_key")
    pid = backend()
    for number in range(3):
        chosen = list(live.values_list("pk", flat=True)[:CHANGES])
        began, cpu = perf_counter(), cpu_ms(pid)
        NoticeUrl.objects.filter(pk__in=chosen).update(state="removed", removed_at=now)
        noted, noted_cpu = perf_counter(), cpu_ms(pid)
        while waiting():
            bring_up_to_date()
        folded, folded_cpu = perf_counter(), cpu_ms(pid)
        print(
            f"{CHANGES:,} removals, round {number + 1}: made and noted in {1000 * (noted - began):.0f} ms "
            f"({noted_cpu - cpu:.0f} ms of processor), worked in within {1000 * (folded - noted):.0f} ms "
            f"({folded_cpu - noted_cpu:.0f} ms of processor)",
            flush=True,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notices", type=int, default=5_000_000, help="how many there are to be")
    parser.add_argument("--rounds", type=int, default=30, help="how often each page is asked for")
    options = parser.parse_args()
    from orbweaver.doors.cli.session import open_session

    with open_session():
        from django.conf import settings
        from django.db import connection

        from orbweaver.account_for.transparency.folding import keep_up
        from orbweaver.account_for.transparency.models import Tally

        settings.ALLOWED_HOSTS = ["testserver"]
        now = dt.datetime.now(dt.UTC)
        bring_to(options.notices, now)
        began, cpu = perf_counter(), cpu_ms(backend())
        while keep_up():
            pass
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE transparency_tally, transparency_notifiedaddress")
        spent = (cpu_ms(backend()) - cpu) / 1000
        built_s = perf_counter() - began
        print(
            f"{options.notices:,} notices; summaries brought up to date in {built_s:.0f} s, {spent:.0f} s of processor"
        )
        print(f"{Tally.objects.count():,} tallies", flush=True)
        within = pages(options.rounds, now)
        keeping_up(now)
    return 0 if within else 1


if __name__ == "__main__":
    raise SystemExit(main())
