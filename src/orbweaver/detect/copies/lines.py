"""Compiled loops that compare two films along a line of times: reference = slope x query + offset. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np

from orbweaver.index.intrinsics import popcount
from orbweaver.index.kernels import compiled

UNCOUNTED = -1
"""No comparison: one of the two frames does not count, or the reference has none so near."""
FAR = 256
"""Beyond the reference's ends."""
AGREEING = 60.0
"""Bits below which a frame speaks for a line, and above which against it."""
STILL_S = 4.0
"""Seconds without a frame that speaks for a line, after which its segment has ended."""


@compiled
def bits_between(one: Any, row: int, other: Any, other_row: int) -> Any:
    """Distance of two hashes of uint64[n, 4]."""
    total = np.int64(0)
    for word in range(4):
        total += np.int64(popcount(one[row, word] ^ other[other_row, word]))
    return total


@compiled
def without_still(words: Any, rows: Any, bits: int, frames: int, kept: Any) -> Any:
    """Those of ``rows`` that differ by more than ``bits`` from the one kept before, and one at least in ``frames``.

    They go to ``kept`` int64[rows]; returns their number.
    """
    count = 0
    for row in rows:
        last = kept[count - 1] if count else -1
        if last < 0 or row - last >= frames or bits_between(words, row, words, last) > bits:
            kept[count] = row
            count += 1
    return count


@compiled
def nearest(query: Any, row: int, other: Any, time: float, reach: float) -> tuple[Any, Any]:
    """Distance and number of the frame of ``other`` nearest in bits to a frame, of those within ``reach`` seconds of
    ``time``; among equals the nearest in time."""
    times = other.times
    at: Any = np.searchsorted(times, time - reach)
    if at == len(times) or times[0] > time + reach:
        return FAR, -1
    best, frame, apart = np.int64(FAR), -1, 0.0
    while at < len(times) and times[at] <= time + reach:
        if other.counts[at]:
            distance = bits_between(query, row, other.words, at)
            if frame < 0 or distance < best or (distance == best and abs(times[at] - time) < apart):
                best, frame, apart = distance, at, abs(times[at] - time)
        at += 1
    return (best, frame) if frame >= 0 else (np.int64(UNCOUNTED), -1)


@compiled
def compare(query: Any, words: Any, span: Any, other: Any, line: Any, reach: float, bits: Any, frames: Any) -> None:
    """Compare the frames ``span`` of the query along a ``line`` (slope, offset), with ``words`` as its hashes.

    Distances go to ``bits`` and numbers of frames to ``frames``, int64 each, ``UNCOUNTED`` or ``FAR``.
    """
    for row in range(span[0], span[1]):
        at = row - span[0]
        bits[at], frames[at] = UNCOUNTED, -1
        if query.counts[row]:
            bits[at], frames[at] = nearest(words, row, other, line[0] * query.times[row] + line[1], reach)


@compiled
def vote(bits: int, seconds: float) -> float:
    """What a frame shown for so long says of a line: its seconds at 0 bits, 0 at ``AGREEING``, minus them at most."""
    if bits < 0:
        return 0.0
    return seconds * max(-1.0, (AGREEING - bits) / AGREEING)


@compiled
def stretch(bits: Any, times: Any, seconds: Any, first: int, seed: int, drop: float) -> tuple[Any, Any, Any]:
    """First and last frame of the stretch around frame ``seed`` that speaks most for its line, and its votes together.

    ``bits`` are of the frames from ``first`` on; the stretch ends where its votes fall by ``drop`` seconds, or nothing
    speaks for it for ``STILL_S``.
    """
    ends, total = np.array([seed, seed]), vote(bits[seed - first], seconds[seed])
    for side in range(2):
        step = 1 if side else -1
        sum_, best, at = 0.0, 0.0, seed + step
        while 0 <= at - first < len(bits):
            sum_ += vote(bits[at - first], seconds[at])
            if sum_ > best and bits[at - first] < AGREEING and bits[at - first] >= 0:
                best, ends[side] = sum_, at
            if best - sum_ > drop or abs(times[at] - times[ends[side]]) > STILL_S:
                break
            at += step
        total += best
    return ends[0], ends[1], total


@compiled
def through(
    query: Any,
    words: Any,
    span: Any,
    seed: int,
    other: Any,
    to: float,
    slopes: Any,
    nudges: Any,
    reach: float,
    drop: float,
) -> tuple[float, float, float]:
    """The best line through frame ``seed`` of the query and about the second ``to`` of the reference.

    Slope, offset and the seconds that speak for it among the frames ``span``. The first of equals.
    """
    bits, frames = np.empty(span[1] - span[0], np.int64), np.empty(span[1] - span[0], np.int64)
    slope, offset, most = 1.0, 0.0, -1.0
    for number in range(len(slopes)):
        for nudge in nudges:
            line = (slopes[number], to + nudge - slopes[number] * query.times[seed])
            compare(query, words, span, other, line, reach, bits, frames)
            _, _, total = stretch(bits, query.times, query.seconds, span[0], seed, drop)
            if total > most * 1.02 + 0.01:
                slope, offset, most = line[0], line[1], total
    return slope, offset, most


@compiled
def slid(query: Any, words: Any, span: Any, every: int, other: Any, line: Any, moves: Any, reach: float) -> float:
    """The one of ``moves``, seconds by which a line is moved, at which its frames agree most; the first of equals.

    One frame in ``every`` is looked at.
    """
    best, move = -1e18, 0.0
    for each in moves:
        total = 0.0
        for row in range(span[0], span[1], every):
            if query.counts[row]:
                bits, _ = nearest(words, row, other, line[0] * query.times[row] + line[1] + each, reach)
                total += vote(bits, query.seconds[row])
        if total > best + 1e-9:
            best, move = total, each
    return move
