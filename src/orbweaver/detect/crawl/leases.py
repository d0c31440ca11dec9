"""Workers that hold leases, and what happens when one of them is gone. In the caller's transaction, in real time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

from orbweaver.detect.crawl.frontier import PROMOTE_BATCH
from orbweaver.detect.crawl.models import CrawlWorker
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.crawl.statements import named
from orbweaver.platform.shared_clock import shared_now


def enlist(name: str, *, now: dt.datetime) -> int:
    """Register a worker; returns its number."""
    until = now + dt.timedelta(seconds=CrawlSettings.current().crawl_lease_s)
    return CrawlWorker.objects.create(name=name[:100], started_at=now, alive_until=until).pk


def heartbeat(worker_id: int, *, now: dt.datetime, lease_s: float | None = None) -> bool:
    """Say that the worker lives. False when it was given up already: its leases are gone and it must enlist again.

    ``lease_s`` where it is not the setting's: longer for one that holds nothing.
    """
    until = now + dt.timedelta(seconds=lease_s or CrawlSettings.current().crawl_lease_s)
    return CrawlWorker.objects.filter(pk=worker_id).update(alive_until=until) == 1


def hold(worker_id: int) -> bool:
    """Begin a transaction that leases or records: until it ends nobody gives the worker up. False when that is done
    already.

    Without it a worker that was given up, while it slept or its connection hung, would go on leasing under a number
    that nobody knows, and what it took would be leased for ever; and it would record what others have in hand by now.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM crawl_crawlworker WHERE id = %s FOR KEY SHARE", [worker_id])
        return cursor.fetchone() is not None


def dismiss(worker_id: int) -> int:
    """Put back what a worker holds and forget the worker; returns how many URLs wait again."""
    released = _put_back(_ALL, [[worker_id]])
    CrawlWorker.objects.filter(pk=worker_id).delete()
    return released


def take_back(*, now: dt.datetime) -> int:
    """Dismiss every worker that is gone; returns how many URLs wait again because of it."""
    gone = CrawlWorker.objects.filter(alive_until__lt=now).select_for_update(skip_locked=True).order_by("pk")
    ids = [worker.pk for worker in gone]
    released = _put_back(_ALL, [ids]) if ids else 0
    CrawlWorker.objects.filter(pk__in=ids).delete()
    return released


def take_back_lost() -> int:
    """Put back what is leased by no worker that is known, as older versions and a database restored from a copy left
    it; returns how many URLs."""
    return _put_back(_LOST, [])


def release_unknown(worker_id: int, known: Collection[int]) -> int:
    """Put back what the worker holds without knowing: it leased it, and the answer was lost on the way."""
    return _put_back(_UNKNOWN, [worker_id, list(known)])


_PROMOTE = named("""
WITH due AS (
    SELECT id FROM crawl_frontierurl WHERE state = {State.LATER} AND due_at <= %s ORDER BY due_at LIMIT %s
    FOR UPDATE SKIP LOCKED
)
UPDATE crawl_frontierurl f SET state = {State.WAITING}, due_at = NULL FROM due WHERE f.id = due.id
RETURNING f.site_id, f.priority, f.id
""")
"""A batch at a time, for very many may be due at once; what another worker promotes at this moment is left to it."""


def promote(*, now: dt.datetime) -> int:
    """Let URLs wait whose time for another attempt has come."""
    with connection.cursor() as cursor:
        cursor.execute(_PROMOTE, [now, PROMOTE_BATCH])
        return _wake(cursor.fetchall())


def release(worker_id: int, url_ids: list[int]) -> int:
    """Put back URLs that the worker holds and did not fetch; it was no attempt."""
    return _put_back(_SOME, [worker_id, url_ids])


# Each names the state beside the worker: the index holds leased rows alone. Where the fetch was not made (released, or
# never known) the attempt that the lease counted is taken off again; a worker that died may have made it.
_ALL = named("""
UPDATE crawl_frontierurl SET state = {State.WAITING}, worker_id = NULL
WHERE state = {State.LEASED} AND worker_id = ANY(%s)
RETURNING site_id, priority, id
""")
_SOME = named("""
UPDATE crawl_frontierurl SET state = {State.WAITING}, worker_id = NULL, attempts = GREATEST(attempts - 1, 0)
WHERE state = {State.LEASED} AND worker_id = %s AND id = ANY(%s)
RETURNING site_id, priority, id
""")
_UNKNOWN = named("""
UPDATE crawl_frontierurl SET state = {State.WAITING}, worker_id = NULL, attempts = GREATEST(attempts - 1, 0)
WHERE state = {State.LEASED} AND worker_id = %s AND id <> ALL(%s)
RETURNING site_id, priority, id
""")
_LOST = named("""
WITH lost AS (
    SELECT f.id FROM crawl_frontierurl f
    WHERE f.state = {State.LEASED} AND NOT EXISTS (SELECT 1 FROM crawl_crawlworker w WHERE w.id = f.worker_id)
    FOR UPDATE OF f SKIP LOCKED
)
UPDATE crawl_frontierurl f SET state = {State.WAITING}, worker_id = NULL
FROM lost WHERE f.id = lost.id AND f.state = {State.LEASED}
RETURNING f.site_id, f.priority, f.id
""")


def _put_back(statement: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return _wake(cursor.fetchall())


def _wake(waiting: Sequence[tuple[int, int, int]]) -> int:
    """URLs wait again: site, priority and number of each. Returns how many."""
    changes = SiteChanges()
    for site_id, priority, number in waiting:
        changes.waits(site_id, priority, number)
    apply_changes(changes, now=shared_now())
    return len(waiting)
