"""The family album (sentence 5): the same bytes at places with different contexts, and a verdict of sub-type b."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.acceptance.crew import SUB_TYPE_B, Crew, assess, lead, seen_at, waiting
from tests.acceptance.people import Page, Person
from tests.acceptance.system import wait_for
from tests.acceptance.world import Host, Letter, Mail, Web, contact, html, image, provider, still

FORUM, ALBUM, LATER = 41, 42, 43
FORUM_WORDS = "Hot holiday pics, trade here, more in private"
ALBUM_WORDS = "Our summer at the lake, for grandma"


@pytest.fixture(scope="module")
def places(web: Web, crew: Crew, mail: Mail) -> dict[str, str]:
    """One picture on a forum, in a family album elsewhere, and in an album at the forum's own provider.

    An analyst judges the place on the forum: each item that comes is answered as the first page that it shows is.
    """
    forum, album, later = (web.host(last) for last in (FORUM, ALBUM, LATER))
    bytes_of_all = still(FORUM)
    forum.show(bytes_of_all, page="/thread/1", words=FORUM_WORDS, names=["/i/holiday.jpg"])
    forum.show(bytes_of_all, page="/albums/miller", words=ALBUM_WORDS, names=["/i/miller-7.jpg"])
    album.show(bytes_of_all, page="/family", words=ALBUM_WORDS, names=["/i/lake.jpg"])
    addresses = {
        "forum": forum.url + "/i/holiday.jpg",
        "neighbouring album": forum.url + "/i/miller-7.jpg",
        "album": album.url + "/i/lake.jpg",
        "later": later.url + "/i/reunion.jpg",
    }
    lead(crew.people["Max"], forum.url + "/thread/1")
    wait_for(lambda: waiting(crew.people["Ann"], forum.address), what="the forum's item")
    lead(crew.people["Max"], album.url + "/family", forum.url + "/albums/miller")
    wait_for(lambda: len([one for one in album.asked if one.path.startswith("/i/")]), what="the album to be crawled")
    wait_for(lambda: len([one for one in forum.asked if "miller-7" in one.path]), what="the other album to be crawled")
    time.sleep(3)
    judge_the_forum(crew.people["Ann"], forum, addresses["forum"])
    wait_for(lambda: mail.to(contact(FORUM)), what="the notice about the forum")
    later.show(bytes_of_all, page="/reunion", words=ALBUM_WORDS, names=["/i/reunion.jpg"])
    lead(crew.people["Max"], later.url + "/reunion")
    wait_for(
        lambda: len([one for one in later.asked if one.path.startswith("/i/")]), what="the later place to be crawled"
    )
    wait_for(lambda: len(mail.to(contact(FORUM))) >= 3, what="two reminders")
    return addresses


def judge_the_forum(ann: Person, forum: Host, address: str) -> None:
    """Answer sub-type b for the item that shows the thread, saying so of that place alone where the form asks."""
    for item in waiting(ann, forum.address):
        page = ann.open(item)
        if address in seen_at(page):
            assess(ann, item, {**SUB_TYPE_B, **only(page_in_hand(ann, item), address)})
            return
    raise AssertionError("no item shows the forum's place")


def page_in_hand(ann: Person, item: str) -> Page:
    page = ann.open(item)
    if not any("/assess/" in (form.attributes.get("action") or "") for form in page.tree.css("form")):
        page = ann.send(page.form(action="/take/"))
    return page


def only(page: Page, address: str) -> dict[str, list[str]]:
    """If the form has a choice for each place, the ones of this address alone."""
    form = page.form(action="/assess/").node
    chosen: dict[str, list[str]] = {}
    for choice in form.css("label"):
        box = choice.css_first("input[type=checkbox], input[type=radio]")
        text = choice.text().replace("[.]", ".").replace("hxxp", "http")
        if box is not None and "127.0.0." in text:
            name = box.attributes.get("name") or ""
            chosen.setdefault(name, [])
            if address in text:
                chosen[name].append(box.attributes.get("value") or "on")
    return chosen


def letters_naming(mail: Mail, address: str) -> list[Letter]:
    return [letter for letter in mail.outside() if address in letter.all_text]


def test_the_judged_place_is_in_a_notice(places: dict[str, str], mail: Mail) -> None:
    letters = letters_naming(mail, places["forum"])
    assert letters
    assert "sub-type b" in letters[0].words or "harmful_abusive" in letters[0].words, letters[0].words


@pytest.mark.parametrize("which", ["album", "neighbouring album", "later"])
def test_a_place_that_nobody_judged_is_in_none(places: dict[str, str], mail: Mail, which: str) -> None:
    named = letters_naming(mail, places[which])
    assert not named, f"{named[0].recipients} were told of {which}: {places[which]}"


def test_the_family_s_provider_hears_nothing(places: dict[str, str], mail: Mail) -> None:
    for last in (ALBUM, LATER):
        assert not mail.to(contact(last)), f"{provider(last)} got: {mail.to(contact(last))[0].subject}"


def test_the_places_that_wait_are_offered_to_a_person(places: dict[str, str], crew: Crew) -> None:
    """They are not forgotten either: somebody is asked about each."""

    def offered(host: str) -> Callable[[], list[str]]:
        return lambda: waiting(crew.people["Ann"], host)

    for last in (ALBUM, LATER):
        wait_for(offered(f"127.0.0.{last}"), seconds=20, what=f"an item for {provider(last)}'s place")


def test_the_same_picture_on_two_pages_of_one_address_is_two_places(web: Web, crew: Crew, mail: Mail) -> None:
    """Hotlinked by a forum from the album's own address: taking it away would take it from the family."""
    forum, album = web.host(44), web.host(45)
    picture_at = album.url + "/i/pool.jpg"
    album.files["/i/pool.jpg"] = image(still(45))
    album.files["/"] = html(f'<h1>{ALBUM_WORDS}</h1><img src="/i/pool.jpg">')
    forum.files["/"] = html(f'<h1>{FORUM_WORDS}</h1><img src="{picture_at}">')
    lead(crew.people["Max"], album.url + "/")
    found = wait_for(lambda: waiting(crew.people["Ann"], album.address), what="the album's item")
    page = page_in_hand(crew.people["Ann"], found[0])
    assess(crew.people["Ann"], found[0], {"is_child": "yes", "is_harmed": "no", "age_min": "6", "age_max": "8"})
    assert ALBUM_WORDS in page.text
    lead(crew.people["Max"], forum.url + "/")
    wait_for(lambda: len([one for one in album.asked if one.path == "/i/pool.jpg"]) > 1, seconds=20, what="the look")
    time.sleep(2)
    assert not letters_naming(mail, picture_at)
