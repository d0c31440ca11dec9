"""The clients of the scan API's benchmark: whole answers, over a connection that stays or does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from orbweaver.errors import Unavailable
from orbweaver_trials.bench.load import busy

Seen = list[tuple[int, bytes]]


def asked(answers: Callable[[int], list[bytes]], clients: int, bodies: list[bytes]) -> tuple[list[float], Seen]:
    """Latencies, and what a server saw: the number of the connection, and the body. It closes where it says so."""
    seen: Seen = []

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            seen.append((number, await reader.readexactly(length)))
            for part in answers(len(seen)):
                writer.write(part)
                await asyncio.sleep(0)
            if b"close" in answers(len(seen))[0]:
                break
        writer.close()

    async def run() -> list[float]:
        connections = iter(range(1_000_000))

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await served(reader, writer, next(connections))
            except asyncio.IncompleteReadError:
                writer.close()

        async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await busy(f"http://127.0.0.1:{port}/scan", {"A": "b"}, bodies, 0.05, clients)

    return asyncio.run(run()), seen


def ok(*more: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Length: 6", *more, "", ""]).encode()


def test_each_client_sends_its_bodies_in_turn_over_one_connection() -> None:
    latencies, seen = asked(lambda _: [ok() + b"ab", b"cd", b"ef"], 2, [b"one", b"two", b"three"])
    assert len(latencies) == len(seen) >= 4
    assert {number for number, _ in seen} == {0, 1}
    by_first = {number: [body for each, body in seen if each == number][:2] for number in (0, 1)}
    assert sorted(by_first.values()) == [[b"one", b"three"], [b"two", b"one"]]


def test_a_server_that_closes_is_connected_to_anew() -> None:
    latencies, seen = asked(lambda _: [ok("Connection: close") + b"abcdef"], 1, [b"one"])
    assert len(latencies) == len(seen) >= 2
    assert len({number for number, _ in seen}) == len(seen)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\nclose"])
def test_another_status_or_no_answer_ends_the_measurement(answer: bytes) -> None:
    with pytest.raises(Unavailable):
        asked(lambda _: [answer], 1, [b"one"])
