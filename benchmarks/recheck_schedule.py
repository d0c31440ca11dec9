"""The scheduling and recording of rechecks while the table grows to 5 million live URLs (docs/developers/recheck.md).

For each size: fill, then lease what is due, judge it (without a fetch), record it, over and over. Prints rechecks a
second and the time of one lease, and draws them. 5 million a day are 58 a second; the goal is at least 200, with a
lease that takes no longer as the table grows. Processor time is that of this process and of its PostgreSQL backend: it
says what the work costs when other work takes turns on the same processors.

    ORBWEAVER_DATA_DIR=/somewhere/with/10/GB nice python benchmarks/recheck_schedule.py [--quick] [--svg FILE]
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from filling import fill, prepare
from processor import backend, cpu_ms

SIZES = (500_000, 1_000_000, 2_000_000, 3_500_000, 5_000_000)
BATCH = 256
GOAL = 200.0
CHANGES = 0.005
"""Share of checks that change something; at 139,000 notices a month and 5 million URLs it is a fifth of that."""


@dataclass(frozen=True)
class Measured:
    """At one size of the table: rechecks a second, milliseconds to lease and to record ``BATCH`` URLs (medians)."""

    urls: int
    rechecks_per_s: float
    lease_ms: float
    lease_p95_ms: float
    lease_cpu_ms: float
    record_ms: float
    record_cpu_ms: float
    cpu_ms_a_recheck: float


def measure(urls: int, now: dt.datetime, seconds: float) -> Measured:
    """Lease and record for so long; 1 in 200 is gone, which is more than in life."""
    from orbweaver.follow.recheck.leasing import lease_due
    from orbweaver.follow.recheck.models import Observation
    from orbweaver.follow.recheck.rules import CheckOutcome, Judgement
    from orbweaver.follow.recheck.services import CheckResult, View, record_observations

    chance = random.Random(urls)
    leases, records, lease_cpu, record_cpu, done = [], [], [], [], 0
    pid = backend()
    started, cpu = perf_counter(), cpu_ms(pid)
    while perf_counter() - started < seconds:
        before, cpu_before = perf_counter(), cpu_ms(pid)
        due = lease_due(now, BATCH)
        between, cpu_between = perf_counter(), cpu_ms(pid)
        seen = []
        for each in due:
            judgement = Judgement(CheckOutcome.GONE if chance.random() < CHANGES else CheckOutcome.PRESENT, 0)
            seen.append(CheckResult(each, judgement, now, [View(Observation.Vantage.DIRECT, judgement, 200)]))
        record_observations(seen)
        leases.append(1000 * (between - before))
        records.append(1000 * (perf_counter() - between))
        lease_cpu.append(cpu_between - cpu_before)
        record_cpu.append(cpu_ms(pid) - cpu_between)
        done += len(due)
    return Measured(
        urls=urls,
        rechecks_per_s=done / (perf_counter() - started),
        lease_ms=statistics.median(leases),
        lease_p95_ms=sorted(leases)[int(len(leases) * 0.95)],
        lease_cpu_ms=statistics.median(lease_cpu),
        record_ms=statistics.median(records),
        record_cpu_ms=statistics.median(record_cpu),
        cpu_ms_a_recheck=(cpu_ms(pid) - cpu) / max(1, done),
    )


def run(sizes: tuple[int, ...], seconds: float) -> list[Measured]:
    """Each size in turn, in one database that grows."""
    now = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    prepare(now)
    at = 10
    found = []
    for size in sizes:
        started = perf_counter()
        while at < size:
            last = min(size, at + 500_000)
            fill(at, last, now)
            at = last + 1
        print(f"filled to {size:,} in {perf_counter() - started:.0f} s", file=sys.stderr)
        # Everything is due in turn: the instant moves on so that a fifth of the day's work is overdue.
        measured = measure(size, now + dt.timedelta(hours=5), seconds)
        print(json.dumps(asdict(measured)), flush=True)
        found.append(measured)
    return found


def draw(found: list[Measured]) -> str:
    """Rechecks a second and the time of a lease against the size, as one SVG."""
    width, height, left, top = 640, 260, 70, 40
    most = max(each.urls for each in found)
    tops = {
        "rechecks_per_s": max(each.rechecks_per_s for each in found) * 1.15,
        "lease_cpu_ms": max(each.lease_cpu_ms for each in found) * 4,
    }
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + 150} {height + 100}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#222">',
        "<title>Rechecks a second and processor time of a lease, by URLs in the table</title>",
        f'<rect width="{width + 150}" height="{height + 100}" fill="#fff"/>',
        f'<path d="M{left} {top}v{height}h{width}" fill="none" stroke="#888"/>',
    ]
    for field, colour, words in (
        ("rechecks_per_s", "#0b6e99", "rechecks a second"),
        ("lease_cpu_ms", "#b35900", "ms of processor to lease 256"),
    ):
        points = [
            (left + width * each.urls / most, top + height * (1 - getattr(each, field) / tops[field])) for each in found
        ]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        for (x, y), each in zip(points, found, strict=True):
            label = f"{getattr(each, field):,.0f}"
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
            parts.append(f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle" fill="{colour}">{label}</text>')
        x, y = points[-1]
        parts.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="end" fill="{colour}">{words}</text>')
    for each in found:
        x = left + width * each.urls / most
        parts.append(f'<text x="{x:.1f}" y="{top + height + 20}" text-anchor="middle">{each.urls / 1e6:g} M</text>')
    parts.append(
        f'<text x="{left + width / 2}" y="{top + height + 44}" text-anchor="middle">URLs that are rechecked</text>'
    )
    return "\n".join([*parts, "</svg>", ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="20,000 and 40,000 URLs, 2 seconds each")
    parser.add_argument("--svg", type=Path, help="where to draw the plot")
    options = parser.parse_args()
    from orbweaver.doors.cli.session import open_session

    sizes, seconds = ((20_000, 40_000), 2.0) if options.quick else (SIZES, 20.0)
    with open_session():
        found = run(sizes, seconds)
    if options.svg:
        options.svg.write_text(draw(found), encoding="utf-8")
    flat = found[-1].lease_cpu_ms < 1.5 * found[0].lease_cpu_ms
    return 0 if flat and min(each.rechecks_per_s for each in found) >= GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
