"""Where there are too many connections, the one that has kept us waiting longest goes, and is told why."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import web

from orbweaver.platform.runtime.connections import Doors, Limits

LIMITS = Limits(
    head_timeout_s=15,
    body_timeout_s=15,
    least_rate=1,
    form_bytes=1000,
    form_memory=1000,
    upload_memory=1000,
    answer_memory=1000,
    connections=2,
)


def refused(path: str, status: HTTPStatus) -> web.Response:
    return web.Response(text=f"{path} {status.value}", status=status, content_type="text/plain")


async def never(_: web.BaseRequest) -> web.StreamResponse:
    raise AssertionError("no request came whole")


def test_who_has_begun_to_ask_is_told_that_there_are_too_many_and_who_has_not_is_let_go() -> None:
    async def ends() -> list[bytes]:
        doors = Doors(never, LIMITS, refused)
        server = await asyncio.get_running_loop().create_server(doors, "127.0.0.1", 0)
        place = server.sockets[0].getsockname()
        clients = []
        for begun in (b"POST /v1/media/ HTTP/1.1\r\nHo", b"", b"", b""):
            reader, writer = await asyncio.open_connection(*place)
            writer.write(begun)
            clients.append((reader, writer))
            await asyncio.sleep(0.05)
        found = []
        for reader, _ in clients[:2]:
            try:
                found.append(await asyncio.wait_for(reader.read(), 10))
            except ConnectionResetError:
                found.append(b"")
        for _, writer in clients:
            writer.close()
        server.close()
        await doors.shutdown(1.0)
        return found

    told, silent = asyncio.run(ends())
    assert told.startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n")
    assert told.endswith(b"\r\n\r\n/v1/media/ 503")
    assert silent == b""
