"""The line between one machine and one server, over TCP: it can be cut, slowed, or die without anybody being told."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field


@dataclass(eq=False)
class Pair:
    """A connection of the machine, and the server's end of it."""

    near: socket.socket
    far: socket.socket
    abandoned: bool = False
    """The machine lost its power: its end is gone, and the server is told nothing."""


@dataclass
class Wire:
    """Forwards from a port of loopback to another. While ``flowing`` is cleared nothing passes; connections stay."""

    to: int
    port: int = 0
    delay_s: float = 0.0
    flowing: threading.Event = field(default_factory=threading.Event)
    pairs: list[Pair] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.flowing.set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_power(self) -> None:
        """All connections of now are dead at once; the server believes in them. New ones pass."""
        for pair in self.pairs:
            pair.abandoned = True
        self.flowing.set()

    def close(self) -> None:
        """No more of it."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.flowing.set()
        for pair in self.pairs:
            _hang_up(pair.near, pair.far)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.flowing.wait()
            try:
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:  # no server there now: refused, as it would be
                near.close()
                continue
            pair = Pair(near, far)
            self.pairs = [each for each in self.pairs if each.near.fileno() >= 0 or each.abandoned] + [pair]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(pair, one, other), daemon=True).start()

    def _carry(self, pair: Pair, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                self.flowing.wait()
                if pair.abandoned:
                    break
                if self.delay_s:
                    time.sleep(self.delay_s)
                other.sendall(data)
        if not pair.abandoned:
            _hang_up(one, other)


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
