"""Things named on the command line → fingerprints, several at a time, in the order given. Shared by two commands."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from rich.text import Text

from orbweaver.doors.cli.output import console
from orbweaver.doors.cli.scanning.sources import Item
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.files import FileResult
from orbweaver.fingerprints.pool import DecoderPool

FEEDERS_PER_DECODER = 4
"""Files read and waiting for each decoder, so that it never waits for the disk."""
AHEAD = 256
"""Results that may wait, so that no decoder stands still while some are looked up."""


def fingerprints_of(items: Iterable[Item], pool: DecoderPool, workers: int) -> Iterator[FileResult]:
    """A result for each item, in their order; decoded in processes that may die."""

    def decoded(data: bytes) -> Fingerprints:
        return pool.submit(data).result()

    with ThreadPoolExecutor(workers * FEEDERS_PER_DECODER) as threads:
        waiting: deque[Future[FileResult]] = deque()
        for item in items:
            waiting.append(threads.submit(item.read, decoded))
            while waiting and (waiting[0].done() or len(waiting) >= AHEAD):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def as_json(result: FileResult) -> dict[str, Any]:
    """The object that ``fingerprint`` and ``scan`` print for a file; the path is as given (``os.fsencode`` restores
    names that are not UTF-8)."""
    prints = result.fingerprints
    return {
        "path": os.fsdecode(result.path),
        "sha256": prints.sha256.hex() if prints else None,
        "sha1": prints.sha1.hex() if prints else None,
        "md5": prints.md5.hex() if prints else None,
        "pdq": prints.pdq.hex() if prints and prints.pdq else None,
        "pdq_quality": prints.pdq_quality if prints else None,
        "width": prints.width if prints else None,
        "height": prints.height if prints else None,
        "error": prints.error if prints else result.error,
    }


def why(result: FileResult) -> str:
    """The error of a file in words, or nothing."""
    prints: Fingerprints | None = result.fingerprints
    return (prints.error_text if prints else result.error_text) or ""


def print_file(result: FileResult, note: str, style: str = "") -> None:
    """One line for a person: the note, then the name."""
    console.print(Text(f"{note:<28}", style=style) + Text(result.name), soft_wrap=True)
