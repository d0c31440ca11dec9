"""People at the pages: they sign in as anybody does, and send the forms that the pages hold."""

from __future__ import annotations

import asyncio
import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from orbweaver_trials.bench.pages_addresses import NOBODY, Page

FILE_ROUNDS: Final = 3
"""A file that holds as much as there is takes long and says the same each time: it is loaded so often at most."""
THINKS_S: Final = (3.0, 9.0)
"""Seconds, from and to, between what an analyst at work does: opening an item, looking, answering. So twelve an item,
which takes ten keys. That is hurried: the six assessors of the IWF's taskforce assessed 335,215 pictures in 2021, four
hours a day, about one a minute each (annual report 2021). By chance: with the same time each, the ten, who began
together, all answered in the same moment, again and again."""
TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
LOOK: Final = re.compile(r'action="(/items/[^"/]+/)look/"')
VERSION: Final = re.compile(r'name="version" value="(\d+)"')
QUERIES: Final = re.compile(r'class="queries"[^>]*><details><summary>(\d+) ')
SAVED: Final = {"is_child": "no", "then": "next"}
"""Nothing to act on, by the form's first button: what Ctrl+Enter does."""
PATIENCE: Final = aiohttp.ClientTimeout(total=None, sock_read=120)
"""A file of a million rows may come for minutes, as long as it comes."""
LONG_FILE_MS: Final = 10_000.0
"""A file that took longer is not loaded again."""


@dataclass
class Visits:
    """What came of loading one page again and again."""

    milliseconds: list[float] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)
    size: int = 0
    status: int = 0
    is_file: bool = False
    """Whether it is handed out to be kept: as large as what it holds."""


@dataclass
class Work:
    """What the analysts got done meanwhile."""

    items: int = 0
    looks: int = 0
    refused: int = 0


class Person:
    """A browser of somebody's, without script."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @classmethod
    @asynccontextmanager
    async def signed_in(cls, base: str, email: str, password: str) -> Any:
        """Somebody who signed in, for the block."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(base, cookie_jar=jar, timeout=PATIENCE) as session:
            person = cls(session)
            if email:
                _, page = await person.open("/sign-in/")
                status, _ = await person.send("/sign-in/", page, email=email, password=password)
                if status != 200 or "sessionid" not in {cookie.key for cookie in jar}:
                    raise ConnectionRefusedError(f"{email} could not sign in: {status}")
            yield person

    async def open(self, address: str) -> tuple[int, str]:
        """Status and text of a page."""
        async with self._session.get(address) as answer:
            return answer.status, await answer.text(errors="replace")

    async def send(self, address: str, page: str, **values: str) -> tuple[int, str]:
        """Send a form as it stands on ``page``; status and text of where that led."""
        values["csrfmiddlewaretoken"] = _first(TOKEN, page)
        async with self._session.post(address, data=values) as answer:
            return answer.status, await answer.text(errors="replace")

    async def visit(self, address: str, into: Visits) -> None:
        """Load a page once, and note how long that took."""
        began = time.perf_counter()
        async with self._session.get(address, allow_redirects=False) as answer:
            body = await answer.read()
        into.milliseconds.append(1000 * (time.perf_counter() - began))
        into.status, into.size = answer.status, len(body)
        into.is_file = "attachment" in answer.headers.get("Content-Disposition", "")
        if found := QUERIES.search(body.decode(errors="replace")):
            into.queries.append(int(found[1]))


async def analyse(base: str, email: str, password: str, work: Work, begun: asyncio.Event, done: asyncio.Event) -> None:
    """Work as an analyst does until ``done``: read an item, look, answer, and go on with the next, which saving leads
    to; where there is none, ask for one on the page of the queue. ``begun``: the first of it is done."""
    chance = random.Random(email)  # noqa: S311 - not for secrets
    async with Person.signed_in(base, email, password) as person:
        page = ""
        while not done.is_set():
            if LOOK.search(page) is None:
                _, queue = await person.open("/queue/")
                _, page = await person.send("/queue/next/", queue)
            version, look = VERSION.search(page), LOOK.search(page)
            await _think(done, chance)
            if version is None or look is None:
                work.refused += 1
                begun.set()
                continue
            status, _ = await person.send(f"{look[1]}look/", page)
            work.looks += status == 200
            await _think(done, chance)
            status, page = await person.send(f"{look[1]}assess/", page, version=version[1], **SAVED)
            work.items += status == 200
            work.refused += status != 200
            begun.set()


async def load(
    base: str, people: dict[str, str], password: str, pages: Sequence[Page], rounds: int
) -> dict[Page, Visits]:
    """Open every page so often, one after the other, as the people of their roles (role → address); says how far."""
    found = {page: Visits() for page in pages}
    by_role = list(_by_role(pages))
    for place, (role, members) in enumerate(by_role, 1):
        print(f"role {place} of {len(by_role)}: {len(members)} pages of {role}", file=sys.stderr, flush=True)
        async with Person.signed_in(base, "" if role == NOBODY else people[role], password) as person:
            for number in range(rounds):
                for page in members:
                    if found[page].is_file and (number >= FILE_ROUNDS or max(found[page].milliseconds) > LONG_FILE_MS):
                        continue
                    await person.visit(page.addresses[number % len(page.addresses)], found[page])
    return found


async def watch(
    base: str, people: dict[str, str], analysts: Sequence[str], password: str, pages: Sequence[Page], rounds: int
) -> tuple[dict[Page, Visits], Work]:
    """Load the pages while the analysts are at work: from when each of them has signed in and answered once. Ten who
    sign in within a second are ten hashed passwords on a server that has just started, and not what is measured."""
    work, done, begun = Work(), asyncio.Event(), [asyncio.Event() for _ in analysts]
    at_work = [
        asyncio.create_task(analyse(base, each, password, work, first, done))
        for each, first in zip(analysts, begun, strict=True)
    ]
    try:
        for first, task in zip(begun, at_work, strict=True):
            await asyncio.wait((asyncio.ensure_future(first.wait()), task), return_when=asyncio.FIRST_COMPLETED)
        found = await load(base, people, password, pages, rounds)
    finally:
        done.set()
        ended = await asyncio.gather(*at_work, return_exceptions=True)
    for each in ended:
        if isinstance(each, BaseException):
            raise each
    return found, work


def _by_role(pages: Sequence[Page]) -> Iterator[tuple[str, list[Page]]]:
    for role in dict.fromkeys(page.role for page in pages):
        yield role, [page for page in pages if page.role == role]


async def _think(done: asyncio.Event, chance: random.Random) -> None:
    try:
        await asyncio.wait_for(done.wait(), chance.uniform(*THINKS_S))
    except TimeoutError:
        return


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""
