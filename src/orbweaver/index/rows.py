"""What every file of rows with ids has, whatever else a row holds: where it lies, how large it is, which ids it has."""

from __future__ import annotations

from pathlib import Path

from orbweaver.index.checks import Ids, Rows
from orbweaver.index.container import Container
from orbweaver.index.identifiers import StoredIds


class IdentifiedRows:
    """One immutable file of ``count`` rows, each with an id."""

    def __init__(self, container: Container, count: int) -> None:
        self._container = container
        self._ids = StoredIds(container.arrays["ids"], int(container.meta["base"]))
        self.count = count

    def __len__(self) -> int:
        return self.count

    @property
    def path(self) -> Path:
        """The file."""
        return self._container.path

    @property
    def nbytes(self) -> int:
        """Bytes on disk, which are also the bytes of memory that all readers share."""
        return self._container.nbytes

    def verify(self) -> None:
        """Read the whole file and compare its checksums; raises IndexCorrupt."""
        self._container.verify()

    def all_ids(self) -> Ids:
        """All ids in row order."""
        return self._ids.all()

    def ids_of(self, rows: Rows) -> Ids:
        """The ids of ``rows``."""
        return self._ids.at(rows)
