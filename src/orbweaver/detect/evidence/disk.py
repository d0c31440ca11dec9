"""Files of the archive, written durably and within a time: a store that hangs is an error like one that is full.

A write that hangs cannot be ended. Whoever waits for it goes on after a while, and while it hangs nobody else begins
one.
"""

from __future__ import annotations

import errno
import os
import secrets
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from orbweaver.detect.evidence.protocol import Store
from orbweaver.platform.runtime.postgres import write_private

UNFINISHED: Final = ".part"
"""How the name of a file ends that is still being written."""
PATIENCE_S: Final = 10.0
"""Seconds that a write may take; a medium of 100 MB takes one on a slow disk."""

_hanging: set[threading.Thread] = set()


class FolderStore:
    """See Store: a folder of this machine, which may be one of another's disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes) -> None:
        """See Store."""
        _write(self._folder / name, content)

    def get(self, name: str) -> bytes:
        """See Store."""
        return (self._folder / name).read_bytes()

    def replace(self, name: str, content: bytes) -> None:
        """See Store."""
        write_private(self._folder / name, content.decode())

    def remove(self, name: str) -> bool:
        """See Store."""
        (self._folder / name).unlink(missing_ok=True)
        return True

    def names(self) -> list[str]:
        """See Store."""
        return [path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if path.is_file()]

    def prepare(self, *, make: bool) -> bool:
        """See Store."""
        if make:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._folder.is_dir()


def write_new(store: Store, content: bytes) -> str:
    """Write a new file; return its name there (two levels, by chance).

    Raises OSError: ETIMEDOUT when the store hangs. What is written after that is removed.
    """
    if any(thread.is_alive() for thread in list(_hanging)):
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
    writing = _Writing(store, content)
    writing.start()
    writing.join(PATIENCE_S)
    return writing.outcome()


class _Writing(threading.Thread):
    """One write in a thread of its own, which nobody waits for at the end of the process."""

    def __init__(self, store: Store, content: bytes) -> None:
        super().__init__(name="evidence-write", daemon=True)
        self._store, self._content = store, content
        token = secrets.token_hex(16)
        self._file_name = f"{token[:2]}/{token}.age"
        self._turn = threading.Lock()
        self._given_up = False
        self._done = False
        self._error: OSError | None = None

    def run(self) -> None:
        try:
            self._store.put(self._file_name, self._content)
        except OSError as error:
            self._error = error
        with self._turn:
            self._done = True
            if self._given_up and self._error is None:
                with suppress(OSError):  # it may put alone; what no row names nobody can read
                    self._store.remove(self._file_name)
        _hanging.discard(self)

    def outcome(self) -> str:
        """The file's name, or the error; from here on nothing is expected of it."""
        with self._turn:
            if not self._done:
                self._given_up = True
                _hanging.add(self)
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        if self._error is not None:
            raise self._error
        return self._file_name


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(UNFINISHED)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path.name)
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)  # on a full disk each attempt would leave a part of it
        raise
