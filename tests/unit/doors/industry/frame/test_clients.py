from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from orbweaver.doors.industry.frame import clients
from orbweaver.doors.industry.frame.asked import Refusal
from orbweaver.doors.industry.frame.clients import REMEMBERED_S, Client, Clients

KEY = "owk_one_secret"
ONE = Client("owk_one", "Firm", frozenset())


class Database:
    """Answers when it is let, and counts the questions."""

    def __init__(self) -> None:
        self.asked, self.open = 0, asyncio.Event()
        self.answers: list[Client | Exception | None] = []
        self.open.set()

    async def __call__(self, call: Callable[..., Any], *given: Any) -> Any:
        self.asked += 1
        await self.open.wait()
        answer = self.answers.pop(0) if self.answers else ONE
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(clients, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_a_key_in_use_is_asked_for_again_while_its_requests_are_served(moment: list[float]) -> None:
    async def use() -> None:
        database = Database()
        known = Clients(database)  # type: ignore[arg-type]
        await known.of(KEY)
        moment[0] += 0.5 * REMEMBERED_S
        await known.of(KEY)
        assert database.asked == 1
        moment[0] += 0.4 * REMEMBERED_S
        database.open.clear()
        for _ in range(3):
            assert await asyncio.wait_for(known.of(KEY), 5) == ONE, "who asks waits for no database"
            await asyncio.sleep(0)
        assert database.asked == 2
        database.open.set()
        await asyncio.sleep(0.01)
        moment[0] += 0.5 * REMEMBERED_S
        database.open.clear()
        assert await asyncio.wait_for(known.of(KEY), 5) == ONE

    asyncio.run(use())


def test_a_key_that_was_revoked_is_refused_within_the_second_and_a_failure_beside_a_request_is_not_its_own(
    moment: list[float],
) -> None:
    async def use() -> None:
        database = Database()
        known = Clients(database)  # type: ignore[arg-type]
        await known.of(KEY)
        moment[0] += 0.9 * REMEMBERED_S
        database.answers = [ConnectionError(), None]
        assert await known.of(KEY) == ONE
        await asyncio.sleep(0.01)
        assert await known.of(KEY) == ONE
        await asyncio.sleep(0.01)
        with pytest.raises(Refusal):
            await known.of(KEY)
        moment[0] += REMEMBERED_S
        assert await known.of(KEY) == ONE, "once it works again"

    asyncio.run(use())
