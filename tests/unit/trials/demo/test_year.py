"""The simulated year's own parts: who the forty are, what their sites show, and what the world writes down."""

from __future__ import annotations

import datetime as dt
import urllib.request
from collections import Counter
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest

from orbweaver_trials.demo.year.characters import MANNERS, PARTIES, Character, Host, Role, forty, parties_of
from orbweaver_trials.demo.year.ledger import Place
from orbweaver_trials.demo.year.world import World

FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def test_forty_providers_of_fourteen_characters_follow_from_the_seed() -> None:
    hosts = forty(40)
    assert len(hosts) == 40
    assert Counter(host.character for host in hosts) == {each: manner.count for each, manner in MANNERS.items()}
    assert hosts == forty(40)
    assert hosts != forty(41)
    assert {host.character for host in forty(40, 0.01)} == set(Character)


def test_each_party_stands_for_a_character_that_is_there() -> None:
    assert parties_of(forty(40)) == list(PARTIES)
    prompt = Host(1, Character.PROMPT, "404", "CA")
    assert parties_of([prompt]) == []
    assert {party.role for party in PARTIES} == set(Role)


def test_those_behind_a_hotline_live_in_its_country() -> None:
    lands = {host.character: host.country for host in forty(40)}
    assert (lands[Character.REFERRED], lands[Character.ABANDONED]) == ("NL", "DE")


def shown(*visits: str) -> dt.datetime | None:
    """When a place counts as found gone after these daily visits."""
    place = Place("http://p01.example/1", "/1", Host(1, Character.PROMPT, "404", "CA"), b"")
    for day, visit in enumerate(visits):
        match visit:
            case "gone":
                place.show_gone(FIRST + day * DAY)
            case "there":
                place.show_there()
            case "nothing":
                place.show_nothing()
    return place.found_gone_at


def test_a_place_is_found_gone_at_the_first_of_two_visits_in_a_row() -> None:
    assert shown("there", "gone") is None
    assert shown("there", "gone", "gone", "gone") == FIRST + DAY
    assert shown("gone", "nothing", "gone", "gone") == FIRST + 2 * DAY
    assert shown("gone", "gone", "there") is None
    assert shown("gone", "gone", "there", "gone", "gone") == FIRST + 3 * DAY


@pytest.fixture
def world() -> Iterator[World]:
    host = Host(1, Character.PROMPT, "410", "CA", outages=((5.0, 6.0),))
    with World([host], [], seed=1, first=FIRST, last_change=FIRST + 30 * DAY) as running:
        yield running


def status(world: World, place: Place, day: float) -> int:
    world.begin(FIRST + day * DAY)
    try:
        with urllib.request.urlopen(place.url, timeout=30) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_a_site_shows_a_picture_until_it_is_removed_and_then_answers_in_its_manner(world: World) -> None:
    (host,) = world.hosts.values()
    place = world.post(host, b"a picture")
    assert status(world, place, 1) == 200
    place.there = False
    assert [status(world, place, day) for day in (2, 3)] == [410, 410]
    assert place.found_gone_at == FIRST + 2 * DAY


def test_a_server_out_of_order_shows_nothing(world: World) -> None:
    (host,) = world.hosts.values()
    place = world.post(host, b"a picture")
    place.there = False
    assert [status(world, place, day) for day in (4, 5.5, 7)] == [410, 503, 410]
    assert place.found_gone_at is None
