"""What a person sees of a medium: a picture that a decoder process makes anew. The file itself goes to no page."""

from __future__ import annotations

import atexit
import datetime as dt
import threading
from functools import cache

from orbweaver.detect.evidence import services as evidence
from orbweaver.detect.evidence.errors import EvidenceErased, EvidenceUnreadable
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.media.decoders import decoder_pool
from orbweaver.detect.media.errors import NothingShown
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.errors import MESSAGES
from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.fingerprints.result import FIRST, StillPosition
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record

_lock = threading.Lock()


def get_ready() -> None:
    """Have the decoder process come up in the background: somebody will want to see something soon."""
    with _lock:
        _pool()


def opened(stored: EvidenceObject) -> bytes:
    """The bytes of a medium that somebody wants to see. Raises NothingShown where they are gone, EvidenceOff."""
    try:
        return evidence.read(stored)
    except (EvidenceErased, EvidenceUnreadable) as error:
        raise NothingShown(error.message) from None


def opened_on_trial(stored: EvidenceObject, case: str, by: User, now: dt.datetime) -> bytes:
    """The same for nobody's eyes, to say what is wrong before a look counts. It is decrypted, so its custody has it: by
    whom, and for which item or series."""
    record("evidence.tried", stored.public_id, actor=by, details={"case": case}, at=now)
    return opened(stored)


def picture_at(body: bytes, position: StillPosition = FIRST) -> bytes:
    """The picture at a position of the file, as a JPEG. Raises NothingShown with the reason."""
    get_ready()
    still = _pool().submit_still(body, position).result()
    if still.error is not None:
        raise NothingShown(MESSAGES[still.error])
    return still.jpeg


def fingerprints_of(body: bytes) -> Fingerprints:
    """All fingerprints of a file, made in the same process."""
    get_ready()
    return _pool().submit(body).result()


@cache
def _pool() -> DecoderPool:
    pool = decoder_pool(workers=1)
    atexit.register(pool.close)  # nobody else ends it
    return pool
