"""Where backups go. A file there is whole or it is not there; nothing that is there is ever changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from orbweaver.errors import Unavailable
from orbweaver.platform.backup.messages import STORAGE_UNUSABLE

UNFINISHED = ".part"
CHUNK = 2**20
"""Bytes that are read at once."""


class Reader(Protocol):
    """A file being read."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to so many bytes; none at the end."""
        ...


class Writer(Protocol):
    """A file being written."""

    def write(self, data: bytes, /) -> int:
        """Take all of it."""
        ...


class Storage(Protocol):
    """A folder or a bucket. Names are paths below it, with ``/``. All raise Unavailable when it does not answer."""

    @property
    def name(self) -> str:
        """How a person calls it."""
        ...

    @property
    def place(self) -> str:
        """Where it is, ending with ``/``: what lies below it has a place that begins so."""
        ...

    def sizes(self, below: str) -> dict[str, int]:
        """The whole files below a folder of it, each with its bytes."""
        ...

    def reading(self, name: str) -> AbstractContextManager[Reader]:
        """Within it, the file to read. Raises FileNotFoundError."""
        ...

    def writing(self, name: str) -> AbstractContextManager[Writer]:
        """Within it, a new file to write: it is there, durably, when the block ends well, and else not at all."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; harmless when it is not there."""
        ...


class FolderStorage:
    """A folder of this machine, which may be a mounted disk of another. Made (0700) with the first file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.folder)

    @property
    def place(self) -> str:
        """See Storage."""
        return f"{self.folder.resolve()}/"

    def sizes(self, below: str) -> dict[str, int]:
        """See Storage."""
        top = self.folder / below
        with self._told():
            found = {path.relative_to(self.folder).as_posix(): path for path in top.rglob("*") if path.is_file()}
            return {name: path.stat().st_size for name, path in found.items() if not name.endswith(UNFINISHED)}

    @contextmanager
    def reading(self, name: str) -> Iterator[Reader]:
        """See Storage."""
        with (self.folder / name).open("rb") as file:
            yield file

    @contextmanager
    def writing(self, name: str) -> Iterator[Writer]:
        """See Storage."""
        path = self.folder / name
        draft = path.with_name(path.name + UNFINISHED)
        with self._told():
            _make_private(path.parent)
            draft.unlink(missing_ok=True)  # of an attempt before, or laid there by somebody who would read along
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(path)
                _sync_folder(path.parent)
            finally:
                draft.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """See Storage."""
        with self._told():
            (self.folder / name).unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, BrokenPipeError):
            raise
        except OSError as error:
            raise Unavailable(STORAGE_UNUSABLE.of(storage=self.name, reason=str(error.strerror or error))) from error


def _make_private(folder: Path) -> None:
    """The folder and those above it that are missing, each for its owner alone (``parents=True`` heeds the umask)."""
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
