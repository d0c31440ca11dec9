"""Rates: what a key may ask in a window is one number for every process."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from orbweaver.doors.industry.frame.asked import Count, Refusal
from orbweaver.doors.industry.frame.clients import Client
from orbweaver.doors.industry.frame.database import Database
from orbweaver.doors.industry.frame.rates import Rates
from orbweaver.doors.industry.frame.usage import Usage
from orbweaver.people.accounts.keys import SetAside, Used, set_aside
from orbweaver.people.accounts.models import RateWindow

from .things import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_rate_holds_for_all_processes_together() -> None:
    """Two processes share one window of a client; each sets parts aside, so that it seldom asks."""
    rates = [Rates(12_000, Counted(), Database()) for _ in range(2)]  # type: ignore[arg-type]
    client = Client("owk_shared", "x", frozenset(), scans_per_minute=60)

    async def take(which: int) -> bool:
        try:
            await rates[which].take(client, 1, asked := AskedForRates())  # type: ignore[arg-type]
        except Refusal as refusal:
            return not refusal.retry_after
        return asked.told["RateLimit"].startswith('"scan";r=')

    async def all_of_it() -> list[bool]:
        try:
            return [await take(number % 2) for number in range(14)]
        finally:
            for each in rates:
                each._database.close()

    assert asyncio.run(all_of_it()) == [True] * 10 + [False] * 4


def test_a_window_begins_anew_after_its_end() -> None:
    first = set_aside("owk_first", 3, 5, 10)
    assert (first.granted, first.left, 0 < first.ends_in_s <= 10) == (3, 2, True)
    assert (set_aside("owk_first", 3, 5, 10).granted, set_aside("owk_first", 1, 5, 10).granted) == (2, 0)
    assert set_aside("owk_other", 1, 5, 10).granted == 1
    RateWindow.objects.filter(client="owk_first").update(ends_at=NOW)
    assert set_aside("owk_first", 3, 5, 10).granted == 3


class Slow:
    """A database that takes its time."""

    async def __call__(self, *_: object) -> None:
        await asyncio.sleep(0.01)


class Counted:
    """Use that nobody reads."""

    def add(self, *_: object) -> None:
        pass


class AskedForRates:
    """A request, as far as rates look at it."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}
        self.count = Count("ours")


def test_a_thousand_that_wait_for_a_part_go_on_together_when_it_comes() -> None:
    """One question serves them all, and none waits for the others' turns: under thousands of begun uploads each turn of
    the event loop takes milliseconds."""
    client = Client("owk_crowd", "x", frozenset(), scans_per_minute=10_000_000)
    questions, turns = 0, 0

    class Asked:
        async def __call__(self, *_: object) -> SetAside:
            nonlocal questions
            questions += 1
            await asyncio.sleep(0.05)
            return SetAside(5_000, 1_000_000, 10.0)

    async def all_of_it() -> None:
        nonlocal turns
        rates = Rates(12_000, Counted(), Asked())  # type: ignore[arg-type]
        crowd = [asyncio.create_task(rates.take(client, 1, AskedForRates())) for _ in range(1_000)]  # type: ignore[arg-type]
        while questions == 0 or rates._windows[client.name].mine == 0:
            await asyncio.sleep(0.01)
        while not all(each.done() for each in crowd):
            turns += 1
            await asyncio.sleep(0)

    asyncio.run(all_of_it())
    assert (questions, turns < 10) == (1, True)


def test_scans_on_their_way_to_the_database_still_count_against_a_quota() -> None:
    """Until what the key has used is read again: a write in between gave as much again."""

    async def all_of_it() -> list[int]:
        usage = Usage(Slow())  # type: ignore[arg-type]
        before = Client("owk_day", "x", frozenset(), read_at=time.monotonic())
        usage.add(before.name, "ours", Used(scans=3))
        counted = [usage.scans_of(before)]
        writing = asyncio.create_task(usage.write())
        await asyncio.sleep(0)
        counted.append(usage.scans_of(before))
        await writing
        counted += [usage.scans_of(before), usage.scans_of(replace(before, read_at=time.monotonic()))]
        await usage.close()
        return counted

    assert asyncio.run(all_of_it()) == [3, 3, 3, 0]
