"""Keys of objects, copied apart from the dump and put back after a restore."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import connection, transaction

from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.platform.backup.storage import CHUNK, Reader

KEYS_TABLE: Final = "evidence_objectkey"
"""The table whose rows no backup holds."""
KEYS_OUT: Final = "COPY evidence_objectkey (stored_id, wrapped) TO STDOUT (FORMAT binary)"
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
