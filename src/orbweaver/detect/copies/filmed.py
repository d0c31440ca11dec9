"""A film's track, ready to be compared: its hashes in words, and which of its frames count. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from orbweaver.fingerprints.track import Track

QUALITY: Final = 50
"""PDQ quality below which a frame does not count."""
DETAIL: Final = 20
"""Parts of 64 that must show something: titles and frames that are nearly black have fewer."""
RICH: Final = 44
"""Parts that a picture which stands still must show, so that it is not taken for a title or a card."""
LONGEST_S: Final = 0.5
"""Seconds that one frame counts for at most."""


class Filmed(NamedTuple):
    """n frames for the kernels of ``lines``."""

    times: NDArray[np.float64]
    """float64[n]: seconds, rising."""
    seconds: NDArray[np.float64]
    """float64[n]: how long each frame is shown, at most ``LONGEST_S``."""
    words: NDArray[np.uint64]
    """uint64[n, 4]."""
    mirrored: NDArray[np.uint64]
    """uint64[n, 4]: of the frames mirrored left to right."""
    counts: NDArray[np.bool_]
    """bool[n]: whether a frame may prove anything."""
    rich: NDArray[np.bool_]
    """bool[n]: whether it may even when nothing moves."""
    thumbs: NDArray[np.uint8]
    """uint8[n, 16, 16]."""
    length_s: float


def filmed(track: Track) -> Filmed:
    """A track, ready."""
    times = track.times.astype(np.float64)
    steps = np.diff(times, append=max(track.length_s, times[-1] if len(times) else 0.0))
    return Filmed(
        times,
        np.clip(steps, 0.0, LONGEST_S),
        _words(track.hashes),
        _words(track.mirrored),
        (track.quality >= QUALITY) & (track.detail >= DETAIL),
        track.detail >= RICH,
        np.array(track.thumbs),
        track.length_s,
    )


def _words(hashes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.array(hashes).view(np.uint64).reshape(-1, 4)


def agreement(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32[n]: correlation of n pairs of small pictures, -1 to 1; 0 where one of the two is flat."""
    first, second = (_centred(each) for each in (one, other))
    scale = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    return np.asarray((first * second).sum(axis=1) / np.maximum(scale, 1e-6), np.float32)


def _centred(thumbs: NDArray[np.uint8]) -> NDArray[np.float32]:
    flat = thumbs.reshape(len(thumbs), -1).astype(np.float32)
    return np.asarray(flat - flat.mean(axis=1, keepdims=True), np.float32)
