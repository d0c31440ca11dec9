"""Pieces of a picture: what is left without borders, flat bands and straight seams, each hashed in eight turns.

Copies that stand in a frame, over a caption, on a page or in a collage have another PDQ hash than their original; their
piece has nearly the same one. So lists that carry hashes alone find them.

The picture is cut as one cuts a page: flat edges fall off, then it is parted at flat bands and straight seams that run
from side to side, and the parts again. Every rectangle on the way is a piece, as a seam may also be a horizon.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from orbweaver.fingerprints.compiled import compiled
from orbweaver.fingerprints.pdq_hash import Hashes, hashes_of
from orbweaver.fingerprints.plane import Plane

MOST_PIECES = 32
"""Pieces of one picture: a collage of nine with its captions has fewer."""
CUT_SIDE = 480
"""Pixels of the shorter side of what is cut: of a larger plane only every second line is looked at, every third, and
so on. JPEGs are decoded no larger, other files in full."""
LEAST_SIDE = 40
"""Pixels of a piece's shorter side, of what is cut. Smaller ones have few details to tell them apart by."""
LEAST_SHARE = 0.02
"""Share of the picture's area that a piece has."""
DEEPEST = 7
"""Times a part is cut again."""
FLAT = 5.0
"""Grey levels of standard deviation up to which a line is flat: JPEGs leave two to four on one colour."""
SAME = 14.0
"""Grey levels by which the means of lines of one flat edge differ at most."""
STEP = 10
"""Grey levels between neighbours across a seam."""
SEAM = 0.6
"""Share of a seam's length that has such a step."""
BESIDE = 0.3
"""Share of such steps that the lines beside a seam have at most: a hard texture is no seam."""


class Piece(NamedTuple):
    """A part of a picture and its hashes. Left, top, right and bottom are shares of the width and height."""

    left: float
    top: float
    right: float
    bottom: float
    hashes: Hashes


class Rectangle(NamedTuple):
    """Decoded pixels, the last ones not included."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width."""
        return self.bottom - self.top, self.right - self.left


@compiled
def profile(luma, top, bottom, left, right):  # type: ignore[no-untyped-def]
    """Mean and standard deviation of each row and column, and the share of each that steps from the one before.

    float32[3, height] and float32[3, width].
    """
    height, width = bottom - top, right - left
    rows = np.zeros((3, height), np.float32)
    columns = np.zeros((3, width), np.float32)
    sums = np.zeros(width, np.int32)
    squares = np.zeros(width, np.int32)
    steps = np.zeros(width, np.int32)
    for y in range(height):
        row = luma[top + y, left:right]
        above = luma[top + max(y - 1, 0), left:right]
        total, square, step = np.int32(0), np.int32(0), np.int32(0)
        for x in range(width):  # without branches and in 32 bits, so that it is compiled to vector instructions
            level = np.int32(row[x])
            total += level
            square += level * level
            sums[x] += level
            squares[x] += level * level
            step += np.int32(abs(level - np.int32(above[x])) >= STEP)
        for x in range(1, width):
            steps[x] += np.int32(abs(np.int32(row[x]) - np.int32(row[x - 1])) >= STEP)
        mean = total / width
        rows[0, y] = mean
        rows[1, y] = np.sqrt(max(0.0, square / width - mean * mean))
        rows[2, y] = step / width
    for x in range(width):
        mean = sums[x] / height
        columns[0, x] = mean
        columns[1, x] = np.sqrt(max(0.0, squares[x] / height - mean * mean))
        columns[2, x] = steps[x] / height
    return rows, columns


def pieces_of(plane: Plane) -> list[Piece]:
    """The pieces of a picture, largest first; none of one that has no border, flat band or seam.

    A plane of more than eight bits has none.
    """
    if plane.luma.dtype != np.uint8:
        return []
    height, width = -(-plane.height // plane.factor), -(-plane.width // plane.factor)
    step = max(1, min(height, width) // CUT_SIDE)
    # One kind of array, for which the kernel is compiled once.
    luma = np.require(plane.luma[:height:step, :width:step], np.uint8, ("C", "W"))
    whole = Rectangle(0, luma.shape[0], 0, luma.shape[1])
    return [_hashed(plane, part, whole, step) for part in parts_of(luma, whole)]


def parts_of(luma: npt.NDArray[np.uint8], whole: Rectangle) -> list[Rectangle]:
    """The rectangles that a picture is cut into, without the picture itself; the largest first."""
    found: set[Rectangle] = set()
    least = LEAST_SHARE * whole.sides[0] * whole.sides[1]
    waiting: list[tuple[Rectangle, int, float | None]] = [(whole, 0, None)]
    while waiting and len(found) < MOST_PIECES:
        waiting.sort(key=lambda entry: -entry[0].sides[0] * entry[0].sides[1])  # cells before what is in them
        rectangle, depth, page = waiting.pop(0)
        cut = _cut(luma, rectangle, page)
        for part in cut.parts:
            if part in found or min(part.sides) < LEAST_SIDE or part.sides[0] * part.sides[1] < least:
                continue
            found.add(part)
            if depth < DEEPEST:
                waiting.append((part, depth + 1, cut.page))
    found.discard(whole)
    return sorted(found, key=lambda part: -part.sides[0] * part.sides[1])[:MOST_PIECES]


class _Cut(NamedTuple):
    """The parts of a rectangle, and the grey level of the page that they lie on, as far as it is known."""

    parts: list[Rectangle]
    page: float | None


def _cut(luma: npt.NDArray[np.uint8], whole: Rectangle, page: float | None) -> _Cut:
    """Its parts between bands of the page's colour; else its trimmed self, if it has flat edges; else its parts, if
    there is something to part it at; else nothing.

    The page comes first, as a flat sky or floor is no edge of a cell that stands in a column with others.
    """
    rows, columns = profile(luma, *whole)
    if page is not None:
        parts = _parts(whole, _between(rows, page), _between(columns, page))
        if parts:
            return _Cut(parts, page)
    top, bottom = _edges(rows)
    left, right = _edges(columns)
    trimmed = Rectangle(whole.top + top, whole.top + bottom, whole.left + left, whole.left + right)
    if min(trimmed.sides) < LEAST_SIDE:
        return _Cut([], page)
    if trimmed != whole:
        return _Cut([trimmed], _edge_level(rows, columns, trimmed, whole) if page is None else page)
    across, down = max(_bands(rows), _seam(rows)), max(_bands(columns), _seam(columns))
    found = max(across, down)
    return _Cut(_parts(whole, across, down), found.level if page is None else page)


def _parts(whole: Rectangle, across: _Parting, down: _Parting) -> list[Rectangle]:
    """The rectangles of the clearer parting."""
    if across >= down:
        return [Rectangle(whole.top + a, whole.top + b, whole.left, whole.right) for a, b in across.parts]
    return [Rectangle(whole.top, whole.bottom, whole.left + a, whole.left + b) for a, b in down.parts]


def _edge_level(
    rows: npt.NDArray[np.float32], columns: npt.NDArray[np.float32], trimmed: Rectangle, whole: Rectangle
) -> float:
    """The grey level of the thickest edge that fell off."""
    edges = (
        (trimmed.top - whole.top, rows[0, 0]),
        (whole.bottom - trimmed.bottom, rows[0, -1]),
        (trimmed.left - whole.left, columns[0, 0]),
        (whole.right - trimmed.right, columns[0, -1]),
    )
    return float(max(edges)[1])


def _edges(lines: npt.NDArray[np.float32]) -> tuple[int, int]:
    """Where what is not flat begins and ends. All of it, where no edge is flat or everything is."""
    flat = lines[1] <= FLAT
    if not (flat[0] or flat[-1]):
        return 0, len(flat)
    begin = _run(flat, lines[0])
    end = len(flat) - _run(flat[::-1], lines[0][::-1])
    return (begin, end) if begin < end else (0, len(flat))


def _run(flat: npt.NDArray[np.bool_], means: npt.NDArray[np.float32]) -> int:
    """How many lines from the first one on are flat and of its colour."""
    if not flat[0]:
        return 0
    other = ~flat | (abs(means - means[0]) > SAME)
    return int(np.argmax(other)) if other.any() else len(flat)


class _Parting(NamedTuple):
    """How to part a rectangle along one side, and how clear that is: bands before seams, then the thicker or harder.

    ``level``: the grey level of the bands.
    """

    clear: float = 0.0
    parts: tuple[tuple[int, int], ...] = ()
    level: float | None = None


def _bands(lines: npt.NDArray[np.float32]) -> _Parting:
    """The parts between flat bands of one colour, that of the thickest: a flat sky has another than the page."""
    means, deviations, _ = lines
    flat = deviations <= FLAT
    if not flat.any():
        return _Parting()
    new = ~flat | np.r_[True, ~flat[:-1] | (abs(np.diff(means)) > SAME / 2)]
    first = np.flatnonzero(new)
    thick = np.where(flat[first], np.diff(np.r_[first, len(flat)]), 0)
    return _between(lines, float(means[first[np.argmax(thick)]]))


def _between(lines: npt.NDArray[np.float32], level: float) -> _Parting:
    """The parts between flat bands of this grey level."""
    means, deviations, _ = lines
    ground = (deviations <= FLAT) & (abs(means - level) <= SAME)
    edge = np.diff(np.r_[True, ground, True].astype(np.int8))
    begins, ends = np.flatnonzero(edge == -1), np.flatnonzero(edge == 1)
    parts = tuple(zip(begins.tolist(), ends.tolist(), strict=True))
    if parts in {(), ((0, len(ground)),)}:
        return _Parting()
    starts, stops = np.r_[0, ends], np.r_[begins, len(ground)]
    return _Parting(1.0 + float((stops - starts).max()), parts, level)


def _seam(lines: npt.NDArray[np.float32]) -> _Parting:
    """The two parts beside the hardest straight seam."""
    steps = lines[2]
    beside = np.maximum(_shifted(steps, 2), _shifted(steps, -2))
    hardness = np.where((steps >= SEAM) & (beside <= BESIDE), steps - beside, 0.0)
    at = int(np.argmax(hardness))
    if hardness[at] <= 0:
        return _Parting()
    return _Parting(float(hardness[at]), ((0, at), (at, len(steps))))


def _shifted(values: npt.NDArray[np.float32], by: int) -> npt.NDArray[np.float32]:
    """The value so many lines before or after; nothing beyond the ends."""
    moved = np.zeros_like(values)
    if by > 0:
        moved[by:] = values[:-by]
    else:
        moved[:by] = values[-by:]
    return moved


def _hashed(plane: Plane, part: Rectangle, whole: Rectangle, step: int) -> Piece:
    height, width = -(-plane.height // plane.factor), -(-plane.width // plane.factor)
    inner = _inside(part, whole)
    top, left = inner.top * step, inner.left * step
    luma = np.ascontiguousarray(
        plane.luma[top : min(inner.bottom * step, height), left : min(inner.right * step, width)]
    )
    full_h = min(plane.height - top * plane.factor, luma.shape[0] * plane.factor)
    full_w = min(plane.width - left * plane.factor, luma.shape[1] * plane.factor)
    hashes = hashes_of(plane._replace(luma=luma, width=full_w, height=full_h))
    tall, wide = whole.sides
    shares = (part.left / wide, part.top / tall, part.right / wide, part.bottom / tall)
    return Piece(*_seen(shares, plane), hashes)


def _inside(part: Rectangle, whole: Rectangle) -> Rectangle:
    """Without the outermost line on each side that was cut: its pixels are mixed with what was beside it. Measured: of
    160 pixels' parts of collages 7 % are more than 31 bits from their original, and 34 % with those lines."""
    return Rectangle(
        part.top + (part.top > whole.top),
        part.bottom - (part.bottom < whole.bottom),
        part.left + (part.left > whole.left),
        part.right - (part.right < whole.right),
    )


def _seen(shares: tuple[float, float, float, float], plane: Plane) -> tuple[float, float, float, float]:
    """The rectangle as it is shown, once the picture is turned as it asks."""
    left, top, right, bottom = shares
    turn = plane.orientation
    if turn.flip_columns:
        left, right = 1 - right, 1 - left
    if turn.flip_rows:
        top, bottom = 1 - bottom, 1 - top
    return (top, left, bottom, right) if turn.transpose else (left, top, right, bottom)
