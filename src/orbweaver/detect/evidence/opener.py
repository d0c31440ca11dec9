"""The only process that opens evidence: it has the master key, and nothing else of the machine.

Started by ``opening`` as ``python -m orbweaver.detect.evidence.opener KEYS_FOLDER PARENT``. It reads the master key,
gives up files, sockets, programs and other processes for good (``fingerprints.sandbox``), and answers one request after
another on its standard output, until its input ends or is silent for ``REST_S``. Whoever asks never holds the key.
"""

from __future__ import annotations

import json
import os
import select
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import pyrage

from orbweaver.detect.evidence.keys import master_identities
from orbweaver.fingerprints import sandbox

REST_S: Final = 60
"""Seconds of silence after which it ends: at rest an installation holds no key in memory."""
HEAD: Final = struct.Struct(">cQQ")
"""Of a request and of an answer: what it is, and the lengths of its two parts."""
OPEN, REWRAP, RENEW, WALLS = b"o", b"w", b"r", b"h"
"""An object in clear; its key encrypted to the newest master key; the object under another key, and that key; which
walls hold, in JSON."""
DONE, REFUSED, SEALED = b"+", b"-", b"s"


class Stream(Protocol):
    """Where requests come from and answers go to."""

    def read(self, size: int, /) -> bytes:
        """So many bytes; fewer at the end."""

    def write(self, data: bytes, /) -> object:
        """All of it."""


def main(arguments: Sequence[str]) -> None:
    """Take the key, give up the rest, serve."""
    keys_dir, parent = Path(arguments[0]), int(arguments[1])
    sandbox.die_with_parent(parent)
    held = {"network": sandbox.leave_network()}
    identities = master_identities(keys_dir)
    held["not_root"] = sandbox.drop_root()
    held["no_new_privileges"] = sandbox.gain_nothing()
    sandbox.die_with_parent(parent)  # another user's process forgets it
    held |= sandbox.confine()
    os.write(1, DONE)
    with os.fdopen(0, "rb", buffering=0) as asked, os.fdopen(1, "wb", buffering=0) as answers:
        pipes = _Pipes(asked, answers)
        while select.select([asked], [], [], REST_S)[0] and serve_one(pipes, identities, held):
            pass


class _Pipes:
    def __init__(self, asked: object, answers: object) -> None:
        self.read: Callable[[int], bytes] = asked.read  # type: ignore[attr-defined]
        self.write: Callable[[bytes], object] = answers.write  # type: ignore[attr-defined]


def serve_one(stream: Stream, identities: Sequence[pyrage.x25519.Identity], held: Mapping[str, bool]) -> bool:
    """Answer one request; False at the end. ``held``: which walls hold around this process."""
    head = read_all(stream, HEAD.size)
    if len(head) < HEAD.size:
        return False
    what, first, second = HEAD.unpack(head)
    wrapped, sealed = read_all(stream, first), read_all(stream, second)
    if what == WALLS:
        write_all(stream, DONE, json.dumps(held).encode(), b"")
        return True
    try:
        write_all(stream, DONE, *_answer(what, wrapped, sealed, identities))
    except pyrage.DecryptError:
        write_all(stream, REFUSED, b"", b"")
    return True


def _answer(
    what: bytes, wrapped: bytes, sealed: bytes, identities: Sequence[pyrage.x25519.Identity]
) -> tuple[bytes, bytes]:
    secret, newest = pyrage.decrypt(wrapped, list(identities)), identities[0].to_public()
    if what == REWRAP:
        return pyrage.encrypt(secret, [newest]), b""
    plain = pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(secret.decode())])
    if what == OPEN:
        return plain, b""
    other = pyrage.x25519.Identity.generate()
    return pyrage.encrypt(plain, [other.to_public()]), pyrage.encrypt(str(other).encode(), [newest])


def read_all(stream: Stream, size: int) -> bytes:
    """So many bytes, however they come; fewer at the end."""
    parts: list[bytes] = []
    while size and (part := stream.read(min(size, 2**20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write_all(stream: Stream, what: bytes, first: bytes, second: bytes) -> None:
    """One request or answer."""
    for part in (HEAD.pack(what, len(first), len(second)), first, second):
        view = memoryview(part)
        while view:
            view = view[int(stream.write(view[: 2**20].tobytes()) or 0) :]  # type: ignore[call-overload]


if __name__ == "__main__":
    main(sys.argv[1:])
