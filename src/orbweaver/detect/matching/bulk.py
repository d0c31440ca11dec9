"""Tables of fingerprints against the lists of one moment: one pure function, table → table, whoever reads the files.

It asks no database and changes nothing, so that any engine may run it, in any number of threads. A row is hit or not,
whatever rows stand beside it. What counts of the hits is judged afterwards (``rematch``): there are few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from orbweaver.detect.matching.rules import Hit
from orbweaver.fingerprints.mirroring import eight_of_many
from orbweaver.index import ExactStore, IndexStore
from orbweaver.index.checks import as_words
from orbweaver.index.seen import JOINED as JOIN_RADIUS

COLUMNS: Final = ("url_key", "sha256", "sha1", "md5", "pdq", "quality", "mirrored")
"""Of a ledger, which the function reads."""
KEPT: Final = ("url_key", "sha256")
"""Of them, which stand in its result, beside the hits."""
HITS: Final = "hits"
KINDS: Final = ("pdq", "md5", "sha1", "sha256")
"""A hit says its kind by the place here."""
MOST_JOINED: Final = 1 << 20
"""Most entries that are joined with the rows (``index.joining``): 1.1 GB of memory, for half the time and less of
looking each up in the index."""

Table: TypeAlias = Any
"""``pyarrow.Table``: an extra, without types."""
Column: TypeAlias = Any
"""``pyarrow.Array``."""
_Found: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Row, entry's hash and distance of each hit."""


class BulkSearch:
    """The lists as they stood at ``position``, or a little later, ready for ``rows`` rows."""

    def __init__(
        self, position: int, near: IndexStore, exact: ExactStore, *, radius: int, floor: int, rows: int
    ) -> None:
        """``radius``: the widest of any list. ``floor``: the least quality of a picture whose hash counts."""
        self.position = position
        self._exact, self._floor = exact, floor
        self._near: Callable[[NDArray[np.uint8]], _Found] = lambda hashes: near.search(hashes, radius)
        if radius <= JOIN_RADIUS and len(near) <= min(rows, MOST_JOINED):
            self._near = _joined(near, radius)

    def match(self, table: Table) -> Table:
        """The rows of a table with ``COLUMNS`` that are hit: ``KEPT`` of each, and its ``HITS``."""
        import pyarrow.compute as pc

        hits = self.hits_of(*(table[name].combine_chunks() for name in COLUMNS[1:]))
        found = table.select(list(KEPT)).append_column(HITS, hits)
        return found.filter(pc.greater(pc.list_value_length(found[HITS]), 0))

    def hits_of(
        self, sha256: Column, sha1: Column, md5: Column, pdq: Column, quality: Column, mirrored: Column
    ) -> Column:
        """For each row the list of its hits, empty where there is none: ``COLUMNS`` but the first, without chunks."""
        found = [*self._same(md5=md5, sha1=sha1, sha256=sha256), (0, self._alike(pdq, quality, mirrored))]
        kinds = np.concatenate([np.full(len(row), kind, np.int8) for kind, (row, _, _) in found])
        row, entry, distance = (np.concatenate(column) for column in zip(*(each for _, each in found), strict=True))
        order = np.lexsort((entry, kinds, row))
        return _lists(len(sha256), row[order], entry[order], kinds[order], distance[order])

    def _same(self, **digests: Column) -> Iterator[tuple[int, _Found]]:
        for kind in self._exact.kinds:
            found = self._exact.lookup(kind, _values(digests[kind]))
            yield KINDS.index(kind), (found.query_index, found.ids, np.zeros(len(found.ids), np.int64))

    def _alike(self, pdq: Column, quality: Column, mirrored: Column) -> _Found:
        """Of pictures good enough, all eight turns and mirrors where those are known."""
        import pyarrow.compute as pc

        counts = _true(pc.and_(pdq.is_valid(), pc.fill_null(pc.greater_equal(quality, self._floor), False)))
        known = counts & _true(mirrored.is_valid())
        plain, eight = np.flatnonzero(counts & ~known), np.flatnonzero(known)
        hashes = _values(pdq)
        turned = eight_of_many(hashes[eight], _values(mirrored)[eight].reshape(-1, 3, 32))
        queries = np.concatenate([hashes[plain], turned.reshape(-1, 32)])
        rows = np.concatenate([plain, np.repeat(eight, 8)])
        if not len(queries):
            return rows, rows, rows
        query, entry, distance = self._near(queries)
        return rows[query], entry, distance


def hits_type() -> Any:
    """The type of ``HITS``, as ``pyarrow`` says it."""
    import pyarrow as pa

    return pa.list_(pa.struct([("hash_id", pa.int64()), ("kind", pa.int8()), ("distance", pa.int16())]))


def hits_in(rows: list[dict[str, int]]) -> list[Hit]:
    """The hits of one row, as the rules of matching take them."""
    return [Hit(each["hash_id"], KINDS[each["kind"]], each["distance"]) for each in rows]


def _joined(near: IndexStore, radius: int) -> Callable[[NDArray[np.uint8]], _Found]:
    from orbweaver.index.joining import Join  # loads the kernels

    values, ids = near.entries()
    if not len(ids):
        return lambda hashes: (np.zeros(0, np.int64),) * 3
    join = Join(as_words(values))

    def find(hashes: NDArray[np.uint8]) -> _Found:
        query, entry, distance = join.find(as_words(hashes), radius)
        return query, ids[entry], distance

    return find


def _lists(
    count: int, row: NDArray[np.int64], entry: NDArray[np.int64], kind: NDArray[np.int8], distance: NDArray[np.int64]
) -> Column:
    """One list for each of so many rows; ``row`` rises."""
    import pyarrow as pa

    offsets = np.searchsorted(row, np.arange(count + 1)).astype(np.int32)
    columns = [pa.array(entry), pa.array(kind), pa.array(distance.astype(np.int16))]
    structs = pa.StructArray.from_arrays(columns, fields=list(hits_type().value_type))
    return pa.ListArray.from_arrays(pa.array(offsets), structs, type=hits_type())


def _values(column: Column) -> NDArray[np.uint8]:
    """uint8[n, width] of binary values of one width, without a copy; what stands where there is none is anything."""
    width, [_, buffer] = column.type.byte_width, column.buffers()
    every = np.frombuffer(buffer, np.uint8) if buffer is not None else np.zeros(0, np.uint8)
    rows = every[column.offset * width : (column.offset + len(column)) * width]
    return rows.reshape(-1, width) if len(rows) else np.zeros((len(column), width), np.uint8)


def _true(column: Column) -> NDArray[np.bool_]:
    truths: NDArray[np.bool_] = column.to_numpy(zero_copy_only=False).astype(bool)
    return truths
