"""Processes that read pages, which the tests of one run share: a start costs more than all that a test has read.

What a command starts as a process of its own, and tests of the reader itself (``PageReader()``), have their own.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self, cast

import pytest

from orbweaver.detect.extraction.page_reader import (
    BATCH,
    GATHER_S,
    LARGE_PROCESSES,
    MODULE,
    PIPE_BYTES,
    TIMEOUT_S,
    PageReader,
    _Desk,
)
from orbweaver.detect.extraction.page_wire import SIZE
from orbweaver.detect.media.settings import DecodingSettings
from orbweaver.fingerprints.errors import DecodersUnprotected
from orbweaver.fingerprints.pool import CONFINED_BY
from orbweaver.platform.runtime.walled import WalledProcess


@dataclass
class Kept:
    """A process that has said which of its walls hold."""

    walled: WalledProcess
    held: dict[str, bool]


@dataclass
class Pool:
    """Those that nobody uses now. A kernel ends each with the thread that started it, so one thread starts them all."""

    idle: list[Kept] = field(default_factory=list)
    starter: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    async def lend(self) -> Lent:
        """One of them, for this event loop."""
        while self.idle:
            kept = self.idle.pop()
            if kept.walled.is_alive():
                return await Lent.of(kept, self)
        return await Lent.of(await asyncio.get_running_loop().run_in_executor(self.starter, _started), self)

    def end(self) -> None:
        """End them."""
        for kept in self.idle:
            kept.walled.close()
        self.starter.shutdown()


def _started() -> Kept:
    walled = WalledProcess(MODULE, str(os.getpid()))
    (size,) = SIZE.unpack(_exactly(walled, SIZE.size))
    return Kept(walled, json.loads(_exactly(walled, size)))


def _exactly(walled: WalledProcess, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += walled.answers.read(size - len(found)) or pytest.fail("a process that reads pages did not come up")
    return found


class Lent:
    """A process as ``asyncio`` has it, with pipes of its own to the same process: who is done with it ends only these,
    unless an answer is awaited still."""

    def __init__(
        self,
        kept: Kept,
        pool: Pool,
        asked: asyncio.WriteTransport,
        reads: asyncio.ReadTransport,
        answers: asyncio.StreamReader,
    ) -> None:
        self.kept, self._pool = kept, pool
        self._asked, self._reads, self._answers = asked, reads, answers
        self._owed = 0
        self._is_back = False
        self.stdin = self.stdout = self

    @classmethod
    async def of(cls, kept: Kept, pool: Pool) -> Self:
        """With pipes to it for the running loop."""
        loop = asyncio.get_running_loop()
        answers = asyncio.StreamReader(PIPE_BYTES, loop)
        to, back = (os.dup(pipe.fileno()) for pipe in (kept.walled.asked, kept.walled.answers))
        asked, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(to, "wb", 0))
        reads, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(answers, loop=loop), os.fdopen(back, "rb", 0)
        )
        return cls(kept, pool, asked, reads, answers)

    @property
    def returncode(self) -> int | None:
        return self.kept.walled.process.poll()

    def write(self, data: bytes) -> None:
        self._owed = 2  # a length, then as many bytes
        self._asked.write(data)

    async def readexactly(self, size: int) -> bytes:
        found = await self._answers.readexactly(size)
        self._owed -= 1
        return found

    def close(self) -> None:
        self._asked.close()

    def kill(self) -> None:
        self._reads.close()
        if self._owed:
            self.kept.walled.process.kill()
        elif not self._is_back:
            self._is_back = True
            self._pool.idle.append(self.kept)

    async def wait(self) -> int:
        return await asyncio.to_thread(self.kept.walled.process.wait) if self._owed else 0


class SharingDesk(_Desk):
    """A desk whose processes come from the pool."""

    pool: Pool

    async def _process(self) -> asyncio.subprocess.Process:
        lent = cast("Lent", self._free.pop()) if self._free else await self.pool.lend()
        if not (self._unprotected or lent.kept.held[CONFINED_BY]):
            raise DecodersUnprotected
        return cast("asyncio.subprocess.Process", lent)


@contextmanager
def shared_page_readers() -> Iterator[None]:
    """Meanwhile crawls and rechecks in this process have their pages read by processes that outlive them."""
    shared = Pool()

    class Desk(SharingDesk):
        pool = shared

    class Reader(PageReader):
        def __init__(self, timeout_s: float = TIMEOUT_S, *, unprotected: bool = False) -> None:
            self._small = Desk(1, BATCH, GATHER_S, timeout_s, unprotected)
            self._large = Desk(LARGE_PROCESSES, 1, 0.0, timeout_s, unprotected)

    def of_settings() -> PageReader:
        return Reader(unprotected=DecodingSettings.current().decode_unprotected)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PageReader, "from_settings", of_settings)
        yield
    shared.end()
