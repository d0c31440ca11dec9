"""Works what changed into the summaries, and builds them anew. See docs/adr on figures kept up to date.

``bring_up_to_date`` takes the changes that triggers noted, works each changed address out anew from the domain's
tables, and moves the tallies by the difference between what it counted as before and what it counts as now. Doing it
twice changes nothing; what is committed meanwhile has noted itself and comes next. One process at a time does it,
behind an advisory lock.
"""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from orbweaver.account_for.transparency.counting import ADD, addresses, counted, distinct
from orbweaver.account_for.transparency.figures import (
    ADDRESS,
    NOTED,
    OF_ADDRESSES,
    VERIFIED,
    VERSION,
    counted_of,
    distinct_of,
)
from orbweaver.account_for.transparency.messages import FIGURES_NOT_READY
from orbweaver.account_for.transparency.models import Built, ChangedSite, Tally
from orbweaver.detect.crawl.handovers import SiteKindChanged
from orbweaver.errors import Unavailable

BATCH: Final = 2_000
"""Changes that are worked in within one transaction."""

SMALL: Final = 20_000
"""Notified URLs up to which summaries are built by whoever needs them; above, the worker builds them."""

LOCK: Final = 0x0F19
"""Number of the advisory lock."""

_COLUMNS: Final = ", ".join(ADDRESS)


class FiguresNotReady(Unavailable):
    """The summaries are being built, after an upgrade or a restore."""

    code = "figures_not_ready"

    def __init__(self) -> None:
        super().__init__(FIGURES_NOT_READY)


def bring_up_to_date(limit: int = BATCH) -> int:
    """Work in up to ``limit`` changes of each kind; how many were. 0 too while another process is at it.

    Builds small summaries that are missing. Raises FiguresNotReady when large ones are missing: the worker builds them.
    """
    if not _is_built():
        if not _is_small():
            raise FiguresNotReady
        rebuild()
    with transaction.atomic(), connection.cursor() as cursor:
        if not _lock(cursor):
            return 0
        cursor.execute(_OF_SITES)
        return _fold_deltas(cursor, limit) + _fold_media(cursor, limit) + _fold_addresses(cursor, limit)


_OF_SITES = """
WITH sites AS (DELETE FROM transparency_changedsite RETURNING host)
INSERT INTO transparency_changedaddress (url_key)
SELECT DISTINCT u.url_key FROM notices_noticeurl u WHERE u.host IN (SELECT host FROM sites)
"""


def keep_up() -> int:
    """What the worker does again and again: build what is missing, else work in a batch; how much was done."""
    if not _is_built():
        rebuild()
        return 1
    done = bring_up_to_date()
    if done:
        Tally.objects.filter(n=0).delete()
    return done


def waiting() -> int:
    """How many changes wait to be worked in, counted up to 10,000."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT (SELECT count(*) FROM (SELECT 1 FROM transparency_changedaddress LIMIT 10000) a)
                + (SELECT count(*) FROM (SELECT 1 FROM transparency_changedmedium LIMIT 10000) b)
                + (SELECT count(*) FROM (SELECT 1 FROM transparency_delta LIMIT 10000) c)
                + (SELECT count(*) FROM (SELECT 1 FROM transparency_changedsite LIMIT 10000) d)""")
        return int(cursor.fetchone()[0])


def rebuild() -> None:
    """Build all summaries anew from the domain's tables, as of one instant; changes of meanwhile come next."""
    fresh = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if fresh:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        for table in (
            "delta",
            "changedsite",
            "changedaddress",
            "changedmedium",
            "tally",
            "notifiedaddress",
            "verifiedmedium",
        ):
            cursor.execute(f"DELETE FROM transparency_{table}")
        cursor.execute(f"INSERT INTO transparency_verifiedmedium (media_id) {distinct(VERIFIED)}")
        cursor.execute(f"INSERT INTO transparency_notifiedaddress ({_COLUMNS}) {addresses()}")
        cursor.execute(ADD.format(counted=counted("transparency_notifiedaddress", OF_ADDRESSES)))
        for rows in NOTED:
            if counted_of(rows):
                cursor.execute(ADD.format(counted=counted(rows.table, counted_of(rows))))
            for figure in distinct_of(rows):
                many = (
                    f"SELECT '{figure.name}' AS figure, 0 AS ref, '' AS key, count(*) AS n FROM ({distinct(figure)}) d"
                )
                cursor.execute(ADD.format(counted=many))
        Built.objects.update_or_create(pk=1, defaults={"version": VERSION})


def hear_of_site_kind(changed: SiteKindChanged) -> None:
    """Have the addresses of a host worked out anew: it is known as another kind of site. A crawler says so, who may not
    see which addresses were notified."""
    ChangedSite.objects.create(host=changed.host)


def _is_built() -> bool:
    return Built.objects.filter(version=VERSION).exists()


def _is_small() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT 1 FROM notices_noticeurl LIMIT %s) AS s", [SMALL + 1])
        return bool(cursor.fetchone()[0] <= SMALL)


def _lock(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
    return bool(cursor.fetchone()[0])


def _take(cursor: CursorWrapper, table: str, column: str, limit: int) -> list[int | bytes]:
    """Remove the oldest notes of a queue; the distinct things that they are about."""
    cursor.execute(
        f"DELETE FROM transparency_{table} WHERE id IN (SELECT id FROM transparency_{table} ORDER BY id LIMIT %s) "
        f"RETURNING {column}",
        [limit],
    )
    return list({row[0] if isinstance(row[0], int) else bytes(row[0]) for row in cursor.fetchall()})


def _fold_deltas(cursor: CursorWrapper, limit: int) -> int:
    cursor.execute("SELECT count(*), max(id) FROM (SELECT id FROM transparency_delta ORDER BY id LIMIT %s) d", [limit])
    count, last = cursor.fetchone()
    if count:
        taken = f"DELETE FROM transparency_delta WHERE id <= {last} RETURNING figure, ref, key, n"
        cursor.execute(f"WITH taken AS ({taken}) " + ADD.format(counted="SELECT * FROM taken"))
    return int(count)


def _fold_media(cursor: CursorWrapper, limit: int) -> int:
    media = _take(cursor, "changedmedium", "media_id", limit)
    if media:
        cursor.execute("DELETE FROM transparency_verifiedmedium WHERE media_id = ANY(%s)", [media])
        before = cursor.rowcount
        remaining = distinct(VERIFIED, which="r.media_id = ANY(%s)")
        cursor.execute(f"INSERT INTO transparency_verifiedmedium (media_id) {remaining}", [media])
        more = f"SELECT '{VERIFIED.name}' AS figure, 0 AS ref, '' AS key, {cursor.rowcount - before} AS n"
        cursor.execute(ADD.format(counted=more))
    return len(media)


def _fold_addresses(cursor: CursorWrapper, limit: int) -> int:
    keys = _take(cursor, "changedaddress", "url_key", limit)
    if not keys:
        return 0
    cursor.execute("CREATE TEMP TABLE IF NOT EXISTS fresh_address (LIKE transparency_notifiedaddress) ON COMMIT DROP")
    cursor.execute("TRUNCATE fresh_address")
    anew = addresses(which="u.url_key = ANY(%s::bytea[])")
    cursor.execute(f"INSERT INTO fresh_address ({_COLUMNS}) {anew}", [keys])
    stale = "(SELECT * FROM transparency_notifiedaddress WHERE url_key = ANY(%(keys)s::bytea[]))"
    both = f"{counted('fresh_address', OF_ADDRESSES)} UNION ALL {counted(stale, OF_ADDRESSES, sign='-')}"
    cursor.execute(ADD.format(counted=both), {"keys": keys})
    cursor.execute("DELETE FROM transparency_notifiedaddress WHERE url_key = ANY(%s::bytea[])", [keys])
    cursor.execute(f"INSERT INTO transparency_notifiedaddress ({_COLUMNS}) SELECT {_COLUMNS} FROM fresh_address")
    return len(keys)
