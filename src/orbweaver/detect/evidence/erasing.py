"""Erasing evidence: only what a row says is due, only in the right database, only by a clock that can be right.

Nothing is inferred from what the database does not know. Whoever erases holds a ``Permit``; it is given when the folder
belongs to this database (``archive``) and what is due fell due since the last sweep, a moment ago. After a longer
while, which a clock that jumped ahead looks like, it is given when nothing is due, or when a person has said so.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orbweaver.detect.evidence.archive import Halt, keep_bound, mismatch, survey_archive, unusable
from orbweaver.detect.evidence.errors import ErasureHalted
from orbweaver.detect.evidence.holding import end_due
from orbweaver.detect.evidence.messages import (
    BIND,
    CHECK_TODAY,
    CLOCK_SIMULATED,
    DATABASE_OLDER,
    ERASING_NOT_BOUND,
    LONG_PAUSE,
    NOTHING_ERASED,
    SAY_RESTORED,
    SEE_CLOCK_SPEED,
)
from orbweaver.detect.evidence.models import Archive, EvidenceObject, ObjectKey
from orbweaver.detect.evidence.stores import evidence_store
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import get_clock

logger = logging.getLogger(__name__)
ERASURE_ALLOWED: Final = "archive.erasure_allowed"
"""The event: a person says that the clock is right."""
LONGEST_PAUSE: Final = dt.timedelta(days=3)
"""Between two sweeps; after a longer one a person says that the clock is right before anything is erased."""
NOTED_EVERY: Final = dt.timedelta(hours=1)
"""A sweep is noted so often: nothing else is written at rest, and each commit wakes everybody who waits for one."""
Because = EvidenceObject.Because


InUse = QuerySet[EvidenceObject]
"""Objects that rooms above need still, such as those that an open notice is about."""


@dataclass(frozen=True, slots=True)
class Permit:
    """What is due at this instant may be erased, but for what is in use. Only ``permit_erasure`` makes one."""

    at: dt.datetime
    in_use: InUse


def why_halted(now: dt.datetime, *, due: int) -> Halt | None:
    """Why nothing may be erased now although so many objects are due, and what to do; None when it may."""
    reason = mismatch()
    if reason is not None:
        return Halt(reason, SAY_RESTORED if reason == DATABASE_OLDER else BIND)
    return _why_clock_may_be_wrong(now, due=due)


def _why_clock_may_be_wrong(now: dt.datetime, *, due: int) -> Halt | None:
    archive = Archive.objects.first()
    if archive is None:
        return None
    if get_clock().is_simulated:
        return None if archive.simulated else Halt(CLOCK_SIMULATED, SEE_CLOCK_SPEED)
    pause = now - archive.swept_at
    if pause <= LONGEST_PAUSE or not due:
        return None
    return Halt(LONG_PAUSE.of(days=pause.days, due=due), CHECK_TODAY.of(today=f"{now:%Y-%m-%d}"))


def is_clock_set() -> bool:
    """Whether somebody lets the clock of a demonstration run where people have worked by the real one."""
    archive = Archive.objects.first()
    return get_clock().is_simulated and archive is not None and not archive.simulated


def is_long_since_sweep(now: dt.datetime) -> bool:
    """Whether the clock may have jumped: what is due, of all kinds, is counted only then."""
    archive = Archive.objects.first()
    return archive is not None and not get_clock().is_simulated and now - archive.swept_at > LONGEST_PAUSE


def require_right_clock(now: dt.datetime, *, due: int) -> None:
    """Before so many rows of other data are removed, which a wrong clock would end for good as it would evidence.

    Raises ErasureHalted.
    """
    halt = _why_clock_may_be_wrong(now, due=due)
    if halt is not None:
        raise ErasureHalted(NOTHING_ERASED.of(found=halt.found, advice=halt.advice))


def permit_erasure(now: dt.datetime, *, due: int, in_use: InUse) -> Permit:
    """Leave to erase the objects that are due. Raises ErasureHalted with the reason."""
    try:
        halt = why_halted(now, due=due)
        if halt is not None:
            raise ErasureHalted(NOTHING_ERASED.of(found=halt.found, advice=halt.advice))
        archive = keep_bound(now)
    except OSError as error:
        halt = unusable(error)
        raise ErasureHalted(NOTHING_ERASED.of(found=halt.found, advice=halt.advice)) from None
    _note_sweep(archive, now)
    return Permit(now, in_use)


def allow_erasure(now: dt.datetime, *, due: int) -> None:
    """A person says that the clock is right: what is due is erased by the next sweep. Raises ErasureHalted."""
    reason = mismatch()
    if reason is not None:
        raise ErasureHalted(ERASING_NOT_BOUND.of(reason=reason))
    with transaction.atomic():
        archive = keep_bound(now)
        record(ERASURE_ALLOWED, archive.public_id, label="command line", details={"due": due}, at=now)
        _note_sweep(archive, now)


def _note_sweep(archive: Archive, now: dt.datetime) -> None:
    simulated = get_clock().is_simulated
    if archive.simulated != simulated or not dt.timedelta(0) <= now - archive.swept_at < NOTED_EVERY:
        Archive.objects.filter(pk=archive.pk).update(swept_at=now, simulated=simulated)


def expired(now: dt.datetime, in_use: InUse) -> QuerySet[EvidenceObject]:
    """What is kept though its time has ended, and neither a hold nor an open notice keeps it.

    What a hold kept until its last day is among it, so that a clock that is wrong ends none.
    """
    free = Q(held_at=None) | Q(held_until__lt=now.date())
    return EvidenceObject.objects.filter(free, erased_at=None, retain_until__lte=now).exclude(_is_among(in_use))


def erasable(in_use: InUse) -> QuerySet[EvidenceObject]:
    """What is kept and may be erased once it is due."""
    return EvidenceObject.objects.filter(held_at__isnull=True, erased_at__isnull=True).exclude(_is_among(in_use))


def _is_among(in_use: InUse) -> Exists:
    """Asked of each object by its number: a list of all that is in use would be read again for each that is due."""
    return Exists(in_use.filter(pk=OuterRef("pk")))


def erase_expired(permit: Permit, limit: int = 500) -> int:
    """Enforce the retention time, once holds that have ended are let go; returns how many objects were erased."""
    end_due(permit.at)
    return sum(erase(stored, permit, Because.RETENTION) for stored in expired(permit.at, permit.in_use)[:limit])


@transaction.atomic
def erase(stored: EvidenceObject, permit: Permit, because: EvidenceObject.Because) -> bool:
    """Delete the key, then the file: without the key no copy or backup of the file can be read again.

    False for what is not to be erased: it was already, its time has not come, it is on hold or in use, or it is to go
    as a neighbour and is none: a machine of a fleet that was stolen may say so of anything.
    """
    due = {
        Because.RETENTION: Q(retain_until__lte=permit.at),
        Because.NEIGHBOUR: Q(kind=EvidenceObject.Kind.NEIGHBOUR),
    }
    kept = erasable(permit.in_use).filter(due.get(because, Q()), pk=stored.pk)
    if not kept.update(erased_at=permit.at, erased_because=because):
        return False
    ObjectKey.objects.filter(stored=stored.pk).delete()
    record("evidence.erased", stored.public_id, details={"because": because.value}, at=permit.at)
    transaction.on_commit(partial(_remove, stored.file_name))
    return True


def _remove(name: str) -> None:
    """Remove the file of what is erased. Where the store is away ``finish`` does it, and the sweep goes on: without
    its key nobody opens what is left."""
    try:
        evidence_store().remove(name)
    except OSError as error:
        logger.error("The file of erased evidence stays until the store can remove it: %s", error.strerror)


def finish(_permit: Permit) -> int:
    """Remove files whose rows say that they are erased, after a crash or the end of a lock; how many.

    Others are counted in the log.
    """
    survey, files = survey_archive(), evidence_store()
    removed = sum(files.remove(name) for name in survey.erased)
    if survey.unknown or survey.unfinished:
        logger.warning(
            "the archive holds %d files that the database does not know and %d unfinished ones; they are kept",
            survey.unknown,
            survey.unfinished,
        )
    return removed
