"""Pages of mail, read by a process that has nothing but the page; one thread at a time asks it."""

from __future__ import annotations

import json
import logging
import os
import re
import select
import threading
import time
from html import unescape
from typing import Final

from orbweaver.detect.media.settings import DecodingSettings
from orbweaver.fingerprints.pool import CONFINED_BY
from orbweaver.notify.notices.answers.page_text_process import SIZE
from orbweaver.platform.runtime.walled import WalledProcess, say_absent, say_present

TIMEOUT_S: Final = 10.0
"""Seconds for one page, which takes a millisecond; parsers take time in the square of nesting."""
START_TIMEOUT_S: Final = 60.0
MAX_PAGE: Final = 400_000
"""Characters of a page that are read; the raw mail is kept whole."""
MAX_ANSWER: Final = 4 * 2**20
TRIES: Final = 2
"""A process at rest may end at the moment in which it is asked."""
MODULE: Final = "orbweaver.notify.notices.answers.page_text_process"
LOST: Final = "pages of mail are read without their layout"
"""What it means where none comes up."""
_SILENT: Final = frozenset(("script", "style", "head", "title"))
_TAG: Final = re.compile(r"<(/?[a-z!]{0,20}+)[^<>]{0,10000}+>", re.IGNORECASE)
logger = logging.getLogger(__name__)


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
                break  # which was said
            try:
                return process.ask(data)
            except (_Gone, OSError, ValueError):
                _forget()
        else:
            logger.warning("A page of mail is read without its layout: its reader gave no answer")
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
    """One that has said which of its walls hold. Raises _Gone, OSError or ValueError where it does not get there."""

    def __init__(self) -> None:
        self.walled = WalledProcess(MODULE, str(os.getpid()))
        self._in, self._out = self.walled.answers.fileno(), self.walled.asked.fileno()
        os.set_blocking(self._out, False)
        try:
            self.held: dict[str, bool] = json.loads(self._answer(time.monotonic() + START_TIMEOUT_S))
        except BaseException:
            self.walled.close()
            raise

    @property
    def is_walled(self) -> bool:
        return self.held[CONFINED_BY]

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


_turn = threading.Lock()
_mine: dict[str, _Process] = {}


def _own() -> _Process | None:
    """This process's own; None where none comes up, or none whose walls hold and nobody said that they need not."""
    found = _mine.get("process")
    if found is None or not found.walled.is_ours:
        _forget()
        try:
            found = _mine["process"] = _Process()
        except (_Gone, OSError, ValueError):
            say_absent(MODULE, LOST)
            return None
    if found.is_walled or DecodingSettings.current().decode_unprotected:
        say_present(MODULE)
        return found
    say_absent(MODULE, LOST)
    return None


def _forget() -> None:
    found = _mine.pop("process", None)
    if found is not None:
        found.walled.close()


def tried(html: str) -> tuple[dict[str, bool], str] | None:
    """Which walls hold around a process that is started for this, and the text that it reads in a page.

    None where it does not come up, or does not answer.
    """
    try:
        process = _Process()
        try:
            return process.held, process.ask(html.encode())
        finally:
            process.walled.close()
    except (_Gone, OSError, ValueError):
        return None
