"""The web that is crawled: rooms of pages with a picture each, over hosts of loopback, made as they are asked."""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
from aiohttp import web
from PIL import Image

PAGES_OF_ROOM = 100
KNOWN_EVERY = 20


def picture(number: int) -> bytes:
    """A JPEG of coloured clouds; another number is another picture."""
    rough = np.random.default_rng(number).integers(0, 255, (8, 10, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(rough).resize((160, 120), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


class Site:
    """``asked``: path → how often; ``log``: when (monotonic) and which machine, by how it names itself."""

    def __init__(self, hosts: int) -> None:
        self.hosts = [f"127.0.3.{number + 1}" for number in range(hosts)]
        self.asked: Counter[str] = Counter()
        self.log: list[tuple[float, str]] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def url(self, number: int, ending: str = "") -> str:
        """Page, or picture, by its number over all rooms."""
        return f"http://{self.hosts[number % len(self.hosts)]}:{self.port}/{number}{ending}"

    @staticmethod
    def pages(room: int) -> range:
        """The numbers of a room's pages; the first leads to all."""
        return range(room * PAGES_OF_ROOM, (room + 1) * PAGES_OF_ROOM)

    def known(self, room: int) -> list[int]:
        """The pictures of a room that are on the list."""
        return [number for number in self.pages(room) if number % KNOWN_EVERY == 0]

    async def _answer(self, request: web.Request) -> web.Response:
        name = request.path[1:]
        if name == "robots.txt":
            return web.Response(status=404)
        self.asked[name] += 1
        self.log.append((time.monotonic(), request.headers.get("User-Agent", "")))
        if name.endswith(".jpg"):
            return web.Response(body=picture(int(name[:-4])), content_type="image/jpeg")
        number = int(name)
        first, inside = number - number % PAGES_OF_ROOM, number % PAGES_OF_ROOM
        below = [first + each for each in range(8 * inside + 1, 8 * inside + 9) if each < PAGES_OF_ROOM]
        links = "".join(f'<a href="{self.url(each)}">x</a>' for each in below)
        return web.Response(text=f'{links}<img src="{self.url(number, ".jpg")}">', content_type="text/html")

    async def _listen(self) -> None:
        app = web.Application()
        app.router.add_get("/{name}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        for host in self.hosts:
            await web.TCPSite(self._runner, host, self.port, backlog=512).start()
            self.port = self._runner.addresses[0][1]

    @contextlib.contextmanager
    def serve(self) -> Iterator[None]:
        """It answers within the block."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(20)
        yield
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(90)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
