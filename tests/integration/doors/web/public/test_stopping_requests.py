"""Whoever opens a request with its code reads first that it is to stop, and says with one press that it goes on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.follow.survivors import stops
from orbweaver.follow.survivors.models import Request, Stop
from orbweaver.follow.survivors.rules import Surety
from orbweaver.people.accounts.models import User
from orbweaver.platform.clock import now

from .test_disagreements import ASK, asked, look

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]
MakePerson = Callable[..., User]
ON = "/info/follow/on/"
BUTTON = {
    "en": "Go on working on my request",
    "fr": "Continuez à travailler sur ma demande",
    "de": "Bitte arbeiten Sie weiter",
}


def to_stop(request: Request, by: User, surety: Surety = Surety.WORDS) -> Stop:
    return stops.stop(request, surety, by=by, now=now())


@pytest.mark.parametrize("language", list(BUTTON))
def test_it_stands_first_with_its_day_and_one_press_lets_it_go_on(
    client: Any, make_person: MakePerson, language: str
) -> None:
    request, secret = asked(client)
    before = look(client, request, secret, language=language)
    assert BUTTON[language] not in before
    stop = to_stop(request, make_person("Sol"))
    page = look(client, request, secret, language=language)
    assert page.index(BUTTON[language]) < page.index("</section>", page.index("<h1"))
    assert str(stop.stops_at.day) in page[page.index("<h1") : page.index(BUTTON[language])]
    after = look(client, request, secret, ON, language=language)
    assert BUTTON[language] not in after
    assert Stop.objects.get().outcome == Stop.Outcome.GONE_ON
    second = look(client, request, secret, ON, language=language)
    plain = re.compile(r'name="form" value="[^"]+"')
    assert plain.sub("", second) == plain.sub("", after), "pressed twice it says the same"


COMFORT = {
    "en": ("even if you do not come back", "Our system goes on", "agree, or do you want"),
    "fr": ("même si vous ne revenez pas", "Notre système continue", "pas d’accord, ou vous voulez"),
    "de": ("auch wenn Sie nicht wiederkommen", "Unser System macht weiter", "nicht einverstanden, oder möchten"),
}
"""What would send somebody away, or let them write that it is not to stop where only the button counts."""
WITHOUT = {
    "en": "Without this button we stop on",
    "fr": "Sans ce bouton, nous arrêtons",
    "de": "Ohne diesen Knopf hören wir",
}


@pytest.mark.parametrize("language", list(BUTTON))
def test_while_it_is_to_stop_nothing_says_that_one_need_not_come_back_and_only_the_button_stands_there(
    client: Any, make_person: MakePerson, language: str
) -> None:
    request, secret = asked(client)
    before = look(client, request, secret, language=language)
    to_stop(request, make_person("Sol"))
    page = look(client, request, secret, language=language)
    assert all(words in before for words in COMFORT[language])
    assert not any(words in page for words in COMFORT[language])
    assert WITHOUT[language] in page[page.index(BUTTON[language]) :]
    after = look(client, request, secret, ON, language=language)
    assert COMFORT[language][0] not in after, "somebody may ask again"
    assert all(words in after for words in COMFORT[language][1:])


def test_what_was_being_written_as_it_was_to_stop_is_not_lost(client: Any, make_person: MakePerson) -> None:
    request, secret = asked(client)
    to_stop(request, make_person("Sol"))
    page = look(client, request, secret, "/info/follow/again/", words="It was not me.", speak="de")
    assert "It was not me." in page
    assert BUTTON["de"] in page


@pytest.mark.parametrize("aim", ["picture", "text"])
def test_nobody_reads_that_they_stopped_what_we_stopped(client: Any, make_person: MakePerson, aim: str) -> None:
    request, secret = asked(client, aim=aim)
    to_stop(request, make_person("Sol"), Surety.IN_PERSON)
    page = look(client, request, secret)
    assert "ou stopped" not in page
    assert page.index("Did somebody else ask us to stop?") < page.index("You can ask again at any time.")


def test_who_lost_the_code_reads_first_who_sees_that_they_ask_us_to_stop(client: Any) -> None:
    pages = [
        client.post("/info/ask/", {**ASK, "form": "new"}).content.decode(),
        *(client.get(f"/info/{path}/").content.decode() for path in ("follow", "privacy")),
    ]
    for page in pages:
        assert "whoever has the number and the code sees that somebody asked us to stop" in page
        assert "If you come to us in person, we may not have to wait." in page
    assert "They also see if somebody asked us to stop it." in pages[0]
    assert "Then check your request twice a week, if it is safe." in pages[0]


def test_once_we_stopped_it_the_page_says_when_that_we_did_and_that_one_can_ask_again(
    client: Any, make_person: MakePerson
) -> None:
    request, secret = asked(client)
    to_stop(request, make_person("Sol"), Surety.IN_PERSON)
    page = look(client, request, secret)
    at = now()
    for words in (
        f"We stopped this request on {at.day} {at:%B %Y}.",
        "They asked us to stop it.",
        "You can ask again at any time.",
        "You get a new number and a new code.",
    ):
        assert words in page
    assert "You stopped your request." not in page
    late = look(client, request, secret, ON)
    assert "We go on with your request." not in late, "it cannot be taken back"
    own, own_secret = asked(client, form="2")
    to_stop(own, make_person("Sam"))
    page = look(client, own, own_secret, "/info/follow/end/", sure="yes")
    assert "You stopped your request." in page
    assert BUTTON["en"] not in page


def test_a_wrong_code_is_answered_as_ever_and_lets_nothing_go_on(client: Any, make_person: MakePerson) -> None:
    request, _ = asked(client)
    to_stop(request, make_person("Sol"))
    nobody = Request(reference="0000000000")
    answers = [
        re.sub(r'value="[^"]*"', "", look(client, each, "aaaa aaaa aaaa aaaa", path))
        for each in (request, nobody)
        for path in (ON, "/info/follow/")
    ]
    assert len(set(answers)) == 1
    assert client.get(ON).status_code == 405
    assert Stop.objects.get().ended_at is None


def test_in_another_language_the_answer_stays_and_the_press_counts(client: Any, make_person: MakePerson) -> None:
    request, secret = asked(client)
    to_stop(request, make_person("Sol"))
    page = look(client, request, secret, speak="de")
    assert BUTTON["de"] not in page, "the form to follow alone: no number is shown again"
    assert dt.timedelta(0) < Stop.objects.get().stops_at - now()
