"""Bodies come in whole, within limits of bytes and pace, or nothing is done with them."""

from __future__ import annotations

import asyncio
import random
from http import HTTPStatus

from aiohttp import web

from orbweaver.doors.industry.frame.asked import Refusal
from orbweaver.doors.industry.messages import BUSY, INCOMPLETE, PACKED, TOO_LARGE, TOO_SLOW, UNCLEAR_LENGTH
from orbweaver.platform.runtime.bodies import OverQuota, Quota
from orbweaver.platform.runtime.webfront import GRACE_S, Doors, Limits

SPREAD_S = 3.0
"""Over so long those are let go that began together: thousands at one moment would hold up everybody else."""
RETRY_S = 1
"""After how long a client may try again when too much was being sent."""


class Uploads:
    """Reads bodies. All that are held, coming or being scanned, share one bound; whoever stalls is let go first."""

    def __init__(self, limits: Limits, doors: Doors) -> None:
        self._limits, self._doors = limits, doors
        self._quota = Quota(limits.upload_memory, doors.let_go)

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
        handler, loop = request.protocol, asyncio.get_running_loop()
        parts: list[bytes] = []
        size, began = 0, loop.time() + random.uniform(0.0, SPREAD_S)  # noqa: S311 - when a slow one is let go
        try:
            async with asyncio.timeout_at(self._deadline(began, 0)) as deadline:
                while part := await request.content.readany():
                    size += len(part)
                    if size > most:
                        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE.of(most=most))
                    self._quota.hold(handler, len(part))
                    parts.append(part)
                    deadline.reschedule(self._deadline(began, size))
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

    def _deadline(self, began: float, size: int) -> float:
        return began + min(self._limits.body_timeout_s, GRACE_S + size / self._limits.least_rate)


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
