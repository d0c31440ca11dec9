# mypy: disable-error-code="no-untyped-def, no-untyped-call"
"""Corners of a picture at several sizes: those of FAST, with the turn of ORB.

OpenCV's own search takes longer the more texture a picture has, and tells the turn of thousands of corners of which
some hundred are used. Here all pixels are looked at by the same vector instructions, and the chosen corners alone are
turned.
"""

from __future__ import annotations

import math
from functools import partial, reduce
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from orbweaver.fingerprints.compiled import compiled
from orbweaver.index.intrinsics import popcount

LEVELS = 9
FACTOR = float(np.float32(1.2))
"""Sizes at which corners are looked for, and how much smaller each is: 4.3 times in all."""
MOST = 2800
"""Corners that are found, of which the points are chosen; each size has its share."""
EDGE = 18
"""Pixels at the edge without corners, at each size."""
CONTRAST = 3
"""Grey levels by which a corner differs, at least more. FAST's usual 20 finds nothing in soft pictures."""
REACH = np.array([15, 15, 15, 15, 14, 14, 14, 13, 13, 12, 11, 10, 9, 8, 6, 3])
"""Pixels about a corner of which its turn is told: how far they reach to each side, by lines from the middle on."""
DISC = abs(np.arange(-15, 16)) <= REACH[abs(np.arange(-15, 16)), None]
"""bool[31, 31]: which they are."""
DIAMETER = 31.0
"""Pixels of a corner's size, at the size of the picture at which it was found."""
LANES = 32
"""Pixels that are looked at at once."""
CIRCLE = (
    (0, 3), (1, 3), (2, 2), (3, 1), (3, 0), (3, -1), (2, -2), (1, -3),
    (0, -3), (-1, -3), (-2, -2), (-3, -1), (-3, 0), (-3, 1), (-2, 2), (-1, 3),
)  # fmt: skip
"""Pixels across and down about a corner: nine in a row are all brighter, or all darker."""

Pixels = npt.NDArray[np.uint8]


class Found(NamedTuple):
    """Corners, of a length each, by levels from the largest on."""

    levels: npt.NDArray[np.int64]
    across: npt.NDArray[np.int64]
    """In pixels of the level."""
    down: npt.NDArray[np.int64]
    strengths: npt.NDArray[np.int64]
    """Grey levels by which nine in a row differ."""


def pyramid_of(grey: Pixels) -> list[Pixels]:
    """The picture at each size that has room for corners, the largest first."""
    height, width = grey.shape
    pyramid = [np.ascontiguousarray(grey)]
    for level in range(1, LEVELS):
        size = (round(width / FACTOR**level), round(height / FACTOR**level))
        if min(size) <= 2 * EDGE:
            break
        smaller = cv2.resize(pyramid[-1], size, interpolation=cv2.INTER_LINEAR_EXACT)
        pyramid.append(np.asarray(smaller, np.uint8))
    return pyramid if min(height, width) > 2 * EDGE else []


def found_in(pyramid: list[Pixels]) -> Found:
    """The strongest corners of each size. Of one size those that are as strong as the last one are found too."""
    due = _due()
    parts = [_of_level(level, pixels, due[level]) for level, pixels in enumerate(pyramid)]
    if not parts:
        return Found(*(np.zeros(0, np.int64) for _ in range(4)))
    return Found(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _due() -> list[int]:
    """Corners of each size: as its sides, so that the largest has the most."""
    shares = FACTOR ** -np.arange(LEVELS)
    due = [int(count) for count in np.round(shares / shares.sum() * MOST)]
    return [*due[:-1], MOST - sum(due[:-1])]


def _of_level(level: int, pixels: Pixels, most: int) -> Found:
    scores = np.empty_like(pixels)
    places = np.empty(pixels.size // 4 + 1, np.int64)  # of two by two pixels one is a corner at most
    places = places[: find_corners(pixels, scores, places)]
    strengths = scores.ravel()[places].astype(np.int64)
    if len(places) > most:
        strong = strengths >= np.partition(strengths, -most)[-most]
        places, strengths = places[strong], strengths[strong]
    down, across = np.divmod(places, pixels.shape[1])
    return Found(np.full(len(places), level), across, down, strengths)


def turns_of(pyramid: list[Pixels], corners: Found) -> npt.NDArray[np.float32]:
    """float32[n]: degrees, clockwise, from each corner's middle to the centre of mass of the disc about it."""
    turns = np.empty(len(corners.levels), np.float32)
    for level, pixels in enumerate(pyramid):
        at = np.flatnonzero(corners.levels == level)
        some = np.empty(len(at), np.float32)
        tell_turns(pixels, corners.across[at], corners.down[at], DISC, some)
        turns[at] = some
    return turns


_BYTES = ir.VectorType(ir.IntType(8), LANES)


def _call(builder: Any, name: str, one: Any, other: Any) -> Any:
    """An instruction of two vectors."""
    find: Any = cgutils.get_or_insert_function
    kind = ir.FunctionType(_BYTES, [_BYTES, _BYTES])
    return builder.call(find(builder.module, kind, f"llvm.{name}.v{LANES}i8"), (one, other))


def _load(builder: Any, source: Any, at: Any, stride: Any, across: int, down: int) -> Any:
    """LANES pixels so far beside the ``at``-th of an array."""
    number = ir.IntType(64)
    place = builder.add(at, builder.add(builder.mul(stride, number(down)), number(across)))
    return builder.load(builder.bitcast(builder.gep(source, [place]), _BYTES.as_pointer()), align=1)


def _most(builder: Any, vectors: list[Any]) -> Any:
    """The most of each lane."""
    return reduce(partial(_call, builder, "umax"), vectors)


def _score_pixels(_typing: Any, pixels: Any, at: Any, stride: Any, scores: Any) -> Any:
    """Write by how many grey levels nine in a row of the circle about each of LANES pixels differ, or 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        target = context.make_array(signature.args[3])(context, builder, arguments[3]).data
        at, stride = arguments[1], arguments[2]
        load = partial(_load, builder, source, at, stride)

        def nine_in_a_row(apart: list[Any]) -> Any:
            """By how much all of nine are apart, where that is most."""
            least = apart
            for step in (1, 2, 4):
                least = [_call(builder, "umin", least[i], least[(i + step) % 16]) for i in range(16)]
            return _most(builder, [_call(builder, "umin", least[i], apart[(i + 8) % 16]) for i in range(16)])

        middle = load(0, 0)
        circle = [load(*step) for step in CIRCLE]
        brighter = nine_in_a_row([_call(builder, "usub.sat", each, middle) for each in circle])
        darker = nine_in_a_row([_call(builder, "usub.sat", middle, each) for each in circle])
        most = _call(builder, "umax", brighter, darker)
        bar, nothing = (ir.Constant(_BYTES, [level] * LANES) for level in (CONTRAST, 0))
        told = builder.select(builder.icmp_unsigned(">", most, bar), most, nothing)
        builder.store(told, builder.bitcast(builder.gep(target, [at]), _BYTES.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(pixels, types.int64, types.int64, scores), generate


def _tops_of(_typing: Any, scores: Any, at: Any, stride: Any) -> Any:
    """A bit for each of LANES pixels that is higher than all eight beside it, the first in the lowest bit."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        load = partial(_load, builder, source, arguments[1], arguments[2])
        beside = [(across, down) for down in (-1, 0, 1) for across in (-1, 0, 1) if across or down]
        around = _most(builder, [load(*step) for step in beside])
        tops = builder.icmp_unsigned(">", load(0, 0), around)
        return builder.zext(builder.bitcast(tops, ir.IntType(LANES)), ir.IntType(64))

    return types.int64(scores, types.int64, types.int64), generate


score_pixels: Any = intrinsic(_score_pixels)
tops_of: Any = intrinsic(_tops_of)


@compiled
def find_corners(pixels, scores, places):
    """Write the numbers of the pixels that are corners into ``places`` (int64), in rising order, and their strengths
    into ``scores``; give how many there are. No neighbour of a corner is as strong.

    ``pixels`` and ``scores`` are uint8[height, width], more than twice EDGE either way.
    """
    height, width = pixels.shape
    for y in range(EDGE - 1, height - EDGE + 1):
        for x in range(EDGE - 1, width - EDGE + 1, LANES):  # what is written beyond is in the edge of the next line
            score_pixels(pixels, y * width + x, width, scores)
    count = 0
    for y in range(EDGE, height - EDGE):
        for x in range(EDGE, width - EDGE, LANES):
            tops = tops_of(scores, y * width + x, width)
            if x + LANES > width - EDGE:
                tops &= (1 << (width - EDGE - x)) - 1
            while tops:
                places[count] = y * width + x + popcount((tops & -tops) - 1)
                count += 1
                tops &= tops - 1
    return count


@compiled
def tell_turns(pixels, across, down, disc, turns):
    """Write the turn of each corner, in degrees from 0 to 360, into float32[n] ``turns``. ``disc`` is bool[m, m]."""
    size = disc.shape[0]
    rights, lows = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    for v in range(size):
        for u in range(size):
            if disc[v, u]:
                rights[v, u], lows[v, u] = u - size // 2, v - size // 2
    for i in range(across.shape[0]):
        top, left = down[i] - size // 2, across[i] - size // 2
        right = low = np.float32(0.0)
        for v in range(size):
            line = pixels[top + v, left : left + size]
            for u in range(size):  # the sums are whole numbers below 2^24: nothing is rounded
                right += rights[v, u] * np.float32(line[u])
                low += lows[v, u] * np.float32(line[u])
        turns[i] = math.degrees(math.atan2(low, right)) % 360.0
