"""Who comes while many come at once, and whether their requests are there: who has sent all of one, or much, need not
stand behind thousands that begin and wait.

Nothing is read: what came stays with the kernel, which says how much it is. To look costs a twentieth of what it costs
to give a connection its protocol. Linux.
"""

from __future__ import annotations

import array
import fcntl
import re
import socket
import termios
import time
from collections import OrderedDict
from select import EPOLLET, EPOLLIN, EPOLLRDHUP, epoll
from typing import Final, NamedTuple

ENOUGH: Final = 2**15
"""Bytes that count as a request in earnest: an upload that waits holds so many back at least, each."""
HEAD: Final = 2**13
"""Bytes of a request that are looked at."""
PATIENCE_S: Final = 0.25
"""Who has sent nothing more for so long goes behind those that did."""
AT_ONCE: Final = 512
"""Connections that are looked at before others are served again."""
_LENGTH: Final = re.compile(rb"\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r", re.IGNORECASE)
_ASKS: Final = re.compile(rb"\nexpect:[ \t]*100-continue", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\ntransfer-encoding:", re.IGNORECASE)


class Arrival(NamedTuple):
    """A connection without a protocol yet, and where it comes from."""

    connection: socket.socket
    address: str
    came: float


class Arrivals:
    """Connections whose requests are not there yet, in the order in which they came."""

    def __init__(self) -> None:
        self._poll = epoll()
        self._waiting: OrderedDict[int, Arrival] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def fileno(self) -> int:
        """Readable while there is somebody to look at."""
        return self._poll.fileno()

    def add(self, connection: socket.socket, address: str) -> None:
        """One more."""
        handle = connection.fileno()
        self._waiting[handle] = Arrival(connection, address, time.monotonic())
        self._poll.register(handle, EPOLLIN | EPOLLRDHUP | EPOLLET)

    def take_ready(self) -> list[Arrival]:
        """Take those whose requests have come since the last call. Those that hung up without asking are closed."""
        found = []
        for handle, event in self._poll.poll(0, AT_ONCE):
            connection = self._waiting[handle].connection
            beginning = _beginning_of(connection)
            if not beginning:
                self._release(handle).connection.close()
            elif event & ~EPOLLIN or is_enough(beginning, _waits(connection)):
                found.append(self._release(handle))
        return found

    def late(self) -> list[Arrival]:
        """Take those that have waited too long to be waited for."""
        end, found = time.monotonic() - PATIENCE_S, []
        while self._waiting and next(iter(self._waiting.values())).came <= end:
            found.append(self._release(next(iter(self._waiting))))
        return found

    def close(self) -> None:
        """Close all of them."""
        for each in self._waiting.values():
            each.connection.close()
        self._waiting.clear()
        self._poll.close()

    def _release(self, handle: int) -> Arrival:
        self._poll.unregister(handle)
        return self._waiting.pop(handle)


def is_enough(beginning: bytes, there: int) -> bool:
    """Whether a request that begins so, of which so many bytes came, is whole, in earnest, waits for our word or is
    none: then it is served or refused as usual."""
    if there >= ENOUGH:
        return True
    end = beginning.find(b"\r\n\r\n")
    if end < 0:
        return len(beginning) >= HEAD
    head = beginning[: end + 2]
    if _ASKS.search(head) or (_CHUNKED.search(head) and beginning.endswith(b"0\r\n\r\n")):
        return True
    length = _LENGTH.search(head)
    if length is None:
        return _CHUNKED.search(head) is None
    return there >= end + 4 + int(length[1])


def _beginning_of(connection: socket.socket) -> bytes:
    """What came first, b"" of one that is closed."""
    try:
        return connection.recv(HEAD, socket.MSG_PEEK)
    except OSError:
        return b""


def _waits(connection: socket.socket) -> int:
    """Bytes that came and were not read."""
    count = array.array("i", [0])
    fcntl.ioctl(connection, termios.FIONREAD, count)
    return count[0]
