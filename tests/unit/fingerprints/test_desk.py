"""Fingerprints come back to the event loop from the threads of the decoders."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.desk import DecoderDesk


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
