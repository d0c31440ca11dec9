"""A SOCKS5 proxy on loopback, as a Tor client offers one: onion names lead to servers of the test (RFC 1928)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from orbweaver.platform.network.onion import checksum_of

HOST_UNREACHABLE = 4
DOMAIN = 3


def onion(seed: int) -> str:
    """A well-formed name of a service."""
    key = bytes([seed]) * 32
    return base64.b32encode(key + checksum_of(key) + b"\x03").decode().lower() + ".onion"


@dataclass
class SocksProxy:
    """Where it listens, what leads where, and what was asked for as (kind of address, host, port)."""

    services: dict[str, int]
    port: int = 0
    asked: list[tuple[int, str, int]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"socks5://127.0.0.1:{self.port}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            _, methods = await reader.readexactly(2)
            await reader.readexactly(methods)
            writer.write(b"\x05\x00")
            _, _, _, kind = await reader.readexactly(4)
            size = (await reader.readexactly(1))[0] if kind == DOMAIN else 4
            raw = await reader.readexactly(size)
            port = int.from_bytes(await reader.readexactly(2), "big")
            host = raw.decode() if kind == DOMAIN else ".".join(map(str, raw))
            self.asked.append((kind, host, port))
            if host not in self.services:
                writer.write(b"\x05" + bytes([HOST_UNREACHABLE]) + b"\x00\x01" + bytes(6))
                await writer.drain()
            else:
                writer.write(b"\x05\x00\x00\x01" + bytes(6))
                await _join(reader, writer, self.services[host])
        writer.close()


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(_pump(reader, up_writer), _pump(up_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
    finally:
        writer.close()


@contextlib.contextmanager
def socks_proxy(services: dict[str, int]) -> Iterator[SocksProxy]:
    """Runs one in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    proxy = SocksProxy(services)

    async def start() -> asyncio.Server:
        return await asyncio.start_server(proxy.answer, "127.0.0.1", 0)

    async def stop() -> None:
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.05)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
