"""``orbweaver api``: one process with an event loop that has all connections, decoders and an index of its own.

Requests are told apart by their path; each door answers, and says errors, in its own form.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from aiohttp import web
from django.db import DataError
from multidict import CIMultiDict
from yarl import URL

from orbweaver.detect.fetching.settings import FetchingSettings
from orbweaver.doors.industry.frame.asked import Answer, Asked, Door, Refusal, as_json, segments
from orbweaver.doors.industry.frame.bodies import Uploads
from orbweaver.doors.industry.frame.service import Service, service
from orbweaver.doors.industry.hashsharing.door import HashSharing
from orbweaver.doors.industry.hma.door import Hma
from orbweaver.doors.industry.messages import BUSY, NO_SUCH_CALL, NOT_HTTP, NOT_KEPT, OUR_ERROR, OUT_OF_ORDER
from orbweaver.doors.industry.ours.door import Ours
from orbweaver.doors.industry.peers import Peers
from orbweaver.doors.industry.settings import IndustrySettings
from orbweaver.doors.industry.shield import Shield
from orbweaver.doors.industry.status import CALLS, Status
from orbweaver.doors.industry.stopncii import StopNcii
from orbweaver.errors import Conflict, NotAllowed, OrbweaverError, Unavailable
from orbweaver.fingerprints.errors import DecodersUnavailable, PoolClosed
from orbweaver.platform.runtime.accepting import Acceptor
from orbweaver.platform.runtime.connections import Doors, Limits
from orbweaver.platform.runtime.limits import is_out_of_order
from orbweaver.platform.runtime.settings import WebServerSettings
from orbweaver.platform.runtime.status import PATHS
from orbweaver.platform.runtime.turns import TurnLoop, Turns
from orbweaver.platform.runtime.visitor import visitor_of

log = logging.getLogger(__name__)

BACKLOG = 4096
AT_ONCE = 16
"""Connections that begin before those that have begun are served again."""
HAND_OVER_S = 0.001
"""How long the event loop may keep the interpreter when a thread wants it: a look-up or a question to the database
needs it several times, each time for a moment, and Python's own 5 ms add up when thousands of uploads begin."""
ANSWER_S = 60.0
"""Longest time in which an answer has to be read."""
STOP_S = 8.0
"""How long what has begun may take at a stop."""
WARMING_S = 2.0
WARMING = "Warming up: the first start on a machine compiles the decoders, which takes up to a minute."
"""What is said where nobody is served yet after so long."""
DOORS: Sequence[Callable[[Service], Door]] = (
    *(Shield, Hma, Ours, HashSharing, StopNcii, Peers),
    *(partial(Status, path=path) for path in PATHS),
)


STATUSES: Sequence[tuple[type[OrbweaverError], HTTPStatus]] = (
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (OrbweaverError, HTTPStatus.BAD_REQUEST),
)
"""What each kind of error is in HTTP; the first that fits."""


class Nowhere:
    """The door of every other path."""

    name = "nowhere"
    below = ()

    async def answer(self, asked: Asked) -> Answer:
        """There is nothing."""
        raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)

    def refuse(self, refusal: Refusal) -> Answer:
        """As a problem of RFC 9457."""
        problem = {"title": str(refusal.message), "status": int(refusal.status)}
        return as_json(problem, refusal.status, "application/problem+json")


class Port:
    """Answers the requests of all doors. Make it within a running event loop."""

    def __init__(self, shared: Service, limits: Limits, turns: Turns) -> None:
        self.shared = shared
        self.connections = Doors(self.handle, limits, self._refuse_unread, turns)
        self._uploads = Uploads(limits, self.connections)
        self._doors = [make(shared) for make in DOORS]
        self._nowhere = Nowhere()
        self._in_hand = 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, and send the answer."""
        self._in_hand += 1
        try:
            answer, headers, whole = await self._answer(request)
        finally:
            self._in_hand -= 1
            self._uploads.release(request.protocol)
        self.connections.wait_for(request.protocol)
        if whole and answer.status < HTTPStatus.BAD_REQUEST:
            self.connections.serve_first(request.protocol)
        return await self._send(request, answer, headers, close=not whole)

    async def stop(self) -> None:
        """Answer what has begun, then close every connection."""
        loop = asyncio.get_running_loop()
        end = loop.time() + STOP_S
        while self._in_hand and loop.time() < end:
            await asyncio.sleep(0.02)
        self._uploads.close()
        await self.connections.shutdown(1.0)

    def _refuse_unread(self, path: str, status: HTTPStatus) -> web.Response:
        """What is no HTTP, or one too many, in the form of the door to which its path seems to lead."""
        message = OUR_ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else NOT_HTTP
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            message = BUSY
        door = self._door_of(segments(path.partition("?")[0]))
        answer = door.refuse(Refusal(status, message))
        return web.Response(body=answer.body, status=answer.status, headers={"Content-Type": answer.content_type})

    async def _answer(self, request: web.BaseRequest) -> tuple[Answer, dict[str, str], bool]:
        """The answer, headers beside its own, and whether the body was read, so that another request may follow."""
        parts, query = _target(request.raw_path)
        door = self._door_of(parts)
        body_read = not request.can_read_body

        async def read(most: int) -> bytes:
            nonlocal body_read
            body = await self._uploads.read(request, most)
            body_read = True
            return body

        remote = visitor_of(request.remote or "", ",".join(request.headers.getall("X-Forwarded-For", ())))
        asked = Asked(request.method, parts[len(door.below) :], query.query, request.headers, remote, read)
        asked.count.door = door.name
        try:
            answer = await door.answer(asked)
        except ConnectionError:
            raise
        except Exception as error:
            refusal = refusal_of(error)
            if refusal.status == HTTPStatus.UNAUTHORIZED:
                asked.told["WWW-Authenticate"] = 'Basic realm="Orbweaver", charset="UTF-8"'
            if refusal.retry_after is not None:
                asked.told["Retry-After"] = str(refusal.retry_after)
            answer = door.refuse(refusal)
        self._count(asked, answer)
        return answer, asked.told, body_read

    def _count(self, asked: Asked, answer: Answer) -> None:
        """For the page of its key, and for whoever is on call."""
        CALLS.labels(asked.count.door, f"{answer.status // 100}xx").inc()
        used = asked.count.used
        used.requests = 1
        if answer.status >= HTTPStatus.BAD_REQUEST and not used.refused:
            used.failed = 1
        self.shared.usage.add(asked.count.client, asked.count.door, used)

    def _door_of(self, parts: tuple[str, ...]) -> Door:
        return next((door for door in self._doors if parts[: len(door.below)] == door.below), self._nowhere)

    async def _send(
        self, request: web.BaseRequest, answer: Answer, more: dict[str, str], *, close: bool
    ) -> web.StreamResponse:
        headers = CIMultiDict({"Content-Type": answer.content_type, "Cache-Control": "no-store", "Server": "orbweaver"})
        headers.update(more)
        headers.update(answer.headers)
        response = web.Response(body=answer.body, status=answer.status, headers=headers)
        if close:
            response.force_close()
        try:
            async with asyncio.timeout(ANSWER_S):
                await response.prepare(request)
                await response.write_eof()
        except TimeoutError:
            self.connections.let_go(request.protocol)
            raise ConnectionResetError("the answer was not read") from None
        return response


def refusal_of(error: Exception) -> Refusal:
    """Any error as what a client is told; what nobody foresaw is logged by its kind, never by what it says."""
    match error:
        case Refusal():
            return error
        case DecodersUnavailable() | PoolClosed() | Unavailable():
            return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, error.message, retry_after=5)
        case OrbweaverError():
            return Refusal(next(status for kind, status in STATUSES if isinstance(error, kind)), error.message)
        case DataError():
            log.warning("The database refused what was sent: %s", type(error.__cause__).__name__)
            return Refusal(HTTPStatus.BAD_REQUEST, NOT_KEPT)
    if is_out_of_order(error):
        log.warning("The database or a disk is full or away: %s", type(error).__name__)
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, OUT_OF_ORDER, retry_after=30)
    log.error("A request could not be answered", exc_info=error)
    return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, OUR_ERROR)


def _target(raw: str) -> tuple[tuple[str, ...], URL]:
    """The segments of the path and the query, of what a client sends: a path, or a whole address. A path that begins
    with two slashes is a path all the same."""
    text = raw if raw.startswith("/") else "/" + raw.partition("://")[2].partition("/")[2]
    path, _, query = text.partition("?")
    return segments(path), URL.build(query_string=query.partition("#")[0], encoded=True)


@asynccontextmanager
async def opened(sockets: Sequence[socket.socket], turns: Turns) -> AsyncIterator[Port]:
    """The port, answering on these sockets within the block, from when it can scan: who comes earlier waits.

    ``turns`` are those of the running event loop.
    """
    memory = IndustrySettings.current().api_upload_memory_mb * 2**20
    largest = FetchingSettings.current().crawl_max_bytes
    limits = replace(
        Limits.of(WebServerSettings.current(), largest_upload=largest), upload_memory=max(memory, 2 * largest)
    )
    async with service() as shared:
        await asyncio.gather(shared.scanner.warm_up(), shared.following.warm_up())
        port = Port(shared, limits, turns)
        turn_away = port.connections.turn_away_unread
        acceptors = [
            Acceptor(each, port.connections, at_once=AT_ONCE, turns=turns, turn_away=turn_away) for each in sockets
        ]
        try:
            yield port
        finally:
            for each in acceptors:
                each.close()
            await port.stop()


def listening(host: str, port: int) -> list[socket.socket]:
    """Sockets at which the port can be reached."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return [socket.create_server(address[:2], family=family, backlog=BACKLOG) for family, _, _, _, address in found[:1]]


def serve(host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. ``say`` is told, in words, that it does, and before that if it takes long."""
    sys.setswitchinterval(HAND_OVER_S)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    loop = TurnLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(_serve(host, port, loop.turns, say))


async def _serve(host: str, port: int, turns: Turns, say: Callable[[str], None]) -> None:
    loop, ended, main = asyncio.get_running_loop(), asyncio.Event(), asyncio.current_task()

    def stop() -> None:
        ended.set()
        if main is not None and not warming.cancelled():
            main.cancel()

    for kind in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(kind, stop)
    warming = loop.call_later(WARMING_S, say, WARMING)
    try:
        async with opened(listening(host, port), turns):
            warming.cancel()
            say(f"Serving the API on {host}:{port}")
            gc.collect()
            gc.freeze()  # what is loaded stays: batches of hashes would have it walked through again and again
            await ended.wait()
    except asyncio.CancelledError:
        if not ended.is_set():
            raise
