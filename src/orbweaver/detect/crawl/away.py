"""URLs that left the frontier: done, long ago, and bound to nothing. Their keys and details cost a quarter of a row.

A key is in the frontier or here; one that a crawler met again stands in both, and then the frontier counts
(``frontier.add_urls``, which reads keys alone: a machine of a fleet may no more). All that moves is one transaction:
what left is gone from the frontier with the commit by which it is here, and back by the one by which it is not. Details
lie in the database, too, so that every machine, standby and backup has them, and no crash comes between two places.
``visiting.putting_away`` chooses what leaves, and is the worker's duty.

Who brings something back keeps those who put away off until his transaction ends (``hold_still``), so that no page goes
whose media come.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from orbweaver.detect.crawl.arrays import numbers as as_numbers
from orbweaver.detect.crawl.arrays import texts
from orbweaver.detect.crawl.away_details import Details, unpack
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.crawl.statements import named
from orbweaver.platform.network.urls import parse

MOVING: Final = 0x6F72_6177
"""Advisory lock ("oraw"): shared by those who bring back, alone for who puts away."""
AROUND: Final = 4_000
"""Numbers before and after that of a medium among which the media of its page are."""
AT_ONCE: Final = 50
"""Whose details are looked for in one pass over the files that may hold them."""


def half_of(key: bytes) -> UUID:
    """By what a key is found here."""
    return UUID(bytes=key[:16])


def hold_still() -> None:
    """Until the caller's transaction ends nothing leaves the frontier."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [MOVING])


_NUMBERS = """
SELECT a.number FROM unnest(%s::text[]) AS asked (key) JOIN crawl_awayurl a ON a.key = left(asked.key, 32)::uuid
WHERE NOT EXISTS (SELECT 1 FROM crawl_frontierurl f WHERE f.url_key = decode(asked.key, 'hex'))
"""


def _numbers_of(keys: Collection[bytes]) -> set[int]:
    """What those of these had in the frontier that are not there."""
    if not keys:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [texts([key.hex() for key in keys])])
        return {number for (number,) in cursor.fetchall()}


def find(keys: Collection[bytes]) -> list[Details]:
    """What was known of those of these URLs that left the frontier, as far as it can be read here."""
    return list(_details(_numbers_of(keys)).values())


def bring_back(*, keys: Collection[bytes] = (), places: Collection[int] = ()) -> int:
    """Put URLs back into the frontier, done, as they were: by their keys or their numbers there, with the page of each
    and what stood beside it. Those that did not leave stay as they are. Returns how many are there again.

    In the caller's transaction, until the end of which nothing leaves: else what is here could go before he looks.
    Without pyarrow nothing comes: then a key that is added is new.
    """
    hold_still()
    here = FrontierUrl.objects.filter(pk__in=list(places)).values_list("pk", flat=True) if places else ()
    wanted = sorted({*_numbers_of(keys), *places}.difference(here))
    known: dict[int, Details] = {}
    for start in range(0, len(wanted), AT_ONCE):
        asked = _details(wanted[start : start + AT_ONCE])
        for each in (*asked.values(), *_details_beside(list(asked.values())).values()):
            _keep_newest(known, each)
    return _put_back(known)


def _details(wanted: Collection[int]) -> dict[int, Details]:
    """The newest details of these numbers."""
    chosen = set(wanted)
    return _newest([(number, number) for number in chosen], lambda each: each.number in chosen)


def _details_beside(asked: Sequence[Details]) -> dict[int, Details]:
    """Of the pages of these, and of the media that stood on them near these."""
    pages = {each.parent_id for each in asked if each.parent_id is not None}
    media = [each for each in asked if each.kind == _MEDIA and each.parent_id is not None]
    ranges = [(number, number) for number in pages] + [(each.number - AROUND, each.number + AROUND) for each in media]
    shown_on = {each.parent_id for each in media}
    return _newest(ranges, lambda each: each.number in pages or (each.kind == _MEDIA and each.parent_id in shown_on))


_FILES = """
SELECT data FROM crawl_awaydetails d WHERE EXISTS (
    SELECT 1 FROM unnest(%s::bigint[], %s::bigint[]) AS r (first, last) WHERE d.first <= r.last AND d.last >= r.first
)
"""
_MEDIA: Final = FrontierUrl.Kind.MEDIA


def _newest(ranges: Sequence[tuple[int, int]], wanted: Callable[[Details], bool]) -> dict[int, Details]:
    """By number. What came back and left once more stands in two files."""
    found: dict[int, Details] = {}
    with suppress(ImportError):
        for data in _files(ranges):
            for each in unpack(data, wanted):
                _keep_newest(found, each)
    return found


def _keep_newest(found: dict[int, Details], each: Details) -> None:
    known = found.get(each.number)
    if known is None or known.fetched_at < each.fetched_at:
        found[each.number] = each


def _files(ranges: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """The files that may hold numbers of these ranges."""
    if not ranges:
        return
    with connection.cursor() as cursor:
        cursor.execute(_FILES, [as_numbers([first for first, _ in ranges]), as_numbers([last for _, last in ranges])])
        for (data,) in cursor.fetchall():
            yield bytes(data)


_BACK = named("""
WITH back AS (
    INSERT INTO crawl_frontierurl (id, url_key, url, site_id, lead_id, parent_id, led_to_id, past_robots, kind, hops,
        priority, state, attempts, context, status, error, sha256, pdq, pdq_quality, matched, etag, last_modified,
        fetched_at)
    SELECT %(number)s, %(key)s, %(url)s, %(site_id)s, %(lead_id)s, %(parent_id)s, %(led_to_id)s, %(past_robots)s,
        %(kind)s, %(hops)s, %(priority)s, {State.DONE}, 0, %(context)s::jsonb, %(status)s, %(error)s, %(sha256)s,
        %(pdq)s, %(pdq_quality)s, false, '', '', %(fetched_at)s
    FROM crawl_awayurl a WHERE a.key = %(half)s AND a.number = %(number)s AND a.fetched_on = %(day)s
        AND NOT EXISTS (SELECT 1 FROM crawl_frontierurl f WHERE f.url_key = %(key)s)
    ON CONFLICT DO NOTHING RETURNING id, lead_id, kind, error, sha256, pdq, fetched_at
), gone AS (
    DELETE FROM crawl_awayurl a WHERE a.key = %(half)s AND a.number IN (SELECT id FROM back)
)
SELECT b.lead_id, b.kind, b.error, b.sha256 IS NOT NULL, b.pdq IS NOT NULL, b.fetched_at >= l.created_at
FROM back b JOIN crawl_lead l ON l.id = b.lead_id
""")
_COUNT_OFF: Final = """
UPDATE crawl_awaycount SET addresses = addresses - %s WHERE lead_id = %s AND kind = %s AND error = %s AND is_file = %s
    AND is_picture = %s AND since_made = %s
"""


def _put_back(details: dict[int, Details]) -> int:
    """In the caller's transaction; how many. In the order of the keys, as all who add, and then the figures of leads in
    theirs, so that nobody who does the same waits in a circle."""
    rows = sorted(((parse(each.url).key, each) for each in details.values()), key=lambda row: row[0])
    counts: Counter[tuple[Any, ...]] = Counter()
    with connection.cursor() as cursor:
        for key, each in rows:
            known: dict[str, Any] = each._asdict() | {
                "key": key,
                "half": half_of(key),
                "day": each.fetched_at.astimezone(dt.UTC).date(),
            }
            cursor.execute(_BACK, known)
            counts.update(cursor.fetchall())
        for figure, count in sorted(counts.items()):
            cursor.execute(_COUNT_OFF, [count, *figure])
    return counts.total()


def quarter_of(day: dt.date) -> dt.date:
    """The first day of its quarter: a partition holds one."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def next_quarter(first: dt.date) -> dt.date:
    """The first day of the one after."""
    return quarter_of(first + dt.timedelta(days=100))


def partitions_of(first: dt.date) -> tuple[tuple[str, str], ...]:
    """The tables of a quarter, each behind that of which it is a part."""
    name = f"{first.year}q{(first.month + 2) // 3}"
    return tuple((whole, f"{whole}_{name}") for whole in ("crawl_awayurl", "crawl_awaydetails"))


_ESTIMATE: Final = """
SELECT COALESCE(sum(GREATEST(part.reltuples, 0)), 0)::bigint
FROM pg_inherits i JOIN pg_class part ON part.oid = i.inhrelid
WHERE i.inhparent = 'crawl_awayurl'::regclass
"""


def estimated() -> int:
    """How many addresses left the frontier, as PostgreSQL last counted them: to count them would be to read them."""
    with connection.cursor() as cursor:
        cursor.execute(_ESTIMATE)
        return int(cursor.fetchone()[0])


def in_frontier() -> int:
    """How many addresses are in the frontier, as PostgreSQL last counted them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = 'crawl_frontierurl'::regclass")
        return int(cursor.fetchone()[0])


def move_alone() -> bool:
    """Whether nobody else moves anything until the caller's transaction ends. Never waits: who came after would wait
    behind it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [MOVING])
        return bool(cursor.fetchone()[0])


def have_partitions(first: dt.date) -> bool:
    """Whether the tables of the quarter that begins with this day are there; made, unless somebody moves something now.
    Nobody who reads or writes waits for it."""
    return all(_is_there(part) for _, part in partitions_of(first)) or _make_partitions(first)


def _is_there(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def _make_partitions(first: dt.date) -> bool:
    if not move_alone():
        return False
    with connection.cursor() as cursor:
        for whole, part in partitions_of(first):
            if not _is_there(part):
                cursor.execute(f"CREATE TABLE {part} (LIKE {whole} INCLUDING INDEXES)")
                if whole == "crawl_awaydetails":  # compressed already
                    cursor.execute(f"ALTER TABLE {part} ALTER data SET STORAGE EXTERNAL")
                bounds = [first, next_quarter(first)]
                cursor.execute(f"ALTER TABLE {whole} ATTACH PARTITION {part} FOR VALUES FROM (%s) TO (%s)", bounds)
    return True


def drop_quarters(firsts: Iterable[dt.date]) -> None:
    """Forget what was fetched in these quarters, in the caller's transaction. Raises OperationalError where others read
    for a second on end: they are not kept waiting any longer."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        for first in sorted(set(firsts)):
            for _, part in partitions_of(first):
                cursor.execute(f"DROP TABLE IF EXISTS {part}")
