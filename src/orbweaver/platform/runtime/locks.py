"""Advisory locks on files (``flock``). The kernel lets go of them when their holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """A lock on the file at ``path``, shared or exclusive; the file stays (removing it would split the lock in two)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, *, shared: bool = False, wait: bool = False) -> bool:
        """Take the lock. False when somebody else holds it and ``wait`` is not set."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(descriptor, mode)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let go; harmless when not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_held(self) -> bool:
        """Whether somebody (this process included) holds the lock in a way that keeps an exclusive taker out."""
        probe = FileLock(self.path)
        if probe.acquire():
            probe.release()
            return False
        return True


@contextmanager
def holding(path: Path, *, shared: bool = False) -> Iterator[FileLock | None]:
    """Hold the lock for the block; yields None when somebody else has it."""
    lock = FileLock(path)
    got = lock.acquire(shared=shared)
    try:
        yield lock if got else None
    finally:
        lock.release()
