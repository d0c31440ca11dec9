"""Connections are taken in by turns of networks, the newest first, and none is turned away by the kernel."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import pytest

from orbweaver.platform.runtime.accepting import Acceptor, Pending, network_of


class Told(asyncio.Protocol):
    """Notes who was given a protocol, in order."""

    order: list[str]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.order.append(transport.get_extra_info("peername"))
        transport.close()


def dial(stack: ExitStack, port: int, source: str) -> tuple[str, int]:
    connection = stack.enter_context(socket.socket())
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", port))
    address: tuple[str, int] = connection.getsockname()
    return address


def test_one_of_another_place_does_not_wait_for_all_of_a_flood_and_the_newest_come_first() -> None:
    async def order_of(stack: ExitStack) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=256))
        port = listening.getsockname()[1]
        came = [dial(stack, port, "127.0.0.1") for _ in range(100)]
        came.insert(50, dial(stack, port, "127.0.0.2"))
        order: list[tuple[str, int]] = []
        made = type("Noting", (Told,), {"order": order})
        acceptor = Acceptor(listening, made, at_once=4)
        while len(order) < len(came):
            await asyncio.sleep(0)
        acceptor.close()
        return came, order

    with ExitStack() as stack:
        came, order = asyncio.run(order_of(stack))
    other = next(each for each in came if each[0] == "127.0.0.2")
    assert order.index(other) < 4
    flood = [each for each in came if each != other]
    assert [each for each in order if each != other] == flood[::-1]


def test_where_too_many_wait_the_oldest_of_the_place_with_the_most_is_closed() -> None:
    pairs = [socket.socketpair() for _ in range(4)]
    ours = [pair[0] for pair in pairs]
    pending = Pending(most=3)
    for connection, address in zip(ours, ("10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.1"), strict=True):
        pending.add(connection, address)
    assert [each.fileno() < 0 for each in ours] == [True, False, False, False]
    assert [pending.take()[1] for _ in range(3)] == [ours[3], ours[1], ours[2]]
    assert not pending.close_one()
    for pair in pairs:
        for each in pair:
            each.close()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_a_place_is_an_address_or_the_network_of_one_customer(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) == same
