"""An answer that is too long for memory: it leaves from a file while the application still makes it.

A client that reads slowly holds no thread and no memory, and hears the first lines at once. The file has no name, and
what is in it is encrypted with a key that this process alone has: exports hold addresses and hashes.
"""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MOST_IN_MEMORY: Final = 2**20
"""Bytes of an answer of several parts that are kept in memory; what is longer goes through a file."""
AT_ONCE: Final = 2**16
"""Bytes that are written together: an export yields lines."""


LEAST_FREE: Final = 256 * 2**20
"""Bytes that stay free on the disk, or a tenth of a small one: the database may be on the same one, and ends where it
is full."""


class Abandoned(Exception):
    """Nobody reads the answer any more."""


class TooManyAtOnce(Exception):
    """As many long answers are being made as may be: each holds a thread, which others wait for."""


class LongAnswer:
    """Written by one thread and read, meanwhile or later, by another, from its beginning to its end."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by whoever of the two is last
        cipher = Cipher(algorithms.AES(secrets.token_bytes(32)), modes.CTR(secrets.token_bytes(16)))
        self._hide, self._show = cipher.encryptor(), cipher.decryptor()
        self._turn = threading.Lock()
        self._abandoned = False
        self._given = 0
        self.ended = False
        """Whether all that will ever come is there."""
        self.failed = False
        """Whether the application broke off."""

    def fill(self, first: Iterable[bytes], rest: Iterable[bytes], begun: Callable[[], None]) -> None:
        """Write ``first``, call ``begun``, write all of ``rest``.

        Raises Abandoned, OSError on a disk that is nearly full, and what ``rest`` raises.
        Before ``begun`` nobody is to read it.
        """
        is_read = False
        try:
            self.write(b"".join(first))
            begun()
            is_read = True
            for lines in _joined(rest):
                self.write(lines)
        except BaseException:
            self.failed = True
            raise
        finally:
            self._end(is_read)

    def write(self, data: bytes) -> None:
        """Add to it. Raises Abandoned, OSError on a disk that is nearly full."""
        disk = os.fstatvfs(self._file.fileno())
        if disk.f_bavail * disk.f_frsize < min(LEAST_FREE, disk.f_blocks * disk.f_frsize // 10):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left = memoryview(self._hide.update(data))
        while left:
            if self._abandoned:
                raise Abandoned
            left = left[self._file.write(left) :]

    def read(self, most: int) -> bytes:
        """What comes next, of so many bytes at most; nothing while there is nothing new."""
        data = os.pread(self._file.fileno(), most, self._given)
        self._given += len(data)
        return self._show.update(data)

    def abandon(self) -> None:
        """Nobody reads it any more: its maker stops, its file goes."""
        with self._turn:
            self._abandoned = True
            if self.ended:
                self._file.close()

    def _end(self, is_read: bool) -> None:
        with self._turn:
            self.ended = True
            if self._abandoned or not is_read:
                self._file.close()


def _joined(parts: Iterable[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= AT_ONCE:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)
