"""Files of the archive, written durably and within a time: a disk that hangs is an error like one that is full.

A write that hangs cannot be ended. Whoever waits for it goes on after a while, and while it hangs nobody else begins
one.
"""

from __future__ import annotations

import errno
import os
import secrets
import threading
from pathlib import Path
from typing import Final

UNFINISHED: Final = ".part"
"""How the name of a file ends that is still being written."""
PATIENCE_S: Final = 10.0
"""Seconds that a write may take; a medium of 100 MB takes one on a slow disk."""

_hanging: set[threading.Thread] = set()


def write_new(folder: Path, content: bytes) -> str:
    """Write a new file atomically; return its name below the folder (two levels, by chance).

    Raises OSError: ETIMEDOUT when the disk hangs. What is written after that is removed.
    """
    if any(thread.is_alive() for thread in list(_hanging)):
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
    writing = _Writing(folder, content)
    writing.start()
    writing.join(PATIENCE_S)
    return writing.outcome()


class _Writing(threading.Thread):
    """One write in a thread of its own, which nobody waits for at the end of the process."""

    def __init__(self, folder: Path, content: bytes) -> None:
        super().__init__(name="evidence-write", daemon=True)
        self._folder, self._content = folder, content
        token = secrets.token_hex(16)
        self._file_name = f"{token[:2]}/{token}.age"
        self._turn = threading.Lock()
        self._given_up = False
        self._done = False
        self._error: OSError | None = None

    def run(self) -> None:
        path = self._folder / self._file_name
        try:
            _write(path, self._content)
        except OSError as error:
            self._error = error
        with self._turn:
            self._done = True
            if self._given_up and self._error is None:
                path.unlink(missing_ok=True)
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
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)  # on a full disk each attempt would leave a part of it
        raise
