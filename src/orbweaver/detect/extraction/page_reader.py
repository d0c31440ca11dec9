"""Reading pages within limits: small ones here, large ones in a process that is ended when it takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from typing import Final, Self

from orbweaver.detect.extraction.documents import read_document
from orbweaver.detect.extraction.page import MAX_HTML, Page
from orbweaver.detect.extraction.page_process import from_json
from orbweaver.detect.fetching.errors import FetchFailed
from orbweaver.platform.network.urls import ParsedUrl

HERE_BYTES: Final = 32 * 1024
"""Pages up to this size are read in the event loop: 0.1 ms for a common one, a quarter of a second for the worst."""
TIMEOUT_S: Final = 10.0
"""Seconds for one large page; the largest honest ones take 0.1."""
PROCESSES: Final = 2
MAX_ANSWER: Final = 32 * 2**20
_KEPT_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")


class PageReader:
    """Use as an async context manager. Processes start when first needed and are replaced when they end."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._free: asyncio.Queue[asyncio.subprocess.Process | None] = asyncio.Queue()
        for _ in range(PROCESSES):
            self._free.put_nowait(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        while not self._free.empty():
            process = self._free.get_nowait()
            if process is not None:
                await _end(process)

    async def read(self, body: bytes, url: ParsedUrl, content_type: str) -> Page:
        """What the page holds; see ``read_document``. Raises FetchFailed (``page_too_complex``)."""
        if len(body) <= HERE_BYTES:
            return read_document(body, url, content_type)
        process = await self._free.get()
        try:
            if process is None or process.returncode is not None:
                process = await _start()
            async with asyncio.timeout(self._timeout_s):
                page = await _ask(process, body[:MAX_HTML], url, content_type)
        except (TimeoutError, OSError, EOFError, ValueError, KeyError, TypeError):
            await self._give_up(process)
            raise FetchFailed("page_too_complex") from None
        except BaseException:
            await self._give_up(process)
            raise
        self._free.put_nowait(process)
        return page

    async def _give_up(self, process: asyncio.subprocess.Process | None) -> None:
        """End a process that did not answer; the next page gets another."""
        self._free.put_nowait(None)
        if process is not None:
            await _end(process)


async def _start() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "orbweaver.detect.extraction.page_process",
        str(os.getpid()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
        cwd="/",
        start_new_session=True,
    )


async def _ask(process: asyncio.subprocess.Process, body: bytes, url: ParsedUrl, content_type: str) -> Page:
    assert process.stdin is not None
    assert process.stdout is not None
    request = json.dumps({"size": len(body), "url": url.normal, "content_type": content_type[:200]}).encode()
    process.stdin.writelines([len(request).to_bytes(4, "big"), request, body])
    await process.stdin.drain()
    size = int.from_bytes(await process.stdout.readexactly(4), "big")
    if size > MAX_ANSWER:
        raise ValueError("The answer is too long.")
    return from_json(json.loads(await process.stdout.readexactly(size)))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
