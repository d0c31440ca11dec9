"""What a living index holds at one moment, as immutable values: searches keep using theirs while changes arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from orbweaver.index.changes import Change, TableChange
from orbweaver.index.checks import Ids, Rows, Values


class Segment(Protocol):
    """An immutable file of entries, each with an id of its own."""

    count: int

    @property
    def nbytes(self) -> int:
        """Bytes on disk."""

    def all_ids(self) -> Ids:
        """All ids in row order."""

    def ids_of(self, rows: Rows) -> Ids:
        """The ids of ``rows``."""

    def rows_of(self, ids: Ids) -> Rows:
        """Rows of those of ``ids`` that are here."""

    def values_of(self, rows: Rows) -> Values:
        """The entries of ``rows``, uint8[k, width]."""

    def verify(self) -> None:
        """Raises IndexCorrupt when a checksum is wrong."""


S = TypeVar("S", bound=Segment)


@dataclass(frozen=True)
class SegmentView(Generic[S]):
    """A segment and the rows withdrawn from it: ``dead`` from a file, ``recent`` from the logs, both ascending."""

    name: str
    segment: S
    dead_name: str
    dead: NDArray[np.uint32]
    recent: Rows

    def without(self, ids: Ids) -> SegmentView[S]:
        """This view with ``ids`` withdrawn too."""
        rows = np.setdiff1d(self.segment.rows_of(ids), self.recent)
        rows = rows[~_among(rows, self.dead)]
        if len(rows) == 0:
            return self
        recent = np.union1d(self.recent, rows)
        return SegmentView(self.name, self.segment, self.dead_name, self.dead, recent)

    def live(self, rows: Rows) -> NDArray[np.bool_]:
        """Which of ``rows`` are not withdrawn."""
        return ~(_among(rows, self.dead) | _among(rows, self.recent))

    def all_dead(self) -> NDArray[np.uint32]:
        """All withdrawn rows, ascending."""
        return np.union1d(self.dead, self.recent.astype(np.uint32)).astype(np.uint32)

    @property
    def live_count(self) -> int:
        """Entries not withdrawn."""
        return self.segment.count - len(self.dead) - len(self.recent)


@dataclass(frozen=True)
class TableState(Generic[S]):
    """One table: segments, and the tail of fresh entries, each id once over all of them."""

    views: tuple[SegmentView[S], ...]
    tail_values: Values
    tail_ids: Ids

    @property
    def live_count(self) -> int:
        """Entries that a search can find."""
        return sum(view.live_count for view in self.views) + len(self.tail_ids)


@dataclass(frozen=True)
class State(Generic[S]):
    """All tables at ``position``."""

    position: int
    tables: Mapping[int, TableState[S]]

    @property
    def live_count(self) -> int:
        """Entries that a search can find."""
        return sum(table.live_count for table in self.tables.values())


def fold(state: State[S], changes: Iterable[Change], attach: Callable[[int, str], S]) -> State[S]:
    """``state`` after ``changes``; ``attach`` opens a segment that a change names (table number, file name)."""
    position = state.position
    batches: dict[int, list[tuple[Ids, TableChange | None]]] = {number: [] for number in state.tables}
    tables = dict(state.tables)
    for change in changes:
        position = change.position
        for number, batch in batches.items():
            rows = change.added.get(number)
            batch.append((change.withdrawn, rows))
            if rows is not None and rows.segment:
                tables[number] = _attached(_replayed(tables[number], batch), rows, attach(number, rows.segment))
                batch.clear()
    return State(position, {number: _replayed(tables[number], batches[number]) for number in tables})


def _attached(table: TableState[S], rows: TableChange, segment: S) -> TableState[S]:
    """``table`` with a whole segment added; its ids replace what was there."""
    cleared = _withdrawn(table, segment.all_ids()) if table.live_count else table
    view = SegmentView(rows.segment, segment, "", np.zeros(0, np.uint32), np.zeros(0, np.int64))
    return TableState((*cleared.views, view), cleared.tail_values, cleared.tail_ids)


def _replayed(table: TableState[S], batch: list[tuple[Ids, TableChange | None]]) -> TableState[S]:
    """``table`` after many small changes at once: of all that is said about an id the last word counts."""
    ids: list[Ids] = []
    rows: list[Rows] = []
    values: list[Values] = []
    at = 0
    for withdrawn, added in batch:
        ids.append(withdrawn)
        rows.append(np.full(len(withdrawn), -1, dtype=np.int64))
        if added is not None and len(added.ids):
            ids.append(added.ids)
            rows.append(np.arange(at, at + len(added.ids)))
            values.append(added.values)
            at += len(added.ids)
    touched = np.concatenate(ids) if ids else np.zeros(0, dtype=np.int64)
    if len(touched) == 0:
        return table
    unique, last = np.unique(touched[::-1], return_index=True)
    cleared = _withdrawn(table, unique)
    if not values:
        return cleared
    final = np.concatenate(rows)[::-1][np.sort(last)][::-1]
    kept_ids = touched[::-1][np.sort(last)][::-1][final >= 0]
    kept_values = np.concatenate(values)[final[final >= 0]]
    return TableState(
        cleared.views,
        np.concatenate([cleared.tail_values, kept_values]),
        np.concatenate([cleared.tail_ids, kept_ids]),
    )


def _withdrawn(table: TableState[S], ids: Ids) -> TableState[S]:
    views = tuple(view.without(ids) for view in table.views)
    keep = ~np.isin(table.tail_ids, ids)
    if bool(keep.all()):
        return TableState(views, table.tail_values, table.tail_ids)
    return TableState(views, table.tail_values[keep], table.tail_ids[keep])


def _among(rows: Rows, ascending: NDArray[np.uint32] | Rows) -> NDArray[np.bool_]:
    """Which of ``rows`` are in ``ascending`` (a type of its own is kept: converting it would copy all of it)."""
    if len(ascending) == 0 or len(rows) == 0:
        return np.zeros(len(rows), dtype=np.bool_)
    wanted = rows.astype(ascending.dtype)
    at = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.asarray(ascending[at] == wanted, dtype=np.bool_)
