"""Of connections that stand in lines so many have their turn in one go and no more; all others go first."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from selectors import EVENT_READ, EVENT_WRITE

import pytest

from orbweaver.platform.runtime.turns import IN_ONE_GO, LINES, TurnLoop, Turns

CROWD = 100


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


@pytest.fixture
def turns(stack: ExitStack) -> Turns:
    made = Turns()
    stack.callback(made.close)
    return made


def ready(stack: ExitStack) -> socket.socket:
    """One from which something can be read."""
    ours, theirs = (stack.enter_context(each) for each in socket.socketpair())
    theirs.send(b"x")
    return ours


def in_line(stack: ExitStack, turns: Turns, network: str, count: int = 1) -> set[int]:
    handles = {ready(stack).fileno() for _ in range(count)}
    for handle in handles:
        turns.stand_in_line(handle, network)
        turns.register(handle, EVENT_READ)
    return handles


def came(turns: Turns) -> list[int]:
    return [key.fd for key, _ in turns.select(0)]


def another_line(network: str) -> str:
    return next(each for each in map(str, range(1_000)) if (hash(each) - hash(network)) % LINES)


def test_who_is_served_already_waits_for_nobody_in_line(stack: ExitStack, turns: Turns) -> None:
    crowd = in_line(stack, turns, "10.0.0.1", CROWD)
    known = ready(stack).fileno()
    turns.register(known, EVENT_READ)
    for _ in range(5):
        found = came(turns)
        assert known in found
        assert len(crowd & set(found)) == IN_ONE_GO


def test_everybody_in_line_has_a_turn(stack: ExitStack, turns: Turns) -> None:
    crowd, served = in_line(stack, turns, "10.0.0.1", CROWD), set[int]()
    for _ in range(-(-CROWD // IN_ONE_GO)):
        served |= set(came(turns))
    assert served == crowd


def test_one_of_another_place_does_not_wait_for_a_crowd(stack: ExitStack, turns: Turns) -> None:
    in_line(stack, turns, "10.0.0.1", CROWD)
    (other,) = in_line(stack, turns, another_line("10.0.0.1"))
    assert other in came(turns)


def test_who_has_had_an_answer_leaves_the_line_and_may_pause(stack: ExitStack, turns: Turns) -> None:
    in_line(stack, turns, "10.0.0.1", CROWD)
    (one,) = in_line(stack, turns, "10.0.0.1")
    turns.go_first(one)
    turns.go_first(one)  # with each answer
    assert one in came(turns)
    turns.modify(one, EVENT_READ | EVENT_WRITE)
    assert dict.fromkeys([EVENT_READ | EVENT_WRITE]) == {mask: None for key, mask in turns.select(0) if key.fd == one}
    turns.unregister(one)
    assert one not in came(turns)
    turns.register(one, EVENT_READ)
    assert one in came(turns)


def test_the_number_of_a_closed_connection_may_be_anothers(stack: ExitStack, turns: Turns) -> None:
    in_line(stack, turns, "10.0.0.1", CROWD)
    (one,) = in_line(stack, turns, "10.0.0.1")
    turns.unregister(one)
    turns.forget(one)
    turns.register(one, EVENT_READ)
    assert one in came(turns)


def test_what_is_registered_twice_or_never_is_an_error_as_in_the_library(stack: ExitStack, turns: Turns) -> None:
    one = ready(stack)
    turns.register(one, EVENT_READ, "data")
    assert turns.get_key(one.fileno()).data == "data"
    with pytest.raises(KeyError):
        turns.register(one, EVENT_READ)
    one_handle = one.fileno()
    one.close()
    turns.unregister(one_handle)  # closed before: nothing is left of it
    with pytest.raises(KeyError):
        turns.modify(one_handle, EVENT_READ)


def test_an_event_loop_runs_on_them() -> None:
    async def echoed() -> bytes:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.read())
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"x" * 2**20)
            writer.write_eof()
            received = await asyncio.to_thread(bytes) + await reader.read()
            writer.close()
            return received

    with asyncio.Runner(loop_factory=TurnLoop) as runner:
        assert runner.run(echoed()) == b"x" * 2**20
