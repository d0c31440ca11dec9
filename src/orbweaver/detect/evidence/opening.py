"""Having evidence opened, by a process of its own: an ``opener`` of this process, or the one that somebody unsealed.

Nothing else in the program decrypts evidence, and no other process holds the master key.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from orbweaver.detect.evidence import opener
from orbweaver.detect.evidence.errors import EvidenceUnreadable
from orbweaver.detect.evidence.keys import MASTER, SEALED_MASTER
from orbweaver.detect.evidence.messages import ARCHIVE_SEALED, FILE_UNREADABLE, MASTER_KEY_MISSING
from orbweaver.platform.settings import PlatformSettings

SOCKET: Final = "evidence-opener.sock"
"""In the data folder: where the opener answers that people unsealed."""
_KEPT_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")
TRIES: Final = 2
"""An opener at rest may end at the moment in which it is asked."""


class _Opener:
    """One process, asked by one thread at a time."""

    def __init__(self, keys_dir: Path) -> None:
        self.keys_dir, self.of, self.key = keys_dir, os.getpid(), _mark(keys_dir)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "orbweaver.detect.evidence.opener", str(keys_dir), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
            cwd="/",
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.read: Callable[[int], bytes] = self._process.stdout.read
        self.write: Callable[[bytes], object] = self._process.stdin.write
        self.is_ready = self.read(1) == opener.DONE
        if not self.is_ready:
            self.close()

    def is_alive(self) -> bool:
        return self.of == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        if self.of != os.getpid():
            return  # a fork's parent has it
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.kill()
        self._process.wait()


_turn = threading.Lock()
_mine: dict[str, _Opener] = {}


def opened(wrapped: bytes, sealed: bytes) -> bytes:
    """What a file holds whose wrapped key this is. Raises EvidenceUnreadable."""
    return asked(opener.OPEN, wrapped, sealed)[0]


def asked(what: bytes, wrapped: bytes, sealed: bytes = b"") -> tuple[bytes, bytes]:
    """What the opener answers (``opener.OPEN`` and its like). Raises EvidenceUnreadable."""
    keys_dir = PlatformSettings.current().keys_path.absolute()
    if (keys_dir / SEALED_MASTER).exists():
        return _of_unsealed(what, wrapped, sealed)
    if not (keys_dir / MASTER).exists():
        raise EvidenceUnreadable(MASTER_KEY_MISSING)
    with _turn:
        for _ in range(TRIES):
            try:
                return _exchange(_own(keys_dir), what, wrapped, sealed)
            except (OSError, EOFError):
                _forget()
    raise EvidenceUnreadable(FILE_UNREADABLE)


def forget_opener() -> None:
    """End this process's opener: the master key has changed."""
    with _turn:
        _forget()


def _own(keys_dir: Path) -> _Opener:
    found = _mine.get("opener")
    if found is None or not found.is_alive() or (found.keys_dir, found.key) != (keys_dir, _mark(keys_dir)):
        _forget()
        found = _mine["opener"] = _Opener(keys_dir)
        if not found.is_ready:
            raise EOFError
    return found


def _mark(keys_dir: Path) -> tuple[int, int]:
    """What the master key's file was when it was read: another one is read anew."""
    found = (keys_dir / MASTER).stat()
    return found.st_ino, found.st_mtime_ns


def _forget() -> None:
    found = _mine.pop("opener", None)
    if found is not None:
        found.close()


def _of_unsealed(what: bytes, wrapped: bytes, sealed: bytes) -> tuple[bytes, bytes]:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(PlatformSettings.current().data_dir.absolute() / SOCKET))
            with connection.makefile("rwb", buffering=0) as stream:
                return _exchange(stream, what, wrapped, sealed)
    except (OSError, EOFError):
        raise EvidenceUnreadable(ARCHIVE_SEALED) from None


def _exchange(stream: opener.Stream, what: bytes, wrapped: bytes, sealed: bytes) -> tuple[bytes, bytes]:
    opener.write_all(stream, what, wrapped, sealed)
    head = opener.read_all(stream, opener.HEAD.size)
    if len(head) < opener.HEAD.size:
        raise EOFError
    said, first, second = opener.HEAD.unpack(head)
    parts = opener.read_all(stream, first), opener.read_all(stream, second)
    if said != opener.DONE:
        raise EvidenceUnreadable(FILE_UNREADABLE)
    if len(parts[0]) != first or len(parts[1]) != second:
        raise EOFError
    return parts
