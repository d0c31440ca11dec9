"""This machine's copy of the hash lists, for search: PostgreSQL is the truth, the index follows its changes.

All processes of a machine share the files. Each looks for new changes when it searches and ``FRESH_S`` has passed: an
entry is found, or gone, in every process within a second. Distances are filtered by each list's own radius later
(``matching.rules.counting_hits``); here the greatest radius of any list is searched.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from django.db.models import Max
from numpy.typing import NDArray

from orbweaver.detect.hashlists.lineages import Place, common_until, place_now
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.hashlists.selectors import ChangedHash, changes_after
from orbweaver.detect.matching.bulk import BulkSearch
from orbweaver.detect.matching.plugged import PluggedEntries
from orbweaver.detect.matching.rules import Hit
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.errors import OrbweaverError
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.kinds import plugged_in
from orbweaver.fingerprints.result import FIRST, PiecePdq, Region, StillPosition
from orbweaver.index import ExactStore, IndexCorrupt, IndexStore
from orbweaver.index.locks import locked
from orbweaver.platform.runtime.postgres import write_private
from orbweaver.platform.settings import PlatformSettings

logger = logging.getLogger(__name__)

FRESH_S = 0.3
"""Seconds for which a process trusts what it has synced: with the sync itself well below the second promised."""

CHUNK = 50_000
"""Changes read and applied in one step."""

WARM_ENTRIES = 100_000
"""From so many on, a server that searches soon has the kernels ready (50 MB): without them a picture takes 3 ms there
and 30 at a million, until they are loaded after all, for which every look-up waits."""

EXACT_WIDTHS = {"md5": 16, "sha1": 20, "sha256": 32}


def index_dir() -> Path:
    """Where the index of this database lies; another database has another folder."""
    settings = PlatformSettings.current()
    name = hashlib.sha256(settings.database_url.encode()).hexdigest()[:12] if settings.database_url else "embedded"
    return settings.data_dir / "index" / name


class ListIndex:
    """Look-ups of fingerprints among all list entries."""

    def __init__(self, directory: Path) -> None:
        """Open the index in ``directory``; a missing one begins empty and follows at the first look-up."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lineage_file, self._following = directory / "lineage", directory / "following.lock"
        self._pdq = IndexStore(directory / "pdq")
        self._exact = ExactStore(directory / "exact")
        _repaired(self._pdq, self._clear_pdq)
        _repaired(self._exact, self._clear_exact)
        self._plugged = {kind.name: PluggedEntries(kind) for kind in plugged_in()}
        self._plugged_position, self._plugged_lineage = 0, ""
        self._synced_at = float("-inf")
        self._radius = 0

    def lookup(self, prints: Sequence[Fingerprints], *, threads: int | None = None) -> list[list[Hit]]:
        """For each file, every entry that it hits: exact digests, and PDQ of any turn or mirror within the radius.

        ``threads`` search at once; None takes one for each processor.
        """
        self.sync_if_stale()
        hits: list[list[Hit]] = [[] for _ in prints]
        self._lookup_exact(prints, hits)
        self._lookup_pdq(prints, hits, threads)
        for row, each in enumerate(prints):
            for name, value in each.extra:
                if name in self._plugged:
                    hits[row].extend(self._plugged[name].find(value))
        return hits

    def find(self, kind: str, values: Sequence[bytes]) -> dict[int, list[Hit]]:
        """Every entry that hashes of a kind hit, as they stand, by the position of the hash; one that hits nothing
        has none. Empty for a kind that is not installed."""
        self.sync_if_stale()
        hits: dict[int, list[Hit]] = {}
        if kind == "pdq" and values:
            found = self._pdq.search(_rows(values, 32), self._radius)
            triples = zip(found.query_index.tolist(), found.ids.tolist(), found.distances.tolist(), strict=True)
            for row, hash_id, distance in triples:
                hits.setdefault(row, []).append(Hit(hash_id, kind, distance))
        elif kind in EXACT_WIDTHS and values:
            equal = self._exact.lookup(kind, _rows(values, EXACT_WIDTHS[kind]))
            for row, hash_id in zip(equal.query_index.tolist(), equal.ids.tolist(), strict=True):
                hits.setdefault(row, []).append(Hit(hash_id, kind))
        elif kind in self._plugged:
            for row, value in enumerate(values):
                if near := list(self._plugged[kind].find(value)):
                    hits[row] = near
        return hits

    def for_many(self, rows: int) -> BulkSearch:
        """The lists of now for so many rows of a ledger, looked up in tables."""
        self.sync()
        floor = MatchingSettings.current().match_quality_floor
        return BulkSearch(self._position(), self._pdq, self._exact, radius=self._radius, floor=floor, rows=rows)

    def sizes(self) -> dict[str, int]:
        """How many entries there are to be found, by kind."""
        exact = self._exact.refresh().tables
        counts = {kind: exact[number].live_count for number, kind in enumerate(EXACT_WIDTHS)}
        return counts | {"pdq": len(self._pdq)}

    def sync_if_stale(self) -> None:
        """Follow the lists' changes, unless that was done a moment ago."""
        if time.monotonic() - self._synced_at > FRESH_S:
            self.sync()

    def sync(self) -> int:
        """Follow all changes up to now; returns how many. Other processes may do the same at the same time."""
        count = 0
        while True:
            now = place_now()
            if self._follows_another(now):
                now = self._follow()
            position = self._position()
            if position >= now.newest or not (changed := changes_after(position, CHUNK)):
                break
            with locked(self._following):
                # else another process has just begun anew, and what was read here has gaps, or is of what never was
                if self._lineage() == now.lineage and self._position() >= position:
                    self._apply(changed, changed[-1].change)
                    count += len(changed)
        widest = HashList.objects.aggregate(widest=Max("radius"))["widest"]
        self._radius = max(MatchingSettings.current().match_radius, widest or 0)
        self._synced_at = time.monotonic()
        return count

    def _position(self) -> int:
        """The last change that all of it has taken in."""
        position = min(self._pdq.position, self._exact.position)
        return min(position, self._plugged_position) if self._plugged else position

    def _lineage(self) -> str:
        """The history of the database that the files follow; empty where nothing has said it yet."""
        try:
            return self._lineage_file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def _follows_another(self, now: Place) -> bool:
        is_other = self._lineage() != now.lineage or self._position() > now.newest
        return is_other or bool(self._plugged and self._plugged_lineage != now.lineage)

    def _follow(self) -> Place:
        """Follow the lineage of now from here on. Begin anew where changes were taken in that it does not have, as a
        standby may not when it is promoted, nor a database that came from a backup."""
        with locked(self._following):
            # asked again, as other processes may have taken in what was committed since; here they take in nothing
            before, now = self._lineage(), place_now()
            common = common_until(before, now) if before not in ("", now.lineage) else now.newest
            if max(self._pdq.position, self._exact.position) > common:
                self._clear_pdq()
                self._clear_exact()
            write_private(self._lineage_file, now.lineage)
        if self._plugged_lineage != now.lineage or self._plugged_position > common:
            self._plugged = {kind.name: PluggedEntries(kind) for kind in plugged_in()}
            self._plugged_position, self._plugged_lineage = 0, now.lineage
        return now

    @property
    def needs_merge(self) -> bool:
        """Whether so much is fresh that look-ups cost several times as much."""
        return self._pdq.needs_merge or self._exact.needs_merge

    def merge(self) -> None:
        """Tidy up in the background; searches go on."""
        for store in (self._pdq, self._exact):
            if store.needs_merge:
                store.merge()

    def warm(self) -> None:
        """Let no look-up wait for what the first ones load and make. Little where nothing came since it was done."""
        self._pdq.warm(self._radius or MatchingSettings.current().match_radius, WARM_ENTRIES)

    def close(self) -> None:
        """Let go of all files."""
        self._pdq.close()
        self._exact.close()

    def _clear_pdq(self) -> None:
        self._pdq.rebuild(np.zeros((0, 32), np.uint8), np.zeros(0, np.int64), 0)

    def _clear_exact(self) -> None:
        self._exact.rebuild({}, 0)

    def _apply(self, changed: Sequence[ChangedHash], position: int) -> None:
        gone = [each.hash_id for each in changed if not each.searchable]
        by_kind: dict[str, list[ChangedHash]] = {}
        for each in changed:
            if each.searchable:
                by_kind.setdefault(each.kind, []).append(each)
        pdq = by_kind.pop("pdq", [])
        withdrawn = np.array(gone, np.int64) if gone else None
        self._apply_plugged(by_kind, gone)
        self._plugged_position = position
        self._pdq.apply(_arrays(pdq, 32) if pdq else None, withdrawn, position)
        adds = {kind: _arrays(by_kind[kind], width) for kind, width in EXACT_WIDTHS.items() if kind in by_kind}
        self._exact.apply(adds, withdrawn, position)

    def _apply_plugged(self, by_kind: dict[str, list[ChangedHash]], gone: Sequence[int]) -> None:
        for name, entries in self._plugged.items():
            for hash_id in gone:
                entries.drop(hash_id)
            for each in by_kind.get(name, ()):
                entries.put(each.hash_id, each.value)

    def _lookup_exact(self, prints: Sequence[Fingerprints], hits: list[list[Hit]]) -> None:
        for kind in self._exact.kinds:
            digests = b"".join(getattr(each, kind) for each in prints)
            queries = np.frombuffer(digests, np.uint8).reshape(-1, EXACT_WIDTHS[kind])
            found = self._exact.lookup(kind, queries)
            for row, hash_id in zip(found.query_index.tolist(), found.ids.tolist(), strict=True):
                hits[row].append(Hit(hash_id, kind))

    def _lookup_pdq(self, prints: Sequence[Fingerprints], hits: list[list[Hit]], threads: int | None) -> None:
        floor = MatchingSettings.current().match_quality_floor
        owners: list[tuple[int, int, StillPosition, Region | None]] = []
        hashes: list[bytes] = []
        for row, each in enumerate(prints):
            for position, turned in positions_of(each, floor):
                owners.extend((row, transform, position, None) for transform in range(len(turned)))
                hashes.extend(turned)
            for piece in good_pieces(each, floor):
                owners.extend((row, transform, FIRST, piece.region) for transform in range(len(piece.dihedral)))
                hashes.extend(piece.dihedral)
        if not hashes:
            return
        queries = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32)
        found = self._pdq.search(queries, self._radius, threads=threads)
        best: dict[tuple[int, int, bool], Hit] = {}  # the whole may be too far for its list, and a piece near
        for query, hash_id, distance in zip(
            found.query_index.tolist(), found.ids.tolist(), found.distances.tolist(), strict=True
        ):
            row, transform, position, piece = owners[query]
            key = (row, hash_id, piece is None)
            known = best.get(key)
            if known is None or distance < known.distance:
                best[key] = Hit(hash_id, "pdq", distance, transform, position, piece)
        for (row, *_), hit in best.items():
            hits[row].append(hit)


def pictures_of(prints: Fingerprints, floor: int) -> list[tuple[bytes, ...]]:
    """The turned and mirrored hashes of each picture in a file whose quality reaches the floor."""
    return [turned for _, turned in positions_of(prints, floor)]


def positions_of(prints: Fingerprints, floor: int) -> list[tuple[StillPosition, tuple[bytes, ...]]]:
    """The same, and where in the file each picture is."""
    pictures = []
    if prints.pdq is not None and (prints.pdq_quality or 0) >= floor:
        pictures.append((FIRST, prints.dihedral or (prints.pdq,)))
    for frame in prints.frames:
        if frame.quality >= floor:
            pictures.append((StillPosition(frame.index, frame.time_s), frame.dihedral or (frame.pdq,)))
    return pictures


def good_pieces(prints: Fingerprints, floor: int) -> list[PiecePdq]:
    """The pieces whose quality reaches the floor."""
    return [piece for piece in prints.pieces if piece.quality >= floor]


def _arrays(entries: Sequence[ChangedHash], width: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return _rows([each.value for each in entries], width), np.array([each.hash_id for each in entries], np.int64)


def _rows(values: Sequence[bytes], width: int) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, width)


def _repaired(store: IndexStore | ExactStore, clear: Callable[[], None]) -> None:
    """Begin anew where the files were damaged: all that is in them comes again from the database."""
    try:
        store.refresh()
    except IndexCorrupt:
        clear()


def open_index() -> ListIndex:
    """The index of this installation on this machine."""
    return ListIndex(index_dir())


def tidy() -> None:
    """Merge what is fresh, with files of its own, as searches go on meanwhile; a failure is the business of those who
    search."""
    index = open_index()
    try:
        index.merge()
    except OrbweaverError as error:
        logger.warning("The match index could not be tidied: %s", error.code)
    finally:
        index.close()
