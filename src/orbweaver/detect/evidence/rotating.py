"""Another master key, and objects under other keys: by a command, while everything runs, repeated after a crash.

First the new key is put before the old one, so that whatever is written from then on is encrypted to it; then each
object's key is encrypted anew. The old one goes once that is done (``finish``), an hour later at the earliest: whoever
was writing with it is through by then.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyrage
from django.db import models, transaction

from orbweaver.detect.evidence import opener
from orbweaver.detect.evidence.disk import write_new
from orbweaver.detect.evidence.errors import EvidenceUnreadable
from orbweaver.detect.evidence.keys import RECIPIENT, SEALED_MASTER, master_identities, write_identities
from orbweaver.detect.evidence.messages import IS_SEALED, MACHINES_HAVE_OLD, OLD_STILL_USED, ROTATED_JUST_NOW
from orbweaver.detect.evidence.models import EvidenceObject, ObjectKey
from orbweaver.detect.evidence.opening import asked, forget_opener
from orbweaver.detect.evidence.stores import evidence_store
from orbweaver.errors import Conflict
from orbweaver.people.audit.services import record
from orbweaver.people.machines.models import Machine
from orbweaver.platform.clock import real_now

logger = logging.getLogger(__name__)
AT_ONCE: Final = 200
LEAST_AGE: Final = dt.timedelta(hours=1)
Say = Callable[[int], None]


def begin(keys_dir: Path, now: dt.datetime) -> None:
    """Put a new master key before those that are there. Raises Conflict where it is sealed."""
    if (keys_dir / SEALED_MASTER).exists():
        raise Conflict(IS_SEALED)
    write_identities(keys_dir, [pyrage.x25519.Identity.generate(), *master_identities(keys_dir)])
    forget_opener()
    record("evidence.key_rotated", "evidence", label="command line", at=now)


def rewrap_all(say: Say = lambda _: None) -> tuple[int, int]:
    """Encrypt each object's key to the newest master key: how many, and how many could not be opened at all."""
    done = failed = 0
    for keys in _batches(ObjectKey.objects.order_by("pk")):
        for key in keys:
            ok = _rewrapped(key.pk)
            done, failed = done + ok, failed + (not ok)
        say(done)
    return done, failed


@transaction.atomic
def _rewrapped(pk: int) -> bool:
    key = ObjectKey.objects.select_for_update().filter(pk=pk).first()
    if key is None:
        return True  # erased meanwhile
    try:
        key.wrapped = asked(opener.REWRAP, bytes(key.wrapped))[0]
    except EvidenceUnreadable:
        return False
    key.save(update_fields=["wrapped"])
    return True


def renew_all(say: Say = lambda _: None) -> tuple[int, int]:
    """Encrypt each object under a key of its own that is new, in a new file: how many, and how many could not be.

    An old file that the store keeps (it is away, or a lock stands) has no key any more, and is one without a row.
    """
    done = failed = 0
    for objects in _batches(EvidenceObject.objects.filter(erased_at__isnull=True).order_by("pk")):
        for stored in objects:
            ok = _renewed(stored.pk)
            done, failed = done + ok, failed + (not ok)
        say(done)
    return done, failed


@transaction.atomic
def _renewed(pk: int) -> bool:
    stored = EvidenceObject.objects.select_for_update().filter(pk=pk, erased_at__isnull=True).first()
    key = ObjectKey.objects.select_for_update().filter(pk=pk).first()
    if stored is None or key is None:
        return True
    files, old = evidence_store(), stored.file_name
    try:
        sealed, wrapped = asked(opener.RENEW, bytes(key.wrapped), files.get(old))
        stored.file_name = write_new(files, sealed)
    except (OSError, EvidenceUnreadable):
        return False
    key.wrapped = wrapped
    stored.save(update_fields=["file_name"])
    key.save(update_fields=["wrapped"])
    transaction.on_commit(partial(_remove, old))
    return True


def _remove(old: str) -> None:
    try:
        gone = evidence_store().remove(old)
    except OSError:
        gone = False
    if not gone:
        logger.warning("The file %s, whose key is gone, stays where it is: the store does not remove it now.", old)


def finish(keys_dir: Path, now: dt.datetime, *, unopened: int) -> int:
    """Let the old master keys go, after ``rewrap_all``; how many. ``unopened``: keys that it could not open.

    Raises Conflict where that may not be yet: somebody may still write with an old key, or something is still under it.
    """
    identities = master_identities(keys_dir)
    changed = dt.datetime.fromtimestamp((keys_dir / RECIPIENT).stat().st_mtime, dt.UTC)
    if unopened:
        raise Conflict(OLD_STILL_USED.of(count=unopened))
    if real_now() - changed < LEAST_AGE:
        raise Conflict(ROTATED_JUST_NOW)
    if Machine.objects.filter(gone_at__isnull=True, joined_at__lt=changed).exists():
        raise Conflict(MACHINES_HAVE_OLD)
    if len(identities) > 1:
        write_identities(keys_dir, identities[:1])
        forget_opener()
        record("evidence.old_keys_gone", "evidence", label="command line", at=now)
    return len(identities) - 1


def _batches(rows: models.QuerySet[Any]) -> Iterator[list[Any]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        yield batch
        last = batch[-1].pk
