"""The providers at work: one web server for all their sites and one mail server, in threads of their own.

Time in here is the campaign's: ``act`` is called once a step and does what falls due. Mails and pages go over sockets.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
import itertools
import queue
import random
import threading
from collections.abc import Callable
from functools import partial
from typing import Self

from aiohttp import web
from aiosmtpd.smtp import SMTP

from orbweaver.demo.mail import Mailroom, ReceivedNotice
from orbweaver.demo.providers import dispute
from orbweaver.demo.year.characters import REMOVAL_DAYS, RETURN_DAYS, Character, Host
from orbweaver.demo.year.ledger import Ledger, Place

REMOVED_PAGE = "<!doctype html><title>Removed</title><p>This content has been removed because it broke our rules.</p>"
FRONT_PAGE = "<!doctype html><title>Pictures</title><p>Welcome. Everybody may share pictures here.</p>"
ADDRESS = "127.0.0.1"


class World:
    """Use as a context manager. ``last_change`` is when providers stop doing anything, so that all can be confirmed."""

    def __init__(self, hosts: list[Host], seed: int, last_change: dt.datetime) -> None:
        self.hosts = {host.mailbox: host for host in hosts}
        self.ledger = Ledger()
        self._last_change = last_change
        self._rng = random.Random(seed)  # noqa: S311 - not for secrets
        self._mailbag: queue.SimpleQueue[ReceivedNotice] = queue.SimpleQueue()
        self._due: list[tuple[dt.datetime, int, Callable[[dt.datetime], None]]] = []
        self._order = itertools.count()
        self.port = self.smtp_port = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="world", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        site = web.Application()
        site.router.add_get("/{path:.*}", self._show)
        self._runner = web.AppRunner(site, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, ADDRESS, 0).start()
        self.port = self._runner.addresses[0][1]
        mailroom = Mailroom(frozenset(self.hosts), self._receive, lambda address: None)
        self._mail = await self._loop.create_server(
            lambda: SMTP(mailroom, hostname="mail.year.example", enable_SMTPUTF8=True), ADDRESS, 0
        )
        self.smtp_port = self._mail.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._mail.close()
        await self._runner.cleanup()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _show(self, request: web.Request) -> web.Response:
        place = self.ledger.places.get(f"http://{request.host}{request.path}")
        if place is None:
            is_front = request.path == "/"
            text, status = (FRONT_PAGE, 200) if is_front else ("", 404)
            return web.Response(text=text, status=status, content_type="text/html")
        if place.there:
            return web.Response(body=place.body, content_type="image/jpeg")
        if place.host.answer == "placeholder":
            return web.Response(text=REMOVED_PAGE, content_type="text/html")
        return web.Response(status=int(place.host.answer))

    async def _receive(self, notice: ReceivedNotice) -> None:
        self._mailbag.put(notice)

    def post(self, host: Host, body: bytes) -> Place:
        """Somebody uploads a picture to this provider."""
        path = f"/files/{len(self.ledger.places):05d}.jpg"
        place = Place(f"http://{host.host}:{self.port}{path}", path, host, body)
        self.ledger.places[place.url] = place
        return place

    def act(self, now: dt.datetime) -> None:
        """Read the mail that came, and do what falls due by now."""
        while not self._mailbag.empty():
            self._read(self._mailbag.get(), now)
        while self._due and self._due[0][0] <= now:
            _, _, deed = heapq.heappop(self._due)
            deed(now)

    def _read(self, notice: ReceivedNotice, now: dt.datetime) -> None:
        host, ledger = self.hosts[notice.recipient], self.ledger
        ledger.mails[host.mailbox] += 1
        ledger.message_ids[notice.message_id] += 1
        ledger.problems += notice.problems
        news = [place for url in notice.urls if (place := ledger.places[url]).told_at is None]
        for place in news:
            place.told_at = now
        if news:
            ledger.notices.setdefault(host.mailbox, set()).add(_reference(notice))
        again = [place for url in notice.urls if (place := ledger.places[url]).there and place not in news]
        self._decide(host, notice, news, again, now)

    def _decide(
        self, host: Host, notice: ReceivedNotice, news: list[Place], again: list[Place], now: dt.datetime
    ) -> None:
        if host.character not in REMOVAL_DAYS:
            return
        if host.character is Character.ARGUING and news:
            dispute(notice)
            self.ledger.push_backs[host.mailbox] += 1
        came_back = [place for place in again if place.back_at and len(place.back_at) == len(place.gone_at)]
        for place in [*news, *came_back]:
            self._later(now, self._rng.uniform(*REMOVAL_DAYS[host.character]), partial(self._remove, place))

    def _later(self, now: dt.datetime, days: float, deed: Callable[[dt.datetime], None]) -> None:
        when = now + dt.timedelta(days=days)
        if when <= self._last_change:
            heapq.heappush(self._due, (when, next(self._order), deed))

    def _remove(self, place: Place, now: dt.datetime) -> None:
        if not place.there:
            return
        place.there = False
        place.gone_at.append(now)
        if place.host.character is Character.RETURNING and not place.back_at:
            self._later(now, self._rng.uniform(*RETURN_DAYS), partial(self._put_back, place))

    @staticmethod
    def _put_back(place: Place, now: dt.datetime) -> None:
        place.there = True
        place.back_at.append(now)


def _reference(notice: ReceivedNotice) -> str:
    """The notice that a mail belongs to: its Message-ID is made of the reference and the number of the occasion."""
    return notice.message_id.removeprefix("<").rpartition("@")[0].rpartition(".")[0]
