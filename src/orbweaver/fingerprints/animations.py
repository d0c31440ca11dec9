"""Animated pictures (GIF, WebP, APNG) as films: their frames with the times at which they are shown."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from orbweaver.fingerprints import pictures, stills
from orbweaver.fingerprints.limits import Limits
from orbweaver.fingerprints.plane import Plane
from orbweaver.fingerprints.sniff import sniff

_GIF_HEAD = 13
"""Bytes of a GIF before its colours."""
_WEBP_ANIMATED = 2
"""A bit of the flags in the chunk VP8X (RFC 9649)."""
AT_ONCE_S = 0.1
"""Seconds for which browsers show a frame that says no time."""


def is_animation(data: bytes) -> bool:
    """Whether the bytes are those of an animated picture; nothing is decoded."""
    mime = sniff(data)
    if mime == "image/gif":
        return _has_two_frames(data)
    if mime == "image/webp":
        return data[12:16] == b"VP8X" and len(data) > 20 and bool(data[20] & _WEBP_ANIMATED)
    if mime == "image/png":
        control = data.find(b"acTL")
        return 0 <= control < data.find(b"IDAT")
    return False


def _has_two_frames(gif: bytes) -> bool:
    """Whether a second frame begins: the blocks are walked over (GIF89a, appendix B)."""
    at, frames = _GIF_HEAD + _colours(gif, 10), 0
    while at < len(gif) and gif[at] in b"\x21\x2c":
        if gif[at] == 0x2C:
            frames += 1
            if frames == 2:
                return True
            at += 11 + _colours(gif, at + 9)
        else:
            at += 2
        while at < len(gif) and gif[at]:  # its parts, each after its length, until an empty one
            at += 1 + gif[at]
        at += 1
    return False


def _colours(gif: bytes, at: int) -> int:
    """Bytes of the table of colours that the flags there announce."""
    flags = gif[at] if at < len(gif) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def planes_of(data: bytes, limits: Limits) -> Iterator[tuple[float, Plane]]:
    """Seconds and plane of each frame of an animation. Raises CannotFingerprint, possibly after some."""
    mime, last, time_s = sniff(data), -1, -AT_ONCE_S
    assert mime is not None
    for shot in pictures.picture_shots(data, mime, limits):
        if shot.number != last:  # of a transparent one the first ground
            last = shot.number
            time_s = shot.time_s if shot.time_s > time_s else time_s + AT_ONCE_S
            yield time_s, shot.plane


def pictures_of(
    data: bytes, limits: Limits, fps: float, after_s: float = -1.0
) -> Iterator[tuple[float, npt.NDArray[np.uint8]]]:
    """Seconds and picture, uint8[height, width, 3], of at most ``fps`` frames of each second of an animation, those
    after ``after_s``. Raises CannotFingerprint, possibly after some."""
    mime, next_tick, time_s = sniff(data), -math.inf, 0.0
    assert mime is not None
    with pictures.reasons(), Image.open(io.BytesIO(data), formats=pictures.FORMATS[mime]) as image:
        pictures.check(image, limits)
        first = image.tell()
        for number in range(limits.max_frames):
            try:
                pictures.turn_to(image, number, first)
            except EOFError:
                return
            image.load()
            if time_s >= next_tick:
                next_tick = (math.floor(time_s * fps + 1e-9) + 1) / fps
                if time_s > after_s:
                    yield time_s, stills.smaller(stills.coloured(ImageOps.exif_transpose(image)))
            time_s += pictures.duration(image) or AT_ONCE_S
