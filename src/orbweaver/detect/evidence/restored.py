"""Keys of objects, copied apart from the dump and put back after a restore, and tried."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import connection, transaction

from orbweaver.detect.evidence import opener
from orbweaver.detect.evidence.errors import EvidenceUnreadable
from orbweaver.detect.evidence.keys import MASTER
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.evidence.opening import asked
from orbweaver.detect.evidence.sealing import is_sealed, opener_answers
from orbweaver.platform.backup.storage import CHUNK, Reader
from orbweaver.platform.settings import PlatformSettings

KEYS_TABLE: Final = "evidence_objectkey"
"""The table whose rows no backup holds."""
KEYS_OUT: Final = "COPY evidence_objectkey (stored_id, wrapped) TO STDOUT (FORMAT binary)"
KEYS_AT_ONCE: Final = 500
KEYS_IN: Final = "COPY came (stored_id, wrapped) FROM STDIN (FORMAT binary)"


@transaction.atomic
def put_keys_back(copy: Reader, now: dt.datetime) -> int:
    """Take in the keys of a copy; objects that have none in it were erased since, and become so here. How many did."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE came (stored_id bigint, wrapped bytea) ON COMMIT DROP")
        with cursor.copy(KEYS_IN) as into:
            while data := copy.read(CHUNK):
                into.write(data)
        cursor.execute(
            "INSERT INTO evidence_objectkey (stored_id, wrapped) SELECT stored_id, came.wrapped FROM came"
            " JOIN evidence_evidenceobject ON id = stored_id AND erased_at IS NULL ON CONFLICT DO NOTHING"
        )
    gone = EvidenceObject.objects.filter(key__isnull=True, erased_at__isnull=True)
    return gone.update(erased_at=now, erased_because=EvidenceObject.Because.KEY_GONE)


def keys_lost() -> list[str] | None:
    """Objects that are kept, and whose key is not there or opens with none of this machine's; None where that cannot be
    told: the archive is sealed, or its master key is elsewhere. Nothing is decrypted but keys."""
    config = PlatformSettings.current()
    there = opener_answers(config.data_dir) if is_sealed(config.keys_path) else (config.keys_path / MASTER).exists()
    if not there:
        return None
    kept = EvidenceObject.objects.filter(erased_at__isnull=True).order_by("pk").values_list("public_id", "key__wrapped")
    return [public_id for public_id, wrapped in kept.iterator(KEYS_AT_ONCE) if not _opens(wrapped)]


def _opens(wrapped: bytes | memoryview | None) -> bool:
    if wrapped is None:
        return False
    try:
        asked(opener.REWRAP, bytes(wrapped))
    except EvidenceUnreadable:
        return False
    return True
