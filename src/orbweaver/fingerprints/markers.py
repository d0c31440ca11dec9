"""What a JPEG's header says that libjpeg-turbo's does not hand out: sample precision, the EXIF orientation, and whether
further pictures stand behind the first."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_ORIENTATION_TAG = 0x0112
_START_OF_SCAN = 0xDA
_APP1 = 0xE1
_APP2 = 0xE2
_MANY = b"MPF\0"
"""How the index of a file of several pictures begins (CIPA DC-007)."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers: all of C0-CF except tables (C4, CC) and the reserved C8."""
_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers without a length."""
MAX_SEGMENTS = 2000
"""Segments looked at before the first scan. A colour profile or a long EXIF block takes some dozens."""


class Markers(NamedTuple):
    """8 or 12 bits a sample (0 when no frame header was found), the orientation from 1 to 8, and whether there is an
    index of several pictures."""

    precision: int
    orientation: int
    several: bool


def read_markers(data: bytes) -> Markers:
    """Never raises: what cannot be read has its default (0, 1 and no)."""
    precision, orientation, several = 0, 1, False
    for marker, start, end in _segments(data):
        if marker in _FRAMES:
            precision = data[start] if start < len(data) else 0
        elif marker == _APP1 and data[start : start + 6] == b"Exif\0\0":
            orientation = exif_orientation(data[start + 6 : end])
        elif marker == _APP2 and data[start : start + 4] == _MANY:
            several = True
    return Markers(precision, orientation, several)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, begin and end of each segment's content, up to the first scan."""
    at = 2
    for _ in range(MAX_SEGMENTS):
        at = data.find(b"\xff", at)
        if at < 0 or at + 4 > len(data):
            return
        marker = data[at + 1]
        if marker in {0xFF, 0x00} or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == _START_OF_SCAN:
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, at + 4, end
        at = max(end, at + 4)


def exif_orientation(block: bytes) -> int:
    """Orientation in the first directory of an EXIF block (TIFF structure); 1 when there is none."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", block, 4)
        (count,) = struct.unpack_from(order + "H", block, directory)
        for entry in range(min(count, 512)):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", block, directory + 2 + 12 * entry)
            if tag == _ORIENTATION_TAG and kind == 3:
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
