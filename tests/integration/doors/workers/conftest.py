"""A web site on loopback, written down as paths and answers, and lists to match its pictures with."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from aiohttp import web
from PIL import Image


def picture(seed: int, *, size: tuple[int, int] = (400, 300), quality: int = 90) -> bytes:
    """A JPEG of coloured clouds; another seed is another picture."""
    rough = np.random.default_rng(seed).integers(0, 255, (8, 10, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(rough).resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=quality)
    return out.getvalue()


@dataclass
class Answer:
    """What the site says at a path."""

    body: bytes | str = b""
    kind: str = "text/html"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0


@dataclass
class WebSite:
    """The site's answers, to be changed at will, and the paths that were asked for, in order."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    port: int = 0
    host: str = "127.0.0.1"
    close: Callable[[], object] = bool
    """From then on nobody answers there."""

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}:{self.port}{path}"

    def page(self, path: str, html: str) -> None:
        self.answers[path] = Answer(html)

    def picture(self, path: str, body: bytes) -> None:
        self.answers[path] = Answer(body, "image/jpeg")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        self.asked_at.append(time.monotonic())
        self.headers.append(dict(request.headers))
        answer = self.answers.get(request.path_qs, Answer("nothing here", status=404))
        await asyncio.sleep(answer.wait_s)
        for validator, asked in (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")):
            if answer.headers.get(validator) and request.headers.get(asked) == answer.headers[validator]:
                return web.Response(status=304, headers=answer.headers)
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        return web.Response(body=body, status=answer.status, headers={"Content-Type": answer.kind} | answer.headers)


@pytest.fixture(autouse=True)
def _worker_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a crawler in this process records is taken up when it ends, as by the worker beside it."""
    from django.db import connection

    from orbweaver.assess.review.reports import close_answered
    from orbweaver.detect.matching.taking_up import take_up
    from orbweaver.doors.workers.crawl import Crawler, CrawlSummary
    from orbweaver.platform.clock import now

    run = Crawler.run

    def take_all_up() -> None:
        try:
            while take_up():
                pass
            close_answered(now())
        finally:
            connection.close()

    async def run_both(crawler: Crawler) -> CrawlSummary:
        summary = await run(crawler)
        await asyncio.to_thread(take_all_up)
        return summary

    monkeypatch.setattr(Crawler, "run", run_both)


@pytest.fixture
def make_site() -> Iterator[Callable[..., WebSite]]:
    """Starts sites, each with a port of its own, on 127.0.0.1 or another loopback address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runners: list[web.AppRunner] = []

    def end(runner: web.AppRunner) -> None:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)

    async def start(site: WebSite) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", site.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        listener = web.TCPSite(runner, site.host, 0)
        await listener.start()
        runners.append(runner)
        site.port = runner.addresses[0][1]
        site.close = lambda: end(runner)

    def make(host: str = "127.0.0.1", kind: type[WebSite] = WebSite) -> WebSite:
        site = kind(host=host)
        asyncio.run_coroutine_threadsafe(start(site), loop).result(10)
        return site

    yield make
    for runner in runners:
        end(runner)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
