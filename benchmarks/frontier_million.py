"""Does the frontier stay as fast when it holds a million URLs? Filled by use: lease, record, add what was found.

    python benchmarks/frontier_million.py             # writes docs/developers/frontier.{md,svg}
    python benchmarks/frontier_million.py --urls 200000 --sites 1 --of-lead --dry    # one host, one lead's URLs alone

A PostgreSQL of its own, with the crawler's own functions and its transactions: 512 URLs are leased, then recorded in
batches of 256 with what their pages led to. A page shows three pictures and links to twenty pages that are new and to
four that are known, on 2,000 sites; pictures come before pages, so most of what is found waits. At the end, what waits
is leased and recorded for a while without anything new, at full size.

Processor seconds are those of this process and of its database process, so that other work on the machine shows less.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

DOCS = Path(__file__).resolve().parent.parent / "docs" / "developers"
MARKS = ("<!-- figures by benchmarks/frontier_million.py -->", "<!-- end of figures -->")
SITES, NEW_LINKS, KNOWN_LINKS, MEDIA = 2000, 20, 4, 3
WANT, BATCH = 512, 256
STEPS = 25
DRAIN = 40_000
"""URLs that are leased at full size without adding any."""


@dataclass
class Point:
    """One stretch: rows at its end, URLs leased, seconds of the clock and of processors, of these those of leasing."""

    rows: int
    leased: int
    wall_s: float
    cpu_s: float
    leasing_cpu_s: float

    @property
    def rate(self) -> float:
        """Leased and recorded URLs for each second of a processor."""
        return self.leased / self.cpu_s


@dataclass
class Filling:
    """The state of a run."""

    lead_id: int
    worker_id: int
    sites: list[int]
    backend: psutil.Process
    of_lead: bool = False
    """Lease what this lead led to alone, as ``orbweaver crawl`` does."""
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    rows: int = 0
    leasing_s: float = 0.0

    def cpu_s(self) -> float:
        """Seconds of processors so far."""
        server = self.backend.cpu_times()
        return time.process_time() + server.user + server.system

    def step(self, goal: int, *, adding: bool = True) -> Point:
        """Go on until there are so many rows, or so many were leased when nothing is added."""
        leased, wall, cpu, leasing = 0, time.monotonic(), self.cpu_s(), self.leasing_s
        while not leased or (self.rows if adding else leased) < goal:
            taken = self.lease()
            leased += len(taken)
            for start in range(0, len(taken), BATCH):
                self.record(taken[start : start + BATCH], adding=adding)
        return Point(self.rows, leased, time.monotonic() - wall, self.cpu_s() - cpu, self.leasing_s - leasing)

    def lease(self) -> list[Any]:
        """As the crawler does."""
        from django.db import transaction

        from orbweaver.detect.crawl import leasing
        from orbweaver.platform.clock import real_now

        before = self.cpu_s()
        with transaction.atomic():
            taken = leasing.lease(
                self.worker_id,
                want=WANT,
                now=real_now(),
                default_delay_s=0.0,
                lead_ids=[self.lead_id] if self.of_lead else None,
            )
        self.leasing_s += self.cpu_s() - before
        return taken

    def record(self, taken: list[Any], *, adding: bool) -> None:
        """As the crawler does, without matching."""
        from django.db import transaction

        from orbweaver.detect.crawl import frontier
        from orbweaver.detect.crawl.frontier import Done
        from orbweaver.detect.crawl.models import FrontierUrl
        from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
        from orbweaver.platform.clock import real_now

        kinds = FrontierUrl.Kind
        done = [
            Done(each.id, None, status=200, kind=kinds(each.kind), sha256=os.urandom(32), pdq=os.urandom(32))
            if each.kind == kinds.MEDIA
            else Done(each.id, None, status=200, kind=kinds.PAGE, context='{"title": "A title"}')
            for each in taken
        ]
        with transaction.atomic():
            changes = SiteChanges()
            frontier.complete(self.worker_id, done, at=real_now(), changes=changes)
            if adding:
                new = [found for each in taken if each.kind != kinds.MEDIA for found in self.found(each)]
                self.rows += frontier.add_urls(new, max_hops=99, changes=changes)
            apply_changes(changes, now=real_now())

    def found(self, page: Any) -> Iterator[Any]:
        """What a page leads to."""
        from orbweaver.detect.crawl import rules
        from orbweaver.detect.crawl.frontier import NewUrl
        from orbweaver.detect.crawl.models import FrontierUrl
        from orbweaver.platform.network.urls import parse

        def new(path: str, site: int, kind: FrontierUrl.Kind, hops: int) -> NewUrl:
            url = parse(f"http://s{site}.example/{path}")
            first = rules.priority(media=kind == FrontierUrl.Kind.MEDIA, hops=hops, reported=False)
            context = '{"alt": "words", "before": "some words that stood before it", "after": "and after"}'
            own = context if kind == FrontierUrl.Kind.MEDIA else None
            return NewUrl(url.key, url.normal, self.sites[site], self.lead_id, kind, hops, first, page.id, context=own)

        hops, sites = min(page.hops + 1, 90), len(self.sites)
        for number in range(MEDIA):
            yield new(f"{page.id}/{number}.jpg", self.chance.randrange(sites), FrontierUrl.Kind.MEDIA, page.hops)
        for number in range(NEW_LINKS):
            yield new(f"{page.id}/{number}", self.chance.randrange(sites), FrontierUrl.Kind.PAGE, hops)
        for number in range(KNOWN_LINKS):
            yield new(f"known/{number}", number % sites, FrontierUrl.Kind.PAGE, hops)


def begin(sites: int, *, of_lead: bool) -> Filling:
    """A lead, its sites, and the first URLs."""
    from django.db import connection

    from orbweaver.detect.crawl import leases
    from orbweaver.detect.crawl.models import Lead
    from orbweaver.detect.crawl.services import add_lead, site_ids
    from orbweaver.platform.clock import real_now

    for number in range(40):
        add_lead(f"http://s{number % sites}.example/{number}", source=Lead.Source.LIST, now=dt.datetime.now(dt.UTC))
    numbers = site_ids((f"s{number}.example", 80) for number in range(sites))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    lead = Lead.objects.latest("pk")
    worker = leases.enlist("benchmark", now=real_now())
    found = [numbers[f"s{number}.example", 80] for number in range(sites)]
    return Filling(lead.pk, worker, found, backend, of_lead)


def run(urls: int, sites: int, *, of_lead: bool) -> tuple[list[Point], Point]:
    """Fill, in steps; and what leasing takes at full size."""
    filling = begin(sites, of_lead=of_lead)
    filling.step(urls // STEPS // 2)
    points = []
    for number in range(1, STEPS + 1):
        points.append(filling.step(urls * number // STEPS))
        point = points[-1]
        sys.stderr.write(
            f"{point.rows:>9,} rows  {point.rate:6.0f} /s of a processor  {point.leased / point.wall_s:6.0f} /s\n"
        )
    return points, filling.step(min(DRAIN, urls // 10), adding=False)


def table(points: list[Point], drained: Point) -> Iterator[str]:
    """The figures as rows of a Markdown table."""
    yield "Leased and recorded URLs, with what each page adds:"
    yield ""
    yield "| rows in the frontier | a processor second | of which leasing, µs a URL | a second of the clock |"
    yield "|---:|---:|---:|---:|"
    for point in [*points[:: max(1, STEPS // 5)], points[-1]]:
        yield _row(f"{point.rows:,}", point)
    yield _row(f"{drained.rows:,}, nothing new", drained)
    fifth = max(1, len(points) // 5)
    start, end = (
        sum(p.leased for p in part) / sum(p.cpu_s for p in part) for part in (points[:fifth], points[-fifth:])
    )
    yield ""
    yield f"The last fifth against the first: {end / start:.2f}."


def _row(label: str, point: Point) -> str:
    leasing = 1e6 * point.leasing_cpu_s / point.leased
    return f"| {label} | {point.rate:,.0f} | {leasing:,.0f} | {point.leased / point.wall_s:,.0f} |"


def draw(points: list[Point]) -> str:
    """URLs leased and recorded a processor second, against rows."""
    width, height, left, top = 640, 240, 64, 40
    most, rows = max(point.rate for point in points) * 1.15, points[-1].rows
    spots = " ".join(f"{left + width * p.rows / rows:.1f},{top + height * (1 - p.rate / most):.1f}" for p in points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 30} {top + height + 56}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#222">',
        "<title>URLs leased and recorded for each processor second against rows in the frontier</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{left}" y="20">URLs leased and recorded for each second of a processor</text>',
    ]
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = left + width * part, top + height * (1 - part)
        parts.append(f'<path d="M{left} {y:.1f}h{width}M{x:.1f} {top}v{height}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{most * part:,.0f}</text>')
        parts.append(f'<text x="{x:.1f}" y="{top + height + 18}" text-anchor="middle">{rows * part:,.0f}</text>')
    parts.append(f'<polyline points="{spots}" fill="none" stroke="#0b6e99" stroke-width="2.5"/>')
    middle = left + width / 2
    parts.append(f'<text x="{middle}" y="{top + height + 40}" text-anchor="middle">rows in the frontier</text>')
    return "\n".join([*parts, "</svg>", ""])


def write_docs(points: list[Point], rows: list[str]) -> None:
    """The page's table and its plot."""
    (DOCS / "frontier.svg").write_text(draw(points), encoding="utf-8")
    page = DOCS / "frontier.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(MARKS[0])
    page.write_text("\n".join([before + MARKS[0], *rows, MARKS[1] + rest.partition(MARKS[1])[2]]), encoding="utf-8")


def main() -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--urls", type=int, default=1_000_000)
    parser.add_argument("--sites", type=int, default=SITES)
    parser.add_argument("--of-lead", action="store_true", help="lease what one lead led to alone")
    parser.add_argument("--dry", action="store_true", help="write no page")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="orbweaver-frontier-") as name:
        Path(name).chmod(0o711)
        for setting in [each for each in os.environ if each.startswith("ORBWEAVER_")]:
            del os.environ[setting]
        os.environ["ORBWEAVER_DATA_DIR"] = f"{name}/data"
        from orbweaver.doors.cli.session import open_session

        with open_session():
            points, drained = run(chosen.urls, chosen.sites, of_lead=chosen.of_lead)
    rows = list(table(points, drained))
    sys.stdout.write("\n".join(rows) + "\n")
    if not chosen.dry:
        write_docs(points, rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
