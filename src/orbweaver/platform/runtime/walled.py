"""Processes that are handed what they read and nothing else: how they are started and ended, and what is said of one
that does not come up.

What such a process may do is its own affair (``fingerprints.sandbox``): it shuts itself in before the first foreign
byte. Decoders are started below this folder (``fingerprints.decoder``).
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import weakref
from typing import IO, Final, TypedDict

KEPT_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")
"""Nothing else is handed on: no such process knows the database's password."""

logger = logging.getLogger(__name__)
_absent: set[str] = set()
"""What this process has said does not come up."""


class Surroundings(TypedDict):
    """Options of ``subprocess.Popen`` and of its like in asyncio."""

    env: dict[str, str]
    cwd: str
    stderr: int
    start_new_session: bool


def command_of(module: str, *arguments: str) -> list[str]:
    """The command line that runs a module of ours; ``-P``: nothing from the folder in which somebody stands."""
    return [sys.executable, "-P", "-m", module, *arguments]


def surroundings() -> Surroundings:
    """What it is started with: little of the environment, no folder of anybody's, no terminal that could signal it."""
    return {
        "env": {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ},
        "cwd": "/",
        "stderr": subprocess.DEVNULL,
        "start_new_session": True,
    }


class WalledProcess:
    """One process with a pipe to it and one from it. In a fork of who started it, it is the parent's."""

    def __init__(self, module: str, *arguments: str) -> None:
        """Raises OSError."""
        self.of = os.getpid()
        self.process = subprocess.Popen(
            command_of(module, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            **surroundings(),
        )
        self._end = weakref.finalize(self, _end, self.process, self.of)

    @property
    def asked(self) -> IO[bytes]:
        """Where it reads."""
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def answers(self) -> IO[bytes]:
        """Where it writes."""
        assert self.process.stdout is not None
        return self.process.stdout

    @property
    def is_ours(self) -> bool:
        """Whether this process started it."""
        return self.of == os.getpid()

    def is_alive(self) -> bool:
        """Whether it is ours and runs."""
        return self.is_ours and self.process.poll() is None

    def close(self) -> None:
        """End it, if it is ours. At the end of this program it is ended in any case."""
        if self.is_ours:
            self._end()


def _end(process: subprocess.Popen[bytes], of: int) -> None:
    if of != os.getpid():
        return
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.kill()
    process.wait()


def say_absent(module: str, consequence: str) -> None:
    """Say in the log that the process that runs this module does not come up, or not within its walls, and what that
    means: once, until it does."""
    if module not in _absent:
        _absent.add(module)
        logger.error("%s does not come up: %s. Run: orbweaver doctor", module, consequence)


def say_present(module: str) -> None:
    """It came up: the next time that it does not is said again."""
    if module in _absent:
        _absent.discard(module)
        logger.warning("%s comes up again", module)


def why_absent(module: str, *arguments: str) -> str:
    """What a person types to see why: what goes wrong at its start is written nowhere else."""
    words = " ".join((*command_of(module, *arguments), "$$"))
    return f"See why, as this user: {words} < /dev/null | cat -v"
