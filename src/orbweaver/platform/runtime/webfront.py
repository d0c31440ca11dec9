"""What stands between the network and the threads: requests come in whole before a thread has them, answers leave
without one. A slow client costs some memory, of which there is only so much, and nobody's time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from multidict import CIMultiDict

from orbweaver.platform.runtime.bodies import TOO_LARGE, Environ, OverQuota, Quota, RuleOf
from orbweaver.platform.runtime.settings import WebServerSettings
from orbweaver.platform.runtime.turns import Turns
from orbweaver.platform.runtime.wsgi_call import (
    Answer,
    Application,
    Forwarding,
    Unreadable,
    call,
    environ_of,
    with_body,
)

log = logging.getLogger(__name__)
T = TypeVar("T")
RefuseUnread = Callable[[str, HTTPStatus], web.Response]
"""The answer to what cannot be read as HTTP, by what its path seems to be, "" where it has none."""

SLICE = 2**16
GRACE_S = 10.0
"""How long a body or the reading of an answer may take before its rate is looked at."""
LINGER_S = 3.0
"""How long what is still sent of a refused body is read and thrown away, so that the refusal arrives."""
MOST_WAITING = 512
"""Whole requests that may wait for a thread in one process; above it the answer is 503 at once."""
READ_BUFFER = 2**15
TOO_MUCH = "Too much is being sent at once. Try again."
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


class Refused(Exception):
    """A request that the application never sees."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Connection(web.RequestHandler):
    """One connection. What comes on it and is no HTTP is refused in our own form, not in a library's."""

    refuse: RefuseUnread
    """Set by who makes it."""
    _begun = b""

    def data_received(self, data: bytes) -> None:
        """Keep the beginning of a request."""
        if self._current_request is None and len(self._begun) < LINE_KEPT:
            self._begun += data[:LINE_KEPT]
        super().data_received(data)

    def eof_received(self) -> bool:  # type: ignore[override] # the library returns nothing, which asyncio takes as False
        """The client sends no more and may still read: what came whole is answered, what did not is told to have broken
        off. Whether the connection stays open for that."""
        if self._waiter is not None and not self._waiter.done():
            return False
        coming = [payload for _, payload in self._messages]
        if self._current_request is not None:
            coming.append(self._current_request.content)
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
            answer = self._refuse(path, HTTPStatus.SERVICE_UNAVAILABLE)
            body = answer.body if isinstance(answer.body, bytes) else b""
            lines = ["HTTP/1.1 503 Service Unavailable", "Retry-After: 1", "Connection: close", "Server: orbweaver"]
            lines += [f"Content-Type: {answer.headers['Content-Type']}", f"Content-Length: {len(body)}", "", ""]
            handler.transport.write("\r\n".join(lines).encode() + body)
        self.let_go(handler)

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


class Front:
    """Answers requests with a WSGI application in ``threads`` threads. Make it within a running event loop."""

    def __init__(
        self, application: Application, rule_of: RuleOf, limits: Limits, forwarding: Forwarding, *, threads: int
    ) -> None:
        self._application, self._rule_of, self._limits, self._forwarding = application, rule_of, limits, forwarding
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self._most_asked = threads + MOST_WAITING
        self._asked = 0
        self.doors = Doors(self.handle, limits, _unread)
        self._forms = Quota(limits.form_memory, self.doors.turn_away)
        self._uploads = Quota(limits.upload_memory, self.doors.turn_away)
        self._answers = Quota(limits.answer_memory, self.doors.let_go)
        self._in_hand = 0
        self._stopping = False

    async def stop(self, patience_s: float) -> None:
        """Answer what has begun, for so long at most, then close every connection."""
        self._stopping = True
        end = self._loop.time() + patience_s
        while self._in_hand and self._loop.time() < end:
            await asyncio.sleep(0.02)
        await self.doors.shutdown(1.0)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, and send the answer."""
        handler = request.protocol
        self._in_hand += 1
        try:
            answer, whole = await self._answer(request)
            self.doors.wait_for(handler)
            return await self._send(request, answer, close=self._stopping or not whole)
        finally:
            self._in_hand -= 1
            for quota in (self._forms, self._uploads, self._answers):
                quota.release(handler)

    async def _answer(self, request: web.BaseRequest) -> tuple[Answer, bool]:
        """The answer, and whether the body came whole, so that another request may follow."""
        try:
            environ = environ_of(request, self._forwarding)
            body = await self._body(request, environ)
            if body is None:
                return await self._in_thread(call, self._application, environ), False
            self.doors.keep(request.protocol)
            return await self._in_thread(call, self._application, with_body(environ, body)), True
        except Refused as refused:
            return _plain(refused.status, refused.why), False
        except Unreadable as error:
            return _plain(HTTPStatus.BAD_REQUEST, str(error)), False
        except ConnectionError:
            raise
        except Exception:
            log.exception("A request could not be answered")
            return _plain(HTTPStatus.INTERNAL_SERVER_ERROR, "An error of ours."), False

    async def _body(self, request: web.BaseRequest, environ: Environ) -> bytes | None:
        """All of the body; None where the application is to refuse the request without it."""
        declared = _declared_length(request)
        if declared == 0:
            return b""
        rule, most, quota = self._rule_of(environ["PATH_INFO"]), self._limits.form_bytes, self._forms
        if rule is not None and rule.most > most and (declared is None or declared > most):
            if not await self._in_thread(rule.may_send, environ):
                return None
            most, quota = rule.most, self._uploads
        if declared is None or declared <= most:
            if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
                request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await self._read(request, most, quota)
            if body is not None and declared not in (None, len(body)):
                raise Refused(HTTPStatus.BAD_REQUEST, "The body is not as long as its head says.")
            if body is not None:
                return body
        environ[TOO_LARGE] = most
        return None

    async def _read(self, request: web.BaseRequest, most: int, quota: Quota) -> bytes | None:
        """The body, or None when it is longer than that."""
        handler, parts, size, began = request.protocol, [], 0, self._loop.time()
        try:
            async with asyncio.timeout_at(self._deadline(began, 0)) as deadline:
                while part := await request.content.readany():
                    size += len(part)
                    if size > most:
                        return None
                    quota.hold(handler, len(part))
                    parts.append(part)
                    deadline.reschedule(self._deadline(began, size))
            quota.keep(handler)
            return parts[0] if len(parts) == 1 else b"".join(parts)
        except TimeoutError:
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, "The body came too slowly.") from None
        except OverQuota:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, TOO_MUCH) from None
        except web.RequestPayloadError as error:
            error.__traceback__ = None
            raise Refused(HTTPStatus.BAD_REQUEST, "The body cannot be read.") from None
        except ConnectionError as error:
            error.__traceback__ = None  # the stream keeps the error, which would keep this frame and what came
            raise ConnectionResetError("the client is gone") from None

    def _deadline(self, began: float, size: int) -> float:
        return began + min(self._limits.body_timeout_s, GRACE_S + size / self._limits.least_rate)

    async def _in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        if self._asked >= self._most_asked:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests at once. Try again.")
        self._asked += 1
        try:
            return await self._loop.run_in_executor(self._threads, function, *arguments)
        finally:
            self._asked -= 1

    async def _send(self, request: web.BaseRequest, answer: Answer, *, close: bool) -> web.StreamResponse:
        body = answer.body
        headers = CIMultiDict(answer.headers)
        headers["Server"] = "orbweaver"
        if request.method != "HEAD" or "Content-Length" not in headers:
            headers["Content-Length"] = str(len(body))
        response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
        if close:
            response.force_close()
        began = self._loop.time()
        with suppress(OverQuota):  # it is there already, and the others had to go for it
            self._answers.hold(request.protocol, len(body))
        try:
            async with asyncio.timeout_at(self._deadline(began, 0)) as deadline:
                await response.prepare(request)
                if request.method != "HEAD":
                    for start in range(0, len(body), SLICE):
                        await response.write(memoryview(body)[start : start + SLICE])
                        deadline.reschedule(self._deadline(began, start))
                await response.write_eof()
        except TimeoutError:
            self.doors.let_go(request.protocol)
            raise ConnectionResetError("the answer was not read") from None
        return response


def _declared_length(request: web.BaseRequest) -> int | None:
    """How long the body is to be; None where it says so itself, in chunks. Raises Refused where it is not clear."""
    lengths = request.headers.getall("Content-Length", ())
    codings = request.headers.getall("Transfer-Encoding", ())
    if not codings:
        if len(lengths) > 1 or not all(each.isascii() and each.isdigit() for each in lengths):
            raise Refused(HTTPStatus.BAD_REQUEST, "The length of the body is not clear.")
        return int(lengths[0]) if lengths else 0
    if lengths or len(codings) > 1 or codings[0].strip().lower() != "chunked":
        raise Refused(HTTPStatus.BAD_REQUEST, "The length of the body is not clear.")
    return None


def _plain(status: HTTPStatus, why: str) -> Answer:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", "1"))
    return Answer(status, status.phrase, headers, f"{why}\n".encode())


def _unread(_path: str, status: HTTPStatus) -> web.Response:
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    why = "An error of ours." if ours else "The head of the request cannot be read."
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        why = TOO_MUCH
    return web.Response(text=f"{why}\n", status=status, content_type="text/plain")
