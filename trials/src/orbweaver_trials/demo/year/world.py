"""The others at work: one web server for all their sites, one mail server and one name server, in this process.

Time in here is the campaign's: ``begin`` says which instant it is before the hotline works, ``act`` is called once a
step after it and does what falls due. Mails and pages go over sockets.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
import itertools
import queue
import random
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Self

from aiohttp import web
from aiosmtpd.smtp import SMTP

from orbweaver_trials.demo.mail import Mailroom, ReceivedNotice
from orbweaver_trials.demo.providers import answer_by_link
from orbweaver_trials.demo.year.characters import MANNERS, MOVE_DAYS, RETURN_DAYS, Character, Host, Party
from orbweaver_trials.demo.year.ledger import Arrived, Ledger, Place

REMOVED_PAGE = "<!doctype html><title>Removed</title><p>This content has been removed because it broke our rules.</p>"
FRONT_PAGE = "<!doctype html><title>Pictures</title><p>Welcome. Everybody may share pictures here.</p>"
ADDRESS = "127.0.0.1"
CDN_ADDRESS = "127.0.0.2"
"""Where the names of providers behind a CDN lead to."""


class World:
    """Use as a context manager. ``last_change`` is when nobody does anything any more, so that all can be confirmed."""

    def __init__(
        self, hosts: list[Host], parties: list[Party], seed: int, first: dt.datetime, last_change: dt.datetime
    ) -> None:
        self.hosts = {host.mailbox: host for host in hosts}
        self.parties = {party.mailbox: party for party in parties}
        self.ledger = Ledger()
        self.moved: list[Place] = []
        """Pictures put up again at other addresses, for the hotline's crawler to find."""
        self._first, self._last_change = first, last_change
        self._now = first
        self._rng = random.Random(seed)  # noqa: S311 - not for secrets
        self._mailbag: queue.SimpleQueue[ReceivedNotice] = queue.SimpleQueue()
        self._due: list[tuple[dt.datetime, int, Callable[[dt.datetime], None]]] = []
        self._order = itertools.count()
        self._by_name = {host.host: host for host in hosts}
        self._stack = ExitStack()
        self.port = self.smtp_port = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="world", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        names = {host.host: CDN_ADDRESS if host.is_fronted else ADDRESS for host in self.hosts.values()}
        self._stack.enter_context(answering(names))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
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
        if any(host.is_fronted for host in self.hosts.values()):
            await web.TCPSite(self._runner, CDN_ADDRESS, self.port).start()
        mailroom = Mailroom(frozenset([*self.hosts, *self.parties]), self._receive, lambda address: None)
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
        host = self._by_name.get(request.host.partition(":")[0])
        if host is not None and self._is_out(host):
            if place is not None:
                place.show_nothing()
            return web.Response(status=503)
        if place is None:
            is_front = request.path == "/"
            text, status = (FRONT_PAGE, 200) if is_front else ("", 404)
            return web.Response(text=text, status=status, content_type="text/html")
        if place.there:
            place.show_there()
            return web.Response(body=place.body, content_type="image/jpeg")
        place.show_gone(self._now)
        if place.host.answer == "placeholder":
            return web.Response(text=REMOVED_PAGE, content_type="text/html")
        return web.Response(status=int(place.host.answer))

    def _is_out(self, host: Host) -> bool:
        day = (self._now - self._first) / dt.timedelta(days=1)
        return any(begin <= day <= end for begin, end in host.outages)

    async def _receive(self, notice: ReceivedNotice) -> None:
        self._mailbag.put(notice)

    def post(self, host: Host, body: bytes) -> Place:
        """Somebody uploads a picture to this provider."""
        path = f"/files/{len(self.ledger.places):05d}.jpg"
        place = Place(f"http://{host.host}:{self.port}{path}", path, host, body)
        self.ledger.places[place.url] = place
        return place

    def begin(self, now: dt.datetime) -> None:
        """It is ``now``."""
        self._now = now

    def act(self, now: dt.datetime) -> None:
        """Read the mail that came, and do what falls due by now."""
        while not self._mailbag.empty():
            self._read(self._mailbag.get(), now)
        while self._due and self._due[0][0] <= now:
            _, _, deed = heapq.heappop(self._due)
            deed(now)

    def _read(self, notice: ReceivedNotice, now: dt.datetime) -> None:
        ledger, mailbox = self.ledger, notice.recipient
        ledger.message_ids[notice.message_id] += 1
        if not notice.reports and ledger.push_backs[mailbox] > ledger.answers[mailbox]:
            ledger.answers[mailbox] += 1
            return
        ledger.problems += notice.problems
        places = [ledger.places[url] for url in notice.urls]
        known = ledger.told.setdefault(mailbox, set())
        news = [place for place in places if place.url not in known]
        known.update(notice.urls)
        is_step = any(place.told_at is not None and place.told_at < now for place in news)
        for place in news:
            place.told_at = place.told_at or now
        arrived = ledger.notices.setdefault(mailbox, {}).setdefault(_reference(notice), Arrived(now, is_step))
        arrived.mails += 1
        self._decide(notice, news, [place for place in places if place.there and place not in news], now)

    def _decide(self, notice: ReceivedNotice, news: list[Place], again: list[Place], now: dt.datetime) -> None:
        host = self.hosts.get(notice.recipient)
        if host is None:
            days = self.parties[notice.recipient].acts
        else:
            days = MANNERS[host.character].removes
            self._answer(host, notice, news)
        if days is None:
            return
        came_back = [place for place in again if place.back_at and len(place.back_at) == len(place.gone_at)]
        for place in [*news, *came_back]:
            self._later(now, self._rng.uniform(*days), partial(self._remove, place))

    def _answer(self, host: Host, notice: ReceivedNotice, news: list[Place]) -> None:
        if host.character is Character.ARGUING and news:
            answer_by_link(notice, "push_back", "wants_proof_of_age")
            self.ledger.push_backs[host.mailbox] += 1
        elif host.character is Character.CLAIMING and news:
            answer_by_link(notice, "removed")
            self.ledger.claims[host.mailbox] += 1

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
        first = not any(other.body == place.body for other in self.ledger.of(place.host) if other is not place)
        if place.host.character is Character.MOVING and first:
            self._later(now, self._rng.uniform(*MOVE_DAYS), partial(self._move, place))

    @staticmethod
    def _put_back(place: Place, now: dt.datetime) -> None:
        place.there = True
        place.back_at.append(now)

    def _move(self, place: Place, now: dt.datetime) -> None:
        self.moved.append(self.post(place.host, place.body))
        self.ledger.moves += 1


def _reference(notice: ReceivedNotice) -> str:
    """The notice that a mail belongs to: its Message-ID is made of the reference and the number of the occasion."""
    return notice.message_id.removeprefix("<").rpartition("@")[0].rpartition(".")[0]


@contextmanager
def answering(names: Mapping[str, str]) -> Iterator[None]:
    """Stand in for the name servers of this process: these names have these addresses, all others are asked for."""
    asked = socket.getaddrinfo

    def answer(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        return asked(names.get(host, host), port, *arguments, **options)

    socket.getaddrinfo = answer
    try:
        yield
    finally:
        socket.getaddrinfo = asked
