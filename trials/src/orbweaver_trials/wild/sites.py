"""All web sites of the world: one application on many addresses, which looks at the name that is asked for."""

from __future__ import annotations

import asyncio
import contextlib
import html
from typing import Final

from aiohttp import web

from orbweaver_trials.wild import faces
from orbweaver_trials.wild.book import Book
from orbweaver_trials.wild.faces import SIGNED, Said, Visitor
from orbweaver_trials.wild.files import MIMES, file_of, filler
from orbweaver_trials.wild.languages import TONGUES, gone_page
from orbweaver_trials.wild.plan import Fate, Host, Place, Plan

RING: Final = "ring.example"
"""A list of links to all others, where the crawl begins."""
FILLERS: Final = 1
FRONTS: Final = {
    "": {"Server": "nginx"},
    "cdn": {"Server": "FastEdge", "Via": "1.1 edge7.fastedge.example (FastEdge)", "X-Cache": "HIT"},
    "edge": {"Server": "cloudflare", "CF-RAY": "8f1c2d3e4f5a6b7c-YUL", "CF-Cache-Status": "HIT"},
}
"""What stands before a host → headers of its answers."""


class Sites:
    """What each host shows now. ``closed`` are the hosts that do not answer."""

    def __init__(self, plan: Plan, book: Book) -> None:
        self.plan, self.book = plan, book
        self.struck: dict[tuple[str, str], Fate] = {}
        self.reposted: set[tuple[str, str]] = set()
        self.closed: set[str] = set()
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._open: dict[str, web.TCPSite] = {}

    async def start(self, ring_address: str) -> None:
        """Serve every host on its own address, all on one port."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5, keepalive_timeout=5)
        await self._runner.setup()
        await web.TCPSite(self._runner, ring_address, 0).start()
        self.port = self._runner.addresses[0][1]
        for host in self.plan.hosts:
            await self.open(host)

    async def open(self, host: Host) -> None:
        """From now on the host answers."""
        assert self._runner is not None
        site = web.TCPSite(self._runner, host.address, self.port, reuse_address=True)
        await site.start()
        self._open[host.name] = site
        self.closed.discard(host.name)

    async def close(self, host: Host) -> None:
        """From now on the host refuses every connection."""
        self.closed.add(host.name)
        if site := self._open.pop(host.name, None):
            await site.stop()

    async def stop(self) -> None:
        """Close every port."""
        if self._runner is not None:
            with contextlib.suppress(RuntimeError):
                await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        name = request.host.partition(":")[0].lower()
        if name == RING:
            return self._ring(request.path.strip("/"))
        host = next((each for each in self.plan.hosts if each.name == name), None)
        if host is None or name in self.closed:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)
        answer = await self._of(host, request)
        answer.headers.update(FRONTS[host.front])
        return answer

    def _ring(self, number: str) -> web.Response:
        links = "".join(
            f'<li><a href="http://{shown_name(host.name)}:{self.port}/">{host.party}</a></li>'
            for host in self.plan.hosts
            if str(host.round) == number
        )
        return _page("Links", f"<ul>{links}</ul>")

    async def _of(self, host: Host, request: web.Request) -> web.Response:
        path = request.path
        if place := self._original(host, path):
            return await self._place(host, place, request)
        pages = {each.page for each in self.plan.at(host.name)} | {"/"}
        if path in pages:
            return self._show_page(host, path)
        if path.startswith("/f/") and path[3:-4].isdigit():
            data = await asyncio.to_thread(filler, int(path[3:-4]))
            return web.Response(body=data, content_type="image/jpeg")
        if path == "/robots.txt":
            return web.Response(status=404)
        return _said(self._missing(host))

    def _original(self, host: Host, path: str) -> Place | None:
        for prefix, moved in (("/again", self.reposted), ("/moved", self._moved())):
            if path.startswith(prefix) and (host.name, path.removeprefix(prefix)) in moved:
                return self.plan.place(host.name, path.removeprefix(prefix))
        return self.plan.place(host.name, path)

    def _moved(self) -> set[tuple[str, str]]:
        return {key for key, fate in self.struck.items() if fate is Fate.MOVED}

    async def _place(self, host: Host, place: Place, request: web.Request) -> web.Response:
        told = f"{host.name}{request.path}"
        fate = self.struck.get(place.key) if request.path == place.path else None
        if fate is not None:
            self.book.count("visits", told)
        said = self._face(place, fate, request)
        if not said.picture:
            return _said(said)
        self.book.count("served", told)
        body = await asyncio.to_thread(file_of, place)
        return web.Response(status=said.status, body=body, content_type=MIMES[place.path.rpartition(".")[2]])

    def _face(self, place: Place, fate: Fate | None, request: web.Request) -> Said:
        if place.fate in SIGNED and not faces.is_valid(place.path, dict(request.query)):
            return faces.S3_EXPIRED
        if fate is None:
            return faces.THE_PICTURE
        headers = request.headers
        visitor = Visitor(
            headers.get("User-Agent", ""),
            headers.get("Referer", ""),
            str(request.remote),
            host=place.host,
        )
        return faces.face(fate, visitor, self.plan.host(place.host).tongue)

    def _missing(self, host: Host) -> Said:
        """What this host gives for an address that never was."""
        fates = {each.fate for each in self.plan.at(host.name)}
        if Fate.SAID_SO in fates:
            return Said(200, gone_page(host.tongue).encode())
        for fate in (Fate.HOME, Fate.PLACEHOLDER):
            if fate in fates:
                return faces.face(fate, Visitor("", "", ""), host.tongue)
        return faces.NOT_FOUND

    def _fillers(self, host: Host) -> range:
        first = 50_000 + self.plan.hosts.index(host) * 10
        return range(first, first + FILLERS)

    def draw_all(self) -> None:
        """Draw every file once, ahead of the first request: a busy machine must not look like a slow host."""
        for host in self.plan.hosts:
            for seed in self._fillers(host):
                filler(seed)
        for place in self.plan.places:
            file_of(place)

    def _show_page(self, host: Host, path: str) -> web.Response:
        self.book.count("pages", f"{host.name}{path}")
        places = [each for each in self.plan.at(host.name) if each.page == path]
        if any(self.struck.get(each.key) in {Fate.PAGE_ALONE, Fate.SIGNED_GONE} for each in places):
            return _said(faces.NOT_FOUND)
        seeds = self._fillers(host) if path == "/" else ()
        shown = [*(f'<p><img src="/f/{seed}.jpg" alt=""></p>' for seed in seeds), *map(self._shown, places)]
        others = sorted({each.page for each in self.plan.at(host.name)} - {path, "/"})
        links = "".join(f'<li><a href="{each}">{each.strip("/")}</a></li>' for each in others)
        words = next((each.words for each in places if each.words), TONGUES[host.tongue].site)
        return _page(TONGUES[host.tongue].site, f"<p>{html.escape(words)}</p>{''.join(shown)}<ul>{links}</ul>")

    def _shown(self, place: Place) -> str:
        """How a page shows a place: dead links stay on some hosts, elsewhere they go with what is gone."""
        fate = self.struck.get(place.key)
        source = faces.signed(place.path) if place.fate in SIGNED else place.path
        if fate is Fate.MOVED:
            source = "/moved" + place.path
        elif place.key in self.reposted:
            source = "/again" + place.path
        elif fate in {Fate.GONE, Fate.NOT_FOUND, Fate.SAID_SO} and len(place.host) % 2:
            return "<p>·</p>"
        if place.make == "film":
            return f'<p><video src="{source}" controls></video></p>'
        return f'<p><a href="{source}"><img src="{source}" alt="{html.escape(place.words)}"></a></p>'


def shown_name(name: str) -> str:
    """A name as people write it."""
    # decoded label by label: what Python calls idna is the standard of 2003, which knows no ß
    return ".".join(
        label[4:].encode().decode("punycode") if label.startswith("xn--") else label for label in name.split(".")
    )


def _page(title: str, body: str) -> web.Response:
    text = (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>'
        f"<body><h1>{html.escape(title)}</h1>{body}</body></html>"
    )
    return web.Response(text=text, content_type="text/html")


def _said(said: Said) -> web.Response:
    if said.to:
        return web.Response(status=said.status, headers={"Location": said.to})
    return web.Response(status=said.status, body=said.body, headers={"Content-Type": said.kind})
