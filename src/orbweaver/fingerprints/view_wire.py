"""How pixels go through the pipe between a decoder process and its pool. Loads no decoder."""

from __future__ import annotations

import math
import struct

from orbweaver.fingerprints.result import MOST_VIEWED, View, Views

_HEAD = struct.Struct("<?I")
_VIEW = struct.Struct("<dII")


def packed_views(sent: Views) -> bytes:
    """All but the error: whether there is more, how many, then of each its time, its size and its pixels."""
    parts = [_HEAD.pack(sent.more, len(sent.views))]
    for view in sent.views:
        parts += (_VIEW.pack(view.time_s, view.width, view.height), view.pixels)
    return b"".join(parts)


def unpacked_views(payload: bytes, at: int, error: str | None) -> tuple[Views, int]:
    """The views and where they end. Raises ValueError or struct.error when they are not well formed."""
    more, count = _HEAD.unpack_from(payload, at)
    at += _HEAD.size
    found: list[View] = []
    for _ in range(count):
        time_s, width, height = _VIEW.unpack_from(payload, at)
        at += _VIEW.size
        size = 3 * width * height
        if not (0 < size <= min(MOST_VIEWED, len(payload) - at)):
            raise ValueError("a view is empty, too large or cut off")
        if not math.isfinite(time_s) or (found and time_s < found[-1].time_s):
            raise ValueError("the times of views do not rise")
        found.append(View(time_s, width, height, payload[at : at + size]))
        at += size
    if not found and (more or error is None):
        raise ValueError("no view, and no reason")
    return Views(tuple(found), error, more), at
