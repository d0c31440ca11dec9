"""The wild world over real sockets: who sees what, which mail is taken, which names are known."""

from __future__ import annotations

import asyncio
import mailbox
import os
import smtplib
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from orbweaver_trials.wild import home
from orbweaver_trials.wild.book import Book
from orbweaver_trials.wild.drafting import plan
from orbweaver_trials.wild.faces import signed
from orbweaver_trials.wild.names import Names
from orbweaver_trials.wild.plan import Fate, Letterbox, Place
from orbweaver_trials.wild.post import Post
from orbweaver_trials.wild.sites import Sites

PLAN = plan()
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CRAWLER = "Orbweaver/0.1 (+http://hotline.example/)"
Ask = Callable[..., Awaitable[tuple[int, bytes]]]


def place_of(fate: Fate) -> Place:
    return next(place for place in PLAN.places if place.fate is fate)


def served(room: Path, play: Callable[[Sites, Ask], Awaitable[None]]) -> None:
    """Play this with all hosts served, asked at their addresses under their names."""

    async def run() -> None:
        sites = Sites(PLAN, Book(room / "book.json"))
        await sites.start("127.0.99.2")
        proxy, port = await home.serve("127.0.99.1")
        async with aiohttp.ClientSession() as session:

            async def ask(place: Place, path: str = "", agent: str = BROWSER, **more: Any) -> tuple[int, bytes]:
                url = f"http://{PLAN.host(place.host).address}:{sites.port}{path or place.path}"
                headers = {"Host": place.host, "User-Agent": agent}
                if more.get("referer"):
                    headers["Referer"] = f"http://{place.host}/"
                through = f"http://127.0.99.1:{port}" if more.get("at_home") else None
                async with session.get(url, headers=headers, proxy=through, allow_redirects=False) as answer:
                    return answer.status, await answer.read()

            await play(sites, ask)
        proxy.close()
        await sites.stop()

    asyncio.run(run())


def test_each_visitor_sees_what_the_fate_of_an_address_shows_them(tmp_path: Path) -> None:
    async def play(sites: Sites, ask: Ask) -> None:
        for fate, ours, visitors in (
            (Fate.CLOAKED, {"agent": CRAWLER}, {}),
            (Fate.CLOAKED_TWICE, {}, {"referer": True}),
            (Fate.HOTLINK, {}, {"referer": True}),
            (Fate.GEO_404, {}, {"at_home": True}),
            (Fate.GEO_451, {"referer": True}, {"at_home": True}),
            (Fate.EMPTY, {}, {"at_home": True}),
        ):
            place = place_of(fate)
            _, picture = await ask(place, **ours)
            sites.struck[place.key] = fate
            assert (await ask(place, **ours))[1] != picture, fate
            assert (await ask(place, **visitors)) == (200, picture), fate

    served(tmp_path, play)


def test_a_signed_address_ends_and_its_page_gives_it_anew(tmp_path: Path) -> None:
    place = place_of(Fate.SIGNED_RENEWED)

    async def play(sites: Sites, ask: Ask) -> None:
        assert (await ask(place))[0] == 403
        assert (await ask(place, signed(place.path)))[0] == 200
        _, page = await ask(place, place.page)
        assert b"Signature=" in page

    served(tmp_path, play)


def test_a_host_that_is_away_refuses_connections_and_comes_back(tmp_path: Path) -> None:
    place = place_of(Fate.AWAY)

    async def play(sites: Sites, ask: Ask) -> None:
        await sites.close(PLAN.host(place.host))
        with pytest.raises(aiohttp.ClientError):
            await ask(place)
        await sites.open(PLAN.host(place.host))
        assert (await ask(place))[0] == 200

    served(tmp_path, play)


def test_a_picture_that_moves_is_shown_by_its_page_at_its_new_address(tmp_path: Path) -> None:
    place = place_of(Fate.MOVED)

    async def play(sites: Sites, ask: Ask) -> None:
        _, picture = await ask(place)
        sites.struck[place.key] = Fate.MOVED
        assert (await ask(place))[0] == 404
        assert await ask(place, "/moved" + place.path) == (200, picture)
        assert b"/moved/" in (await ask(place, place.page))[1]

    served(tmp_path, play)


def test_the_mail_server_refuses_takes_and_delivers_to_the_hotline(tmp_path: Path) -> None:
    """A mailbox that is unknown, a filter that gives way, a mail to the hotline that lies in its Maildir."""
    boxes = {party.box: party.mailboxes for party in PLAN.parties if party.mailboxes}
    read: list[str] = []

    async def receive(_raw: bytes, recipient: str, _sender: str) -> None:
        read.append(recipient)

    def send(port: int) -> None:
        with smtplib.SMTP("127.0.99.1", port) as client:

            def refused(recipient: str) -> int:
                try:
                    client.sendmail("bounces+a@hotline.example", [recipient], "Subject: x\r\n\r\nx")
                except smtplib.SMTPRecipientsRefused as answer:
                    return answer.recipients[recipient][0]
                return 250

            unknown, filtered = boxes[Letterbox.UNKNOWN], boxes[Letterbox.FILTER]
            assert [refused(filtered[0]) for _ in range(3)] == [554, 554, 250]
            assert refused(unknown[0]) == 550
            assert refused("nobody@elsewhere.example") == 550
            assert refused("notices@hotline.example") == 250

    async def run() -> None:
        post = Post(PLAN, Book(tmp_path / "book.json"), tmp_path / "mail", receive)
        server, port = await post.serve("127.0.99.1")
        await asyncio.to_thread(send, port)
        server.close()

    asyncio.run(run())
    assert read == [boxes[Letterbox.FILTER][0]]
    (mail,) = mailbox.Maildir(tmp_path / "mail")
    assert mail["Delivered-To"] == "notices@hotline.example"


def test_a_program_of_the_run_knows_the_names_of_the_world_until_they_go(tmp_path: Path) -> None:
    names = Names(tmp_path, {"cloak.example": "127.0.20.9"})
    command = [sys.executable, "-P", "-c", "import socket; print(socket.getaddrinfo('cloak.example', 80)[0][4][0])"]

    def ask() -> subprocess.CompletedProcess[str]:
        environment = os.environ | names.environment
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert ask().stdout.strip() == "127.0.20.9"
    names.forget("cloak.example")
    assert "Name or service not known" in ask().stderr
