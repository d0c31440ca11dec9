"""The opener of an installation whose master key is sealed: it holds the key in memory, for whoever is of its own user.

Started by ``sealing`` with the keys on its standard input. It can be looked into by no other process, keeps no file
open but its socket, and ends when it is told to.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from orbweaver.detect.evidence import opener
from orbweaver.detect.evidence.keys import identities_in
from orbweaver.detect.evidence.opening import SOCKET
from orbweaver.fingerprints import landlock, sandbox

MOST_AT_ONCE: Final = 8
_PEER: Final = struct.Struct("3i")
ServeOne = Callable[[opener.Stream], bool]


def main(arguments: Sequence[str]) -> None:
    """Take the keys, make the socket, say that it is there, serve."""
    identities = identities_in(sys.stdin.read())
    place = Path(arguments[0]) / SOCKET
    place.unlink(missing_ok=True)
    os.umask(0o177)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen(64)
        sandbox.limit(4, 0)  # RLIMIT_CORE: no image of this memory on a disk
        held = {"no_new_privileges": sandbox.gain_nothing()}
        folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
        held["files"] = landlock.restrict()
        os.write(1, opener.DONE)
        os.close(1)
        _serve(listening, partial(opener.serve_one, identities=identities, held=held))
    with contextlib.suppress(OSError):
        os.unlink(SOCKET, dir_fd=folder)


def _serve(listening: socket.socket, serve_one: ServeOne) -> None:
    ended, places = threading.Event(), threading.BoundedSemaphore(MOST_AT_ONCE)
    listening.settimeout(0.5)
    while not ended.is_set():
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            continue
        connection.settimeout(30)
        places.acquire()
        threading.Thread(target=_answer, args=(connection, serve_one, ended, places), daemon=True).start()


def _answer(
    connection: socket.socket,
    serve_one: ServeOne,
    ended: threading.Event,
    places: threading.BoundedSemaphore,
) -> None:
    try:
        with connection, connection.makefile("rwb", buffering=0) as stream, contextlib.suppress(OSError):
            _, user, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
            if user not in (0, os.getuid()):
                return
            head = connection.recv(1, socket.MSG_PEEK)
            if head == opener.SEALED:
                ended.set()
                opener.write_all(stream, opener.DONE, b"", b"")
            elif head and not ended.is_set():  # what came after the word that it is to end opens nothing
                serve_one(stream)
    finally:
        places.release()


if __name__ == "__main__":
    main(sys.argv[1:])
