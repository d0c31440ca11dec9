"""The living indexes of an installation: ``IndexStore`` for perceptual hashes, ``ExactStore`` for digests.

Both hold ids of hash list entries and nothing else about them: lists, radii and states are looked up by id, in the
database, by the caller, who searches with the greatest radius of any list and compares the distances found.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from orbweaver.index.checks import HASH_BYTES, Ids, Rows, Values, as_words, check_radius, check_values
from orbweaver.index.digests import DigestSegment, split
from orbweaver.index.errors import InvalidFingerprints
from orbweaver.index.hamming import HammingIndex, SearchResult, ordered
from orbweaver.index.living import LivingIndex
from orbweaver.index.merging import gather_all
from orbweaver.index.messages import UNKNOWN_DIGEST
from orbweaver.index.reading import Table
from orbweaver.index.searching import search_words

DIGEST_BYTES: dict[str, int] = {"md5": 16, "sha1": 20, "sha256": 32}
"""Bytes of the digests that ``ExactStore`` holds, by kind."""
FEW: Final = 32
"""Digests looked up at once, up to which each is asked for by itself."""
_NUMBERS = {kind: number for number, kind in enumerate(DIGEST_BYTES)}


class LookupResult(NamedTuple):
    """All pairs found, by query, then id."""

    query_index: Rows
    """int64[k]: row of the query."""
    ids: Ids
    """int64[k]: id of the entry found."""


class IndexStore(LivingIndex[HammingIndex]):
    """256-bit hashes, one an id, searched within a radius."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        """Open the index in ``directory``, or begin an empty one."""
        super().__init__(directory, "hamming", (Table(0, "hashes", HASH_BYTES, HammingIndex.open, HammingIndex.build),))

    def add(self, hashes: Values, ids: Ids) -> None:
        """Add ``hashes`` uint8[n, 32] under ``ids`` int64[n]; an id that is there already gets the new hash."""
        self.change({0: (hashes, ids)}, None, None)

    def withdraw(self, ids: Ids) -> None:
        """Remove the entries with ``ids`` int64[k]; unknown ids do no harm."""
        self.change({}, ids, None)

    def apply(self, adds: tuple[Values, Ids] | None, withdrawals: Ids | None, position: int) -> bool:
        """Withdraw, then add, and note ``position``, as one step; False when ``position`` was reached before."""
        return self.change({} if adds is None else {0: adds}, withdrawals, position)

    def rebuild(self, hashes: Values, ids: Ids, position: int) -> None:
        """Put these entries in the place of all others at once, also when the index was damaged."""
        self.replace_all({0: (hashes, ids)}, position)

    def warm(self, radius: int, least: int) -> None:
        """Let no search within ``radius`` wait for what the first ones load and make; nothing below so many entries."""
        views = self.refresh().tables[0].views
        if sum(view.segment.count for view in views) >= least:
            for view in views:
                view.segment.warm(radius)

    def entries(self) -> tuple[Values, Ids]:
        """All that searches find, uint8[n, 32] and int64[n], as things stand now: for a join with very many rows."""
        return gather_all(self.refresh().tables[0])

    def search(self, queries: Values, radius: int, *, threads: int | None = None) -> SearchResult:
        """Every entry within ``radius`` bits (0..256) of each of ``queries`` uint8[m, 32], as things stand now."""
        words = as_words(check_values(queries, HASH_BYTES, "queries"))
        bits = check_radius(radius)
        table = self.refresh().tables[0]
        parts = []
        for view in table.views:
            query, rows, distances = view.segment.find(words, bits, threads)
            live = view.live(rows)
            parts.append((query[live], view.segment.ids_of(rows[live]), distances[live]))
        if len(table.tail_ids) or not parts:
            query, rows, distances = search_words(as_words(table.tail_values), words, bits, threads)
            parts.append((query, table.tail_ids[rows], distances))
        return ordered(*(np.concatenate(column) for column in zip(*parts, strict=True)))


class ExactStore(LivingIndex[DigestSegment]):
    """Digests of three kinds; many ids may share one digest, and one id may have a digest of each kind."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        """Open the index in ``directory``, or begin an empty one."""
        tables = tuple(
            Table(_NUMBERS[kind], kind, width, DigestSegment.open, DigestSegment.build)
            for kind, width in DIGEST_BYTES.items()
        )
        super().__init__(directory, "digests", tables)
        self._tails: dict[int, _Tail] = {}

    def add(self, kind: str, digests: Values, ids: Ids) -> None:
        """Add ``digests`` uint8[n, 16, 20 or 32] of ``kind`` under ``ids`` int64[n]; the same id is replaced."""
        self.change({_number(kind): (digests, ids)}, None, None)

    def withdraw(self, ids: Ids) -> None:
        """Remove the digests of every kind with ``ids`` int64[k]; unknown ids do no harm."""
        self.change({}, ids, None)

    def apply(self, adds: Mapping[str, tuple[Values, Ids]], withdrawals: Ids | None, position: int) -> bool:
        """Withdraw, then add, and note ``position``, as one step; False when ``position`` was reached before."""
        return self.change({_number(kind): pair for kind, pair in adds.items()}, withdrawals, position)

    def rebuild(self, entries: Mapping[str, tuple[Values, Ids]], position: int) -> None:
        """Put these entries in the place of all others at once, also when the index was damaged."""
        self.replace_all({_number(kind): pair for kind, pair in entries.items()}, position)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of which there are entries, as things stand now: no other needs to be looked up."""
        tables = self.refresh().tables
        return tuple(kind for kind, number in _NUMBERS.items() if tables[number].live_count)

    def lookup(self, kind: str, digests: Values) -> LookupResult:
        """All entries of ``kind`` with one of ``digests`` uint8[m, width], as things stand now."""
        number = _number(kind)
        wanted = check_values(digests, DIGEST_BYTES[kind], "digests")
        table = self.refresh().tables[number]
        parts = []
        for view in table.views:
            query, rows = view.segment.find(wanted)
            live = view.live(rows)
            parts.append((query[live], view.segment.ids_of(rows[live])))
        query, rows = self._tail(number, table.tail_values).find(wanted)
        parts.append((query, table.tail_ids[rows]))
        query, ids = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((ids, query))
        return LookupResult(query[order], ids[order])

    def _tail(self, number: int, values: Values) -> _Tail:
        tail = self._tails.get(number)
        if tail is None or tail.values is not values:
            tail = self._tails[number] = _Tail(values)
        return tail


def _number(kind: str) -> int:
    if kind not in _NUMBERS:
        raise InvalidFingerprints(UNKNOWN_DIGEST.of(kind=f"{kind:.40}", known=", ".join(DIGEST_BYTES)))
    return _NUMBERS[kind]


class _Tail:
    """Fresh digests by value; made anew only when the tail has changed."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self._heads = np.sort(split(values)[0])
        self._rows_of: dict[bytes, list[int]] = {}
        for row, digest in enumerate(map(bytes, values)):
            self._rows_of.setdefault(digest, []).append(row)

    def find(self, wanted: Values) -> tuple[Rows, Rows]:
        """Pairs (query index, tail row) of equal digests."""
        rows_of = self._rows_of
        likely = self._begin_alike(wanted) if len(wanted) > FEW else np.arange(len(wanted) if rows_of else 0)
        pairs = [(query, row) for query in likely.tolist() for row in rows_of.get(wanted[query].tobytes(), ())]
        found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def _begin_alike(self, wanted: Values) -> Rows:
        """The queries whose first eight bytes are here: of very many, few become objects of Python."""
        if not len(self._heads):
            return np.zeros(0, np.int64)
        heads = split(wanted)[0]
        at = np.minimum(np.searchsorted(self._heads, heads), len(self._heads) - 1)
        return np.flatnonzero(self._heads[at] == heads)
