"""Which segments a merge combines, and with what result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

import numpy as np

from orbweaver.index.checks import Ids, Values
from orbweaver.index.container import Section, writing
from orbweaver.index.state import S, SegmentView, State, TableState

TAIL_ENTRIES = 4096
"""Fresh entries from which a merge is worth while: a search compares a query with all of them, some 10 microseconds."""
LOG_BYTES = 1 << 20
"""Log length from which a merge is worth while even if it holds withdrawals alone: each process reads it on opening."""
MANY_SEGMENTS = 8
"""Segments from which a merge is worth while: each is searched by itself."""
GROWTH = 8
"""Segments up to this many times as large as all smaller ones together are merged. A bigger number means fewer segments
to search and more bytes written: with eight, 10 million entries that came one by one lie in about five segments."""
DEAD_SHARE = 0.25
"""A segment is written anew when this share of it has been withdrawn."""
DEAD_KIND = "dead-rows"


@dataclass(frozen=True)
class Selection(Generic[S]):
    """What to do with one table: ``combined`` become one new segment with the tail, ``kept`` stay."""

    combined: tuple[SegmentView[S], ...]
    kept: tuple[SegmentView[S], ...]


def select(table: TableState[S], everything: bool) -> Selection[S]:
    """Choose the segments to combine with the tail of ``table``."""
    ascending = sorted(table.views, key=lambda view: view.live_count)
    total, joined = len(table.tail_ids), 0
    for number, view in enumerate(ascending, start=1):
        if everything or view.live_count <= GROWTH * total:
            joined = number
        total += view.live_count
    combined = [*ascending[:joined], *(view for view in ascending[joined:] if _is_worn(view))]
    kept = [view for view in ascending[joined:] if not _is_worn(view)]
    alone = len(combined) == 1 and not len(table.tail_ids) and combined[0].live_count == combined[0].segment.count
    return Selection((), tuple(table.views)) if alone else Selection(tuple(combined), tuple(kept))


def _is_worn(view: SegmentView[S]) -> bool:
    return view.segment.count - view.live_count >= DEAD_SHARE * max(1, view.segment.count)


def is_idle(state: State[S], log_bytes: int, everything: bool) -> bool:
    """Whether a merge would change nothing."""
    return log_bytes == 0 and not any(select(table, everything).combined for table in state.tables.values())


def gather(selection: Selection[S], table: TableState[S]) -> tuple[Values, Ids]:
    """The live entries of the combined segments and the tail."""
    return _living(selection.combined, table)


def gather_all(table: TableState[S]) -> tuple[Values, Ids]:
    """All entries that live."""
    return _living(table.views, table)


def _living(views: Sequence[SegmentView[S]], table: TableState[S]) -> tuple[Values, Ids]:
    values, ids = [table.tail_values], [table.tail_ids]
    for view in views:
        rows = np.delete(np.arange(view.segment.count), view.all_dead())
        values.append(view.segment.values_of(rows))
        ids.append(view.segment.ids_of(rows))
    return np.concatenate(values), np.concatenate(ids)


def write_dead(path: Path, view: SegmentView[S]) -> None:
    """Write the withdrawn rows of ``view`` to ``path``."""
    dead = view.all_dead()
    with writing(path, DEAD_KIND, {}, {"rows": Section("<u4", dead.shape)}) as file:
        file.put("rows", dead)
