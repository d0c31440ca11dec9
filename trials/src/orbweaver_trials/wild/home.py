"""Another network: a small HTTP proxy whose visitors sit at home (``ORBWEAVER_RECHECK_PROXY`` names it)."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

from orbweaver_trials.wild.faces import HOME_ADDRESS

HEAD_LIMIT = 64 * 1024


async def serve(address: str) -> tuple[asyncio.Server, int]:
    """Listen here; returns the server and its port."""
    server = await asyncio.start_server(_visit, address, 0)
    return server, int(server.sockets[0].getsockname()[1])


async def _visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        line, _, rest = head.partition(b"\r\n")
        method, target, version = line.decode("latin-1").split(" ", 2)
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            there = await _dial(host.strip("[]"), int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            parts = urlsplit(target)
            there = await _dial(parts.hostname or "", parts.port or 80)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            there[1].write(f"{method} {path} {version}\r\n".encode("latin-1") + rest)
        await asyncio.gather(_pass(reader, there[1]), _pass(there[0], writer))
    except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        with contextlib.suppress(OSError):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    finally:
        writer.close()


async def _dial(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(host, port, local_addr=(HOME_ADDRESS, 0), limit=HEAD_LIMIT)


async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(HEAD_LIMIT):
            sink.write(data)
            await sink.drain()
    sink.close()
