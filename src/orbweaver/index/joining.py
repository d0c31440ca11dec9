"""Many hashes against a hundred million rows that are in no index: exact, a quarter of a microsecond a row.

Two hashes at most 31 bits apart differ by at most 3 bits in one of their eight parts of 32 bits, and there by at most
one in one of its halves. So each hash is put, once for each half, into the slot of its half's 16 bits and into the 16
slots beside it: a row then asks one slot for each half, and compares the other half with what lies there before
whole hashes are compared. Rows go through the halves together, each time in the order of their slots: a table is read
from its beginning to its end, which is four times as fast as here and there.

Where hashes crowd into a slot, a row is compared with all of them instead: never more than some times that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from orbweaver.index.checks import Rows, Words
from orbweaver.index.intrinsics import LANES, filter_postings, popcount, prefetch
from orbweaver.index.kernels import BUFFER, FULL, compiled
from orbweaver.index.searching import in_threads

RADIUS: Final = 31
"""The widest search: beyond it, two hashes may differ in more bits everywhere."""
PART_BITS, HALF_BITS = RADIUS // 8, RADIUS // 16
"""Bits in which a part and one of its halves may differ."""
HALVES: Final = 16
SLOTS: Final = 1 << 16
NUMBER_BITS: Final = 17
"""Bits of a posting that say whose it is. Above them are some of the other half, then one that says whether it lies in
a slot beside its own: that is a bit wrong, too."""
GROUP: Final = 1 << NUMBER_BITS
"""Hashes of one table."""
OTHER: Final = (1 << (31 - NUMBER_BITS)) - 1
CHUNK: Final = 1 << 17
"""Rows that go through the halves together: several for each slot, or the order is of no use."""
TOGETHER: Final = 64
"""Pairs that are fetched into the cache while others are found, before they are compared."""
CROWDED: Final = 2
"""Postings that a row may meet for each hash of the table, before it is compared with all of them in order."""

Found: TypeAlias = tuple[Rows, Rows, NDArray[np.int64]]


class Table(NamedTuple):
    """Up to ``GROUP`` hashes for the kernels."""

    words: Any
    """uint64[n, 4]."""
    starts: Any
    """uint32[HALVES, SLOTS + 1]: where the postings of a slot begin."""
    postings: Any
    """uint32[HALVES, 17 n + LANES]: the other half above the number of the hash, by slot."""


class Join:
    """Hashes uint64[n, 4], ready for rows. Takes 1.1 KB of memory for each."""

    def __init__(self, words: Words) -> None:
        groups = max(1, -(-len(words) // GROUP))
        self._tables = [_table(np.ascontiguousarray(part)) for part in np.array_split(words, groups)]

    def find(self, queries: Words, radius: int) -> Found:
        """Of rows uint64[m, 4]: number of the row, of the hash, and distance, of each pair within ``radius`` ≤ 31."""
        if radius > RADIUS:
            raise ValueError(f"a join finds within {RADIUS} bits")
        rows, entries, distances = zip(*self._by_table(queries, radius), strict=True)
        return np.concatenate(rows), np.concatenate(entries), np.concatenate(distances)

    def _by_table(self, queries: Words, radius: int) -> Iterator[Found]:
        before = 0
        for table in self._tables:
            row, entry, distance = in_threads(queries, None, _search(table, radius))
            yield row, entry + before, distance
            before += len(table.words)


def _search(table: Table, radius: int) -> Any:
    return lambda part, begin, out: join(table, part, begin, radius, out)


def _table(words: Words) -> Table:
    halves = words.view("<u2").reshape(-1, HALVES)
    beside = np.array([0, *(1 << bit for bit in range(16))], np.uint16)
    starts = np.zeros((HALVES, SLOTS + 1), np.uint32)
    postings = np.zeros((HALVES, len(words) * len(beside) + LANES), np.uint32)
    numbers = np.repeat(np.arange(len(words), dtype=np.uint32), len(beside))
    is_beside = np.tile((beside != 0).astype(np.uint32), len(words)) << 31
    for half in range(HALVES):
        slots = (halves[:, half, None] ^ beside).reshape(-1)
        np.cumsum(np.bincount(slots, minlength=SLOTS), out=starts[half, 1:])
        order = np.argsort(slots, kind="stable")
        owners = numbers[order]
        others = (halves[owners, half ^ 1] & OTHER).astype(np.uint32) << NUMBER_BITS
        postings[half, : len(owners)] = is_beside[order] | others | owners
    for array in (words, starts, postings):
        array.flags.writeable = False
    return Table(words, starts, postings)


@compiled
def half_of(words: Any, row: int, half: int) -> Any:
    """The 16 bits of a half."""
    return np.uint32((words[row, half >> 2] >> np.uint64((half & 3) * 16)) & np.uint64(0xFFFF))


@compiled
def is_met(words: Any, entry: int, queries: Any, query: int, half: int) -> Any:
    """Whether a row meets a hash in the slots of this half."""
    wrong = popcount(half_of(words, entry, half) ^ half_of(queries, query, half))
    other = half_of(words, entry, half ^ 1) ^ half_of(queries, query, half ^ 1)
    return wrong <= HALF_BITS and wrong + popcount(other & np.uint32(OTHER)) <= PART_BITS


@compiled
def keep(words: Any, entry: int, queries: Any, query: int, radius: int, half: int, out: Any, found: int) -> Any:
    """Add the pair to ``out`` if it is within ``radius`` and no half before has met it; the new end, or FULL."""
    distance = np.int64(popcount(words[entry, 0] ^ queries[query, 0]) + popcount(words[entry, 1] ^ queries[query, 1]))
    if distance > radius:
        return found
    distance += np.int64(popcount(words[entry, 2] ^ queries[query, 2]) + popcount(words[entry, 3] ^ queries[query, 3]))
    if distance > radius:
        return found
    for before in range(half):
        if is_met(words, entry, queries, query, before):
            return found
    if found >= out.shape[1]:
        return FULL
    out[0, found], out[1, found], out[2, found] = query, entry, distance
    return found + 1


@compiled
def keep_any(words: Any, queries: Any, query: int, radius: int, half: int, out: Any, found: int) -> Any:
    """Compare one row with all hashes; the new end of the results, or FULL."""
    for entry in range(len(words)):
        found = keep(words, entry, queries, query, radius, half, out, found)
        if found == FULL:
            break
    return found


@compiled
def sort_rows(queries: Any, span: Any, half: int, ends: Any, keys: Any, order: Any) -> None:
    """Put the rows ``span[0]`` to ``span[1]`` in the order of their slots in one half: ``keys`` uint32 holds the half
    below the one beside it, ``order`` uint32 the number of the row within the span. ``ends`` int64[SLOTS + 1] is used.
    """
    ends[:] = 0
    for query in range(span[0], span[1]):
        ends[half_of(queries, query, half) + 1] += 1
    for slot in range(SLOTS):
        ends[slot + 1] += ends[slot]
    for query in range(span[0], span[1]):
        slot = half_of(queries, query, half)
        at = ends[slot]
        ends[slot] = at + 1
        keys[at] = slot | (half_of(queries, query, half ^ 1) << np.uint32(16))
        order[at] = query - span[0]


@compiled
def compare(table: Any, queries: Any, begin: int, radius: int, half: int, pairs: Any, out: Any, found: int) -> Any:
    """Compare whole hashes: ``pairs`` int64[n, 2] of rows, counted from ``begin``, and hashes. The new end, or FULL."""
    for at in range(len(pairs)):
        found = keep(table.words, pairs[at, 1], queries, begin + pairs[at, 0], radius, half, out, found)
        if found == FULL:
            break
    return found


@compiled
def join_half(
    table: Any, queries: Any, begin: int, keys: Any, order: Any, radius: int, half: int, met: Any, out: Any, found: int
) -> Any:
    """Look up rows, sorted by ``sort_rows`` and counted from ``begin``, in one half. ``met`` int32[rows] counts the
    postings they met; -1 is done with. Returns the new end of the results, or FULL.
    """
    words, starts, postings = table.words, table.starts[half], table.postings[half]
    most = CROWDED * len(words)
    near, pairs, waiting = np.empty(BUFFER + 2 * LANES, np.uint32), np.empty((TOGETHER, 2), np.int64), 0
    shift, left = np.uint32(NUMBER_BITS), np.uint32(PART_BITS)
    for at in range(len(keys)):
        slot = keys[at] & np.uint32(SLOTS - 1)
        start: Any = np.int64(starts[slot])
        stop: Any = np.int64(starts[slot + 1])
        row = np.int64(order[at])
        if start == stop or met[row] < 0:
            continue
        met[row] += stop - start
        if met[row] > most:
            met[row] = -1
            found = keep_any(words, queries, begin + row, radius, half, out, found)
            if found == FULL:
                return FULL
            continue
        other = (keys[at] >> np.uint32(16)) & np.uint32(OTHER)
        while start < stop:
            count = np.int64(0)
            while start < stop and count <= BUFFER:
                count = filter_postings(postings, start, stop, other, shift, left, near, count)
                start += LANES
            for each in range(count):
                entry = np.int64(near[each])
                prefetch(words, 4 * entry)
                prefetch(queries, 4 * (begin + row))
                pairs[waiting, 0], pairs[waiting, 1] = row, entry
                waiting += 1
                if waiting == TOGETHER:
                    found = compare(table, queries, begin, radius, half, pairs, out, found)
                    if found == FULL:
                        return FULL
                    waiting = 0
    return compare(table, queries, begin, radius, half, pairs[:waiting], out, found)


@compiled
def join(table: Any, queries: Any, begin: int, radius: int, out: Any) -> tuple[int, int]:
    """The pairs of rows from ``begin`` on, to ``out`` int64[3, space] (row, hash, distance); returns the first row not
    done for lack of space, and the number of pairs."""
    found = 0
    space = min(CHUNK, len(queries) - begin)
    keys, order, ends = np.empty(space, np.uint32), np.empty(space, np.uint32), np.empty(SLOTS + 1, np.int64)
    while begin < len(queries):
        span = (begin, min(begin + CHUNK, len(queries)))
        count = span[1] - span[0]
        met = np.zeros(count, np.int32)
        end = found
        for half in range(HALVES):
            sort_rows(queries, span, half, ends, keys, order)
            end = join_half(table, queries, begin, keys[:count], order[:count], radius, half, met, out, end)
            if end == FULL:
                return begin, found
        begin, found = span[1], end
    return begin, found
