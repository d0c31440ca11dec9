"""One call of a WSGI application: the request as WSGI wants it, and the answer."""

from __future__ import annotations

import io
import ipaddress
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from aiohttp import web

from orbweaver.platform.runtime.bodies import Environ
from orbweaver.platform.runtime.long_answers import MOST_IN_MEMORY, LongAnswer, TooManyAtOnce

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Unreadable(Exception):
    """The head of a request contradicts itself, or asks for what is no address."""


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Forwarding:
    """Whose word on the visitor's scheme is taken (None: anybody's), and which headers say that it was https."""

    trusted: tuple[Network, ...] | None
    secure: Mapping[str, str]

    def scheme(self, peer: str, request: web.BaseRequest) -> str:
        """The scheme that the visitor used. Raises Unreadable when a trusted proxy says both."""
        if self.trusted is not None and not _is_within(peer, self.trusted):
            return "http"
        schemes = {
            "https" if value == wanted else "http"
            for name, wanted in self.secure.items()
            for value in request.headers.getall(name, ())
        }
        if len(schemes) > 1:
            raise Unreadable("contradictory scheme headers")
        return schemes.pop() if schemes else "http"


@lru_cache(1000)
def _is_within(peer: str, networks: tuple[Network, ...]) -> bool:
    address = ipaddress.ip_address(peer.partition("%")[0])
    return any(address in network for network in networks)


def environ_of(request: web.BaseRequest, forwarding: Forwarding) -> Environ:
    """The request without its body. Raises Unreadable."""
    path, query = _target(request.raw_path)
    peer, own = _address(request, "peername"), _address(request, "sockname")
    environ: Environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": f"HTTP/{request.version.major}.{request.version.minor}",
        "SERVER_NAME": own[0],
        "SERVER_PORT": str(own[1]),
        "REMOTE_ADDR": peer[0],
        "REMOTE_PORT": str(peer[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": forwarding.scheme(peer[0], request),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in request.headers.items():
        _add_header(environ, name.upper(), value)
    return with_body(environ, b"")


def _add_header(environ: Environ, name: str, value: str) -> None:
    if "_" in name or name in ("CONTENT-LENGTH", "TRANSFER-ENCODING"):
        return  # X_Forwarded_For would pass for X-Forwarded-For; the length is that of what came
    key = "CONTENT_TYPE" if name == "CONTENT-TYPE" else f"HTTP_{name.replace('-', '_')}"
    text = value.encode("utf-8", "surrogateescape").decode("latin-1")
    between = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{between}{text}" if key in environ else text


def with_body(environ: Environ, body: bytes) -> Environ:
    """The same request with a body that is there as a whole."""
    length = {"CONTENT_LENGTH": str(len(body))} if body or environ["REQUEST_METHOD"] in ("POST", "PUT", "PATCH") else {}
    return environ | {"wsgi.input": io.BytesIO(body)} | length


def _target(raw: str) -> tuple[str, str]:
    if raw.startswith("/"):
        path, _, query = raw.partition("#")[0].partition("?")
        return path, query
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https"):
        raise Unreadable("no address of this server")
    return parts.path or "/", parts.query


def _address(request: web.BaseRequest, which: str) -> tuple[str, int]:
    transport = request.transport
    found = transport.get_extra_info(which) if transport is not None else None
    if found is None:
        raise ConnectionResetError("the client is gone")
    return found[0], found[1]


@dataclass
class Answer:
    """What an application answered: complete, or with a ``rest`` that is still being made, which then is all of it."""

    status: int = 500
    reason: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    rest: LongAnswer | None = None


@dataclass(frozen=True)
class LongAnswers:
    """What is done with an answer that is too long for memory: who is told that it has begun, and its place."""

    begun: Callable[[Answer], None]
    places: threading.Semaphore

    @contextmanager
    def place(self) -> Iterator[None]:
        """Within it the answer is made. Raises TooManyAtOnce."""
        if not self.places.acquire(blocking=False):
            raise TooManyAtOnce
        try:
            yield
        finally:
            self.places.release()


def call(application: Application, environ: Environ, long: LongAnswers | None = None) -> Answer:
    """Ask the application; returns when all of its answer is there.

    An answer of several parts that is too long for memory is handed to ``long.begun`` as soon as that shows, and
    filled. Raises TooManyAtOnce where no such answer has a place.
    """
    answer = Answer()
    parts: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Callable[..., None]:
        number, _, answer.reason = status.partition(" ")
        answer.status, answer.headers = int(number), headers
        return parts.append

    result = application(environ, start_response)
    try:
        coming = iter(result)
        if _gather(coming, parts, None if long is None else MOST_IN_MEMORY):
            answer.body = parts[0] if len(parts) == 1 else b"".join(parts)
        elif long is not None and environ["REQUEST_METHOD"] != "HEAD":
            with long.place():
                answer.rest = LongAnswer()
                answer.rest.fill(parts, coming, lambda: long.begun(answer))
    finally:
        close = getattr(result, "close", None)
        if close is not None:
            close()
    return answer


def _gather(coming: Iterator[bytes], parts: list[bytes], most: int | None) -> bool:
    """Take what comes, as long as it is not more than ``most`` bytes in several parts. Whether that was all."""
    size = 0
    for part in coming:
        parts.append(part)
        size += len(part)
        if most is not None and size > most and len(parts) > 1:
            return False
    return True
