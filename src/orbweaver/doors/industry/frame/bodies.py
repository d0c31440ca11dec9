"""Bodies come in whole, within limits of bytes and pace, or nothing is done with them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from orbweaver.doors.industry.frame.asked import Refusal
from orbweaver.doors.industry.messages import BUSY, INCOMPLETE, PACKED, TOO_LARGE, TOO_SLOW, UNCLEAR_LENGTH
from orbweaver.platform.runtime.bodies import OverQuota, Quota
from orbweaver.platform.runtime.connections import Doors, Limits
from orbweaver.platform.runtime.webfront import GRACE_S

CHECK_S = 0.25
"""Seconds between checks for bodies that come too slowly."""
AT_ONCE = 16
"""Slow bodies ended before others are served again: thousands that began together are late together."""
RETRY_S = 1
"""After how long a client may try again when too much was being sent."""


@dataclass(slots=True, eq=False)
class _Coming:
    """A body that is coming: since when, how much of it is here, and the time out that ends it."""

    began: float
    end: asyncio.Timeout
    size: int = 0


class Uploads:
    """Reads bodies. All that are held, coming or being scanned, share one bound; whoever stalls is let go first.

    Make it within a running event loop."""

    def __init__(self, limits: Limits, doors: Doors) -> None:
        self._limits, self._doors = limits, doors
        self._quota = Quota(limits.upload_memory, doors.turn_away)
        self._coming: set[_Coming] = set()
        self._some_come = asyncio.Event()
        self._watch = asyncio.create_task(self._let_go_of_slow())

    def close(self) -> None:
        """Watch no more."""
        self._watch.cancel()

    def release(self, handler: web.RequestHandler) -> None:
        """Nothing of this connection's request is held any more."""
        self._quota.release(handler)

    async def read(self, request: web.BaseRequest, most: int) -> bytes:
        """The whole body, of at most ``most`` bytes. Raises Refusal, or ConnectionError when the client is gone."""
        declared = _declared_length(request)
        if declared is not None and declared > most:
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE.of(most=most))
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            # The digest of packed bytes is that of something else.
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, PACKED)
        if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        parts = await self._parts(request, most)
        if declared is not None and sum(map(len, parts)) != declared:
            raise Refusal(HTTPStatus.BAD_REQUEST, INCOMPLETE)
        self._doors.keep(request.protocol)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _parts(self, request: web.BaseRequest, most: int) -> list[bytes]:
        handler, parts = request.protocol, list[bytes]()
        try:
            async with asyncio.timeout(None) as end:
                coming = _Coming(asyncio.get_running_loop().time(), end)
                self._coming.add(coming)
                self._some_come.set()
                try:
                    while part := await request.content.readany():
                        coming.size += len(part)
                        if coming.size > most:
                            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE.of(most=most))
                        self._quota.hold(handler, len(part))
                        parts.append(part)
                finally:
                    self._coming.discard(coming)
        except TimeoutError:
            raise Refusal(HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW) from None
        except OverQuota:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, BUSY, retry_after=RETRY_S) from None
        except web.RequestPayloadError as error:
            error.__traceback__ = None  # the stream keeps the error, which would keep this frame and what came
            raise Refusal(HTTPStatus.BAD_REQUEST, INCOMPLETE) from None
        except ConnectionError as error:
            error.__traceback__ = None
            raise ConnectionResetError("the client is gone") from None
        self._quota.keep(handler)
        return parts

    async def _let_go_of_slow(self) -> None:
        """Without a timer for each, which would all ring in one go, and without any while nothing comes."""
        loop = asyncio.get_running_loop()
        while True:
            if not self._coming:
                self._some_come.clear()
                await self._some_come.wait()
            await asyncio.sleep(CHECK_S)
            late = [each for each in self._coming if self._is_late(each, loop.time())]
            for number, each in enumerate(late):
                if each in self._coming:
                    each.end.reschedule(loop.time())
                if number % AT_ONCE == AT_ONCE - 1:
                    await asyncio.sleep(0)

    def _is_late(self, coming: _Coming, moment: float) -> bool:
        patience = min(self._limits.body_timeout_s, GRACE_S + coming.size / self._limits.least_rate)
        return moment - coming.began > patience


def _declared_length(request: web.BaseRequest) -> int | None:
    """How long the body is to be; None where it comes in chunks. Raises Refusal where it is not clear."""
    lengths = request.headers.getall("Content-Length", ())
    codings = request.headers.getall("Transfer-Encoding", ())
    if not codings:
        if len(lengths) > 1 or not all(each.isascii() and each.isdigit() for each in lengths):
            raise Refusal(HTTPStatus.BAD_REQUEST, UNCLEAR_LENGTH)
        return int(lengths[0]) if lengths else 0
    if lengths or len(codings) > 1 or codings[0].strip().lower() != "chunked":
        raise Refusal(HTTPStatus.BAD_REQUEST, UNCLEAR_LENGTH)
    return None
