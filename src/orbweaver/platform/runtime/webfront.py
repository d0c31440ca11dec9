"""What stands between the network and the threads: requests come in whole before a thread has them, answers leave
without one. A slow client costs some memory, of which there is only so much, or a file, and nobody's time."""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web
from multidict import CIMultiDict

from orbweaver.platform.runtime.bodies import BEGINNING, TOO_LARGE, Environ, OverQuota, Quota, RuleOf
from orbweaver.platform.runtime.connections import Doors, Limits
from orbweaver.platform.runtime.long_answers import Abandoned, LongAnswer, TooManyAtOnce
from orbweaver.platform.runtime.wsgi_call import (
    Answer,
    Application,
    Forwarding,
    LongAnswers,
    Unreadable,
    call,
    environ_of,
    with_body,
)

log = logging.getLogger(__name__)
T = TypeVar("T")

SLICE = 2**16
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
LOOK_AGAIN_S = 0.05
"""How soon it is looked again whether more of a long answer is there."""
GRACE_S = 10.0
"""How long a body or the reading of an answer may take before its rate is looked at."""
MOST_WAITING = 512
"""Whole requests that may wait for a thread in one process; above it the answer is 503 at once."""
INERT = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)
"""What is said before the application is asked is words, whatever a browser might take it for."""
OTHERS_FIRST = "Other long lists are being made. Try again."
TOO_MUCH = "Too much is being sent at once. Try again."


class Refused(Exception):
    """A request that the application never sees."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class BrokenOff(Exception):
    """The application ended in an error after its answer had begun."""


class Front:
    """Answers requests with a WSGI application in ``threads`` threads. Make it within a running event loop.

    ``has_peers``: other processes take connections at the same address. A connection that is kept stays with the
    process that took it, so that one of them may have most of the people and the other none: while others are being
    answered here a connection is closed after its answer, and the next is taken by whichever process is free.
    """

    def __init__(
        self,
        application: Application,
        rule_of: RuleOf,
        limits: Limits,
        forwarding: Forwarding,
        *,
        threads: int,
        has_peers: bool = False,
    ) -> None:
        self._application, self._rule_of, self._limits, self._forwarding = application, rule_of, limits, forwarding
        self._has_peers = has_peers
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self._long = threading.Semaphore(max(1, threads // 2))
        """Places of long answers that are being made: each takes a thread for as long."""
        self._most_asked = threads + MOST_WAITING
        self._asked = 0
        self.doors = Doors(self.handle, limits, _unread)
        self._forms = Quota(limits.form_memory, self.doors.turn_away)
        self._uploads = Quota(limits.upload_memory, self.doors.turn_away)
        self._documents = Quota(limits.document_memory, self.doors.turn_away)
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
            try:
                return await self._send(request, answer, close=self._stopping or not whole or self._is_busy())
            finally:
                if answer.rest is not None:
                    answer.rest.abandon()
        finally:
            self._in_hand -= 1
            for quota in (self._forms, self._uploads, self._documents, self._answers):
                quota.release(handler)

    def _is_busy(self) -> bool:
        """Whether another process could be sooner with what comes next over a connection."""
        return self._has_peers and self._asked > 0

    async def _answer(self, request: web.BaseRequest) -> tuple[Answer, bool]:
        """The answer, and whether the body came whole, so that another request may follow."""
        try:
            environ = environ_of(request, self._forwarding)
            body = await self._body(request, environ)
            if body is None:
                return await self._ask(environ), False
            self.doors.keep(request.protocol)
            return await self._ask(with_body(environ, body)), True
        except Refused as refused:
            return _plain(refused.status, refused.why), False
        except Unreadable as error:
            return _plain(HTTPStatus.BAD_REQUEST, str(error)), False
        except ConnectionError:
            raise
        except Exception as error:
            log.exception("A request could not be answered")
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                return _plain(
                    HTTPStatus.SERVICE_UNAVAILABLE, "The disk of this server is full. Try again later."
                ), False
            return _plain(HTTPStatus.INTERNAL_SERVER_ERROR, "An error of ours."), False

    async def _ask(self, environ: Environ) -> Answer:
        """The answer of the application, as soon as it is complete or known to be long."""
        begun: asyncio.Future[Answer] = self._loop.create_future()

        def tell(answer: Answer) -> None:
            if not begun.done():
                begun.set_result(answer)
            elif answer.rest is not None:
                answer.rest.abandon()

        def leaves(answer: Answer) -> None:
            self._loop.call_soon_threadsafe(tell, answer)

        long = LongAnswers(leaves, self._long)
        asked = asyncio.ensure_future(self._in_thread(call, self._application, environ, long))
        try:
            await asyncio.wait((begun, asked), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            begun.cancel()
            raise
        finally:
            if begun.done():
                asked.add_done_callback(_say_why)
        try:
            return begun.result() if begun.done() else asked.result()
        except TooManyAtOnce:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, OTHERS_FIRST) from None

    async def _body(self, request: web.BaseRequest, environ: Environ) -> bytes | None:
        """All of the body; None where the application is to refuse the request without it."""
        declared = _declared_length(request)
        if declared == 0:
            return b""
        rule, most, quota = self._rule_of(environ["PATH_INFO"]), self._limits.form_bytes, self._forms
        if rule is not None and rule.most > most and (declared is None or declared > most):
            if not await self._in_thread(rule.may_send, environ):
                return None
            most, quota = rule.most, self._documents if rule.of_anybody else self._uploads
        if declared is None or declared <= most:
            _go_on(request)
            body = await self._read(request, most, quota)
            if body is not None and declared not in (None, len(body)):
                raise Refused(HTTPStatus.BAD_REQUEST, "The body is not as long as its head says.")
            if body is not None:
                return body
        environ[TOO_LARGE] = most
        if rule is not None and declared is not None and declared <= rule.heard_out:
            _go_on(request)
            environ[BEGINNING] = True
            return await self._read(request, most, quota, heard_out=True)
        return None

    async def _read(
        self, request: web.BaseRequest, most: int, quota: Quota, *, heard_out: bool = False
    ) -> bytes | None:
        """The body; when it is longer than that its beginning where it is ``heard_out``, else None."""
        handler, parts, size, began = request.protocol, [], 0, self._loop.time()
        try:
            async with asyncio.timeout_at(self._deadline(began, 0)) as deadline:
                while part := await request.content.readany():
                    size += len(part)
                    if size > most and not heard_out:
                        return None
                    if kept := part[: max(0, most - size + len(part))]:
                        quota.hold(handler, len(kept))
                        parts.append(kept)
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
        headers = CIMultiDict(answer.headers)
        headers["Server"] = "orbweaver"
        if answer.rest is None and (request.method != "HEAD" or "Content-Length" not in headers):
            headers["Content-Length"] = str(len(answer.body))
        response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
        if close:
            response.force_close()
        with suppress(OverQuota):  # it is there already, and the others had to go for it
            self._answers.hold(request.protocol, len(answer.body))
        try:
            async with asyncio.timeout_at(self._deadline(self._loop.time(), 0)) as deadline:
                await response.prepare(request)
                if answer.rest is not None:
                    await self._send_rest(response, answer.rest, deadline)
                elif request.method != "HEAD":
                    await self._send_whole(response, answer.body, deadline)
                await response.write_eof()
        except (TimeoutError, BrokenOff) as error:
            self.doors.let_go(request.protocol)  # before its end is sent: nobody takes it for whole
            raise ConnectionResetError("the answer was not read, or not finished") from error
        return response

    async def _send_whole(self, response: web.StreamResponse, body: bytes, deadline: asyncio.Timeout) -> None:
        began = self._loop.time()
        for start in range(0, len(body), SLICE):
            await response.write(memoryview(body)[start : start + SLICE])
            deadline.reschedule(self._deadline(began, start))

    async def _send_rest(self, response: web.StreamResponse, rest: LongAnswer, deadline: asyncio.Timeout) -> None:
        """Send what there is and what comes. The client has to keep up the least rate, whatever the length."""
        began, sent = self._loop.time(), 0
        while True:
            was_all = rest.ended
            if part := rest.read(SLICE):
                deadline.reschedule(began + GRACE_S + sent / self._limits.least_rate)
                await response.write(part)
                sent += len(part)
            elif rest.failed:
                raise BrokenOff
            elif was_all:
                deadline.reschedule(self._loop.time() + GRACE_S)
                return
            else:
                deadline.reschedule(None)
                before = self._loop.time()
                await asyncio.sleep(LOOK_AGAIN_S)
                began += self._loop.time() - before  # that was our time


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


def _go_on(request: web.BaseRequest) -> None:
    """Say so to a client that asks before it sends its body."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _say_why(asked: asyncio.Future[Answer]) -> None:
    """The log has why a long answer broke off; nobody else waits for that."""
    if asked.cancelled():
        return
    error = asked.exception()
    if error is not None and not isinstance(error, Abandoned | Refused):
        log.error("An answer could not be finished", exc_info=error)


def _plain(status: HTTPStatus, why: str) -> Answer:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), *INERT]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", "1"))
    return Answer(status, status.phrase, headers, f"{why}\n".encode())


def _unread(_path: str, status: HTTPStatus) -> web.Response:
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    why = "An error of ours." if ours else "The head of the request cannot be read."
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        why = TOO_MUCH
    return web.Response(text=f"{why}\n", status=status, content_type="text/plain")
