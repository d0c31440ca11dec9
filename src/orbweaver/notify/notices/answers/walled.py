"""Pages of mail, read by a process that has nothing but the page; one thread at a time asks it."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import threading
import time
from html import unescape
from typing import Final

from orbweaver.detect.media.settings import DecodingSettings
from orbweaver.fingerprints.pool import CONFINED_BY
from orbweaver.notify.notices.answers.page_text_process import SIZE

TIMEOUT_S: Final = 10.0
"""Seconds for one page, which takes a millisecond; parsers take time in the square of nesting."""
START_TIMEOUT_S: Final = 60.0
MAX_PAGE: Final = 400_000
"""Characters of a page that are read; the raw mail is kept whole."""
MAX_ANSWER: Final = 4 * 2**20
TRIES: Final = 2
"""A process at rest may end at the moment in which it is asked."""
_KEPT_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")
_SILENT: Final = frozenset(("script", "style", "head", "title"))
_TAG: Final = re.compile(r"<(/?[a-z!]{0,20}+)[^<>]{0,10000}+>", re.IGNORECASE)


class _Gone(Exception):
    """No answer in time, or none that is one."""


def html_text(html: str) -> str:
    """The text of a page of mail; what it marks as quoted begins with ``>`` (``page_text``).

    A page that cannot be read so, or a machine that has no walls, is told by Python alone: tags are left out.
    """
    if not html.strip():
        return ""
    html = html[:MAX_PAGE]
    data = html.encode("utf-8", "replace")
    with _turn:
        for _ in range(TRIES):
            process = _own()
            if process is None:
                break
            try:
                return process.ask(data)
            except (_Gone, OSError, ValueError):
                _forget()
    return without_tags(html)


def without_tags(html: str) -> str:
    """The text between the tags, a line for each run of it."""
    pieces, silent, at = list[str](), "", 0
    for tag in _TAG.finditer(html):
        name = tag[1].lower()
        if not silent:
            pieces.append(html[at : tag.start()])
            silent = name if name in _SILENT else ""
        elif name == f"/{silent}":
            silent = ""
        at = tag.end()
    lines = (" ".join(piece.split()) for piece in [*pieces, "" if silent else html[at:]])
    return unescape("\n".join(filter(None, lines))).replace("\x00", "")


class _Process:
    """One that has said that its walls hold. Raises _Gone, OSError or ValueError where it does not get there."""

    def __init__(self) -> None:
        self.of = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "orbweaver.notify.notices.answers.page_text_process", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
            cwd="/",
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdout.fileno(), self._process.stdin.fileno()
        os.set_blocking(self._out, False)
        try:
            held = json.loads(self._answer(time.monotonic() + START_TIMEOUT_S))
        except BaseException:
            self.close()
            raise
        self.is_walled = bool(held[CONFINED_BY])

    def ask(self, page: bytes) -> str:
        until = time.monotonic() + TIMEOUT_S
        rest = memoryview(SIZE.pack(len(page)) + page)
        while rest:
            if not select.select([], [self._out], [], max(0.0, until - time.monotonic()))[1]:
                raise _Gone
            rest = rest[os.write(self._out, rest) :]
        return self._answer(until).decode().replace("\x00", "")

    def _answer(self, until: float) -> bytes:
        (size,) = SIZE.unpack(self._read(SIZE.size, until))
        if size > MAX_ANSWER:
            raise _Gone
        return self._read(size, until)

    def _read(self, size: int, until: float) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            if not select.select([self._in], [], [], max(0.0, until - time.monotonic()))[0]:
                raise _Gone
            part = os.read(self._in, size - len(parts))
            if not part:
                raise _Gone
            parts += part
        return bytes(parts)

    def close(self) -> None:
        if self.of != os.getpid():
            return  # a fork's parent has it
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.kill()
        self._process.wait()


_turn = threading.Lock()
_mine: dict[str, _Process] = {}


def _own() -> _Process | None:
    """This process's own; None where none comes up, or none whose walls hold and nobody said that they need not."""
    found = _mine.get("process")
    if found is None or found.of != os.getpid():
        _forget()
        try:
            found = _mine["process"] = _Process()
        except (_Gone, OSError, ValueError):
            return None
    return found if found.is_walled or DecodingSettings.current().decode_unprotected else None


def _forget() -> None:
    found = _mine.pop("process", None)
    if found is not None:
        found.close()
