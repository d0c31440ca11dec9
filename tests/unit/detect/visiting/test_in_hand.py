"""The crawler's flow: bytes in memory are bounded and nobody waits for ever; results come back from other threads."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.visiting.in_hand import ByteBudget, DecoderDesk
from orbweaver.fingerprints import Fingerprints

LIMIT = 100


@given(st.lists(st.integers(1, 150), max_size=30))
def test_bytes_stay_within_the_budget_and_everybody_gets_a_turn(sizes: list[int]) -> None:
    async def go() -> int:
        budget, most = ByteBudget(LIMIT), 0

        async def use(size: int) -> None:
            nonlocal most
            await budget.take(size)
            most = max(most, budget.used - (size if size > LIMIT else 0))
            await asyncio.sleep(0)
            budget.give(size)

        async with asyncio.timeout(5):
            await asyncio.gather(*map(use, sizes))
        assert budget.used == 0
        return most

    assert asyncio.run(go()) <= LIMIT


def test_one_who_gives_up_waiting_holds_up_nobody() -> None:
    async def go() -> None:
        budget = ByteBudget(LIMIT)
        await budget.take(LIMIT)
        patient, impatient = asyncio.create_task(budget.take(5)), asyncio.create_task(budget.take(90))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
        budget.give(LIMIT)
        await asyncio.wait_for(patient, 1)
        await asyncio.wait_for(budget.take(90), 1)
        assert budget.used == 95

    asyncio.run(go())


class Pool:
    """Answers each body from a thread of its own."""

    def submit(self, body: bytes) -> Future[Any]:
        made: Future[Any] = Future()

        def work() -> None:
            if body == b"bad":
                made.set_exception(ValueError("bad"))
            else:
                made.set_result(Fingerprints(sha256=body, sha1=b"", md5=b"", size=len(body)))

        threading.Thread(target=work).start()
        return made


def test_each_one_gets_its_own_result_whatever_the_threads_do() -> None:
    async def go() -> list[Any]:
        desk = DecoderDesk(Pool())  # type: ignore[arg-type]
        bodies = [b"%d" % number for number in range(300)]
        async with asyncio.timeout(20):
            return [made.sha256 for made in await asyncio.gather(*map(desk.decode, bodies))]

    assert asyncio.run(go()) == [b"%d" % number for number in range(300)]


def test_a_failure_of_the_pool_comes_through() -> None:
    async def go() -> None:
        await DecoderDesk(Pool()).decode(b"bad")  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="bad"):
        asyncio.run(go())
