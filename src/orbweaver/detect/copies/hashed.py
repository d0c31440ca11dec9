"""Hashes of held pictures, whole and in parts, searched in eight turns."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from orbweaver.detect.copies.geometry import Matrix
from orbweaver.detect.copies.references import MIN_QUALITY, Reference
from orbweaver.fingerprints.pdq_hash import TURNS
from orbweaver.index import HammingIndex

MANY = 2_000
"""Hashes from which the compiled search is loaded at once: each picture asks eight times, and each piece of it."""


def turn_matrix(turn: int) -> Matrix:
    """From shares of the reference to shares of the query whose ``turn``-th hash is the reference's."""
    transposed, down, across = (bool(value) for value in TURNS[turn])
    matrix = np.eye(3)
    if across:
        matrix = np.array([[-1.0, 0, 1], [0, 1, 0], [0, 0, 1]]) @ matrix
    if down:
        matrix = np.array([[1.0, 0, 0], [0, -1, 1], [0, 0, 1]]) @ matrix
    if transposed:
        matrix = np.array([[0, 1.0, 0], [1, 0, 0], [0, 0, 1]]) @ matrix
    return matrix


class Hashed:
    """The hashes of references, of the whole pictures and of the parts that pages are held by."""

    def __init__(self, references: Sequence[Reference], radius: int) -> None:
        """``radius``: the usual one, for which the search is made ready."""
        self._owners: list[tuple[int, int]] = []
        values = []
        for number, reference in enumerate(references):
            if reference.hashes.quality >= MIN_QUALITY:
                self._owners.append((number, -1))
                values.append(reference.hashes.pdq)
            for part, (_, hashes) in enumerate(reference.piece_hashes):
                self._owners.append((number, part))
                values.append(hashes.pdq)
        self._index: HammingIndex | None = None
        if values:
            rows = np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32)
            with tempfile.TemporaryDirectory(prefix="orbweaver-copies-") as folder:  # mapped: it outlives its name
                self._index = HammingIndex.build(Path(folder, "hashes"), rows, np.arange(len(values)), threads=1)
            if len(values) >= MANY:
                self._index.warm(radius)

    def near(self, dihedral: Sequence[bytes], radius: int) -> list[tuple[int, int, int, int]]:
        """Reference, its part (-1: the whole), turn and distance; of each reference the nearest, nearest first."""
        if self._index is None:
            return []
        queries = np.frombuffer(b"".join(dihedral), np.uint8).reshape(-1, 32)
        found = self._index.search(queries, radius, threads=1)
        best: dict[int, tuple[int, int, int, int]] = {}
        for turn, at, distance in zip(
            found.query_index.tolist(), found.ids.tolist(), found.distances.tolist(), strict=True
        ):
            number, part = self._owners[at]
            if number not in best or distance < best[number][3]:
                best[number] = (number, part, turn, distance)
        return sorted(best.values(), key=lambda entry: entry[3])
