"""Connections of clients: what is no HTTP is refused in our own form; above the limit the longest wait ends."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

from aiohttp import StreamReader, web
from aiohttp.http_exceptions import LineTooLong

from orbweaver.platform.runtime.bodies import OverQuota, Quota
from orbweaver.platform.runtime.settings import WebServerSettings
from orbweaver.platform.runtime.turns import Turns

RefuseUnread = Callable[[str, HTTPStatus], web.Response]
"""The answer to what cannot be read as HTTP, by what its path seems to be, "" where it has none."""

LINGER_S = 3.0
"""How long what is still sent of a refused body is read and thrown away, so that the refusal arrives."""
READ_BUFFER = 2**15
LINE_KEPT = 2**9
"""Bytes of the beginning of a request that are kept until it is whole: what is no HTTP is refused by its path."""


@dataclass(frozen=True)
class Limits:
    """What a client may take. Seconds, bytes, and bytes a second."""

    head_timeout_s: float
    body_timeout_s: float
    least_rate: int
    form_bytes: int
    form_memory: int
    upload_memory: int
    answer_memory: int
    connections: int
    document_memory: int = 32 * 2**20
    """Of large bodies from anybody (``BodyRule.of_anybody``)."""

    @classmethod
    def of(cls, settings: WebServerSettings, *, largest_upload: int) -> Self:
        """As the operator wants them."""
        return cls(
            head_timeout_s=settings.web_head_timeout_s,
            body_timeout_s=settings.web_body_timeout_s,
            least_rate=settings.web_least_rate,
            form_bytes=settings.web_form_kb * 2**10,
            form_memory=settings.web_form_memory_mb * 2**20,
            upload_memory=max(settings.web_upload_memory_mb * 2**20, 2 * largest_upload),
            answer_memory=settings.web_answer_memory_mb * 2**20,
            connections=settings.web_connections,
        )


class Connection(web.RequestHandler):
    """One connection. What comes on it and is no HTTP is refused in our own form, not in a library's."""

    refuse: RefuseUnread
    """Set by who makes it."""
    _begun = b""
    _coming: StreamReader | None = None
    """The body that arrives now, as only the newest can. Before Python 3.12 a request stands for a moment neither with
    those that wait nor as the one that is answered; its end must not be missed then."""

    def data_received(self, data: bytes) -> None:
        """Keep the beginning of a request, and which body arrives."""
        if self._current_request is None and len(self._begun) < LINE_KEPT:
            self._begun += data[:LINE_KEPT]
        super().data_received(data)
        if self._messages:
            self._coming = self._messages[-1][1]

    def eof_received(self) -> bool:  # type: ignore[override] # the library returns nothing, which asyncio takes as False
        """The client sends no more and may still read: what came whole is answered, what did not is told to have broken
        off. Whether the connection stays open for that."""
        if self._waiter is not None and not self._waiter.done():
            return False
        coming = {payload for _, payload in self._messages}
        if self._coming is not None:
            coming.add(self._coming)
        if self._current_request is not None:
            coming.add(self._current_request.content)
        for each in coming:
            if not each.is_eof():
                each.set_exception(web.RequestPayloadError("the body broke off"))
        self._close = True
        return True

    @property
    def path(self) -> str | None:
        """What the request that has begun asks for, "" where that cannot be read; None where none has."""
        return _path_in(self._begun) if self._begun else None

    def forget(self) -> None:
        """Another request may begin."""
        self._begun = b""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what could not be read; the connection ends with it."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun")
        if isinstance(exc, LineTooLong):
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        answer = self.refuse(self.path or "", HTTPStatus(status))
        answer.headers.update({"Server": "orbweaver", "Cache-Control": "no-store"})
        answer.force_close()
        return answer


def _path_in(begun: bytes) -> str:
    """The path in the first line of a request, as far as there is one."""
    parts = begun.lstrip().split(b"\n", 1)[0].split(b" ")
    return parts[1].decode("latin-1") if len(parts) > 1 and parts[1].startswith(b"/") else ""


class Doors(web.Server):
    """The connections. When there are too many, the one that has kept us waiting longest is let go.

    ``refuse`` answers what is no HTTP. ``turns``: those of the loop, where new connections stand in lines.
    """

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Any],
        limits: Limits,
        refuse: RefuseUnread,
        turns: Turns | None = None,
    ) -> None:
        super().__init__(
            handler,
            keepalive_timeout=limits.head_timeout_s,
            lingering_time=LINGER_S,
            read_bufsize=READ_BUFFER,
            auto_decompress=False,
            access_log=None,
            logger=_silent(),
        )
        self._waiting = Quota(limits.connections, self.turn_away)
        self._refuse, self._turns = refuse, turns

    def __call__(self) -> Connection:
        """One more connection."""
        made = Connection(self, loop=self._loop, **self._kwargs)
        made.refuse = self._refuse
        return made

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """One more: it has to send its first head."""
        super().connection_made(handler, transport)
        self.wait_for(handler)

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        """One less."""
        if self._turns is not None:
            self._turns.forget(_number(handler))
        self._waiting.release(handler)
        super().connection_lost(handler, exc)

    def wait_for(self, handler: web.RequestHandler) -> None:
        """From now on it is the client's turn."""
        if isinstance(handler, Connection):
            handler.forget()
        self._waiting.release(handler)
        try:
            self._waiting.hold(handler, 1)
        except OverQuota:
            self.let_go(handler)

    def keep(self, handler: web.RequestHandler) -> None:
        """From now on it is ours."""
        self._waiting.keep(handler)

    def serve_first(self, handler: web.RequestHandler) -> None:
        """It has shown that it is in earnest: from now on it waits for no newcomer."""
        if self._turns is not None:
            self._turns.go_first(_number(handler))

    def turn_away(self, handler: web.RequestHandler) -> None:
        """End a connection, there being too many or too much: who has begun to ask is told that, if they read it."""
        path = handler.path if isinstance(handler, Connection) else None
        if path is not None and handler.transport is not None:
            handler.transport.write(self._too_much(path))
        self.let_go(handler)

    def turn_away_unread(self, connection: socket.socket) -> None:
        """The same with one that has no protocol yet."""
        with connection, suppress(OSError):
            connection.send(self._too_much(_path_in(connection.recv(LINE_KEPT, socket.MSG_PEEK))))

    def _too_much(self, path: str) -> bytes:
        answer = self._refuse(path, HTTPStatus.SERVICE_UNAVAILABLE)
        body = answer.body if isinstance(answer.body, bytes) else b""
        lines = ["HTTP/1.1 503 Service Unavailable", "Retry-After: 1", "Connection: close", "Server: orbweaver"]
        lines += [f"Content-Type: {answer.headers['Content-Type']}", f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(lines).encode() + body

    def let_go(self, handler: web.RequestHandler) -> None:
        """End a connection without a word."""
        if handler.transport is not None:
            handler.transport.abort()


def _number(handler: web.RequestHandler) -> int:
    """Of its socket; -1 where it has none."""
    connection = handler.transport.get_extra_info("socket") if handler.transport is not None else None
    return -1 if connection is None else int(connection.fileno())


def _silent() -> logging.Logger:
    """What clients send wrong is theirs, and may hold what nobody should log."""
    quiet = logging.getLogger("orbweaver.platform.runtime.aiohttp")
    quiet.setLevel(logging.CRITICAL + 1)
    return quiet
