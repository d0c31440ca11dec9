"""Videos that are handed in: no client takes the room of all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from orbweaver.doors.industry.frame.asked import Refusal
from orbweaver.doors.industry.frame.clients import Client
from orbweaver.doors.industry.frame.jobs import MOST_ACTIVE, MOST_OF_ONE, Jobs
from orbweaver.doors.industry.frame.scanner import Finding
from orbweaver.fingerprints import Fingerprints


class Scanner:
    """Answers once it is let."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def scan(self, *_: object) -> Finding:
        await self.may_answer.wait()
        return Finding(Fingerprints(b"", b"", b"", 0))


class Usage:
    def add(self, *_: object) -> None:
        """Nobody looks at it."""


def test_an_organisation_fills_half_of_the_room_with_all_its_keys_and_others_find_the_rest() -> None:
    async def run() -> None:
        scanner: Any = Scanner()
        usage: Any = Usage()
        pool: Any = None
        jobs = Jobs(scanner, pool, usage)

        def start(key: str, organisation: str) -> None:
            jobs.start(Client(key, organisation, frozenset()), "ours", b"film")

        for number in range(MOST_OF_ONE):
            start(f"owk_{number}", "Acme")
        with pytest.raises(Refusal, match="busy") as refused:
            start("owk_other", "Acme")
        assert refused.value.status == 503
        for _ in range(MOST_ACTIVE - MOST_OF_ONE):
            start("owk_b", "Bolt")
        with pytest.raises(Refusal, match="busy"):
            start("owk_c", "Coil")
        scanner.may_answer.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        start("owk_other", "Acme")
        await jobs.close()

    asyncio.run(run())
