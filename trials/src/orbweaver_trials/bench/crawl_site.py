"""The web site of ``orbweaver bench crawl``: pages with three pictures each, served from a process of its own.

Run as ``python -m orbweaver_trials.bench.crawl_site PAGES``; prints its port. Page ``n`` links to pages ``5n+1 …
5n+5``, so that all are reached from page 0, and shows pictures ``3n … 3n+2``: 640x480 JPEGs of about 37 kB made from a
few hundred drawings, each with a comment of its own, so that no two have the same bytes. There are no validators. The
server does as little as it can.
"""

from __future__ import annotations

import asyncio
import io
import sys
from typing import Final

import numpy as np
from PIL import Image

DRAWINGS: Final = 300
PICTURES_A_PAGE: Final = 3
LINKS_A_PAGE: Final = 5
SIZE: Final = (640, 480)


def draw(seed: int) -> bytes:
    """A JPEG of about 37 kB: clouds of colour with fine grain, as a photograph has."""
    rng = np.random.default_rng(seed)
    rough = Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
    grain = Image.fromarray(rng.integers(0, 255, (240, 320), dtype=np.uint8)).resize(SIZE, Image.Resampling.BILINEAR)
    mixed = Image.blend(rough, Image.merge("RGB", (grain,) * 3), 0.05)
    out = io.BytesIO()
    mixed.save(out, "JPEG", quality=80)
    return out.getvalue()


def page(number: int, pages: int) -> bytes:
    """The HTML of a page, as plain as a gallery script writes it."""
    links = "".join(
        f'<li><a href="/page/{target}">Album {target}</a></li>'
        for target in range(number * LINKS_A_PAGE + 1, number * LINKS_A_PAGE + 1 + LINKS_A_PAGE)
        if target < pages
    )
    pictures = "".join(
        f'<div class="item"><h3>Picture {number * PICTURES_A_PAGE + place}</h3><p>Some words before it.</p>'
        f'<a href="/page/{number}"><img src="/img/{number * PICTURES_A_PAGE + place}.jpg" alt="picture {place}"></a>'
        f"<p>Some words after it, and a few more of them.</p></div>"
        for place in range(PICTURES_A_PAGE)
    )
    return (
        f"<!doctype html><html><head><title>Album {number}</title></head><body><h1>Album {number}</h1>{pictures}"
        f"<ul>{links}</ul><footer>The end of the page</footer></body></html>"
    ).encode()


class Site:
    """Answers to paths."""

    def __init__(self, pages: int) -> None:
        self.pages = pages
        drawings = [draw(seed) for seed in range(DRAWINGS)]
        self._begins = drawings[0][:2]
        """The marker that begins every JPEG."""
        self._rests = [drawing[2:] for drawing in drawings]

    def answer(self, path: str) -> tuple[bytes, ...]:
        """The parts of the whole answer, head included."""
        kind, _, rest = path[1:].partition("/")
        if kind == "img":
            first, others = self._picture(int(rest.removesuffix(".jpg")))
            return _head("image/jpeg", len(first) + len(others)) + first, others
        if kind == "page" and int(rest) < self.pages:
            body = page(int(rest), self.pages)
            return _head("text/html; charset=utf-8", len(body)), body
        return (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",)

    def picture(self, number: int) -> bytes:
        """The bytes of a picture."""
        return b"".join(self._picture(number))

    def _picture(self, number: int) -> tuple[bytes, bytes]:
        return self._begins + b"\xff\xfe\x00\x0e" + b"%012d" % number, self._rests[number % DRAWINGS]


def _head(kind: str, size: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (kind.encode(), size)


class _Connection(asyncio.Protocol):
    """One connection with requests one after the other."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            head, self._pending = self._pending[:end], self._pending[end + 4 :]
            self._transport.writelines(self._site.answer(head.split(b" ", 2)[1].decode()))


async def serve(pages: int) -> None:
    """Listen on a free port of loopback until killed."""
    site = Site(pages)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(site), "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
