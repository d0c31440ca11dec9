"""Having evidence opened, by a process of its own: an ``opener`` of this process, or the one that somebody unsealed.

Nothing else in the program decrypts evidence, and no other process holds the master key.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyrage

from orbweaver.detect.evidence import opener
from orbweaver.detect.evidence.errors import EvidenceUnreadable
from orbweaver.detect.evidence.keys import MASTER, SEALED_MASTER, master_recipient
from orbweaver.detect.evidence.messages import ARCHIVE_SEALED, FILE_UNREADABLE, MASTER_KEY_MISSING
from orbweaver.platform.runtime.walled import WalledProcess, say_absent, say_present
from orbweaver.platform.settings import PlatformSettings

SOCKET: Final = "evidence-opener.sock"
"""In the data folder: where the opener answers that people unsealed."""
MODULE: Final = "orbweaver.detect.evidence.opener"
LOST: Final = "no evidence can be opened"
"""What it means where none comes up."""
TRIES: Final = 2
"""An opener at rest may end at the moment in which it is asked."""


class _Opener:
    """One process, asked by one thread at a time."""

    def __init__(self, keys_dir: Path) -> None:
        self.keys_dir, self.key = keys_dir, _mark(keys_dir)
        self.walled = WalledProcess(MODULE, str(keys_dir), str(os.getpid()))
        self.read: Callable[[int], bytes] = self.walled.answers.read
        self.write: Callable[[bytes], object] = self.walled.asked.write
        self.is_ready = self.read(1) == opener.DONE
        if not self.is_ready:
            self.walled.close()


_turn = threading.Lock()
_mine: dict[str, _Opener] = {}


def opened(wrapped: bytes, sealed: bytes) -> bytes:
    """What a file holds whose wrapped key this is. Raises EvidenceUnreadable."""
    return asked(opener.OPEN, wrapped, sealed)[0]


def asked(what: bytes, wrapped: bytes, sealed: bytes = b"") -> tuple[bytes, bytes]:
    """What the opener answers (``opener.OPEN`` and its like). Raises EvidenceUnreadable."""
    keys_dir = PlatformSettings.current().keys_path.absolute()
    if not (keys_dir / MASTER).exists():
        if (keys_dir / SEALED_MASTER).exists():
            return _of_unsealed(what, wrapped, sealed)
        raise EvidenceUnreadable(MASTER_KEY_MISSING)
    with _turn:
        for _ in range(TRIES):
            try:
                return _exchange(_own(keys_dir), what, wrapped, sealed)
            except (OSError, EOFError):
                _forget()
    raise EvidenceUnreadable(FILE_UNREADABLE)


def tried() -> dict[str, bool] | None:
    """Which walls hold around what opens evidence, which opens something small for it; None where it does not."""
    own = pyrage.x25519.Identity.generate()
    master = master_recipient(PlatformSettings.current().keys_path.absolute())
    try:
        small, _ = asked(
            opener.OPEN, pyrage.encrypt(str(own).encode(), [master]), pyrage.encrypt(b"o", [own.to_public()])
        )
        held: dict[str, bool] = json.loads(asked(opener.WALLS, b"")[0])
    except EvidenceUnreadable:
        return None
    return held if small == b"o" else None


def forget_opener() -> None:
    """End this process's opener: the master key has changed."""
    with _turn:
        _forget()


def _own(keys_dir: Path) -> _Opener:
    found = _mine.get("opener")
    if found is None or not found.walled.is_alive() or (found.keys_dir, found.key) != (keys_dir, _mark(keys_dir)):
        _forget()
        found = _mine["opener"] = _Opener(keys_dir)
        if not found.is_ready:
            say_absent(MODULE, LOST)
            raise EOFError
        say_present(MODULE)
    return found


def _mark(keys_dir: Path) -> tuple[int, int]:
    """What the master key's file was when it was read: another one is read anew."""
    found = (keys_dir / MASTER).stat()
    return found.st_ino, found.st_mtime_ns


def _forget() -> None:
    found = _mine.pop("opener", None)
    if found is not None:
        found.walled.close()


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
