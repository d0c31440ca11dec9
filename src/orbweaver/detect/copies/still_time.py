"""At which second of a film an edited still was taken: by the part of it that lies on the film's frames. Pure."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from orbweaver.detect.copies.filmed import Filmed
from orbweaver.detect.copies.geometry import Quad
from orbweaver.detect.copies.picture import Pixels, shrunk
from orbweaver.fingerprints.track import THUMB

LONGEST: Final = 160
"""Pixels of the longer side from which the small picture is made."""
FINE: Final = 4 * THUMB
LEAST_CELLS: Final = 24
"""Cells of 256 that must be covered."""
SHOWN: Final = 0.65
"""Share of the covered cells that are taken to show the film."""
ROUNDS: Final = 4
LEAST_GAIN: Final = 0.3
"""Contrast of a still in that of its frame, at least: nothing is explained by a flat grey."""


def time_of(grey: Pixels, query_quad: Quad, reference_quad: Quad, film: Filmed, around_s: float) -> float:
    """The second at which the film is most like a still that was found at ``around_s`` of it, or ``around_s``.

    The quads are corners that lie on one another, in shares of the still and of a frame.
    """
    seen, covered = _on_the_frame(shrunk(grey, LONGEST), query_quad, reference_quad)
    if covered.sum() < LEAST_CELLS or not len(film.times):
        return around_s
    frames = film.thumbs.reshape(len(film.times), -1)[:, covered.ravel()].astype(np.float32)
    apart = _apart(frames, seen[covered])
    nearest = np.flatnonzero(apart <= apart.min() + 1e-6)
    return float(film.times[nearest[np.argmin(np.abs(film.times[nearest] - around_s))]])


def _apart(frames: NDArray[np.float32], seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32[n]: how far each of float32[n, cells] is from float32[cells] in brightness, whatever its contrast is.

    By the cells that fit best, ``SHOWN`` of them: boxes and emoji hide the others.
    """
    kept = np.ones(frames.shape, np.bool_)
    for _ in range(ROUNDS):
        count = kept.sum(axis=1, keepdims=True)
        centred = frames - (frames * kept).sum(axis=1, keepdims=True) / count
        mean = (seen * kept).sum(axis=1, keepdims=True) / count
        gain = (centred * (seen - mean) * kept).sum(axis=1, keepdims=True)
        gain = gain / np.maximum((centred**2 * kept).sum(axis=1, keepdims=True), 1e-3)
        off = np.abs(seen - mean - np.maximum(gain, LEAST_GAIN) * centred)
        limit = np.quantile(off, SHOWN, axis=1, keepdims=True)
        kept = off <= limit
    return np.asarray((off * kept).sum(axis=1) / kept.sum(axis=1), np.float32)


def _on_the_frame(
    grey: Pixels, query_quad: Quad, reference_quad: Quad
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """float32[16, 16], the still as it lies on the frame, and bool[16, 16], the cells it covers whole."""
    height, width = grey.shape
    here = (np.array(query_quad) * (width, height)).astype(np.float32)
    there = (np.array(reference_quad) * FINE).astype(np.float32)
    turned = cv2.getPerspectiveTransform(here, there)
    seen = cv2.warpPerspective(grey, turned, (FINE, FINE), flags=cv2.INTER_LINEAR)
    inside = cv2.warpPerspective(np.full_like(grey, 255), turned, (FINE, FINE), flags=cv2.INTER_NEAREST)
    return _cells(seen.astype(np.float32)), _cells(inside.astype(np.float32)) > 254.0


def _cells(fine: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(fine.reshape(THUMB, 4, THUMB, 4).mean(axis=(1, 3)), np.float32)
