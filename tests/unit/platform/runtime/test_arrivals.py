"""While many come at once, those whose requests are there do not stand behind those that begin and wait."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import pytest

from orbweaver.platform.runtime.accepting import CROWD, Acceptor
from orbweaver.platform.runtime.arrivals import ENOUGH, HEAD, Arrivals, is_enough

BEGUN = b"POST /v1/media/ HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nabc"
WHOLE = b"POST /v1/pdq/ HTTP/1.1\r\nHost: x\r\nContent-length:  3\r\n\r\nabc"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"


@pytest.mark.parametrize(
    ("beginning", "there", "enough"),
    [
        (WHOLE, len(WHOLE), True),
        (WHOLE, len(WHOLE) - 1, False),
        (BEGUN, len(BEGUN), False),
        (BEGUN, ENOUGH, True),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, True),
        (b"GET / HTTP/1.1\r\nHost", 20, False),
        (b"x" * HEAD, HEAD, True),
        (b"POST / HTTP/1.1\r\nContent-Length: 60000\r\nExpect: 100-continue\r\n\r\n", 63, True),
        (CHUNKED, len(CHUNKED), False),
        (CHUNKED + b"0\r\n\r\n", len(CHUNKED) + 5, True),
    ],
)
def test_what_is_whole_or_much_or_waits_for_a_word_is_enough(beginning: bytes, there: int, enough: bool) -> None:
    assert is_enough(beginning, there) == enough


def test_a_request_is_there_once_its_last_byte_is_and_who_hangs_up_is_closed() -> None:
    arrivals, pairs = Arrivals(), [socket.socketpair() for _ in range(3)]
    for number, (ours, _) in enumerate(pairs):
        arrivals.add(ours, str(number))
    (_, first), (_, second), (gone, third) = pairs
    first.send(WHOLE[:-1])
    second.send(BEGUN)
    third.close()
    assert arrivals.take_ready() == []
    assert gone.fileno() < 0
    first.send(WHOLE[-1:])
    assert [each.address for each in arrivals.take_ready()] == ["0"]
    assert len(arrivals) == 1
    arrivals.close()
    for pair in pairs:
        for each in pair:
            each.close()


def test_a_newcomer_that_asks_goes_before_thousands_of_its_own_address_that_wait() -> None:
    async def order_of(stack: ExitStack) -> tuple[list[int], list[int]]:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=512))

        def dialled(sent: bytes) -> int:
            connection = stack.enter_context(socket.create_connection(listening.getsockname()))
            connection.sendall(sent)
            port: int = connection.getsockname()[1]
            return port

        came = [dialled(WHOLE if number == CROWD + 30 else BEGUN) for number in range(CROWD + 60)]
        order: list[int] = []

        class Noting(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                order.append(transport.get_extra_info("peername")[1])
                transport.close()

        acceptor = Acceptor(listening, Noting, at_once=4)
        while len(order) < len(came):
            await asyncio.sleep(0)
        acceptor.close()
        return came, order

    with ExitStack() as stack:
        came, order = asyncio.run(order_of(stack))
    assert order.index(came[CROWD + 30]) < CROWD // 4
    assert sorted(order) == sorted(came)
