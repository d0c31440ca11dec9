"""Taking connections in, few at a time and in turns, so that thousands that come together hold up nobody else.

The kernel keeps some thousand that nobody took yet, and turns away the rest, which come again after 1, 3 and 7 seconds.
So all are taken from it at once, which costs little. To give each its protocol costs a hundred times as much: that is
done in turns by where they come from, and of one network the newest first, as the others may have given up. While many
wait for it, those go first whose requests are there (``arrivals``): an honest client is not told from a flood by its
address, but it does not begin and wait.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from orbweaver.platform.runtime.arrivals import PATIENCE_S, Arrivals
from orbweaver.platform.runtime.turns import Turns

TAKEN_AT_ONCE: Final = 512
"""Connections that are taken from the kernel before others are served again."""
MOST_PENDING: Final = 6000
"""Connections that wait for their protocol; above it the oldest of the network with the most are turned away."""
OTHERS: Final = 4
"""One of so many that begin in one go is of those that have not asked yet, however many have."""
CROWD: Final = 128
"""So many may wait for their protocol before it is looked at whose requests are there."""
NO_MORE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
PAUSE_S: Final = 0.1
"""How long nothing is taken when the machine has no more descriptors."""


class Pending:
    """Connections that were taken and not begun, by the network they come from."""

    def __init__(
        self, most: int = MOST_PENDING, turn_away: Callable[[socket.socket], None] = socket.socket.close
    ) -> None:
        """``turn_away`` closes one, with or without a word."""
        self._most, self._count, self._turn_away = most, 0, turn_away
        self._networks: OrderedDict[str, list[socket.socket]] = OrderedDict()

    def __len__(self) -> int:
        return self._count

    def add(self, connection: socket.socket, address: str) -> None:
        """One more; where there are too many, an old one is turned away."""
        self._networks.setdefault(network_of(address), []).append(connection)
        self._count += 1
        if self._count > self._most:
            self.close_one()

    def take(self) -> tuple[str, socket.socket]:
        """The network whose turn it is, and its newest. Raises KeyError where there is none."""
        network, waiting = self._networks.popitem(last=False)
        found = waiting.pop()
        self._count -= 1
        if waiting:
            self._networks[network] = waiting
        return network, found

    def close_one(self) -> bool:
        """Turn away the oldest of the network that has the most; False where there is none."""
        if not self._networks:
            return False
        network = max(self._networks, key=lambda each: len(self._networks[each]))
        self._turn_away(self._networks[network].pop(0))
        self._count -= 1
        if not self._networks[network]:
            del self._networks[network]
        return True


class Acceptor:
    """Takes in what comes to a listening socket. Make it within a running event loop."""

    def __init__(
        self,
        listening: socket.socket,
        factory: Callable[[], asyncio.BaseProtocol],
        *,
        at_once: int,
        turns: Turns | None = None,
        turn_away: Callable[[socket.socket], None] = socket.socket.close,
    ) -> None:
        """``turns``: those of the loop; each connection stands in the line of its network. ``turn_away`` closes one
        that will have no protocol."""
        self._loop = asyncio.get_running_loop()
        self._turns = turns
        self._socket, self._factory, self._at_once = listening, factory, at_once
        self._arrivals = Arrivals()
        self._ready, self._pending = Pending(turn_away=turn_away), Pending(turn_away=turn_away)
        self._begun: set[asyncio.Task[Any]] = set()
        self._is_going = self._is_looking = False
        listening.setblocking(False)
        self._loop.add_reader(self._arrivals.fileno(), self._take_ready)
        self._listen()

    def close(self) -> None:
        """Take in no more; what waits is let go."""
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_reader(self._arrivals.fileno())
        self._socket.close()
        self._arrivals.close()
        while self._ready.close_one() or self._pending.close_one():
            pass

    def _listen(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.add_reader(self._socket.fileno(), self._take)

    def _take(self) -> None:
        for _ in range(TAKEN_AT_ONCE):
            try:
                connection, address = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                break
            except OSError as error:
                if error.errno not in NO_MORE:
                    raise
                if not self._pending.close_one():
                    self._loop.remove_reader(self._socket.fileno())
                    self._loop.call_later(PAUSE_S, self._listen)
                break
            connection.setblocking(False)
            self._wait(connection, address[0] if isinstance(address, tuple) else "")
        self._go()

    def _wait(self, connection: socket.socket, address: str) -> None:
        if len(self._pending) + len(self._arrivals) < CROWD:
            self._pending.add(connection, address)
            return
        self._arrivals.add(connection, address)
        if not self._is_looking:
            self._is_looking = True
            self._loop.call_later(PATIENCE_S, self._take_late)

    def _take_ready(self) -> None:
        for each in self._arrivals.take_ready():
            self._ready.add(each.connection, each.address)
        self._go()

    def _take_late(self) -> None:
        if self._socket.fileno() < 0:
            return
        for each in self._arrivals.late():
            self._pending.add(each.connection, each.address)
        self._is_looking = len(self._arrivals) > 0
        if self._is_looking:
            self._loop.call_later(PATIENCE_S / 5, self._take_late)
        self._go()

    def _go(self) -> None:
        if not self._is_going and len(self._ready) + len(self._pending):
            self._is_going = True
            self._loop.call_soon(self._begin)

    def _begin(self) -> None:
        """Some of those that ask, and a few of the others, so that they are not held up for ever; more of these only
        once nobody is left to be looked at, who may ask."""
        few = self._at_once // OTHERS
        most = few if len(self._arrivals) else max(few, self._at_once - len(self._ready))
        others = min(len(self._pending), most)
        for _ in range(min(self._at_once - others, len(self._ready))):
            self._begin_one(*self._ready.take())
        for _ in range(others):
            self._begin_one(*self._pending.take())
        self._is_going = False
        self._go()

    def _begin_one(self, network: str, connection: socket.socket) -> None:
        if self._turns is not None:
            self._turns.stand_in_line(connection.fileno(), network)
        task = self._loop.create_task(self._loop.connect_accepted_socket(self._factory, connection))
        self._begun.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._begun.discard(task)
        if not task.cancelled():
            task.exception()  # a client that is gone already: nobody asks for the reason


def network_of(address: str) -> str:
    """What counts as one network: an IPv4 address, or the 64 leading bits of one of IPv6, which are one customer's."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or int(found) >> 64)
