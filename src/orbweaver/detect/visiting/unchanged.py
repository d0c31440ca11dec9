"""Whether a body is the picture that stood there before, so that it need not be decoded again. Pure."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from orbweaver.detect.crawl.frontier import Leased
from orbweaver.fingerprints.sniff import sniff

AT_ONCE: Final = 2**20
"""Bytes that are digested in the event loop (half a millisecond); more go to a thread."""
_MARKS: Final = {"image/jpeg": b"", "image/bmp": b"", "image/png": b"acTL", "image/webp": b"ANIM"}
"""Kinds of file that hold one picture, and what stands near the beginning of those that hold more."""
_BEGINNING: Final = 64 * 1024


async def is_unchanged(leased: Leased, body: bytes) -> bool:
    """Whether the bytes are a single picture, the one that stood there before. Never what somebody reported: that is
    assessed whatever it is."""
    if leased.sha256 is None or leased.report_id is not None or not _is_one_picture(body):
        return False
    if len(body) <= AT_ONCE:
        return hashlib.sha256(body).digest() == leased.sha256
    return (await asyncio.to_thread(hashlib.sha256, body)).digest() == leased.sha256


def _is_one_picture(body: bytes) -> bool:
    mark = _MARKS.get(sniff(body) or "")
    return mark is not None and (not mark or mark not in body[:_BEGINNING])
