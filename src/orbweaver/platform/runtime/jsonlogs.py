"""Logs that programs read: one JSON object a line, of every part (``ORBWEAVER_LOG_FORMAT=json``).

Each has ``time``, ``level``, ``part``, ``machine`` and ``process``; ``code`` or ``message`` or both; ``about`` and
``leads`` where it concerns a row of the work (``platform.steps``); ``trace`` where something failed, without messages.

No line holds a URL, hash, address or name. What this program writes is made so; whatever looks like one all the same is
blotted out. Of what other libraries say only who said it is written: their words may hold anything.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import re
import socket
import sys
import threading
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from orbweaver.errors import ConfigurationError, OrbweaverError
from orbweaver.platform import steps
from orbweaver.platform.runtime.logfiles import causes
from orbweaver.platform.runtime.settings import LogSettings

OWN: Final = ("orbweaver", "orbweaver_trials")
PARTS: Final = frozenset(("up", "web", "api", "worker", "crawl-worker", "copies-worker", "template"))
"""Processes that stay and whose output is a log. Of the others standard error is for whoever typed them."""

BLOT: Final = "[…]"
_TELLING: Final = re.compile(
    r"\b[a-z][a-z0-9+.-]*://\S+"  # a URL
    r"|\S+@\S+"  # an address of mail
    r"|\b[0-9a-fA-F]{32,}\b"  # a hash in hexadecimal
    r"|(?<![\w+/])[A-Za-z0-9+/]{40,}={0,2}"  # or in base 64
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"
    r"|\b(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}\b"
    r"|(?<![\w+/])[A-Za-z0-9+/]{20,}={1,2}"  # a shorter one
    r"|\b(?:[\w-]+\.)+(?!py\b)(?:xn--[\w-]+|[^\W\d_]{2,24})\b(?:[/?:]\S*)?"  # a host, and what follows it
)

_this = {"part": "command"}
"""What this process is."""


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
    """The text with whatever looks like a URL, host, address or hash blotted out."""
    return _TELLING.sub(BLOT, text)


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
            "machine": _machine(),
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
        return json.dumps({name: value for name, value in line.items() if value is not None}, ensure_ascii=True)


def write(level: int, message: str, code: str = "") -> None:
    """One line on standard error, also before anything is set up. Lost where nobody reads it any more."""
    record = logging.LogRecord("orbweaver.part", level, "", 0, "%s", (message,), None)
    record.code = code
    _print(record)


def write_crashes() -> None:
    """From now on what ends this process or a thread of it, and warnings of Python's own, are lines as well."""
    sys.excepthook = lambda _kind, error, _trace: _crashed(error)
    threading.excepthook = lambda crash: _crashed(crash.exc_value)
    logging.captureWarnings(True)


def _crashed(error: BaseException | None) -> None:
    if error is not None and not isinstance(error, (SystemExit, KeyboardInterrupt)):
        record = logging.LogRecord("orbweaver.part", logging.CRITICAL, "", 0, "It ended by an error", (), None)
        record.exc_info = (type(error), error, error.__traceback__)
        _print(record)


def _print(record: logging.LogRecord) -> None:
    print(JsonLines().format(record), file=sys.stderr, flush=True)


@cache
def _machine() -> str:
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
