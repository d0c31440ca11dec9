"""Logs that programs read: one JSON object a line, of every part (``ORBWEAVER_LOG_FORMAT=json``).

Each has ``time``, ``level``, ``part``, ``machine`` and ``process``; ``code`` or ``message`` or both; ``about`` and
``leads`` where it concerns a row of the work (``platform.steps``); ``trace`` where something failed, without messages.

No line holds a URL, hash, address or name. What this program writes is made so; whatever looks like one all the same is
blotted out. Of what other libraries say only who said it is written: their words may hold anything.

A line is written at once and whole, as several processes may write to one file, and nobody waits for its reader: the
work goes before what is said of it.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import re
import select
import socket
import sys
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from orbweaver.errors import ConfigurationError, OrbweaverError
from orbweaver.platform import steps
from orbweaver.platform.runtime.logfiles import catch_crashes, causes
from orbweaver.platform.runtime.settings import LogSettings

OWN: Final = ("orbweaver", "orbweaver_trials")
PARTS: Final = frozenset(("up", "web", "api", "worker", "crawl-worker", "copies-worker", "template"))
"""Processes that stay and whose output is a log. Of the others standard error is for whoever typed them."""

BLOT: Final = "[…]"
LONGEST: Final = 4_000
"""Bytes of a line: what a pipe takes as one piece, whoever else writes to it (PIPE_BUF is 4,096)."""
LONGEST_WORDS: Final = 1_000
"""Characters of a message that are looked at; what it says beyond is left out."""
ENDS_KEPT: Final = 8
"""Of a trace or of leads that make a line too long, from each end."""
PATIENCE_S: Final = 1.0
"""How long a line waits for a reader that is behind, before it is lost; the next ones do not wait."""

_TELLING: Final = re.compile(
    r"\b[a-zA-Z][a-zA-Z0-9+.-]{0,30}://\S+"  # a URL
    r"|(?<!\S)\S*@\S+"  # an address of mail
    r"|(?<!\S)\S*%[0-9a-fA-F]{2}\S*"  # what was encoded for a URL
    r"|\b[\w-]+:\d{1,5}/\S*"  # a host of one word, with its port
    r"|\b[0-9a-fA-F]{32,}\b"  # a hash in hexadecimal
    r"|(?<![\w+/-])(?![A-Z_]+\b)[A-Za-z0-9+/_-]{40,}={0,2}"  # or in base 64; names of settings are none
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"
    r"|\b(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}\b"
    r"|(?<![\w+/-])[A-Za-z0-9+/_-]{20,}={1,2}"  # a shorter one
    r"|(?<![\w.-])[\w-]++(?:\.[\w-]++)*?\.(?!py\b)(?:xn--[\w-]+|[^\W\d_]{2,24})\b(?:\.[\w-]++)*+(?:[/?:]\S*)?"  # a host
)

_this = {"part": "command"}
"""What this process is."""


def part() -> str:
    """Which part this process is; ``command`` where it is none."""
    return _this["part"]


def be_part(name: str) -> None:
    """Say which part this process is: the command that it runs."""
    _this["part"] = name


def are_json() -> bool:
    """Whether this process is a part whose logs are to be JSON; wrong settings are told of in words."""
    try:
        return _this["part"] in PARTS and LogSettings.current().log_format == "json"
    except ConfigurationError:
        return False


def without_secrets(text: str) -> str:
    """The text's beginning with whatever looks like a URL, host, address or hash blotted out."""
    return _TELLING.sub(BLOT, text[:LONGEST_WORDS])


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        own = record.name.partition(".")[0] in OWN
        code, concerns = getattr(record, "code", ""), getattr(record, "about", None) or steps.in_hand()
        line: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "part": _this["part"],
            "machine": machine(),
            "process": record.process or os.getpid(),
            "logger": record.name,
        }
        if code:
            line["code"] = code
        elif own:
            line["message"] = without_secrets(record.getMessage())
        if not own:
            line["status"] = getattr(record, "status_code", None)
            line["place"] = f"{record.module}:{record.lineno}"
        if own and code and (said := record.getMessage()) != code:
            line["message"] = without_secrets(said)
        if concerns is not None:
            line |= {"about": concerns.subject, "leads": list(concerns.leads)}
        counts: Mapping[str, int] = getattr(record, "counts", {})
        line |= counts
        if record.exc_info and record.exc_info[1] is not None:
            line["trace"] = _trace(record.exc_info[1])
        return _short({name: value for name, value in line.items() if value is not None})


def _short(line: dict[str, Any]) -> str:
    """The line as JSON; where it is too long, without the middle of its trace and leads and the end of its words."""
    text = json.dumps(line, ensure_ascii=True)
    for name in ("trace", "leads", "message"):
        if len(text) > LONGEST and name in line:
            whole = line[name]
            line[name] = whole[:200] if name == "message" else [*whole[:ENDS_KEPT], "…", *whole[-ENDS_KEPT:]]
            text = json.dumps(line, ensure_ascii=True)
    return text


class StandardError(logging.Handler):
    """Each record as one piece on standard error. What cannot be written there is lost, and the next line says it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self._lost = 0
        self._is_torn = False
        """The disk was full amid a line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write its line. Raises nothing."""
        try:
            text = self.format(record)
        except Exception as error:  # what it was to say cannot be said: that is said
            text = _short({"level": "ERROR", "part": _this["part"], "process": os.getpid(), "trace": _trace(error)})
        if self._lost:
            text = f'{text[:-1]}, "lost": {self._lost}}}'
        self._lost = 0 if self._put(f"{text}\n") else self._lost + 1

    def _put(self, text: str) -> bool:
        try:
            descriptor = sys.stderr.fileno()
        except (OSError, ValueError, AttributeError):  # no file: a test's, or none at all
            print(text, end="", file=sys.stderr)
            return True
        left = ("\n" * self._is_torn + text).encode()
        whole = len(left)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLOUT)
            if not poll.poll(0 if self._lost else PATIENCE_S * 1000):
                return False
            while left:
                left = left[os.write(descriptor, left) :]
        except OSError:  # nobody reads it any more, or the disk is full
            self._is_torn = self._is_torn or len(left) < whole
            return False
        self._is_torn = False
        return True


_standard_error = StandardError()


def write(level: int, message: str, code: str = "") -> None:
    """One line on standard error, also before anything is set up. Lost where nobody reads it any more."""
    record = logging.LogRecord("orbweaver.part", level, "", 0, "%s", (message,), None)
    record.code = code
    _print(record)


def write_crashes() -> None:
    """From now on what ends this process or a thread of it, and warnings of Python's own, are lines as well."""
    catch_crashes(_crashed)
    logging.captureWarnings(True)


def _crashed(error: BaseException, *, goes_on: bool) -> None:
    if not isinstance(error, (SystemExit, KeyboardInterrupt)):
        level, said = (logging.ERROR, "An error was ignored") if goes_on else (logging.CRITICAL, "It ended by an error")
        record = logging.LogRecord("orbweaver.part", level, "", 0, "%s", (said,), None)
        record.exc_info = (type(error), error, error.__traceback__)
        _print(record)


def _print(record: logging.LogRecord) -> None:
    _standard_error.handle(record)


@cache
def machine() -> str:
    """The name of this machine, as lines and traces say it."""
    return socket.gethostname()


def _trace(error: BaseException) -> list[str]:
    """Kinds of errors, with their codes, and where they passed, the first cause first; never what they say."""
    words = []
    for each in causes(error):
        words += [
            f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(each.__traceback__)
        ]
        words.append(each.code if isinstance(each, OrbweaverError) else type(each).__qualname__)
    return words
