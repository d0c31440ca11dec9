"""Reading pages in processes that have nothing but the page, and are ended when one takes too long.

Small pages, which are nearly all, go in batches: a switch of processes costs as much as reading one. Large ones go
alone and to other processes, so that nobody waits for a hostile one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections import deque
from dataclasses import dataclass
from typing import Final, Self

from orbweaver.detect.extraction.page import MAX_HTML, Page
from orbweaver.detect.extraction.page_wire import SIZE, Asked, answered, packed
from orbweaver.detect.fetching.errors import FetchFailed
from orbweaver.detect.media.settings import DecodingSettings
from orbweaver.fingerprints.errors import DecodersUnavailable, DecodersUnprotected
from orbweaver.fingerprints.pool import CONFINED_BY
from orbweaver.platform.network.urls import ParsedUrl, parse
from orbweaver.platform.runtime.walled import command_of, say_absent, say_present, surroundings

SMALL: Final = 32 * 1024
"""Bytes of a page that goes in a batch: 0.1 ms for a common one, a quarter of a second for the worst."""
BATCH: Final = 16
GATHER_S: Final = 0.01
"""Seconds that the first small page waits for company; outcomes wait ten times that to be recorded."""
TIMEOUT_S: Final = 10.0
"""Seconds for one large page, or a batch; the largest honest ones take 0.1."""
START_TIMEOUT_S: Final = 60.0
"""Seconds for a start, which takes half a one; on a machine that is overrun it takes longer than a page may."""
LARGE_PROCESSES: Final = 2
PIPE_BYTES: Final = 2**20
"""Bytes of an answer that are taken before somebody reads them."""
MAX_ANSWER: Final = 32 * 2**20
MODULE: Final = "orbweaver.detect.extraction.page_process"
LOST: Final = "no page of the web is read"
"""What it means where none comes up."""
_NO_ANSWER: Final = (TimeoutError, OSError, EOFError, ValueError, TypeError, RecursionError)


class PageReader:
    """Use as an async context manager. Processes start when first needed and are replaced when they end."""

    def __init__(self, timeout_s: float = TIMEOUT_S, *, unprotected: bool = False) -> None:
        """``unprotected``: read also where the kernel does not keep the processes to it."""
        self._small = _Desk(1, BATCH, GATHER_S, timeout_s, unprotected)
        self._large = _Desk(LARGE_PROCESSES, 1, 0.0, timeout_s, unprotected)

    @classmethod
    def from_settings(cls) -> Self:
        """Reads where decoders may decode."""
        return cls(unprotected=DecodingSettings.current().decode_unprotected)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._small.close()
        await self._large.close()

    async def read(self, body: bytes, url: ParsedUrl, content_type: str) -> Page:
        """What the page holds; see ``read_document``.

        Raises FetchFailed (``page_too_complex``) for a page, DecodersUnavailable for a machine where none is read.
        """
        desk = self._small if len(body) <= SMALL else self._large
        return await desk.read(Asked.of(body[:MAX_HTML], url, content_type))


@dataclass(slots=True, eq=False)
class _Job:
    asked: Asked
    page: asyncio.Future[Page]
    is_suspect: bool = False
    """It was in a batch that came to nothing: it is read once more, alone."""


def _fail(job: _Job, error: BaseException) -> None:
    if isinstance(error, asyncio.CancelledError):
        job.page.cancel()
    elif not job.page.done():
        job.page.set_exception(error)


class _Desk:
    """Pages that wait, and so many processes that read them in batches."""

    def __init__(self, processes: int, batch: int, gather_s: float, timeout_s: float, unprotected: bool) -> None:
        self._processes, self._batch, self._gather_s = processes, batch, gather_s
        self._timeout_s, self._unprotected = timeout_s, unprotected
        self._waiting: deque[_Job] = deque()
        self._free: list[asyncio.subprocess.Process] = []
        self._busy = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def read(self, asked: Asked) -> Page:
        job = _Job(asked, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        if self._busy < self._processes:
            self._busy += 1  # here and not by tasks: one that has found nothing more is still among them for a moment
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await job.page

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in self._waiting:
            job.page.cancel()
        while self._free:
            await _end(self._free.pop())

    async def _work(self) -> None:
        """One process after the other, until nothing waits."""
        try:
            if self._gather_s and len(self._waiting) < self._batch:
                await asyncio.sleep(self._gather_s)
            while batch := self._take():
                await self._serve(batch)
        finally:
            self._busy -= 1

    async def _serve(self, batch: list[_Job]) -> None:
        """Have a batch read; each of its pages gets an answer or an error."""
        try:
            await self._read(batch)
        except BaseException as error:
            for job in batch:
                _fail(job, error)
            if not isinstance(error, Exception):
                raise

    def _take(self) -> list[_Job]:
        """The next batch, without those that nobody waits for any more; a suspect comes alone."""
        batch: list[_Job] = []
        while self._waiting and len(batch) < self._batch and not (batch and self._waiting[0].is_suspect):
            job = self._waiting.popleft()
            if not job.page.done():
                batch.append(job)
            if job.is_suspect:
                break
        return batch

    async def _read(self, batch: list[_Job]) -> None:
        process = await self._process()
        try:
            async with asyncio.timeout(self._timeout_s):
                pages = await _ask(process, [job.asked for job in batch])
        except _NO_ANSWER:
            await _end(process)
            self._came_to_nothing(batch)
            return
        except BaseException:
            await _end(process)
            raise
        self._free.append(process)
        for job, page in zip(batch, pages, strict=True):
            if not job.page.done():
                job.page.set_result(page)

    def _came_to_nothing(self, batch: list[_Job]) -> None:
        """One of them is to blame, so each is read alone; who was alone is given up."""
        if len(batch) == 1:
            _fail(batch[0], FetchFailed("page_too_complex"))
            return
        for job in reversed(batch):
            job.is_suspect = True
            self._waiting.appendleft(job)

    async def _process(self) -> asyncio.subprocess.Process:
        while self._free:
            process = self._free.pop()
            if process.returncode is None:
                return process
        return await _started(self._unprotected)


async def tried(body: bytes) -> tuple[dict[str, bool], Page] | None:
    """Which walls hold around a process that is started for this, and what it reads in a page.

    None where it does not come up, or does not answer.
    """
    try:
        process, held = await _greeted()
    except DecodersUnavailable:
        return None
    try:
        async with asyncio.timeout(TIMEOUT_S):
            (page,) = await _ask(process, [Asked.of(body, parse("http://first.example/"), "text/html")])
            return held, page
    except _NO_ANSWER:
        return None
    finally:
        await _end(process)


async def _started(unprotected: bool) -> asyncio.subprocess.Process:
    """A process whose walls hold, unless they need not. Raises DecodersUnavailable, DecodersUnprotected."""
    try:
        process, held = await _greeted()
        if not (unprotected or held[CONFINED_BY]):
            await _end(process)
            raise DecodersUnprotected
    except DecodersUnavailable:
        say_absent(MODULE, LOST)
        raise
    say_present(MODULE)
    return process


async def _greeted() -> tuple[asyncio.subprocess.Process, dict[str, bool]]:
    """A process that has said which walls hold. Raises DecodersUnavailable."""
    process = await asyncio.create_subprocess_exec(
        *command_of(MODULE, str(os.getpid())),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=PIPE_BYTES,
        **surroundings(),
    )
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            return process, dict(json.loads(await _answer(process)))
    except BaseException as error:
        await _end(process)
        if isinstance(error, _NO_ANSWER):
            raise DecodersUnavailable from None
        raise


async def _ask(process: asyncio.subprocess.Process, batch: list[Asked]) -> list[Page]:
    assert process.stdin is not None
    process.stdin.write(packed(batch))  # not drained: it may have more to say than fits before it has heard all
    return answered(await _answer(process), len(batch))


async def _answer(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    size = SIZE.unpack(await process.stdout.readexactly(SIZE.size))[0]
    if size > MAX_ANSWER:
        raise ValueError("The answer is too long.")
    return await process.stdout.readexactly(size)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
