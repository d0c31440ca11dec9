"""An event loop in which thousands who come at once hold up nobody who is being served already.

A loop of asyncio's takes all that is ready in one go: of ten thousand uploads that begin together it reads each
before it looks again at anybody else. Here connections that have not finished a request yet stand in lines by where
they come from, and of the lines so much is taken in one go and no more. All else goes first: connections that have had
an answer, the decoders, the database.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from contextlib import suppress
from select import EPOLLIN, EPOLLOUT, epoll
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector, SelectorKey
from typing import Any, Final

LINES: Final = 64
"""Networks are spread over so many lines, by a secret hash: who comes from thousands of networks gets no more turns."""
IN_ONE_GO: Final = 32
"""Connections of all lines together that are read or written in one go."""

FileObject = Any
Event = tuple[SelectorKey, int]


class Turns(BaseSelector):
    """What is ready, first those that go first, then some of each line. Linux."""

    def __init__(self) -> None:
        self._first = epoll()
        self._lines = [epoll() for _ in range(LINES)]
        self._line_at = {line.fileno(): line for line in self._lines}
        for handle in self._line_at:
            self._first.register(handle, EPOLLIN)
        self._keys: dict[int, SelectorKey] = {}
        self._waiting: dict[int, epoll] = {}

    def stand_in_line(self, handle: int, network: str) -> None:
        """A connection that is not registered yet, from this network, goes behind those of its network."""
        self._waiting[handle] = self._lines[hash(network) % LINES]

    def go_first(self, handle: int) -> None:
        """From now on this connection stands in no line. One that is in none already stays where it is."""
        line, key = self._waiting.pop(handle, None), self._keys.get(handle)
        if line is not None and key is not None:
            line.unregister(handle)
            self._first.register(handle, _mask(key.events))

    def register(self, fileobj: FileObject, events: int, data: Any = None) -> SelectorKey:
        """As the library's."""
        handle = _handle(fileobj)
        if handle in self._keys:
            raise KeyError(f"{handle} is already registered")
        self._poll_of(handle).register(handle, _mask(events))
        return self._keep(SelectorKey(fileobj, handle, events, data))

    def unregister(self, fileobj: FileObject) -> SelectorKey:
        """As the library's."""
        key = self._keys.pop(_handle(fileobj))
        with suppress(OSError):  # it was closed before, and with that unregistered
            self._poll_of(key.fd).unregister(key.fd)
        return key

    def modify(self, fileobj: FileObject, events: int, data: Any = None) -> SelectorKey:
        """As the library's."""
        key = self._keys[_handle(fileobj)]
        if events != key.events:
            self._poll_of(key.fd).modify(key.fd, _mask(events))
        return self._keep(SelectorKey(fileobj, key.fd, events, data))

    def select(self, timeout: float | None = None) -> list[Event]:
        """What is ready, of the lines ``IN_ONE_GO`` at most; the next time it is the turn of those behind them."""
        wait = -1.0 if timeout is None else max(0.0, math.ceil(timeout * 1e3) * 1e-3)
        try:
            ready = self._first.poll(wait, len(self._keys) + LINES)
        except InterruptedError:
            return []
        lines = [self._line_at[handle] for handle, _ in ready if handle in self._line_at]
        each = max(1, IN_ONE_GO // max(1, len(lines)))
        for line in lines:
            ready += line.poll(0, each)
        return [event for handle, mask in ready if (event := self._event(handle, mask)) is not None]

    def close(self) -> None:
        """Give all handles back."""
        for each in (self._first, *self._lines):
            each.close()
        self._keys.clear()
        self._waiting.clear()

    def get_map(self) -> Mapping[FileObject, SelectorKey]:
        """By handle."""
        return self._keys

    def forget(self, handle: int) -> None:
        """The connection is closed: its number may soon be another's."""
        self._waiting.pop(handle, None)

    def _keep(self, key: SelectorKey) -> SelectorKey:
        self._keys[key.fd] = key
        return key

    def _poll_of(self, handle: int) -> epoll:
        return self._waiting.get(handle, self._first)

    def _event(self, handle: int, mask: int) -> Event | None:
        key = self._keys.get(handle)
        if key is None:
            return None
        read = EVENT_READ if mask & ~EPOLLOUT else 0
        write = EVENT_WRITE if mask & ~EPOLLIN else 0
        return key, (read | write) & key.events


class TurnLoop(asyncio.SelectorEventLoop):
    """asyncio's event loop, with ``turns``."""

    def __init__(self) -> None:
        self.turns = Turns()
        super().__init__(self.turns)


def _mask(events: int) -> int:
    return (EPOLLIN if events & EVENT_READ else 0) | (EPOLLOUT if events & EVENT_WRITE else 0)


def _handle(fileobj: FileObject) -> int:
    return fileobj if isinstance(fileobj, int) else int(fileobj.fileno())
