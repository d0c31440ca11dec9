"""What a film's track holds, and how it goes through a pipe. Loads no decoder."""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FPS = 10.0
"""Frames of a second that are kept. In hand-held films neighbours at this rate differ by 20-50 bits: fewer would leave
frames in between that are near none that is kept."""
THUMB = 16
"""Pixels along each side of the small picture."""
_HEAD = struct.Struct("<Id")
_FRAME = 4 + 32 + 32 + 1 + 1 + THUMB * THUMB


class Track(NamedTuple):
    """n frames of a film in the order of showing, and how long the film is."""

    times: npt.NDArray[np.float32]
    """float32[n]: seconds from the start, rising."""
    hashes: npt.NDArray[np.uint8]
    """uint8[n, 32]: PDQ of the frame within its bars."""
    mirrored: npt.NDArray[np.uint8]
    """uint8[n, 32]: PDQ of the frame mirrored left to right."""
    quality: npt.NDArray[np.uint8]
    """uint8[n]: 0-100 as the reference counts it."""
    detail: npt.NDArray[np.uint8]
    """uint8[n]: how many of 64 parts of the frame show something; a title has few, whatever its quality."""
    thumbs: npt.NDArray[np.uint8]
    """uint8[n, 16, 16]: the frame as a small grey picture."""
    length_s: float
    """Time of the last frame that was looked at, and how long it is shown about."""
    note: str | None = None
    """The code of a reason when only a part could be read."""


NO_FRAMES = Track(
    np.zeros(0, np.float32),
    np.zeros((0, 32), np.uint8),
    np.zeros((0, 32), np.uint8),
    np.zeros(0, np.uint8),
    np.zeros(0, np.uint8),
    np.zeros((0, THUMB, THUMB), np.uint8),
    0.0,
)


def packed(track: Track) -> bytes:
    """The track without its note: how many frames, how long, then each of its arrays whole."""
    arrays = (track.times.astype("<f4"), *track[1:6])
    return _HEAD.pack(len(track.times), track.length_s) + b"".join(array.tobytes() for array in arrays)


def unpacked(payload: bytes, at: int, note: str | None) -> tuple[Track, int]:
    """A track and where it ends. Raises ValueError or struct.error when it is not well formed."""
    count, length_s = _HEAD.unpack_from(payload, at)
    at += _HEAD.size
    if count * _FRAME > len(payload) - at:
        raise ValueError("a track is cut off")
    parts = []
    for width in (4, 32, 32, 1, 1, THUMB * THUMB):
        parts.append(payload[at : at + count * width])
        at += count * width
    times = np.frombuffer(parts[0], "<f4").astype(np.float32)
    if not (np.isfinite(length_s) and np.isfinite(times).all() and (np.diff(times) >= 0).all()):
        raise ValueError("the times of a track do not rise")
    hashes, mirrored, quality, detail, thumbs = (np.frombuffer(part, np.uint8) for part in parts[1:])
    track = Track(
        times,
        hashes.reshape(-1, 32),
        mirrored.reshape(-1, 32),
        quality,
        detail,
        thumbs.reshape(-1, THUMB, THUMB),
        length_s,
        note,
    )
    return track, at
