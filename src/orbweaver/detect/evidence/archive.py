"""Which database the files in the evidence folder belong to.

A marker in the folder names the database (its identity) and the head of its audit log when it was last seen. A
database that has another identity, or none, or that lacks that event (it is an older one), is not the one that knows
what these files are: what it does not know may be all the evidence there is. So it erases nothing until a person says
that it is the right one (``orbweaver evidence bind``).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.db import transaction

from orbweaver.detect.evidence.disk import UNFINISHED
from orbweaver.detect.evidence.messages import (
    DATABASE_OLDER,
    FILES_UNKNOWN,
    FOLDER_UNUSABLE,
    LOOK_AT_DISK,
    OTHER_DATABASE,
)
from orbweaver.detect.evidence.models import Archive, EvidenceObject
from orbweaver.detect.evidence.services import archive_is_on
from orbweaver.detect.evidence.stores import evidence_store
from orbweaver.errors import Message, Unavailable
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import get_clock

MARKER = "archive.json"
ASKED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Marker:
    """What the folder says of its database. ``position`` is 0 before the first sealed event of the audit log."""

    identity: str
    position: int
    head: str


@dataclass(slots=True)
class Survey:
    """What lies in the folder, beside what the database knows of it."""

    kept: int = 0
    """Files of objects that are kept."""
    erased: list[str] = field(default_factory=list)
    """Files of objects that are erased: a crash came before they were removed."""
    unknown: int = 0
    """Files of which the database knows nothing."""
    unfinished: int = 0
    """Half-written files: being written now, or left by a crash."""
    missing: int = 0
    """Objects that are kept, but not here."""

    def counts(self) -> dict[str, int]:
        """All of it as numbers, for the log and for scripts."""
        return asdict(self) | {"erased": len(self.erased)}


def survey_archive() -> Survey:
    """Compare the folder with the database. Nothing is changed."""
    survey, names = Survey(), []
    for name in _names():
        if name.endswith(UNFINISHED):
            survey.unfinished += 1
        else:
            names.append(name)
    for start in range(0, len(names), ASKED_AT_ONCE):
        asked = names[start : start + ASKED_AT_ONCE]
        rows = EvidenceObject.objects.filter(file_name__in=asked).values_list("file_name", "erased_at")
        survey.kept += sum(erased_at is None for _, erased_at in rows)
        survey.erased += [name for name, erased_at in rows if erased_at is not None]
        survey.unknown += len(asked) - len(rows)
    survey.missing = max(0, EvidenceObject.objects.filter(erased_at__isnull=True).count() - survey.kept)
    return survey


def _names() -> list[str]:
    """Every file of the store but the marker and its drafts, as rows name them."""
    return sorted(name for name in evidence_store().names() if not name.startswith(MARKER))


def missing_objects() -> list[str]:
    """Objects that are kept, by the database, and whose file is not in the folder."""
    there = set(_names())
    kept = EvidenceObject.objects.filter(erased_at__isnull=True).order_by("pk").values_list("public_id", "file_name")
    return [public_id for public_id, name in kept.iterator(ASKED_AT_ONCE) if name not in there]


def is_older() -> bool:
    """Whether the database lacks what the folder has seen of its own: it was brought back to an earlier moment, perhaps
    from before it had an identity, or a standby that lacked what was committed last took its place. False where the
    folder cannot be read, which others say."""
    try:
        marker = _marker()
    except OSError:
        return False
    if marker is None:
        return False
    archive = Archive.objects.first()
    return archive is None or (archive.public_id == marker.identity and not _knows(marker))


def mismatch() -> Message | None:
    """Why this database is not the one that the folder belongs to; None when it is."""
    marker = _marker()  # before the database, which is only ever ahead of it
    archive = Archive.objects.first()
    if archive is not None and marker is not None and marker.identity == archive.public_id:
        return None if _knows(marker) else DATABASE_OLDER
    survey = survey_archive()
    if marker is None:
        return FILES_UNKNOWN.of(count=survey.unknown) if survey.unknown else None
    if not (survey.kept or survey.erased or survey.unknown):
        return None  # nothing lies there that could be lost
    return OTHER_DATABASE


@dataclass(frozen=True, slots=True)
class Halt:
    """What stands against erasing, and what to do about it."""

    found: Message
    advice: Message


def unusable(error: OSError) -> Halt:
    """What an operator reads when the folder cannot be read or written: full, read-only, or somebody else's."""
    name = Path(str(error.filename or "")).name
    return Halt(FOLDER_UNUSABLE.of(error=str(error.strerror), name=name), LOOK_AT_DISK)


@contextmanager
def or_unavailable() -> Iterator[None]:
    """For a command that a person gives: raises Unavailable, which says why, where the place cannot be used."""
    try:
        yield
    except OSError as error:
        raise Unavailable(unusable(error).found) from error


def _marker() -> Marker | None:
    """What the folder says; one that cannot be read is that of nobody, so that it equals none."""
    try:
        return Marker(**json.loads(evidence_store().get(MARKER)))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        return Marker("", 0, "")


def _knows(marker: Marker) -> bool:
    """Whether the database remembers what the folder has seen of it."""
    if not marker.position:
        return True
    head = Event.objects.filter(position=marker.position).values_list("hash", flat=True).first()
    return head is not None and bytes(head).hex() == marker.head


def keep_bound(now: dt.datetime) -> Archive:
    """Bind what has no owner yet, and note in the marker how far the database has come. Only without a ``mismatch``."""
    archive = Archive.objects.first() or _new(now)
    if evidence_store().prepare(make=archive_is_on()):
        _mark(archive)
    return archive


def _new(now: dt.datetime) -> Archive:
    """An identity for this database. What is in it already was there at the latest when the newest of it was made."""
    newest = EvidenceObject.objects.order_by("-created_at").values_list("created_at", flat=True).first()
    facts = {
        "bound_at": now,
        "swept_at": newest or now,
        "simulated": get_clock().is_simulated,
    }
    return Archive.objects.get_or_create(pk=1, defaults=facts)[0]


def _mark(archive: Archive) -> None:
    sealed = Event.objects.filter(position__isnull=False).order_by("-position").first()
    position, head = (sealed.position or 0, bytes(sealed.hash or b"").hex()) if sealed else (0, "")
    marker = Marker(archive.public_id, position, head)
    if marker != _marker():
        evidence_store().replace(MARKER, json.dumps(asdict(marker)).encode())


def bind_restored(now: dt.datetime, survey: Survey) -> bool:
    """Bind what a backup was brought back into; False, and nothing is bound, where it belongs to somebody else, or to a
    later state of this database: an installation that lives may share the bucket, and what the older database says is
    due would be removed from it."""
    if _marker() is not None and mismatch() is not None:
        return False
    bind(now, survey)
    return True


@transaction.atomic
def bind(now: dt.datetime, survey: Survey) -> Archive:
    """A person says that this database and this folder belong together. The audit log says what the survey found."""
    archive = Archive.objects.first() or _new(now)
    Archive.objects.filter(pk=archive.pk).update(bound_at=now)
    record("archive.bound", archive.public_id, label="command line", details=survey.counts(), at=now)
    evidence_store().prepare(make=True)
    transaction.on_commit(lambda: _mark(archive))
    return archive
