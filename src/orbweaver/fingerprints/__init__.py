"""Fingerprints of any file the web serves: MD5, SHA-1, SHA-256 in one pass, PDQ of every picture it shows.

``pdq`` and ``fingerprint`` decode in this process, which suits files that are trusted and benchmarks. What comes from
outside goes through ``orbweaver.fingerprints.pool.DecoderPool``: processes that may die without harm.

Importing this package is cheap; the decoders are loaded by the first call.
"""

from __future__ import annotations

from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import DEFAULT_LIMITS, Limits
from orbweaver.fingerprints.result import Fingerprints, FramePdq

__all__ = ["CannotFingerprint", "Fingerprints", "FramePdq", "Limits", "fingerprint", "pdq"]


def pdq(data: bytes) -> tuple[str, int]:
    """The PDQ hash (64 hexadecimal digits) and quality (0-100) of a picture or of a video's first frame.

    Equal to Meta's reference hasher on the same pixels, with EXIF orientation applied. Raises CannotFingerprint, whose
    ``code`` says why there is none.
    """
    from orbweaver.fingerprints.file_hashes import file_hashes
    from orbweaver.fingerprints.sniff import sniff

    hashes = file_hashes(data, sniff(data)).first
    return hashes.pdq.hex(), hashes.quality


def fingerprint(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Fingerprints:
    """All fingerprints of one body, decoded in this process. Never raises for what the body holds."""
    from orbweaver.fingerprints import decode

    return decode.fingerprint(data, limits)
