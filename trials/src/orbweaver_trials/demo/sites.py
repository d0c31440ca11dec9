"""The demo's web sites: galleries, and on one of them what a crawler must survive. One aiohttp application a host."""

from __future__ import annotations

import asyncio
import hashlib
import html
import struct
import zlib
from collections.abc import Callable

from aiohttp import web

from orbweaver_trials.demo.films import CLIP, FILE_MIMES, extension_of, made, showing
from orbweaver_trials.demo.ledger import Ledger
from orbweaver_trials.demo.pictures import edited
from orbweaver_trials.demo.plan import (
    BOARD,
    EXHIBITS,
    HIDDEN_ALBUM,
    HOSTS,
    LATER_ALBUM,
    LEFT_FILM,
    Exhibit,
    Host,
    fillers,
    picture_path,
    pictures_of,
)

BANNER = (
    "Demonstration. Every picture on this site was drawn by a program or is a public sample photograph; "
    "nothing here shows a person. Some stand for known material."
)
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#222;background:#faf9f7}"
    "aside{background:#fdf0d5;border:1px solid #c98a1b;padding:.5rem .75rem}figure{display:inline-block;margin:.5rem}"
    "img,video{max-width:16rem;display:block}"
)
DRIP_S = 0.5
"""Seconds between two bytes of the page that never ends."""

Address = Callable[[Host], str]
"""Gives ``http://127.0.10.N:port`` of a host."""


class Site:
    """The pages of one host, as they stand now: what its provider took down is gone."""

    def __init__(self, host: Host, address: Address, ledger: Ledger) -> None:
        self.host, self.address, self.ledger = host, address, ledger
        self.pictures = pictures_of(host)
        if host == LEFT_FILM.host:
            self.pictures[LEFT_FILM.path] = (LEFT_FILM.seed, LEFT_FILM.edit)
        self.exhibits = [exhibit for exhibit in EXHIBITS if exhibit.host == host]
        self._files: dict[str, bytes] = {}

    def application(self) -> web.Application:
        """The web application to serve on the host's address."""
        application = web.Application(middlewares=[self._count])
        routes = [
            web.get("/", self.front),
            web.get("/robots.txt", self.robots),
            web.get("/album/{number:\\d+}/", self.album),
            web.get("/pictures/{name}", self.picture),
            web.get("/private/{rest:.*}", self.private),
        ]
        if self.host == BOARD:
            routes += hostile_routes()
        application.add_routes(routes)
        return application

    @web.middleware
    async def _count(self, request: web.Request, handler: Callable[[web.Request], object]) -> web.StreamResponse:
        self.ledger.requests[self.host.name] = self.ledger.requests.get(self.host.name, 0) + 1
        answer: web.StreamResponse = await handler(request)  # type: ignore[misc]
        return answer

    def file(self, path: str) -> bytes:
        """The file at a path, drawn when it is first asked for."""
        if path not in self._files:
            self._files[path] = made(*self.pictures[path])
        return self._files[path]

    def digests(self) -> dict[str, int]:
        """SHA-256, in hexadecimal digits, of what a look at each file shows (a JPEG made anew) → its seed."""
        files = self.pictures.values()
        return {hashlib.sha256(jpeg).hexdigest(): seed for seed, edit in files for jpeg in showing(seed, edit)}

    def url(self, path: str) -> str:
        """The absolute address of a path of this host."""
        return self.address(self.host) + path

    def post(self, exhibit: Exhibit) -> str:
        """Somebody puts one more file on a page; returns its address."""
        self.pictures[exhibit.path] = (exhibit.seed, exhibit.edit)
        self.exhibits.append(exhibit)
        return self.url(exhibit.path)

    def is_gone(self, path: str) -> bool:
        """Whether the provider took it down."""
        return self.url(path) in self.ledger.removed_urls()

    async def front(self, _: web.Request) -> web.Response:
        """The first page: albums, the other sites, and a folder that robots.txt closes."""
        albums = [f'<li><a href="/album/{number}/">{name}</a></li>' for number, name in enumerate(self.host.albums)]
        others = [
            f'<li><a href="{self.address(host)}/">{host.provider}</a></li>' for host in HOSTS if host != self.host
        ]
        body = f"<ul>{''.join(albums)}</ul><h2>Friends</h2><ul>{''.join(others)}</ul>"
        body += '<p><a href="/private/diary.html">Closed to crawlers</a></p>'
        if self.host == BOARD:
            body += hostile_links()
        return page(self.host.provider, body)

    async def robots(self, _: web.Request) -> web.Response:
        """Everything is open but one folder."""
        return web.Response(text="User-agent: *\nDisallow: /private/\n")

    async def album(self, request: web.Request) -> web.Response:
        """One album: figures with captions, and text around them."""
        number = int(request.match_info["number"])
        paths = self._paths_of(number)
        if not paths:
            raise web.HTTPNotFound
        title = html.escape(self.host.albums[number]) if number < len(self.host.albums) else "Unlisted"
        words = {each.path: f"{title} {each.label}" for each in self.exhibits}
        figures = [
            f"<p>Picture {place} of {len(paths)}, kept by user u{number}{place}.</p>"
            f"<figure>{_shown(path, words.get(path, f'{title} '))}"
            f"<figcaption>{title}, number {place}</figcaption></figure>"
            for place, path in enumerate(paths, start=1)
        ]
        back = '<p><a href="/">All albums</a></p>' if number < len(self.host.albums) else ""
        return page(f"{title} — {self.host.provider}", "".join(figures) + back)

    def _paths_of(self, number: int) -> list[str]:
        paths = [each.path for each in self.exhibits if each.album == number]
        plain = [picture_path(seed) for seed in fillers(self.host, number)]
        return plain[:2] + paths + plain[2:]

    async def picture(self, request: web.Request) -> web.Response:
        """A file, or 404 once it was taken down."""
        path = f"/pictures/{request.match_info['name']}"
        if path not in self.pictures or self.is_gone(path):
            raise web.HTTPNotFound
        data = await asyncio.to_thread(self.file, path)
        return web.Response(body=data, content_type=FILE_MIMES[path.rpartition(".")[2]])

    async def private(self, request: web.Request) -> web.Response:
        """What robots.txt closes; every visit by a crawler is written down."""
        self.ledger.add("trespasses", {"host": self.host.name, "path": request.path})
        return page("Closed", "<p>A crawler should not be here.</p>")


def _shown(path: str, words: str) -> str:
    """The element that shows a file; ``words`` are HTML already."""
    if path.endswith(f".{extension_of(CLIP)}"):
        return f'<video controls src="{path}" title="{words}"></video>'
    return f'<img src="{path}" alt="{words}">'


def page(title: str, body: str) -> web.Response:
    """A page, clearly marked as part of a demonstration."""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><aside>{BANNER}</aside><h1>{html.escape(title)}</h1>{body}</body></html>"
    )
    return web.Response(text=text, content_type="text/html")


def hostile_links() -> str:
    """Links and pictures that no crawler may stumble over."""
    links = "".join(f'<a href="/odd/{name}">{name}</a> ' for name in ("round/1", "drip", "error", "maze/1"))
    pictures = "".join(f'<img src="/odd/{name}" alt="">' for name in ("broken.jpg", "vast.png", "page.jpg", "none.jpg"))
    return f'<h2>Odds and ends</h2><p>{links}</p>{pictures}<a href="ftp://127.0.0.1/x">ftp</a><a href="//[">bad</a>'


def hostile_routes() -> list[web.RouteDef]:
    """What stands behind them: endless redirects, an endless drip, an endless maze, files that lie."""
    return [
        web.get("/odd/round/{step:\\d+}", _round),
        web.get("/odd/maze/{step:\\d+}", _maze),
        web.get("/odd/drip", _drip),
        web.get("/odd/error", _error),
        web.get("/odd/broken.jpg", _broken),
        web.get("/odd/vast.png", _vast),
        web.get("/odd/page.jpg", _page_as_picture),
    ]


async def _round(request: web.Request) -> web.Response:
    raise web.HTTPFound(f"/odd/round/{int(request.match_info['step']) % 3 + 1}")


async def _maze(request: web.Request) -> web.Response:
    step = int(request.match_info["step"])
    ahead = "".join(f'<a href="/odd/maze/{step * 3 + turn}">door {turn}</a> ' for turn in range(3))
    return page(f"Room {step}", ahead)


async def _drip(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/html"})
    await answer.prepare(request)
    try:
        while True:
            await answer.write(b" ")
            await asyncio.sleep(DRIP_S)
    except ConnectionError:
        return answer


async def _error(_: web.Request) -> web.Response:
    raise web.HTTPInternalServerError(text="This page always fails.")


async def _broken(_: web.Request) -> web.Response:
    return web.Response(body=edited(99)[:1500], content_type="image/jpeg")


async def _vast(_: web.Request) -> web.Response:
    return web.Response(body=vast_png(), content_type="image/png")


async def _page_as_picture(_: web.Request) -> web.Response:
    return web.Response(body=b"<!doctype html><p>This is no picture.", content_type="image/jpeg")


def vast_png(side: int = 60_000) -> bytes:
    """A PNG of a few hundred bytes whose header promises ``side`` x ``side`` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(4096))) + chunk(b"IEND", b"")
    )


REPORTED_PAGE = f"/album/{HIDDEN_ALBUM}/"
"""On the board; no page links to it."""
LATER_PAGE = f"/album/{LATER_ALBUM}/"
"""On the quick host; no page links to it."""
