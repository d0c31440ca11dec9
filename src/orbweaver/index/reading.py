"""Following a living index: what the folder holds now, read again only where something has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from orbweaver.index import changes, manifest
from orbweaver.index.changes import Change
from orbweaver.index.checks import Ids, Values
from orbweaver.index.container import Container, corrupt
from orbweaver.index.errors import IndexCorrupt
from orbweaver.index.locks import FileHandle
from orbweaver.index.manifest import Manifest, SegmentEntry
from orbweaver.index.merging import DEAD_KIND
from orbweaver.index.state import S, SegmentView, State, TableState, fold

REREADS_S = (0.005, 0.05)
"""Seconds to wait before reading again what looks damaged."""
ATTEMPTS = 100
"""Merges that may overtake one opening before it is called damage: a name that goes away is normal only then."""


@dataclass(frozen=True)
class Table(Generic[S]):
    """One kind of entries in a living index."""

    number: int
    name: str
    width: int
    open: Callable[[Path], S]
    build: Callable[[Path, Values, Ids], S]


@dataclass
class Opened(Generic[S]):
    """What one process has read so far: ``log`` is the active log, read up to ``log_end``."""

    handle: FileHandle
    manifest: Manifest
    log: FileHandle
    log_end: int
    state: State[S]


class Reader(Generic[S]):
    """Keeps the state of an index folder up to date. Safe for threads."""

    def __init__(self, directory: Path, kind: str, tables: dict[int, Table[S]]) -> None:
        self.directory = directory
        self.kind = kind
        self.manifest_path = directory / manifest.NAME
        self.tables = tables
        self._widths = {number: table.width for number, table in tables.items()}
        self._mutex = threading.RLock()
        self._segments: dict[str, S] = {}
        self._opened: Opened[S] | None = None

    def refresh(self) -> Opened[S]:
        """The state with all that other processes have changed so far. Raises IndexCorrupt."""
        with self._mutex:
            opened = self._opened
            if opened is None or not opened.handle.is_still(self.manifest_path):
                opened = self._opened = self._read_everything()
            elif opened.log.size > opened.log_end:
                opened = self._opened = self._read_on(opened)
            return opened

    def forget(self) -> None:
        """Let go of all files; the next refresh opens them again."""
        with self._mutex:
            self._opened = None
            self._segments = {}

    def _read_on(self, opened: Opened[S]) -> Opened[S]:
        fresh, end = self._records(opened.log, opened.log_end)
        try:
            state = fold(opened.state, fresh, self._segment) if fresh else opened.state
        except FileNotFoundError:  # a merge has just taken the log's place and the segment that the log names
            return self._read_everything()
        return Opened(opened.handle, opened.manifest, opened.log, end, state)

    def _read_everything(self) -> Opened[S]:
        for _ in range(ATTEMPTS):
            try:
                handle = FileHandle(self.manifest_path)
            except FileNotFoundError as error:
                raise corrupt(manifest.NAME, "it is missing") from error
            found = manifest.read(handle.number, self.kind)
            try:
                opened = self._read(handle, found)
            except FileNotFoundError as error:
                if handle.is_still(self.manifest_path):
                    raise corrupt(Path(error.filename).name, "it is missing") from error
                continue
            names = {view.name for table in opened.state.tables.values() for view in table.views}
            self._segments = {name: segment for name, segment in self._segments.items() if name in names}
            return opened
        raise corrupt(manifest.NAME, "it names files that keep going away")

    def _read(self, handle: FileHandle, found: Manifest) -> Opened[S]:
        tables = {number: self._table(number, found.tables.get(number, ())) for number in self.tables}
        state = State(found.position, tables)
        for name in found.logs:
            log = FileHandle(self.directory / name)
            fresh, end = self._records(log, 0)
            state = fold(state, fresh, self._segment)
        return Opened(handle, found, log, end, state)

    def _records(self, log: FileHandle, begin: int) -> tuple[list[Change], int]:
        """Read records; what looks damaged is read again, because a writer may just be replacing the end of the log."""
        for wait in REREADS_S:
            try:
                return changes.read(log.number, begin, self._widths, log.path.name)
            except IndexCorrupt:
                time.sleep(wait)
        return changes.read(log.number, begin, self._widths, log.path.name)

    def _table(self, number: int, entries: tuple[SegmentEntry, ...]) -> TableState[S]:
        views = tuple(
            SegmentView(
                entry.file, self._segment(number, entry.file), entry.dead, self._dead(entry), np.zeros(0, np.int64)
            )
            for entry in entries
        )
        return TableState(views, np.zeros((0, self._widths[number]), np.uint8), np.zeros(0, np.int64))

    def _segment(self, number: int, name: str) -> S:
        if name not in self._segments:
            self._segments[name] = self.tables[number].open(self.directory / name)
        return self._segments[name]

    def _dead(self, entry: SegmentEntry) -> NDArray[np.uint32]:
        if not entry.dead:
            return np.zeros(0, dtype=np.uint32)
        rows: NDArray[np.uint32] = Container(self.directory / entry.dead, DEAD_KIND).arrays["rows"]
        return rows
