"""Where the output of each component goes: ``<data_dir>/logs/<name>.log``, two files of bounded size each.

What an exception says may hold a URL or a hash (PostgreSQL shows the row that it refused), so a log names the kinds of
errors and where they came from, never their messages.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol

LOG_KEPT_BYTES = 10_000_000
"""Size at which a log begins anew; the one before it is kept as ``.log.1``."""


def log_path(data_dir: Path, name: str) -> Path:
    """Where the output of one component goes."""
    folder = data_dir / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{name}.log"


@contextmanager
def open_log(path: Path) -> Iterator[int]:
    """A descriptor for appending, readable by the owner alone, to be handed to a child process."""
    rotate(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def rotate(path: Path, limit: int = LOG_KEPT_BYTES) -> None:
    """Copy a log that has grown past ``limit`` bytes aside and empty it.

    A child writes straight into its file, so the file stays the same one; what it writes between copying and emptying
    (well under a millisecond's worth) is lost.
    """
    if not path.exists() or path.stat().st_size <= limit:
        return
    aside = path.with_name(path.name + ".1")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    shutil.copyfile(path, aside)
    os.truncate(path, 0)


def causes(error: BaseException) -> list[BaseException]:
    """An error after those that led to it, the first cause first."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return chain[::-1]


def without_messages(error: BaseException) -> str:
    """The traceback of an error and of those that led to it, with the kind of each and no message."""
    parts = ["".join(traceback.format_tb(each.__traceback__)) + type(each).__qualname__ for each in causes(error)]
    return "Traceback, without the messages, which may hold addresses:\n" + "\nwhich led to:\n".join(parts)


class WithoutMessages(logging.Formatter):
    """Formats exceptions without what they say."""

    def formatException(  # noqa: N802 - logging's own name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """The traceback alone."""
        return "" if ei[1] is None else without_messages(ei[1])


def hide_messages_of_crashes() -> None:
    """Where standard error is a log and no person's terminal, a crash leaves its traceback there without messages."""
    if not sys.stderr.isatty():
        catch_crashes(_print_crash)


def _print_crash(error: BaseException, *, goes_on: bool) -> None:
    print(*(["Ignored:"] if goes_on else []), without_messages(error), file=sys.stderr)


class Crashed(Protocol):
    """Is told of an error that nobody caught, and whether the process goes on all the same."""

    def __call__(self, error: BaseException, *, goes_on: bool) -> None:
        """Told of it."""


def catch_crashes(crashed: Crashed) -> None:
    """Tell this of what ends the process or a thread of it, and of what Python ignores (an error in ``__del__``)."""
    sys.excepthook = lambda _kind, error, _trace: crashed(error, goes_on=False)
    threading.excepthook = lambda crash: crashed(crash.exc_value or crash.exc_type(), goes_on=False)
    sys.unraisablehook = lambda crash: crashed(crash.exc_value or crash.exc_type(), goes_on=True)
