"""What whatever holds the encrypted files of the archive can do."""

from __future__ import annotations

from typing import Protocol


class Store(Protocol):
    """Holds files, whole or not at all. Each call raises OSError where the store is full, away, or refuses."""

    def put(self, name: str, content: bytes) -> None:
        """Lay down a new file; it is there durably when this returns. What has that name already is never changed."""
        ...

    def get(self, name: str) -> bytes:
        """All of a file. Raises FileNotFoundError where there is none."""
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Lay down a file in the stead of the one before: only for what tells whose it is."""
        ...

    def remove(self, name: str) -> bool:
        """Remove a file, harmless when it is not there. False where the store keeps it for now: a lock on it stands."""
        ...

    def names(self) -> list[str]:
        """Every file, those that are half-written too."""
        ...

    def prepare(self, *, make: bool) -> bool:
        """Whether files can be laid there; ``make`` what is missing for that."""
        ...
