"""Bytes in memory are bounded, and nobody waits for them for ever."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.visiting.visitor import ByteBudget

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
