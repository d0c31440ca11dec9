"""What a lease went past because whoever added it had not ended yet.

Rows of hosts are what all crawlers share. Who adds a URL where the host's row covers it already (something waits there
that comes first) leaves the row alone; else of 64 crawlers nine in ten would wait for one another. But a lease that
finds nothing more at that moment sets the row to *nothing waits* (or to a later priority), and does not see what has
not been committed. So it notes the host (``leasing``), and here it is looked at once more.

**When.** Whoever left the row alone began to write before that lease ended, so its transaction has a lower number than
the first that had not begun when the note is first seen: the row says by then what the lease left, and who comes later
goes by that. Once all below that number have ended, what they added is there to be seen. Numbers of a database that
was brought back from a copy begin anew: a note with one from the future is taken for not yet seen.
"""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction

from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.crawl.statements import in_the_order_of_an_index, named
from orbweaver.platform.shared_clock import shared_now

BATCH: Final = 2000

_ANY: Final = "SELECT EXISTS (SELECT 1 FROM crawl_passedover)"
_NOTICE: Final = """
UPDATE crawl_passedover SET unseen_from = pg_snapshot_xmax(pg_current_snapshot())::text::bigint WHERE id = ANY(ARRAY(
    SELECT id FROM crawl_passedover
    WHERE unseen_from IS NULL OR unseen_from > pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
))
"""
_LOOK = named("""
WITH due AS (
    DELETE FROM crawl_passedover WHERE id = ANY(ARRAY(
        SELECT id FROM crawl_passedover WHERE unseen_from <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
    )) RETURNING site_id
)
SELECT hosts.site_id, first.priority, first.id FROM (SELECT DISTINCT site_id FROM due) hosts CROSS JOIN LATERAL (
    SELECT f.priority, f.id FROM crawl_frontierurl f WHERE f.site_id = hosts.site_id AND f.state = {State.WAITING}
    ORDER BY f.priority, f.id LIMIT 1
) first
""")
_FORGOTTEN = named("""
WITH RECURSIVE hosts AS (
    (SELECT site_id FROM crawl_frontierurl WHERE state = {State.WAITING} ORDER BY site_id LIMIT 1)
    UNION ALL
    SELECT (SELECT f.site_id FROM crawl_frontierurl f WHERE f.state = {State.WAITING} AND f.site_id > hosts.site_id
        ORDER BY f.site_id LIMIT 1) FROM hosts WHERE hosts.site_id IS NOT NULL
)
SELECT s.id, first.priority, first.id FROM hosts JOIN crawl_site s ON s.id = hosts.site_id CROSS JOIN LATERAL (
    SELECT f.priority, f.id FROM crawl_frontierurl f WHERE f.site_id = s.id AND f.state = {State.WAITING}
    ORDER BY f.priority, f.id LIMIT 1
) first WHERE NOT s.waiting OR (first.priority, first.id) < (s.best_priority, s.best_id)
""")
"""One step in the index for each host at which something waits."""


def follow() -> int:
    """Look at the hosts that leases went past, as far as all have ended who may have added something; returns at how
    many something waits. Writes nothing where there are none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ANY)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_NOTICE, [BATCH])
    return _let_wait(_LOOK, [BATCH])


def find_forgotten() -> int:
    """Have whatever waits at a host whose row says that nothing does be leased, and what comes before the first that it
    names; returns at how many hosts.

    Versions before this one noted nothing, and may run beside it during an upgrade. Within one priority nothing is
    noted: what was just being added there comes once the priority is through, or is found here.
    """
    return _let_wait(_FORGOTTEN, [])


def _let_wait(statement: str, values: list[int]) -> int:
    changes = SiteChanges()
    with transaction.atomic():
        with in_the_order_of_an_index() as cursor:
            cursor.execute(statement, values)
            rows = cursor.fetchall()
        for row in rows:
            changes.waits(*row)
        apply_changes(changes, now=shared_now())
    return len(rows)
