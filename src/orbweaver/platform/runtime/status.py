"""What each part says of itself to whoever is on call: ``/healthz``, ``/readyz`` and ``/metrics``.

The first two say "ok" or not, to anybody. Figures are in Prometheus' text format, and never hold an address, a host, a
hash or a name: labels come from fixed sets of words. They are for this machine alone, asked without a proxy, or for
whoever brings the token of ``ORBWEAVER_METRICS_TOKEN``.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Info, generate_latest, values
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector

from orbweaver.platform.runtime.settings import SEVERAL_PROCESSES, StatusSettings
from orbweaver.platform.runtime.shared_figures import ReservedFigures
from orbweaver.platform.runtime.signing_in import SIGN_IN_REFUSED, is_sign_in_refused
from orbweaver.platform.settings import is_loopback

log = logging.getLogger(__name__)

PATHS: Final = ("/healthz", "/readyz", "/metrics")
SILENT_S: Final = 120.0
"""Seconds without a beat after which a part that beats counts as dead."""
STOP_CHECK_S: Final = 1.0
"""Seconds between looks whether the server is to end."""
STANDS_STILL: Final = "its loop stands still"
NO_ANSWER: Final = "the database does not answer"
PROXIED: Final = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")

REGISTRY: Final = CollectorRegistry()
"""What a part counts of itself."""
ProcessCollector(registry=REGISTRY)
Info("orbweaver_build", "The version of the program.", registry=REGISTRY).info({"version": version("orbweaver")})


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """What is sent back."""

    status: int
    text: bytes
    content_type: str = "text/plain; charset=utf-8"


class Beats:
    """Whether the loop of a part still goes round. One that never began to beat, or ended, has nothing to show."""

    def __init__(self) -> None:
        self._last = math.inf
        self.sign_in_refused = False
        """The database lets it sign in no more, so that it does nothing."""

    def beat(self) -> None:
        """Once round."""
        self._last = time.monotonic()

    def end(self) -> None:
        """The loop came to its end: nothing more is awaited of it."""
        self._last = math.inf

    def is_alive(self) -> bool:
        """Whether the last beat is not long ago."""
        return time.monotonic() - self._last < SILENT_S


BEATS: Final = Beats()


def count_together(folder: Path) -> None:
    """Let the processes of this part count together, in files of this folder. Before anything that counts is made."""
    os.environ[SEVERAL_PROCESSES] = str(folder)
    values.MmapedDict = ReservedFigures  # type: ignore[attr-defined]
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]  # else as when it was loaded


def answer(path: str, remote: str, headers: Mapping[str, str]) -> StatusAnswer | None:
    """The answer to one of ``PATHS``, None for any other. ``headers`` by their names in small letters."""
    match path:
        case "/healthz":
            return _health(SIGN_IN_REFUSED if BEATS.sign_in_refused else "" if BEATS.is_alive() else STANDS_STILL)
        case "/readyz":
            return _health(_wrong_with_database())
        case "/metrics" if may_read(remote, headers):
            return StatusAnswer(HTTPStatus.OK, figures(), CONTENT_TYPE_PLAIN_0_0_4)
        case "/metrics":
            return StatusAnswer(HTTPStatus.FORBIDDEN, b"Figures are for this machine, or by the token.\n")
    return None


def may_read(remote: str, headers: Mapping[str, str]) -> bool:
    """Whether figures are for whoever asks. A proxy on this machine comes from loopback, too: it names another host, or
    says for whom it asks."""
    token = StatusSettings.current().metrics_token
    given = headers.get("authorization", "").removeprefix("Bearer ").strip()
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    host = urlsplit("//" + headers.get("host", "")).hostname or ""
    return _is_here(remote) and is_loopback(host) and not any(name in headers for name in PROXIED)


def _is_here(remote: str) -> bool:
    try:
        return ipaddress.ip_address(remote).is_loopback
    except ValueError:
        return False


def figures() -> bytes:
    """All figures of this part, as text."""
    text = generate_latest(REGISTRY)
    if SEVERAL_PROCESSES in os.environ:
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return _without(text, generate_latest(together)) + generate_latest(together)
    return text


def _without(own: bytes, together: bytes) -> bytes:
    """What this process alone says, without the figures that all processes of the part say together."""
    names = {line.split()[2] for line in together.splitlines() if line.startswith(b"# TYPE")}
    kept, skips = [], False
    for line in own.splitlines(keepends=True):
        if line.startswith((b"# HELP", b"# TYPE")):
            skips = line.split()[2] in names
        if not skips:
            kept.append(line)
    return b"".join(kept)


def _health(wrong: str) -> StatusAnswer:
    if not wrong:
        return StatusAnswer(HTTPStatus.OK, b"ok\n")
    return StatusAnswer(HTTPStatus.SERVICE_UNAVAILABLE, f"{wrong}\n".encode())


def _wrong_with_database() -> str:
    """Why nothing can be asked of the database, empty where it answers."""
    from django.db import Error, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return "" if cursor.fetchone() is not None else NO_ANSWER
    except Error as error:
        return SIGN_IN_REFUSED if is_sign_in_refused(error) else NO_ANSWER


class _Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self) -> None:
        """Answer."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            answered = answer(self.path, self.client_address[0], headers)
        finally:
            _close_connections()
        answered = answered or StatusAnswer(HTTPStatus.NOT_FOUND, b"There is nothing here.\n")
        self.send_response(answered.status)
        self.send_header("Content-Type", answered.content_type)
        self.send_header("Content-Length", str(len(answered.text)))
        self.end_headers()
        self.wfile.write(answered.text)

    def log_message(self, *_: Any) -> None:
        """Nothing: who asked how things are is of no interest."""


def _close_connections() -> None:
    """Each request has a thread of its own, whose connection nobody would use again."""
    from django.db import connections

    connections.close_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that went away is no event."""


@contextmanager
def status_served(port: int | None) -> Iterator[Callable[[], None]]:
    """Within it, a part without a web server of its own answers ``PATHS`` at this port; None: it does not. What it
    gives is to be called each time that the part's loop goes round."""
    if port is None:
        yield BEATS.beat
        return
    with _Server((StatusSettings.current().status_host, port), _Handler) as server:
        threading.Thread(target=server.serve_forever, args=(STOP_CHECK_S,), name="status", daemon=True).start()
        try:
            yield BEATS.beat
        finally:
            server.shutdown()
