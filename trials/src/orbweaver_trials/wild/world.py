"""The wild world as one process: sites, mail server, parties, another network.

``python -m orbweaver_trials.wild.world ROOM ROUNDS`` serves until it is told to end. Its first line on standard output
is JSON: where everything is. It is a process of its own because the world goes on whatever the program does.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from orbweaver.platform.clock import get_clock
from orbweaver_trials.wild import home
from orbweaver_trials.wild.book import Book
from orbweaver_trials.wild.drafting import plan
from orbweaver_trials.wild.judgement import LOOKS
from orbweaver_trials.wild.names import Names
from orbweaver_trials.wild.parties import Parties
from orbweaver_trials.wild.plan import Fate, Place, Plan
from orbweaver_trials.wild.post import Post
from orbweaver_trials.wild.sites import RING, Sites

CONTROL: Final = "127.0.99.1"
RING_ADDRESS: Final = "127.0.99.2"
AWAY_H: Final = 72.0
"""How long the host that returns does not answer."""
REPOST_H: Final = 36.0
"""After a removal, until the same picture is posted again, at the soonest."""
ASKED_H: Final = 12.0
"""Whoever posts again comes by so often, and waits until the address was asked for between two visits, twice: what is
posted again before anybody looked is no other thing than what has moved."""


class World:
    """All of it, in one event loop."""

    def __init__(self, room: Path, the_plan: Plan) -> None:
        self.plan = the_plan
        self.book = Book(room / "book.json")
        self.names = Names(room, {**{host.name: host.address for host in the_plan.hosts}, RING: RING_ADDRESS})
        self.sites = Sites(the_plan, self.book)
        self.parties = Parties(the_plan, self.book, self.strike)
        self.mail_dir = room / "mail"
        self.parties.post = Post(the_plan, self.book, self.mail_dir, self.parties.receive)
        self._tasks: set[asyncio.Task[None]] = set()
        self._keep: list[Any] = []
        self.drawing: asyncio.Task[None]

    async def start(self) -> dict[str, Any]:
        """Serve everything; returns where."""
        _know(self.plan)
        await self.sites.start(RING_ADDRESS)
        control = web.Application()
        control.add_routes(
            [
                web.get("/book", self._show_book),
                web.get("/drawn", self._drawn),
                web.post("/pasted/{party}", self._pasted),
            ]
        )
        runner = web.AppRunner(control, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, CONTROL, 0).start()
        assert self.parties.post is not None
        mail_server, smtp_port = await self.parties.post.serve(CONTROL)
        proxy, proxy_port = await home.serve(CONTROL)
        self._keep += [runner, mail_server, proxy]
        self.book.write()
        self.drawing = asyncio.create_task(asyncio.to_thread(self.sites.draw_all))
        return {
            "port": self.sites.port,
            "control": f"http://{CONTROL}:{runner.addresses[0][1]}",
            "smtp_host": CONTROL,
            "smtp_port": smtp_port,
            "mail_dir": str(self.mail_dir),
            "proxy": f"http://{CONTROL}:{proxy_port}",
            "names": self.names.environment,
            "lead": f"http://{RING}:{self.sites.port}/",
        }

    async def strike(self, place: Place) -> None:
        """The fate of a place comes true."""
        host = self.plan.host(place.host)
        self.sites.struck[place.key] = place.fate
        self.book.add("struck", host=place.host, path=place.path, fate=str(place.fate))
        if place.fate in {Fate.HOST_GONE, Fate.AWAY}:
            await self.sites.close(host)
        if place.fate is Fate.NAME_GONE:
            self.names.forget(host.name)
            await self.sites.close(host)
        if place.fate is Fate.AWAY:
            self._later(AWAY_H, self.sites.open(host))
        if place.fate is Fate.REPOSTED:
            self._later(REPOST_H, self._repost(place))

    async def _repost(self, place: Place) -> None:
        counted, looks = 0, 0
        while looks < LOOKS:
            await asyncio.sleep(get_clock().real_seconds(dt.timedelta(hours=ASKED_H)))
            visits = self.book.visits.get(f"{place.host}{place.path}", 0)
            counted, looks = visits, looks + (visits > counted)
        await asyncio.sleep(get_clock().real_seconds(dt.timedelta(hours=ASKED_H)))
        self.sites.reposted.add(place.key)
        self.book.add("reposted", host=place.host, path="/again" + place.path)

    def _later(self, hours: float, deed: Any) -> None:
        async def wait() -> None:
            await asyncio.sleep(get_clock().real_seconds(dt.timedelta(hours=hours)))
            await deed

        task = asyncio.create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drawn(self, _: web.Request) -> web.Response:
        """Answers once every file is there."""
        await self.drawing
        return web.Response()

    async def _show_book(self, _: web.Request) -> web.Response:
        return web.json_response(self.book.as_json())

    async def _pasted(self, request: web.Request) -> web.Response:
        """Somebody put a text into the form of a provider that reads no mail."""
        text = await request.text()
        self.parties.by_form(request.match_info["party"], text)
        return web.Response()

    async def stop(self) -> None:
        """Close every port."""
        await self.sites.stop()


def _know(the_plan: Plan) -> None:
    """This process knows the names too."""
    asked, names = socket.getaddrinfo, {host.name: host.address for host in the_plan.hosts}

    def answer(host: Any, *arguments: Any, **options: Any) -> Any:
        return asked(names.get(host, host), *arguments, **options)

    socket.getaddrinfo = answer


async def _until_told(world: World) -> None:
    ended = asyncio.Event()
    for which in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(which, ended.set)
    print(json.dumps(await world.start()), flush=True)
    await ended.wait()
    await world.stop()


def main() -> None:
    """Entry point of the process."""
    asyncio.run(_until_told(World(Path(sys.argv[1]), plan(int(sys.argv[2])))))


if __name__ == "__main__":
    main()
