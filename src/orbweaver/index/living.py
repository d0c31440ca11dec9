"""``LivingIndex``: segments, logs and a manifest in one folder, shared by all processes of a machine.

- A change is one record in the active log; a large addition is a segment file that a record names. Whoever searches
  looks first whether log or manifest have changed (two system calls), so a change is seen everywhere at once.
- A merge first seals the log (new log, new manifest), then builds new segments beside the running searches and changes,
  and puts them in place with one more manifest. Whatever is killed at whatever moment, the manifest names whole files.
- Writers take turns with ``write.lock`` for the time of one record; merges and large additions with ``merge.lock``
  (which is always taken first).
- Log records are not synced to the disk one by one: after a power cut the last ones may be gone, and their positions
  with them, so whoever syncs sends them again. Segments and manifests are synced.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

import numpy as np

from orbweaver.index import changes, manifest
from orbweaver.index.changes import Change, TableChange
from orbweaver.index.checks import Ids, Values, check_ids, check_values
from orbweaver.index.container import disk_full_is_clear, sync_directory
from orbweaver.index.errors import IndexCorrupt, InvalidFingerprints
from orbweaver.index.locks import FileHandle, locked
from orbweaver.index.manifest import Manifest, SegmentEntry
from orbweaver.index.merging import LOG_BYTES, MANY_SEGMENTS, TAIL_ENTRIES, gather, is_idle, select, write_dead
from orbweaver.index.messages import POSITION_RANGE
from orbweaver.index.reading import Reader, Table
from orbweaver.index.state import S, SegmentView, State, TableState

BULK_ENTRIES = 16_384
"""Additions from this size on become a segment of their own instead of rows in the log."""
TAIL_LIMIT = 65_536
"""With so many fresh entries the writer merges at once, whether or not somebody merges in the background."""
_OWN = (".segment", ".dead", ".log", ".tmp")
"""Ends of the names that a sweep may remove when nothing refers to them."""


@dataclass(frozen=True)
class IndexStats:
    """Sizes, for figures and for ``doctor``."""

    entries: int
    fresh_entries: int
    withdrawn_entries: int
    segments: int
    disk_bytes: int
    log_bytes: int
    position: int
    generation: int


class LivingIndex(Generic[S]):
    """See the module. Safe for threads; after a fork each process goes on by itself."""

    def __init__(self, directory: str | os.PathLike[str], kind: str, tables: tuple[Table[S], ...]) -> None:
        """Open the index in ``directory``, or begin an empty one."""
        self.directory = Path(directory)
        self.kind = kind
        self._tables = {table.number: table for table in tables}
        self._reader = Reader(self.directory, kind, self._tables)
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._reader.manifest_path.exists():
            self._begin()

    @property
    def position(self) -> int:
        """Position of the last change applied, in the sequence of the source of truth; 0 before the first."""
        return self.refresh().position

    def __len__(self) -> int:
        return self.refresh().live_count

    def refresh(self) -> State[S]:
        """What the index holds now, with all that other processes have changed. Raises IndexCorrupt."""
        return self._reader.refresh().state

    def close(self) -> None:
        """Let go of all files. Using the index again opens it again."""
        self._reader.forget()

    def change(self, added: Mapping[int, tuple[Values, Ids]], withdrawn: Ids | None, position: int | None) -> bool:
        """Apply one change, wholly or not at all; False (and nothing done) when ``position`` was reached before.

        Raises InvalidFingerprints, DuplicateIds, IndexDiskFull, IndexCorrupt.
        """
        gone = check_ids(np.zeros(0, np.int64) if withdrawn is None else withdrawn, once=False)
        rows = self._checked(added)
        _check_position(position)
        if any(len(each.ids) >= BULK_ENTRIES for each in rows.values()):
            with locked(self._merge_lock):
                if position is not None and position <= self.position:
                    return False
                return self._append(self._as_segments(rows), gone, position)
        done = self._append(rows, gone, position)
        if self._fresh(self.refresh()) >= TAIL_LIMIT:
            self.merge()
        return done

    def replace_all(self, entries: Mapping[int, tuple[Values, Ids]], position: int) -> None:
        """Put ``entries`` in the place of all that is here, at once; this also repairs a damaged index.

        Searches see the old content until the new one is complete. Raises as ``change`` does.
        """
        rows = self._checked(entries)
        _check_position(position)
        with locked(self._merge_lock):
            built = self._as_segments({number: each for number, each in rows.items() if len(each.ids)})
            with locked(self._write_lock):
                generation = self._generation_or_zero() + 1
                tables = {number: (SegmentEntry(each.segment),) for number, each in built.items()}
                self._publish(Manifest(self.kind, generation, position, tables, (self._new_log(),)))

    @property
    def needs_merge(self) -> bool:
        """Whether the tail, the logs or the segments are so many that ``merge`` is worth while."""
        now = self.stats()
        return now.fresh_entries >= TAIL_ENTRIES or now.log_bytes >= LOG_BYTES or now.segments >= MANY_SEGMENTS

    def merge(self, *, everything: bool = False, wait: bool = False) -> bool:
        """Merge fresh entries into segments (all into one with ``everything``); searches and changes go on meanwhile.

        False when there is nothing to do, or another process is merging (unless ``wait``).
        Raises IndexDiskFull, IndexCorrupt.
        """
        with locked(self._merge_lock, wait=wait) as held:
            if not held or is_idle(self.refresh(), self.stats().log_bytes, everything):
                return False
            sealed, state = self._seal()
            tables = {number: self._merged(number, table, everything) for number, table in state.tables.items()}
            with locked(self._write_lock):
                now = self._reader.refresh().manifest
                logs = tuple(name for name in now.logs if name not in sealed)
                self._publish(Manifest(self.kind, now.generation + 1, state.position, tables, logs))
            return True

    def verify(self) -> None:
        """Read every segment and compare its checksums; raises IndexCorrupt."""
        for table in self.refresh().tables.values():
            for view in table.views:
                view.segment.verify()

    def stats(self) -> IndexStats:
        """Sizes now."""
        opened = self._reader.refresh()
        views = [view for table in opened.state.tables.values() for view in table.views]
        names = opened.manifest.files() | {view.name for view in views}
        return IndexStats(
            entries=opened.state.live_count,
            fresh_entries=self._fresh(opened.state),
            withdrawn_entries=sum(view.segment.count - view.live_count for view in views),
            segments=len(views),
            disk_bytes=sum(self._size(name) for name in names),
            log_bytes=sum(self._size(name) for name in opened.manifest.logs),
            position=opened.state.position,
            generation=opened.manifest.generation,
        )

    @property
    def _write_lock(self) -> Path:
        return self.directory / "write.lock"

    @property
    def _merge_lock(self) -> Path:
        return self.directory / "merge.lock"

    def _begin(self) -> None:
        with locked(self._write_lock):
            if not self._reader.manifest_path.exists():
                manifest.write(self.directory, Manifest(self.kind, 1, 0, {}, (self._new_log(),)))

    def _checked(self, added: Mapping[int, tuple[Values, Ids]]) -> dict[int, TableChange]:
        rows = {}
        for number, (values, ids) in added.items():
            checked = check_values(values, self._tables[number].width)
            rows[number] = TableChange(checked, check_ids(ids, len(checked)))
        return rows

    def _append(self, added: Mapping[int, TableChange], gone: Ids, position: int | None) -> bool:
        with locked(self._write_lock):
            opened = self._reader.refresh()
            now = opened.state.position
            if position is not None and position <= now:
                return False
            active = FileHandle(opened.log.path, os.O_RDWR)
            changes.append(active.number, opened.log_end, Change(now if position is None else position, gone, added))
        return True

    def _as_segments(self, rows: Mapping[int, TableChange]) -> dict[int, TableChange]:
        built = {}
        for number, each in rows.items():
            name = self._new_name(self._tables[number].name, ".segment")
            self._tables[number].build(self.directory / name, each.values, each.ids)
            built[number] = TableChange(each.values, each.ids, name)
        return built

    def _seal(self) -> tuple[tuple[str, ...], State[S]]:
        """Begin a new log; returns the names of the logs before it and the state that they led to."""
        with locked(self._write_lock):
            opened = self._reader.refresh()
            now = opened.manifest
            logs = (*now.logs, self._new_log())
            manifest.write(self.directory, Manifest(self.kind, now.generation + 1, now.position, now.tables, logs))
            return now.logs, opened.state

    def _merged(self, number: int, table: TableState[S], everything: bool) -> tuple[SegmentEntry, ...]:
        """Write what a merge of ``table`` needs; returns its new entries in the manifest."""
        selection = select(table, everything)
        entries = [self._kept(view) for view in selection.kept]
        values, ids = gather(selection, table)
        if len(ids):
            built = self._as_segments({number: TableChange(values, ids)})
            entries.append(SegmentEntry(built[number].segment))
        return tuple(entries)

    def _kept(self, view: SegmentView[S]) -> SegmentEntry:
        if not len(view.recent):
            return SegmentEntry(view.name, view.dead_name)
        name = self._new_name("withdrawn", ".dead")
        write_dead(self.directory / name, view)
        return SegmentEntry(view.name, name)

    def _publish(self, new: Manifest) -> None:
        """Make ``new`` the manifest and remove the files that nothing names any more (both locks are held)."""
        manifest.write(self.directory, new)
        state = self.refresh()
        named = new.files() | {view.name for table in state.tables.values() for view in table.views}
        for path in self.directory.iterdir():
            if path.name.endswith(_OWN) and path.name not in named:
                path.unlink(missing_ok=True)

    def _new_name(self, stem: str, suffix: str) -> str:
        return f"{stem}-{secrets.token_hex(8)}{suffix}"

    def _new_log(self) -> str:
        name = self._new_name("changes", ".log")
        with disk_full_is_clear():
            FileHandle(self.directory / name, os.O_RDWR | os.O_CREAT | os.O_EXCL).close()
        sync_directory(self.directory)
        return name

    def _generation_or_zero(self) -> int:
        """The generation, or zero when what is there cannot be read (then it is being replaced)."""
        try:
            handle = FileHandle(self._reader.manifest_path)
            return manifest.read(handle.number, self.kind).generation
        except (OSError, IndexCorrupt):
            return 0

    def _size(self, name: str) -> int:
        try:
            return (self.directory / name).stat().st_size
        except FileNotFoundError:  # merged away since the manifest was read
            return 0

    def _fresh(self, state: State[S]) -> int:
        return sum(len(table.tail_ids) for table in state.tables.values())


def _check_position(position: int | None) -> None:
    if position is not None and not 0 <= position < 1 << 63:
        raise InvalidFingerprints(POSITION_RANGE)
