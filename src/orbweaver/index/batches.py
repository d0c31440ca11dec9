"""Many queries at once, band by band: what one band needs stays in the cache, and most slots are passed by unread.

A query asks a band for some 150 slots of about eight entries each, and nearly none of these entries has the right low
key bits. So each slot gets a sketch, 64 bits that say which low bits occur in it (folded to six): one load of a small
table shows that a slot can be left out. The sketches are made in memory from a segment's directory and postings when
a process first searches for many hashes at once, 8 bytes a slot and band (11 MB for 1 million entries). Nothing is
lost by them: a bit that is not set proves that no such entry is there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from orbweaver.index.intrinsics import LANES, filter_postings, popcount, prefetch
from orbweaver.index.kernels import BUFFER, FULL, NO_LIMIT, SCAN_COST, band_key, compiled, plan, probe, scan_one

SKETCH_BITS = 6
"""Low key bits that a sketch tells apart."""
CHUNK = 4096
"""Queries that go through the bands together."""
AHEAD = 64
"""Candidates whose hashes are asked for ahead of being compared: as many as fit the first cache."""


class Sketched(NamedTuple):
    """A segment for the kernels, with its sketches."""

    index: Any
    """``kernels.Banded``"""
    sketches: Any
    """uint64[bands, slots]: which folded low bits occur."""
    near: Any
    """uint64[bits wrong, 64]: the folded low bits that are at most so many bits away."""


def neighbourhoods() -> NDArray[np.uint64]:
    """uint64[7, 64]: for a number of wrong bits and folded low bits, all that are within."""
    values = np.arange(1 << SKETCH_BITS, dtype=np.uint64)
    distance = np.bitwise_count(values[:, None] ^ values[None, :])
    bit = np.uint64(1) << values
    within = [np.where(distance <= wrong, bit[None, :], np.uint64(0)).sum(axis=1) for wrong in range(SKETCH_BITS + 1)]
    return np.stack(within).astype(np.uint64)


@compiled
def sketch_bands(index: Any, sketches: Any) -> None:
    """Fill ``sketches`` uint64[bands, slots]."""
    shift, fold = np.uint32(index.index_bits), np.uint32((1 << SKETCH_BITS) - 1)
    count = len(index.words)
    for band in range(len(index.bands)):
        directory, postings = index.directory[band], index.postings[band]
        for slot in range(1 << index.top):
            sketch = np.uint64(0)
            start: Any = np.int64(directory[slot])
            stop: Any = min(np.int64(directory[slot + 1]), count)
            for at in range(start, stop):
                sketch |= np.uint64(1) << np.uint64((postings[at] >> shift) & fold)
            sketches[band, slot] = sketch


@compiled
def choose_slots(sketched: Any, band: int, slot: Any, low: Any, most: int, slots: Any, left: Any) -> Any:
    """The slots within ``most`` bits of ``slot`` that may hold a low key near enough to ``low``, and the bits left for
    it, to ``slots`` and ``left`` uint32[masks]; returns their number.
    """
    index, sketches = sketched.index, sketched.sketches[band]
    used, at = np.uint64(0), np.uint64(0)
    for wrong in range(min(most, len(index.ends) - 1) + 1):
        rest = most - wrong
        wanted = sketched.near[min(rest, SKETCH_BITS), low & np.uint32((1 << SKETCH_BITS) - 1)]
        end = np.uint64(index.ends[wrong])
        while at < end:
            near = slot ^ index.masks[at]
            slots[used], left[used] = near, rest
            used += np.uint64((sketches[near] & wanted) != np.uint64(0))
            at += np.uint64(1)
    return np.int64(used)


@compiled
def verify_pairs(
    index: Any,
    queries: Any,
    radius: int,
    chosen: Any,
    band: int,
    rows: Any,
    owners: Any,
    count: int,
    out: Any,
    found: int,
) -> Any:
    """``kernels.verify`` for candidates of many queries: ``owners`` int64 holds the query of each."""
    words = index.words
    for at in range(min(AHEAD, count)):
        prefetch(words, np.int64(rows[at]) * 4)
    for at in range(count):
        if at + AHEAD < count:
            prefetch(words, np.int64(rows[at + AHEAD]) * 4)
        row, query = np.int64(rows[at]), np.int64(owners[at])
        if row >= len(words):
            continue
        distance = np.int64(popcount(words[row, 0] ^ queries[query, 0]) + popcount(words[row, 1] ^ queries[query, 1]))
        if distance > radius:
            continue
        distance += np.int64(popcount(words[row, 2] ^ queries[query, 2]) + popcount(words[row, 3] ^ queries[query, 3]))
        if distance > radius:
            continue
        seen = False
        for other in range(band):
            first, width = index.bands[other, 0], index.bands[other, 1]
            wrong = band_key(words, row, first, width) ^ band_key(queries, query, first, width)
            seen |= np.int64(popcount(wrong)) <= chosen[other]
        if seen:
            continue
        if found >= out.shape[1]:
            return FULL
        out[0, found], out[1, found], out[2, found] = query, row, distance
        found += 1
    return found


@compiled
def list_entries(index: Any, band: int, slots: Any, used: int, ranges: Any) -> Any:
    """Where the postings of the chosen slots begin and end, to ``ranges`` int64[2, masks]; returns their number."""
    directory, postings, entries = index.directory[band], index.postings[band], len(index.words)
    visits = 0
    for number in range(used):
        start: Any = np.int64(directory[slots[number]])
        stop: Any = min(np.int64(directory[slots[number] + np.uint32(1)]), entries)
        prefetch(postings, start)
        prefetch(postings, stop)
        ranges[0, number], ranges[1, number] = start, stop
        visits += stop - start
    return visits


@compiled
def search_band(
    sketched: Any,
    queries: Any,
    span: Any,
    radius: int,
    chosen: Any,
    band: int,
    visits: Any,
    limit: int,
    out: Any,
    found: int,
) -> Any:
    """Look up the queries ``span[0]`` to ``span[1]`` in one band. ``visits`` int64[queries of the span] counts the
    entries looked at; a query beyond ``limit`` is left out from then on. Returns the new end of the results, or FULL.
    """
    index = sketched.index
    first, width = index.bands[band, 0], index.bands[band, 1]
    low, shift, postings = np.uint64(width - index.top), np.uint32(index.index_bits), index.postings[band]
    slots, left = np.empty(len(index.masks) + 1, np.uint32), np.empty(len(index.masks) + 1, np.uint32)
    ranges = np.empty((2, len(index.masks)), np.int64)
    rows, owners = np.empty(BUFFER + 2 * LANES, np.uint32), np.empty(BUFFER + 2 * LANES, np.int64)
    count = np.int64(0)
    for query in range(span[0], span[1]):
        if visits[query - span[0]] > limit:
            continue
        key = band_key(queries, query, first, width)
        low_bits = np.uint32(key & ((np.uint64(1) << low) - np.uint64(1)))
        used = choose_slots(sketched, band, np.uint32(key >> low), low_bits, chosen[band], slots, left)
        visits[query - span[0]] += list_entries(index, band, slots, used, ranges)
        if visits[query - span[0]] > limit:
            continue
        owned = count
        for number in range(used):
            start, stop = ranges[0, number], ranges[1, number]
            while start < stop:
                count = filter_postings(postings, start, stop, low_bits, shift, left[number], rows, count)
                start += LANES
                if count > BUFFER:
                    owners[owned:count] = query
                    found = verify_pairs(index, queries, radius, chosen, band, rows, owners, count, out, found)
                    count = owned = np.int64(0)
                    if found == FULL:
                        return FULL
        owners[owned:count] = query
    return verify_pairs(index, queries, radius, chosen, band, rows, owners, count, out, found)


@compiled
def without_heavy(visits: Any, begin: int, limit: int, out: Any, start: int, found: int) -> Any:
    """Drop the results from ``start`` on of queries that were left out on the way; returns the new end."""
    kept = start
    for at in range(start, found):
        if visits[out[0, at] - begin] <= limit:
            out[0, kept], out[1, kept], out[2, kept] = out[0, at], out[1, at], out[2, at]
            kept += 1
    return kept


@compiled
def search_heavy(index: Any, queries: Any, query: int, radius: int, out: Any, found: int) -> Any:
    """One query with a choice of bands of its own, or by comparing with everything, whichever is less work."""
    own = np.empty(len(index.bands), np.int64)
    if plan(index, queries, query, radius, own) >= SCAN_COST * len(index.words):
        return scan_one(index.words, queries, query, radius, out, found)
    ranges = np.empty((3, len(index.masks)), np.int64)
    rows = np.empty(BUFFER + 2 * LANES, np.uint32)
    return probe(index, queries, query, radius, own, NO_LIMIT, ranges, rows, out, found)


@compiled
def search_batch(
    sketched: Any, queries: Any, begin: int, radius: int, usual: Any, limit: int, out: Any
) -> tuple[int, int]:
    """``kernels.search_bands`` for many queries: the same results in another order."""
    found = 0
    while begin < len(queries):
        span = (begin, min(begin + CHUNK, len(queries)))
        visits = np.zeros(span[1] - span[0], np.int64)
        end = found
        for band in range(len(usual)):
            if usual[band] >= 0:
                end = search_band(sketched, queries, span, radius, usual, band, visits, limit, out, end)
            if end == FULL:
                return begin, found
        end = without_heavy(visits, begin, limit, out, found, end)
        for query in range(span[0], span[1]):
            if visits[query - begin] > limit:
                end = search_heavy(sketched.index, queries, query, radius, out, end)
            if end == FULL:
                return begin, found
        begin, found = span[1], end
    return begin, found
