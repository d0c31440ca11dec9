"""What it takes to look at so many pictures a day: processors, machines, disk, network.

Made from the installation's own figures where it has enough of them, else from what was measured once and stands in the
documents; each figure says which. ``plan`` is the sum, ``own_figures`` reads what goes into it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from django.db import connection
from django.db.models import Count, Sum

from orbweaver.detect.crawl.models import AwayUrl, CrawlCount, FrontierUrl
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.hashlists.models import EntryHash
from orbweaver.detect.matching.models import Sighting
from orbweaver.index.seen import ROW
from orbweaver.platform.runtime.spent import crawler_spent
from orbweaver.platform.settings import PlatformSettings

DAYS: Final = 28
"""The last whole days of which own figures are made."""
LEAST_PICTURES: Final = 10_000
LEAST_FOUND: Final = 1_000
"""With fewer pictures, or sightings, own figures would be chance."""
BUSY: Final = 0.7
"""Share of its processors that a machine is planned to use: bursts, repairs and upgrades need the rest."""
DAY_S: Final = 86_400
YEAR: Final = 365
CRAWLER_PROCESSORS: Final = 2
CRAWLER_MB: Final = 640
"""What one crawler keeps busy, and its memory with its decoders (docs/developers/crawl-speed.md)."""
INDEX_BYTES: Final = 85
"""Of one entry in the match index (docs/adr/0008-exact-search-by-bands-and-low-bits.md)."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that the plan is made from. ``days`` and ``of``: over how long and how many; 0 for a default."""

    value: float
    unit: str
    about: str
    source: str
    """Where the default was measured."""
    days: int = 0
    of: int = 0

    @property
    def is_own(self) -> bool:
        """Whether it was measured here."""
        return self.of > 0

    def measured(self, value: float, days: int, of: int) -> Figure:
        """The same as this installation has it."""
        return replace(self, value=value, days=days, of=of)


_SPEED: Final = "docs/developers/crawl-speed.md"
DEFAULTS: Final[Mapping[str, Figure]] = {
    "fetches_per_picture": Figure(
        4 / 3, "fetches a picture", "Addresses fetched for each picture, pages and failures too", _SPEED
    ),
    "bytes_per_fetch": Figure(37_000, "bytes", "Body of an address, on average", _SPEED),
    "crawl_ms_per_picture": Figure(
        1.32, "ms of a processor", "Fetching, decoding, hashing and search of a picture with its pages", _SPEED
    ),
    "database_ms_per_picture": Figure(0.11, "ms of a processor", "PostgreSQL's part of it", _SPEED),
    "addresses_per_picture": Figure(
        4 / 3, "rows a picture", "Addresses that stay in the frontier, fetched or not yet", _SPEED
    ),
    "bytes_per_address": Figure(783, "bytes", "Row of an address with its share of indexes", "docs/operators/scale.md"),
    "found_per_picture": Figure(0.001, "sightings a picture", "Share of pictures that are known or reported", _SPEED),
    "bytes_per_found": Figure(
        30_000, "bytes", "Rows that follow a sighting: matches, review, notices, audit log", "docs/operators/scale.md"
    ),
    "evidence_bytes_per_found": Figure(
        95_000, "bytes", "Files archived for a sighting, captures too", "docs/operators/scale.md"
    ),
}


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes. ``year``: after a year at this rate, nothing removed; ``now`` what is there today."""

    name: str
    now: float
    year: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What so many pictures a day need. Processors are means of a day; machines have room beside (``BUSY``)."""

    images_per_day: int
    found_per_day: float
    crawl_processors: float
    database_processors: float
    processors: float
    cores: int
    """Of each machine."""
    crawl_machines: int
    """Beside the one with the database; 0 where that does all."""
    machines: int
    network_mbit_s: float
    memory_gb: float
    """Of all crawlers together, and of the match index on each machine."""
    disks: tuple[Disk, ...]

    @property
    def database_fits(self) -> bool:
        """Whether one machine can do PostgreSQL's part: it is never divided in a plan."""
        return self.database_processors <= self.cores * BUSY

    @property
    def disk_year(self) -> float:
        """Bytes of all disks after a year."""
        return sum(each.year for each in self.disks)


@dataclass(frozen=True, slots=True)
class Today:
    """What is there already. ``entries``: hashes on lists; the rest in bytes."""

    entries: int = 0
    database: int = 0
    evidence: int = 0
    seen_most: int = 100_000_000
    """Pictures of which each crawler's machine keeps fingerprints, the last ones."""
    a_day: float = 0.0
    """Pictures a day over the days that were looked at; 0 where there were none."""


def plan(images_per_day: int, figures: Mapping[str, Figure], today: Today, cores: int) -> Plan:
    """The sum. ``images_per_day`` and ``cores`` above 0."""
    value = {name: each.value for name, each in figures.items()}
    crawl = images_per_day * value["crawl_ms_per_picture"] / 1000 / DAY_S
    database = images_per_day * value["database_ms_per_picture"] / 1000 / DAY_S
    found = images_per_day * value["found_per_picture"]
    room = cores * BUSY
    beside = 0 if crawl + database <= room else max(1, math.ceil(crawl / room))
    rows = images_per_day * value["addresses_per_picture"] * value["bytes_per_address"]
    per_day = rows + found * value["bytes_per_found"]
    seen = min(images_per_day * YEAR, today.seen_most * max(1, beside)) * ROW.itemsize
    disks = (
        Disk("database", today.database, today.database + per_day * YEAR),
        Disk("evidence", today.evidence, today.evidence + found * value["evidence_bytes_per_found"] * YEAR),
        Disk("index", *[(beside + 1) * today.entries * INDEX_BYTES] * 2),
        Disk("seen", 0, seen),
    )
    crawlers = max(1, beside, math.ceil(crawl / BUSY / CRAWLER_PROCESSORS))
    return Plan(
        images_per_day=images_per_day,
        found_per_day=found,
        crawl_processors=crawl,
        database_processors=database,
        processors=crawl + database,
        cores=cores,
        crawl_machines=beside,
        machines=beside + 1,
        network_mbit_s=images_per_day * value["fetches_per_picture"] * value["bytes_per_fetch"] * 8 / DAY_S / 1e6,
        memory_gb=(crawlers * CRAWLER_MB * 1e6 + (beside + 1) * today.entries * INDEX_BYTES) / 1e9,
        disks=disks,
    )


_FRONTIER: Final = FrontierUrl._meta.db_table
_AWAY: Final = f"{AwayUrl._meta.db_table}_"
"""What names of the tables begin with that hold keys of what left the frontier."""
_CRAWL: Final = "crawl_"
"""What names of tables begin with that grow with addresses: sites, leads and pages, too."""
_LISTS: Final = "hashlists_"
"""What names of tables of lists begin with: they grow with lists, not with what is crawled."""


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Of the database, and of each table that holds rows: bytes with indexes, and rows as PostgreSQL estimates them."""

    database: int
    bytes: Mapping[str, int]
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Counted:
    """Sums over the days that are looked at."""

    days: int
    pictures: int
    fetches: int
    size: int


def own_figures(now: dt.datetime) -> tuple[dict[str, Figure], Today]:
    """Each figure as it is here, or its default, and what is there today. ``now`` is domain time, as the days are."""
    first = now.date() - dt.timedelta(days=DAYS)
    counted = _counted(first, now.date())
    sizes = _sizes()
    evidence = EvidenceObject.objects.filter(erased_at=None).aggregate(size=Sum("size"))["size"] or 0
    found = dict(DEFAULTS)
    for name, value, days, of in (
        *_of_the_crawl(counted, sizes),
        *_of_what_was_found(counted, first, now.date(), sizes, evidence),
    ):
        found[name] = found[name].measured(value, days, of)
    today = Today(
        entries=sizes.rows.get(EntryHash._meta.db_table, 0),
        database=sizes.database,
        evidence=evidence,
        seen_most=CrawlSettings.current().seen_millions * 1_000_000,
        a_day=counted.pictures / counted.days if counted.days else 0.0,
    )
    return found, today


Measured = Iterator[tuple[str, float, int, int]]


def _counted(first: dt.date, before: dt.date) -> _Counted:
    rows = CrawlCount.objects.filter(day__gte=first, day__lt=before)
    sums = rows.aggregate(
        days=Count("day", distinct=True), images=Sum("images"), pages=Sum("pages"), failures=Sum("failures"),
        size=Sum("bytes"),
    )  # fmt: skip
    number = {name: int(value or 0) for name, value in sums.items()}
    fetches = number["images"] + number["pages"] + number["failures"]
    return _Counted(number["days"], number["images"], fetches, number["size"])


def _of_the_crawl(counted: _Counted, sizes: _Sizes) -> Measured:
    if counted.pictures >= LEAST_PICTURES:
        yield "fetches_per_picture", counted.fetches / counted.pictures, counted.days, counted.pictures
        yield "bytes_per_fetch", counted.size / counted.fetches, counted.days, counted.fetches
    rows = sum(number for name, number in sizes.rows.items() if name == _FRONTIER or name.startswith(_AWAY))
    ever = CrawlCount.objects.aggregate(sum=Sum("images"))["sum"] or 0
    if rows >= LEAST_PICTURES:
        size = sum(size for name, size in sizes.bytes.items() if name.startswith(_CRAWL))
        yield "bytes_per_address", size / rows, 0, rows
        if ever >= LEAST_PICTURES:
            yield "addresses_per_picture", rows / ever, 0, ever
    spent = crawler_spent(PlatformSettings.current().data_dir.absolute())
    if spent is not None and spent.pictures >= LEAST_PICTURES:
        yield "crawl_ms_per_picture", spent.seconds * 1000 / spent.pictures, 0, spent.pictures


def _begin(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, dt.UTC)


def _of_what_was_found(counted: _Counted, first: dt.date, before: dt.date, sizes: _Sizes, evidence: int) -> Measured:
    if counted.pictures >= LEAST_PICTURES:
        seen = Sighting.objects.filter(first_seen_at__gte=_begin(first), first_seen_at__lt=_begin(before)).count()
        yield "found_per_picture", seen / counted.pictures, counted.days, counted.pictures
    ever = Sighting.objects.count()
    if ever >= LEAST_FOUND:
        others = sum(size for name, size in sizes.bytes.items() if not name.startswith((_CRAWL, _LISTS)))
        yield "bytes_per_found", others / ever, 0, ever
        yield "evidence_bytes_per_found", evidence / ever, 0, ever


def _sizes() -> _Sizes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        database = int(cursor.fetchone()[0])
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid), reltuples::bigint FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND reltuples > 0"
        )
        found = cursor.fetchall()
    return _Sizes(database, {name: size for name, size, _ in found}, {name: rows for name, _, rows in found})
