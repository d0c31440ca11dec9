"""The compiled inner loops: cutting into bands, probing them, comparing with everything. Import only where needed:
importing costs half a second, the very first use on a machine some seconds more (then the machine code is cached).

All loops check the bounds of what they read from a file, so that a damaged file gives wrong rows at worst, no crash.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from orbweaver.fingerprints.compiled import kept
from orbweaver.index.intrinsics import LANES, filter_postings, popcount, prefetch

BUFFER = 8192
"""Candidates that are collected before they are compared in full."""
FULL = -1
"""The output has no room for all results of this query."""
HEAVY = -2
"""The query visits far more entries than usual."""
SLOT_COST, VISIT_COST, SCAN_COST = 8, 2, 2
"""Nanoseconds, about, for a directory slot, for an entry visited through one, and for an entry compared in order."""
NO_LIMIT = 1 << 62


class Banded(NamedTuple):
    """What the kernels need of a segment."""

    words: Any
    """uint64[n, 4]: the hashes."""
    bands: Any
    """int64[bands, 2]: first bit and width of each."""
    directory: Any
    """uint32[bands, > 2**top]: where the postings of a slot begin."""
    postings: Any
    """uint32[bands, >= n + LANES]: low key bits above the row's number, by slot."""
    masks: Any
    """uint32[k]: the neighbours of a slot, nearest first."""
    ends: Any
    """int64[levels]: how many masks have at most 0, 1, 2 … bits set."""
    top: int
    """Bits of a key that make up the slot."""
    index_bits: int
    """Bits of a posting that hold the row."""


def compiled(function: Callable[..., Any]) -> Any:
    """Compile without the interpreter lock; keep the machine code on disk where a place for it can be found."""
    return kept(njit(nogil=True, error_model="numpy")(function))


@compiled
def band_key(words: Any, row: int, first: int, width: int) -> Any:
    """The bits ``first`` to ``first + width`` (at most 32) of a row."""
    word, shift = first >> 6, np.uint64(first & 63)
    key = words[row, word] >> shift
    if (first & 63) + width > 64:
        key |= words[row, word + 1] << (np.uint64(64) - shift)
    return key & ((np.uint64(1) << np.uint64(width)) - np.uint64(1))


@compiled
def count_parts(words: Any, first: int, width: int, shift: int, counts: Any) -> None:
    """Count the entries by part, ``key >> shift``, into ``counts`` int64[parts]."""
    for row in range(len(words)):
        counts[band_key(words, row, first, width) >> np.uint64(shift)] += 1


@compiled
def part_rows(words: Any, first: int, width: int, shift: int, ends: Any, packed: Any) -> None:
    """Write key and row of each entry to ``packed`` uint64[n], each part from ``ends`` int64[parts] on (which moves).
    With a thousand parts what is written to stays in the cache. (One function for both passes is half as fast.)
    """
    for row in range(len(words)):
        key: Any = band_key(words, row, first, width)
        part = key >> np.uint64(shift)
        packed[ends[part]] = (key << np.uint64(32)) | np.uint64(row)
        ends[part] += 1


@compiled
def sort_parts(packed: Any, parts: Any, shift: int, low_: int, index_bits: int, directory: Any, postings: Any) -> None:
    """Sort each part by slot (``key >> low_``) and fill ``directory`` uint32[slots + 1] and ``postings`` uint32[n]."""
    low, slots = np.uint64(low_), 1 << (shift - low_)
    slot_mask, low_mask = np.uint64(slots - 1), (np.uint64(1) << low) - np.uint64(1)
    ends = np.empty(slots + 1, np.int64)
    for part in range(len(parts) - 1):
        ends[:] = 0
        for at in range(parts[part], parts[part + 1]):
            ends[((packed[at] >> (np.uint64(32) + low)) & slot_mask) + np.uint64(1)] += 1
        ends[0] = parts[part]
        for slot in range(slots):
            directory[part * slots + slot] = ends[slot]
            ends[slot + 1] += ends[slot]
        for at in range(parts[part], parts[part + 1]):
            key = packed[at] >> np.uint64(32)
            slot_of = (key >> low) & slot_mask
            row = np.uint32(packed[at] & np.uint64(0xFFFFFFFF))
            postings[ends[slot_of]] = (np.uint32(key & low_mask) << np.uint32(index_bits)) | row
            ends[slot_of] += 1
    directory[(len(parts) - 1) * slots] = parts[-1]


@compiled
def scan_one(words: Any, queries: Any, query: int, radius: int, out: Any, found: int) -> int:
    """Compare one query with every row; results go to ``out`` int64[3, room] (query, row, distance) from ``found`` on.
    Returns the new end, or FULL. Most rows are done with after half of their bits.
    """
    first, second, third, fourth = queries[query, 0], queries[query, 1], queries[query, 2], queries[query, 3]
    for row in range(len(words)):
        distance = np.int64(popcount(words[row, 0] ^ first) + popcount(words[row, 1] ^ second))
        if distance > radius:
            continue
        distance += np.int64(popcount(words[row, 2] ^ third) + popcount(words[row, 3] ^ fourth))
        if distance > radius:
            continue
        if found >= out.shape[1]:
            return FULL
        out[0, found], out[1, found], out[2, found] = query, row, distance
        found += 1
    return found


@compiled
def scan(words: Any, queries: Any, begin: int, radius: int, out: Any) -> tuple[int, int]:
    """``scan_one`` for the queries from ``begin`` on; returns the first one not done for lack of room, and results."""
    found = 0
    for query in range(begin, len(queries)):
        end = scan_one(words, queries, query, radius, out, found)
        if end == FULL:
            return query, found
        found = end
    return len(queries), found


@compiled
def verify(
    index: Any,
    queries: Any,
    query: int,
    radius: int,
    chosen: Any,
    band: int,
    rows: Any,
    count: int,
    out: Any,
    found: int,
) -> int:
    """Append those of the first ``count`` candidates in ``rows`` that are within ``radius`` and were not found by an
    earlier band. Returns the new end, or FULL.

    ``batches.verify_pairs`` says the same once more: with one function for both, a million entries were searched 25,000
    times a second instead of 62,000 (27 November 2026).
    """
    words = index.words
    for at in range(count):
        prefetch(words, np.int64(rows[at]) * 4)
    for at in range(count):
        row = np.int64(rows[at])
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
def list_ranges(index: Any, band: int, slot: Any, most: int, ranges: Any) -> tuple[int, int]:
    """The postings of all slots within ``most`` bits of ``slot``: start, stop and bits left for the rest of the key go
    to ``ranges`` int64[3, masks]. Returns their number and that of the entries in them.
    """
    slots, entries, count = index.directory[band], index.postings[band], len(index.words)
    used, visits, at = 0, 0, 0
    for wrong in range(min(most, len(index.ends) - 1) + 1):
        while at < index.ends[wrong]:
            near = slot ^ index.masks[at]
            at += 1
            start: Any = np.int64(slots[near])
            stop: Any = min(np.int64(slots[near + np.uint32(1)]), count)
            prefetch(entries, start)
            prefetch(entries, stop)
            ranges[0, used], ranges[1, used], ranges[2, used] = start, stop, most - wrong
            used += 1
            visits += stop - start
    return used, visits


@compiled
def probe(
    index: Any,
    queries: Any,
    query: int,
    radius: int,
    chosen: Any,
    limit: int,
    ranges: Any,
    rows: Any,
    out: Any,
    found: int,
) -> int:
    """Find everything within ``radius`` of one query through its bands, band i with up to ``chosen[i]`` wrong bits.
    Returns the new end of the results, FULL, or HEAVY when more than ``limit`` entries would be visited.
    """
    visits, shift = 0, np.uint32(index.index_bits)
    for band in range(len(index.bands)):
        if chosen[band] < 0:
            continue
        key = band_key(queries, query, index.bands[band, 0], index.bands[band, 1])
        low = np.uint64(index.bands[band, 1] - index.top)
        low_bits = np.uint32(key & ((np.uint64(1) << low) - np.uint64(1)))
        used, entries = list_ranges(index, band, np.uint32(key >> low), chosen[band], ranges)
        visits += entries
        if visits > limit:
            return HEAVY
        postings, count = index.postings[band], np.int64(0)
        for number in range(used):
            start, stop, left = ranges[0, number], ranges[1, number], np.uint32(ranges[2, number])
            while start < stop:
                count = filter_postings(postings, start, stop, low_bits, shift, left, rows, count)
                start += LANES
                if count > BUFFER:
                    found = verify(index, queries, query, radius, chosen, band, rows, count, out, found)
                    count = np.int64(0)
                    if found == FULL:
                        return FULL
        found = verify(index, queries, query, radius, chosen, band, rows, count, out, found)
        if found == FULL:
            return FULL
    return found


@compiled
def plan(index: Any, queries: Any, query: int, radius: int, chosen: Any) -> Any:
    """Choose for one query the thresholds that find everything within ``radius`` for the least work, by counting what
    each band would visit and dynamic programming over the bands. Returns the work (NO_LIMIT: there is no such choice).
    """
    bands, need = len(index.bands), radius + 1
    least = np.full((bands + 1, need + 1), NO_LIMIT, np.int64)
    picked = np.full((bands, need + 1, 2), -1, np.int64)
    least[0, 0] = 0
    for band in range(bands):
        low = np.uint64(index.bands[band, 1] - index.top)
        slot = np.uint32(band_key(queries, query, index.bands[band, 0], index.bands[band, 1]) >> low)
        cost, at = np.int64(0), 0
        for threshold in range(-1, len(index.ends)):
            while threshold >= 0 and at < index.ends[threshold]:
                near = slot ^ index.masks[at]
                at += 1
                visits = np.int64(index.directory[band, near + np.uint32(1)]) - np.int64(index.directory[band, near])
                cost += SLOT_COST + VISIT_COST * visits
            for covered in range(need + 1):
                total = min(covered + threshold + 1, need)
                if least[band, covered] < NO_LIMIT and least[band, covered] + cost < least[band + 1, total]:
                    least[band + 1, total] = least[band, covered] + cost
                    picked[band, total, 0], picked[band, total, 1] = threshold, covered
    covered = need
    for band in range(bands - 1, -1, -1):
        if covered >= 0:
            chosen[band], covered = picked[band, covered, 0], picked[band, covered, 1]
    return least[bands, need]


@compiled
def search_bands(
    index: Any, queries: Any, begin: int, radius: int, usual: Any, limit: int, out: Any
) -> tuple[int, int]:
    """Search for the queries from ``begin`` on, with the thresholds ``usual`` as long as a query visits no more than
    ``limit`` entries, else with a choice of its own or by comparing with everything, whichever is less work.
    Returns the first query not done for lack of room, and the number of results.
    """
    ranges = np.empty((3, len(index.masks)), np.int64)
    rows = np.empty(BUFFER + 2 * LANES, np.uint32)
    own = np.empty(len(index.bands), np.int64)
    found = 0
    for query in range(begin, len(queries)):
        end = probe(index, queries, query, radius, usual, limit, ranges, rows, out, found)
        if end == HEAVY:
            if plan(index, queries, query, radius, own) < SCAN_COST * len(index.words):
                end = probe(index, queries, query, radius, own, NO_LIMIT, ranges, rows, out, found)
            else:
                end = scan_one(index.words, queries, query, radius, out, found)
        if end == FULL:
            return query, found
        found = end
    return len(queries), found
