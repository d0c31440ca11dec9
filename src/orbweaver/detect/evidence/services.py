"""Storing and reading encrypted objects; ``erasing`` ends them. Plain bytes never touch a disk."""

from __future__ import annotations

import datetime as dt

import pyrage
from django.db import transaction

from orbweaver.detect.evidence.disk import write_new
from orbweaver.detect.evidence.errors import EvidenceErased, EvidenceOff, EvidenceUnreadable
from orbweaver.detect.evidence.keys import master_recipient
from orbweaver.detect.evidence.messages import ARCHIVE_OFF, ERASED, FILE_UNREADABLE, REVEALING_OFF
from orbweaver.detect.evidence.models import EvidenceObject, ObjectKey
from orbweaver.detect.evidence.opening import opened
from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.detect.evidence.stores import evidence_store
from orbweaver.people.audit.services import record
from orbweaver.people.policy.periods import days_kept
from orbweaver.platform.clock import now as clock_now
from orbweaver.platform.settings import PlatformSettings

KEPT_FILES = "SELECT file_name FROM evidence_evidenceobject WHERE erased_at IS NULL"
"""The names of the files that a backup holds, for a connection of its own."""


def archive_is_on() -> bool:
    """Whether this installation may archive and reveal (R13): an authorised hotline that names its legal authority.

    Whoever archives or shows asks here.
    """
    settings = EvidenceSettings.current()
    return settings.authorised_hotline and not settings.archive_gaps


def archive_is_awaited() -> bool:
    """Whether it would be on but for a setting: what matches meanwhile is missed, and noted as such."""
    settings = EvidenceSettings.current()
    return settings.authorised_hotline and bool(settings.archive_gaps)


def store(data: bytes, *, kind: EvidenceObject.Kind, mime: str, now: dt.datetime) -> EvidenceObject:
    """Encrypt with a key of its own, write durably, then make the rows.

    A crash between the two leaves a file that nobody can read and no row names. It stays: from here it looks like one
    of a database that is not the right one. Raises OSError where the disk, or the bucket, is full or hangs.
    """
    if not archive_is_on():
        raise EvidenceOff(ARCHIVE_OFF)
    identity = pyrage.x25519.Identity.generate()
    file_name = write_new(evidence_store(), pyrage.encrypt(data, [identity.to_public()]))
    master = master_recipient(PlatformSettings.current().keys_path)
    with transaction.atomic():
        stored = EvidenceObject.objects.create(
            kind=kind,
            size=len(data),
            mime=mime,
            file_name=file_name,
            authority=EvidenceSettings.current().legal_authority,
            created_at=now,
            retain_until=now + dt.timedelta(days=days_kept("retention_days")),
        )
        ObjectKey.objects.create(stored=stored, wrapped=pyrage.encrypt(str(identity).encode(), [master]))
    return stored


def note_comparing(stored: EvidenceObject) -> None:
    """Record that a program is about to decrypt it, to compute from it what pictures are compared by: custody."""
    record("evidence.compared", stored.public_id, at=clock_now())


def read(stored: EvidenceObject) -> bytes:
    """The plain bytes, in memory. Whoever shows them records the look first."""
    if not archive_is_on():
        raise EvidenceOff(REVEALING_OFF)
    wrapped = ObjectKey.objects.filter(stored=stored.pk).values_list("wrapped", flat=True).first()
    if wrapped is None:
        raise EvidenceErased(ERASED)
    try:
        ciphertext = evidence_store().get(stored.file_name)
    except OSError:
        raise EvidenceUnreadable(FILE_UNREADABLE) from None
    return opened(bytes(wrapped), ciphertext)
