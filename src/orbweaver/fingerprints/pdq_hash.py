"""PDQ from a luma plane: shrink, cosine transform, median, bits; the eight turned and mirrored hashes; quality.

Follows Meta's C++ hasher (``pdqhashing.cpp``), which is what ``threatexchange`` and HMA run.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from orbweaver.fingerprints import turning
from orbweaver.fingerprints.compiled import compiled
from orbweaver.fingerprints.operator import GRID, Operator, apply_operators, operator_for
from orbweaver.fingerprints.plane import Plane

MIN_SIDE = 5
"""Sides below this many pixels have no hash (``MIN_HASHABLE_DIM``)."""
KEPT = 16
"""Frequencies kept along each side: 1 to 16, so the mean brightness is left out."""
BITS = KEPT * KEPT


def _cosines() -> npt.NDArray[np.float32]:
    """float32[16, 64]: the rows 1 to 16 of a 64-point DCT-II (``pdqhashing.cpp``, ``fill_dct_matrix_64``)."""
    k = np.arange(1, KEPT + 1)[:, None]
    j = np.arange(GRID)[None, :]
    return np.asarray(math.sqrt(2.0 / GRID) * np.cos(math.pi / 2.0 / GRID * k * (2 * j + 1)), dtype=np.float32)


COSINES = _cosines()

TURNS = np.array(turning.TURNS, dtype=np.int64)
"""The same as numbers: int64[8, 3]."""


class Hashes(NamedTuple):
    """PDQ of one picture: 32 bytes, 0-100, and eight times 32 bytes with ``pdq`` first."""

    pdq: bytes
    quality: int
    dihedral: tuple[bytes, ...]


@compiled
def gradient_quality(grid, scale):  # type: ignore[no-untyped-def]
    """0-100 from the gradients of the 64x64 samples: ``pdqImageDomainQualityMetric``."""
    total = 0
    for i in range(64):
        for j in range(64):
            if i < 63:
                total += abs(int((grid[i, j] - grid[i + 1, j]) * scale * np.float32(100.0) / np.float32(255.0)))
            if j < 63:
                total += abs(int((grid[i, j] - grid[i, j + 1]) * scale * np.float32(100.0) / np.float32(255.0)))
    return min(100, int(total / 90.0))


@compiled
def transform(grid, cosines):  # type: ignore[no-untyped-def]
    """float32[16, 16]: the kept frequencies of the samples."""
    half = np.zeros((16, 64), np.float32)
    for i in range(16):
        for k in range(64):
            for j in range(64):
                half[i, j] += cosines[i, k] * grid[k, j]
    kept = np.zeros((16, 16), np.float32)
    for i in range(16):
        for j in range(16):
            total = np.float32(0.0)
            for k in range(64):
                total += half[i, k] * cosines[j, k]
            kept[i, j] = total
    return kept


@compiled
def lower_median(values):  # type: ignore[no-untyped-def]
    """The 128th smallest of 256 numbers, by halving the range that holds it: ``torben.cpp``.

    Reads the numbers a few times instead of ordering them, as the reference does, and compiles in a tenth of the time
    of ``np.partition``.
    """
    half = (values.size + 1) // 2
    low, high = values.min(), values.max()
    while True:
        guess = (low + high) / np.float32(2.0)
        less = greater = 0
        below, above = low, high
        for i in range(values.size):  # without branches, so that it is compiled to vector instructions
            value = values[i]
            less += value < guess
            greater += value > guess
            below = max(below, value if value < guess else low)
            above = min(above, value if value > guess else high)
        if less <= half and greater <= half:
            break
        if less > greater:
            high = below
        else:
            low = above
    if less >= half:
        return below
    return guess if values.size - greater >= half else above


@compiled
def hash_bits(kept, turns):  # type: ignore[no-untyped-def]
    """uint8[turns, 32]: one hash for each way of turning, most significant bit first.

    ``kept`` is float32[2, 2, 16, 16], the transforms of a picture as it is (0, 0),
    upside down (1, 0), mirrored left to right (0, 1) and both. A bit says "greater than the median".
    """
    out = np.zeros((turns.shape[0], 32), np.uint8)
    medians = np.empty((2, 2), np.float32)
    for down in range(2):
        for across in range(2):
            medians[down, across] = lower_median(kept[down, across].ravel())
    for t in range(turns.shape[0]):
        transposed, down, across = turns[t, 0] == 1, turns[t, 1], turns[t, 2]
        if transposed:  # what is upside down afterwards was mirrored left to right before
            down, across = across, down
        for i in range(16):
            for j in range(16):
                value = kept[down, across, j, i] if transposed else kept[down, across, i, j]
                if value > medians[down, across]:
                    bit = 255 - (i * 16 + j)
                    out[t, bit >> 3] |= np.uint8(128 >> (bit & 7))
    return out


@compiled
def transform_all(grids, cosines):  # type: ignore[no-untyped-def]
    """float32[2, 2, 16, 16]: the transforms of all four."""
    kept = np.empty((2, 2, 16, 16), np.float32)
    for down in range(2):
        for across in range(2):
            kept[down, across] = transform(grids[down, across], cosines)
    return kept


@compiled
def hash_plane(luma, width, rows, columns, transpose, scale, cosines, turns):  # type: ignore[no-untyped-def]
    """uint8[turns, 32] and the quality. ``rows`` and ``columns`` are each the operator and its flipped one.

    All four pictures are taken from the pixels, not from one another: the reference's filter is not symmetrical, so
    that mirroring its result moves up to 22 of 256 bits on a small picture, and none this way.
    """
    grids = np.empty((2, 2, 64, 64), np.float32)
    apply_operators(luma, width, rows[0], columns[0], columns[1], grids[0])
    apply_operators(luma, width, rows[1], columns[0], columns[1], grids[1])
    if transpose:
        turned = np.empty((2, 2, 64, 64), np.float32)
        for down in range(2):
            for across in range(2):
                turned[down, across] = grids[across, down].T
        grids = turned
    return hash_bits(transform_all(grids, cosines), turns), gradient_quality(grids[0, 0], scale)


def shrink(plane: Plane) -> npt.NDArray[np.float32]:
    """float32[64, 64]: the samples of a picture as the reference takes them, turned as the picture asks.

    Raises ValueError for a side below five pixels or a plane that does not fit.
    """
    luma, decoded, rows, columns = _prepared(plane)
    halves = np.empty((2, GRID, GRID), np.float32)
    apply_operators(luma, decoded, rows[0], *columns, halves)
    return np.ascontiguousarray(halves[0].T if plane.orientation.transpose else halves[0])


class _Prepared(NamedTuple):
    luma: npt.NDArray[Any]
    decoded: int
    rows: tuple[Operator, Operator]
    columns: tuple[Operator, Operator]


def _prepared(plane: Plane) -> _Prepared:
    """What the kernels take: the plane, its decoded width, and the operators of height and width, each as the picture
    is to be seen and flipped."""
    luma, width, height, factor, turn = plane.luma, plane.width, plane.height, plane.factor, plane.orientation
    if min(width, height) < MIN_SIDE:
        raise ValueError("a side is shorter than five pixels")
    decoded = -(-width // factor)
    if luma.ndim != 2 or luma.shape[0] < -(-height // factor) or luma.shape[1] < decoded:
        raise ValueError("the plane is smaller than the picture it is said to show")
    # Two types of plane, both writable, so that each kernel is compiled twice and not for every combination.
    luma = np.require(luma, np.uint8 if luma.dtype == np.uint8 else np.float32, ("C", "W"))
    rows = operator_for(height, factor, turn.flip_rows), operator_for(height, factor, not turn.flip_rows)
    columns = operator_for(width, factor, turn.flip_columns), operator_for(width, factor, not turn.flip_columns)
    return _Prepared(luma, decoded, rows, columns)


def hashes_of(plane: Plane) -> Hashes:
    """All hashes of a picture; one with a side below five pixels gets zeros and quality 0.

    That is what the reference gives it, so such a hash never matches where qualities below 50 are left out.
    """
    if min(plane.width, plane.height) < MIN_SIDE:
        return Hashes(bytes(32), 0, (bytes(32),) * len(TURNS))
    scale, transpose = np.float32(plane.scale), plane.orientation.transpose
    bits, quality = hash_plane(*_prepared(plane), transpose, scale, COSINES, TURNS)
    values = bits.tobytes()
    dihedral = tuple(values[at : at + 32] for at in range(0, 256, 32))
    return Hashes(dihedral[0], int(quality), dihedral)
