"""Files at addresses, for threads: an event loop in one of its own has the connections."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from orbweaver.detect.fetching.errors import REASONS
from orbweaver.detect.fetching.fetch import Fetcher
from orbweaver.doors.cli.scanning.sources import Fetch
from orbweaver.fingerprints.files import FileResult, Fingerprint


@contextmanager
def fetching() -> Iterator[Fetch]:
    """Within the block, what fetches an address and has it fingerprinted, within the limits of the crawler."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fetching", daemon=True)
    thread.start()
    fetcher = asyncio.run_coroutine_threadsafe(_opened(), loop).result()

    def fetch(url: str, one: Fingerprint) -> FileResult:
        name = url.encode()
        fetched = asyncio.run_coroutine_threadsafe(fetcher.fetch(url), loop).result()
        if fetched.ok:
            return FileResult(name, one(fetched.body))
        code = fetched.error or f"http_{fetched.status}"
        return FileResult(name, None, code, str(REASONS.get(code, code)))

    try:
        yield fetch
    finally:
        asyncio.run_coroutine_threadsafe(fetcher.__aexit__(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _opened() -> Fetcher:
    return await Fetcher.from_settings().__aenter__()
