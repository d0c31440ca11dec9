"""Whoever sends a body too slowly is let go; while nobody sends, nobody looks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from orbweaver.doors.industry.frame import bodies


class Limits:
    upload_memory = 2**20
    body_timeout_s = 0.0
    least_rate = 1.0


class Doors:
    def turn_away(self, *_: Any) -> None:
        """Nobody is."""


def test_nothing_is_looked_at_while_nobody_sends_and_who_stalls_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    sleep = asyncio.sleep

    async def counted(seconds: float) -> None:
        looks.append(seconds)
        await sleep(0)

    async def stall(uploads: bodies.Uploads) -> None:
        async with asyncio.timeout(None) as end:
            coming = bodies._Coming(asyncio.get_running_loop().time() - 1, end)
            uploads._coming.add(coming)
            uploads._some_come.set()
            try:
                await sleep(60)
            finally:
                uploads._coming.discard(coming)

    async def run() -> None:
        uploads = bodies.Uploads(Limits(), Doors())  # type: ignore[arg-type]
        for _ in range(20):
            await sleep(0)
        assert looks == []
        with pytest.raises(TimeoutError):
            await stall(uploads)
        for _ in range(20):
            await sleep(0)
        before = len(looks)
        for _ in range(20):
            await sleep(0)
        assert before >= 1
        assert len(looks) == before
        uploads.close()

    monkeypatch.setattr(asyncio, "sleep", counted)
    asyncio.run(run())
