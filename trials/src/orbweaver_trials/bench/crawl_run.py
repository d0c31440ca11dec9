"""The measured crawl, in a process of its own: ``python -m orbweaver_trials.bench.crawl_run <order as JSON>``.

The environment names a database and a data folder that are thrown away. Prints one JSON object. What counts is what was
committed between the first twentieth of the pictures and the last one.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

from orbweaver.detect.media.settings import DecodingSettings
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now
from orbweaver_trials.bench.crawl_parts import FRONTIER, Parts, decoding_shares, memory
from orbweaver_trials.bench.crawl_site import PICTURES_A_PAGE, Site

if TYPE_CHECKING:
    from orbweaver.doors.workers.crawl import CrawlSummary

KNOWN_EVERY: Final = 1000
"""One picture in so many is on the list, by its SHA-256."""
ROWS_AT_ONCE: Final = 1000
MEMORY_EVERY_S: Final = 2.0

_ENTRIES = """
INSERT INTO hashlists_hashlistentry (public_id, key, media_type, supplier_id, member, classification, identified,
    series_name, source, baseline, state, added_at, changed_at, change, hash_list_id)
SELECT 'hle_bench' || n, substr(sha256(n::text::bytea), 1, 16), '', '', '', 'csam', 'unidentified',
    '', 'bench', false, 'active', %(now)s, %(now)s, nextval('hashlists_change'), %(list)s
FROM generate_series(1, %(entries)s) n
"""
_HASHES = """
INSERT INTO hashlists_entryhash (entry_id, kind, value)
SELECT id, 'pdq', sha256(public_id::bytea) FROM hashlists_hashlistentry WHERE hash_list_id = %(list)s
"""


@dataclass(frozen=True)
class Order:
    """What to measure. ``site`` is the process that serves ``pages`` on ``port``."""

    pages: int
    entries: int
    port: int
    site: int
    seconds: float = 0.0
    """Stop after so long; 0 means that the whole site is crawled."""
    samples: str = ""
    """A file to which time, pictures and memory are written as they come, one JSON object a line; "" for none."""


@dataclass
class Mark:
    """Where the crawl stood at a moment; CPU in seconds by part."""

    at: float
    images: int
    pages: int
    cpu: dict[str, float]


@dataclass
class Watch:
    """Follows the crawl."""

    order: Order
    parts: Parts
    began: float = field(default_factory=time.perf_counter)
    marks: list[Mark] = field(default_factory=list)
    peak: int = 0
    looked_at: float = 0.0

    def progress(self, summary: CrawlSummary) -> None:
        """Called after each batch that was committed."""
        at = time.perf_counter()
        if at - self.looked_at > MEMORY_EVERY_S:
            self.looked_at = at
            self._look(at, summary)
        share = summary.images / (self.order.pages * PICTURES_A_PAGE)
        if self.order.seconds:
            share = (at - self.began) / self.order.seconds
        if (not self.marks and share >= 0.05) or (len(self.marks) == 1 and share >= 0.95):
            self.marks.append(Mark(at, summary.images, summary.pages, self.parts.spent()))
        if self.order.seconds and share >= 1.0:
            os.kill(os.getpid(), 15)  # what is in hand comes to its end

    def _look(self, at: float, summary: CrawlSummary) -> None:
        used = sum(memory(process) for process in self.parts.own())
        self.peak = max(self.peak, used)
        if self.order.samples:
            sample = {"s": round(at - self.began, 1), "images": summary.images, "mb": round(used / 2**20, 1)}
            with Path(self.order.samples).open("a", encoding="ascii") as file:
                file.write(json.dumps(sample) + "\n")


def fill_list(entries: int, pages: int) -> None:
    """A list of so many random PDQ hashes, and the SHA-256 of one picture in a thousand."""
    from django.db import connection

    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries

    known = get_or_create_list("Benchmark", "benchmark", now())
    with connection.cursor() as cursor:
        for statement in (_ENTRIES, _HASHES):
            cursor.execute(statement, {"list": known.pk, "entries": entries, "now": now()})
    site = Site(pages)
    digests = (hashlib.sha256(site.picture(number)).digest() for number in known_pictures(pages))
    rows = [EntryRow("sha256", digest, "csam", "unidentified", "", "bench", False) for digest in digests]
    for first in range(0, len(rows), ROWS_AT_ONCE):
        upsert_entries(known, rows[first : first + ROWS_AT_ONCE], now())


def known_pictures(pages: int) -> range:
    """The numbers of the pictures that are on the list."""
    return range(0, pages * PICTURES_A_PAGE, KNOWN_EVERY)


def measure(order: Order) -> dict[str, Any]:
    """Fill the list, crawl the site, and say what came of it."""
    from django.db import connection

    from orbweaver.detect.crawl.models import Lead
    from orbweaver.detect.crawl.services import add_lead
    from orbweaver.detect.matching.index import open_index
    from orbweaver.doors.workers.crawl import run_crawler

    fill_list(order.entries, order.pages)
    index = open_index()
    index.sync()
    index.merge()
    index.close()
    lead = add_lead(f"http://127.0.0.1:{order.port}/page/0", source=Lead.Source.OPERATOR, now=now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0]).parent()
    assert server is not None
    parts = Parts(psutil.Process(order.site), server)
    _follow(parts)
    watch = Watch(order, parts)
    summary = run_crawler(progress=watch.progress, lead_ids=[lead.pk])
    return _found(watch, summary)


def _follow(parts: Parts) -> None:
    """Tell apart what shares a thread."""
    from orbweaver.detect.matching.index import ListIndex
    from orbweaver.detect.visiting.recording import Recorder

    parts.follow(ListIndex, "lookup", "record", "search")
    parts.follow(Recorder, "_record_results", "record", "frontier")


def _found(watch: Watch, summary: CrawlSummary) -> dict[str, Any]:
    first, last = watch.marks
    images, seconds = last.images - first.images, last.at - first.at
    spent = {part: (last.cpu[part] - first.cpu.get(part, 0.0)) / images * 1000 for part in last.cpu}
    site = Site(watch.order.pages)
    decoders = spent.pop("decoders")
    shares = decoding_shares([site.picture(number) for number in range(200)])
    spent |= {name: decoders * share for name, share in shares.items()}
    spent["transport"] = spent.get("transport", 0.0) + decoders * (1 - sum(shares.values()))
    total = sum(spent.values())
    return {
        "images_per_s": images / seconds,
        "pages_per_s": (last.pages - first.pages) / seconds,
        "peak_memory_mb": watch.peak / 2**20,
        "cpu_ms_per_image": spent,
        "frontier_cpu_share": sum(spent.get(part, 0.0) for part in FRONTIER) / total,
        "cores_busy": total * images / seconds / 1000,
        "images": summary.images,
        "pages": summary.pages,
        "matches": summary.matches,
        "failures": summary.failures,
        "decoders_replaced": watch.parts.started - DecodingSettings.current().decode_workers,
    }


def main(order: Order) -> None:
    """Measure and print."""
    with open_session():
        print(json.dumps(measure(order)), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
    main(Order(**json.loads(sys.argv[1])))
