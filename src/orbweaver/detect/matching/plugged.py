"""Search among entries of plugged-in kinds of hash (``orbweaver.fingerprints.kinds``), held in memory.

Equal values by a dictionary; kinds with a radius by comparing with every entry, since only the kind knows its distance.
That suits the sizes at which licensed hashes are supplied; a kind that needs more brings an index of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from orbweaver.detect.matching.rules import Hit
from orbweaver.fingerprints.kinds import FingerprintKind


class PluggedEntries:
    """The entries of one kind."""

    def __init__(self, kind: FingerprintKind) -> None:
        """Begin empty."""
        self.kind = kind
        self._values: dict[int, bytes] = {}
        self._ids: dict[bytes, set[int]] = {}

    def put(self, hash_id: int, value: bytes) -> None:
        """Add a hash; one that is there already gets the new value."""
        self.drop(hash_id)
        self._values[hash_id] = value
        self._ids.setdefault(value, set()).add(hash_id)

    def drop(self, hash_id: int) -> None:
        """Remove a hash; an unknown one does no harm."""
        value = self._values.pop(hash_id, None)
        if value is not None:
            self._ids[value].discard(hash_id)

    def find(self, value: bytes) -> Iterable[Hit]:
        """All entries within the kind's radius, with their distances."""
        if self.kind.radius == 0:
            return [Hit(hash_id, self.kind.name) for hash_id in sorted(self._ids.get(value, ()))]
        return [
            Hit(hash_id, self.kind.name, distance)
            for known, ids in self._ids.items()
            if ids and (distance := self.kind.distance(value, known)) <= self.kind.radius
            for hash_id in sorted(ids)
        ]
