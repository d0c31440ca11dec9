"""Where the picture lies within flat bars at its edges: letterboxes, pillarboxes and borders of one grey."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from orbweaver.fingerprints.compiled import compiled
from orbweaver.fingerprints.pdq_hash import MIN_SIDE
from orbweaver.fingerprints.plane import Plane

LEVELS = 14
"""Grey levels between the darkest and the brightest pixel of a line that is still flat: room for what codecs leave."""
DRIFT = 8
"""Grey levels by which the lines of one bar may differ from its first."""
LEAST_KEPT = 0.3
"""Share of a side that must be left; where less would be, the whole is flat and nothing is cut off."""
NESTED = 3
"""Bars around bars that are cut off: a film with a border in a film with a letterbox."""
BLUR = 3
"""Pixels at the edge of a bar that codecs blur: bars within it are looked for beyond them."""
ASIDE = 32
"""One part in so many of a line is left out at both ends, for the same reason."""
STRIDE = 3
"""Of each column one pixel in so many is looked at; rows lie together in memory and are read whole."""


class Box(NamedTuple):
    """The part of a plane that is kept, in pixels; ``bottom`` and ``right`` are the first ones beyond it."""

    top: int
    bottom: int
    left: int
    right: int


@compiled
def bar_length(luma, first, step, most, low, high, stride, columns):  # type: ignore[no-untyped-def]
    """Lines of one flat bar from line ``first`` on, in steps of ``step`` (1 or -1), at most ``most``.

    Of rows, or of ``columns``; each is read from ``low`` to ``high``, one pixel in ``stride``.
    """
    began = np.float32(0.0)
    for number in range(most):
        line = first + step * number
        darkest = brightest = np.float32(luma[low, line] if columns else luma[line, low])
        total, count = np.float32(0.0), 0
        for at in range(low, high, stride):
            level = np.float32(luma[at, line] if columns else luma[line, at])
            darkest, brightest = min(darkest, level), max(brightest, level)
            total += level
            count += 1
        mean = total / np.float32(max(count, 1))
        if number == 0:
            began = mean
        if brightest - darkest > LEVELS or abs(mean - began) > DRIFT:
            return number
    return most


@compiled
def inner_box(luma, height, width, stride):  # type: ignore[no-untyped-def]
    """Top, bottom, left and right of what lies within the bars, of a plane of grey levels 0-255."""
    aside = width // ASIDE
    top = bar_length(luma, 0, 1, height, aside, width - aside, 1, False)
    if top == height:
        return 0, height, 0, width
    bottom = height - bar_length(luma, height - 1, -1, height, aside, width - aside, 1, False)
    aside = (bottom - top) // ASIDE
    left = bar_length(luma, 0, 1, width, top + aside, bottom - aside, stride, True)
    right = width - bar_length(luma, width - 1, -1, width, top + aside, bottom - aside, stride, True)
    return top, bottom, left, right


def trimmed(plane: Plane) -> Plane:
    """The plane without flat bars, and without those within them; as it is where hardly anything would be left.

    For planes of full size (``factor`` 1) and eight bits; others are left alone.
    """
    if plane.factor != 1 or plane.luma.dtype != np.uint8:
        return plane
    within = _cut(plane, _box(plane))
    for _ in range(NESTED if within is not plane else 0):
        inner = _cut(within, Box(BLUR, within.height - BLUR, BLUR, within.width - BLUR))
        again = _cut(inner, _box(inner))
        if again is inner or min(again.height / plane.height, again.width / plane.width) < LEAST_KEPT:
            break
        within = again
    return within


def _box(plane: Plane) -> Box:
    """What lies within the bars; the whole where hardly anything does."""
    box = Box(*map(int, inner_box(_writable(plane.luma), plane.height, plane.width, STRIDE)))
    if min((box.bottom - box.top) / plane.height, (box.right - box.left) / plane.width) < LEAST_KEPT:
        return Box(0, plane.height, 0, plane.width)
    return box


def _cut(plane: Plane, box: Box) -> Plane:
    height, width = box.bottom - box.top, box.right - box.left
    if (height, width) == (plane.height, plane.width) or min(height, width) < MIN_SIDE:
        return plane
    luma = np.ascontiguousarray(plane.luma[box.top : box.bottom, box.left : box.right])
    return plane._replace(luma=luma, width=width, height=height)


def _writable(luma: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """One kind of array, for which the kernel is compiled once."""
    return np.require(luma, np.uint8, ("C", "W"))
