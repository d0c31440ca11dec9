"""Files named on the command line → fingerprints, several at a time, in the order given. Shared by two commands."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.text import Text

from orbweaver.detect.media.decoders import decoder_pool
from orbweaver.detect.media.settings import DecodingSettings
from orbweaver.doors.cli.output import console
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.files import FileResult, fingerprint_files

FEEDERS_PER_DECODER = 4
"""Files read and waiting for each decoder, so that it never waits for the disk."""


def fingerprints_of(paths: Iterable[Path]) -> Iterator[FileResult]:
    """A result for each path, in their order; decoded in processes that may die without harm."""
    feeders = DecodingSettings.current().decode_workers * FEEDERS_PER_DECODER
    with (
        decoder_pool() as pool,
        ThreadPoolExecutor(feeders) as threads,
    ):

        def one(path: Path) -> FileResult:
            return next(fingerprint_files([path], lambda data: pool.submit(data).result()))

        waiting: deque[Future[FileResult]] = deque()
        for path in paths:
            waiting.append(threads.submit(one, path))
            if len(waiting) >= feeders * 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def walk(paths: Iterable[Path]) -> Iterator[Path]:
    """All files below the paths, in a fixed order; links to folders are not followed. What is no file is kept, so that
    it is reported."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, files in os.walk(path, onerror=None):
            folders.sort()
            for name in sorted(files):
                yield Path(folder, name)


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
