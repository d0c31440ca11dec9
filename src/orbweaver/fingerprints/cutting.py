"""Where a picture is cut once: flat edges, flat bands of a page's colour, straight seams. Compiled; used by ``pieces``.

Most pictures have none of them, and each that is decoded is looked at, so nothing here waits for Python.
"""

from __future__ import annotations

import numpy as np

from orbweaver.fingerprints.compiled import compiled

LEAST_SIDE = 40
"""Pixels of a piece's shorter side, of what is cut. Smaller ones have few details to tell them apart by."""
FLAT = np.float32(5.0)
"""Grey levels of standard deviation up to which a line is flat: JPEGs leave two to four on one colour."""
SAME = np.float32(14.0)
"""Grey levels by which the means of lines of one flat edge differ at most."""
STEP = 10
"""Grey levels between neighbours across a seam."""
SEAM = np.float32(0.6)
"""Share of a seam's length that has such a step."""
BESIDE = np.float32(0.3)
"""Share of such steps that the lines beside a seam have at most: a hard texture is no seam."""

NO_LEVEL = np.float32(-1.0)
"""In the place of a grey level, where it is not known."""


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


@compiled
def run_length(lines, backwards):  # type: ignore[no-untyped-def]
    """How many lines from the first one on, or from the last one back, are flat and of its colour."""
    count = lines.shape[1]
    first = count - 1 if backwards else 0
    for number in range(count):
        line = first - number if backwards else number
        if lines[1, line] > FLAT or abs(lines[0, line] - lines[0, first]) > SAME:
            return number
    return count


@compiled
def edges(lines):  # type: ignore[no-untyped-def]
    """Where what is not flat begins and ends. All of it, where no edge is flat or everything is."""
    count = lines.shape[1]
    begin, end = run_length(lines, False), count - run_length(lines, True)
    return (begin, end) if begin < end else (0, count)


@compiled
def page_level(lines):  # type: ignore[no-untyped-def]
    """The grey level of the thickest flat band of one colour, and how thick it is: 0 where no line is flat."""
    most, level, begin = 0, np.float32(0.0), 0
    count = lines.shape[1]
    for line in range(1, count + 1):
        if line < count and not (
            lines[1, line] > FLAT
            or lines[1, line - 1] > FLAT
            or abs(lines[0, line] - lines[0, line - 1]) > SAME / np.float32(2.0)
        ):
            continue
        if lines[1, begin] <= FLAT and line - begin > most:
            most, level = line - begin, lines[0, begin]
        begin = line
    return most, level


@compiled
def between(lines, level):  # type: ignore[no-untyped-def]
    """As ``parting`` has it, of flat bands of this grey level."""
    count = lines.shape[1]
    parts = np.empty((count // 2 + 1, 2), np.int64)
    found, thickest, thick = 0, 0, 0
    inside = False
    for line in range(count):
        if lines[1, line] <= FLAT and abs(lines[0, line] - level) <= SAME:
            thick += 1
            thickest = max(thickest, thick)
            if inside:
                parts[found - 1, 1] = line
            inside = False
            continue
        if not inside:
            parts[found, 0] = line
            found += 1
        inside, thick = True, 0
    if inside:
        parts[found - 1, 1] = count
    if thickest == 0 or found == 0:
        return np.float32(0.0), parts[:0], level
    return np.float32(1.0 + thickest), parts[:found], level


@compiled
def seam(lines):  # type: ignore[no-untyped-def]
    """As ``parting`` has it, of the two parts beside the hardest straight seam."""
    count, hardest, at = lines.shape[1], np.float32(0.0), 0
    steps = lines[2]
    for line in range(count):
        if steps[line] < SEAM:
            continue
        beside = np.float32(0.0)
        if line >= 2:
            beside = steps[line - 2]
        if line + 2 < count:
            beside = max(beside, steps[line + 2])
        if beside <= BESIDE and steps[line] - beside > hardest:
            hardest, at = steps[line] - beside, line
    parts = np.empty((2 if hardest > 0 else 0, 2), np.int64)
    if hardest > 0:
        parts[0, 0], parts[0, 1] = 0, at
        parts[1, 0], parts[1, 1] = at, count
    return hardest, parts, NO_LEVEL


@compiled
def parting(lines):  # type: ignore[no-untyped-def]
    """How clear the best parting along one side is, its parts, int64[parts, 2], and the grey level of its bands.

    Bands are clearer than seams (1 and the lines of the thickest; the share of hard steps, at most 1); 0 and no parts,
    where there is nothing to part.
    """
    thick, level = page_level(lines)
    if thick:
        bands = between(lines, level)
        if bands[0] > 0:
            return bands
    return seam(lines)


@compiled
def comes_first(one, other, level_one, level_other):  # type: ignore[no-untyped-def]
    """Whether of two partings that are as clear the first one is taken: by their parts in order, then by the level."""
    for number in range(min(one.shape[0], other.shape[0])):
        for end in range(2):
            if one[number, end] != other[number, end]:
                return one[number, end] > other[number, end]
    if one.shape[0] != other.shape[0]:
        return one.shape[0] > other.shape[0]
    return level_one >= level_other


@compiled
def placed(whole, parts, across):  # type: ignore[no-untyped-def]
    """int64[parts, 4]: top, bottom, left and right of the parts of a rectangle's height, or width if ``across``."""
    found = np.empty((parts.shape[0], 4), np.int64)
    for number in range(parts.shape[0]):
        for side in range(4):
            found[number, side] = whole[side]
        for end in range(2):
            found[number, 2 * across + end] = whole[2 * across] + parts[number, end]
    return found


@compiled
def chosen(whole, rows, columns):  # type: ignore[no-untyped-def]
    """The rectangles of the clearer of two partings, each as ``parting`` gives it, and its level."""
    by_rows = rows[0] > columns[0]
    if rows[0] == columns[0]:
        by_rows = comes_first(rows[1], columns[1], rows[2], columns[2])
    if by_rows:
        return placed(whole, rows[1], 0), rows[2]
    return placed(whole, columns[1], 1), columns[2]


@compiled
def edge_level(rows, columns, trimmed, whole):  # type: ignore[no-untyped-def]
    """The grey level of the thickest edge that fell off; of equal ones the brightest."""
    thickest, level = -1, np.float32(0.0)
    means = (rows[0, 0], rows[0, -1], columns[0, 0], columns[0, -1])
    for side in range(4):
        thick = abs(trimmed[side] - whole[side])
        if thick > thickest or (thick == thickest and means[side] > level):
            thickest, level = thick, means[side]
    return level


@compiled
def cut(luma, top, bottom, left, right, page_known, page):  # type: ignore[no-untyped-def]
    """The parts of a rectangle, int64[parts, 4] as top, bottom, left and right in pixels; whether the grey level of the
    page that they lie on is known, and it.

    Its parts between bands of the page's colour; else its trimmed self, if it has flat edges; else its parts, if there
    is something to part it at; else nothing. The page comes first, as a flat sky or floor is no edge of a cell that
    stands in a column with others.
    """
    whole = (top, bottom, left, right)
    rows, columns = profile(luma, top, bottom, left, right)
    if page_known:
        across, down = between(rows, page), between(columns, page)
        if max(across[0], down[0]) > 0:
            return chosen(whole, across, down)[0], True, page
    above, below = edges(rows)
    before, after = edges(columns)
    trimmed = (top + above, top + below, left + before, left + after)
    if min(below - above, after - before) < LEAST_SIDE:
        return np.empty((0, 4), np.int64), page_known, page
    if trimmed != whole:
        kept = np.empty((1, 4), np.int64)
        for side in range(4):
            kept[0, side] = trimmed[side]
        return kept, True, page if page_known else edge_level(rows, columns, trimmed, whole)
    parts, level = chosen(whole, parting(rows), parting(columns))
    if page_known:
        return parts, True, page
    return parts, level >= 0, level
