"""The key of a force's program is bound as its liaisons are: with another force's numbers nothing is there.

Other forces' items, referrals, orders and series are tried in every call; what comes back reads as for what does not
exist, and nothing happens. Older keys, and those that were made unbound, speak of all that was seen here, as before.
"""

from __future__ import annotations

import datetime as dt
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.integration.doors.web.test_access import CALLS
from tests.integration.doors.web.test_bound import Country, elsewhere, force_of, own, unbound

from orbweaver.assess.series.models import PoliceWord
from orbweaver.detect.media.models import Media
from orbweaver.notify.police.models import Force, Referral
from orbweaver.people.accounts.keys import replace_api_key
from orbweaver.people.accounts.models import ApiKey, User
from orbweaver.people.accounts.rules import KEY_SCOPES, Permission
from orbweaver.people.accounts.services import create_api_key
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import now as clock_now

__all__ = ["own", "unbound"]

pytestmark = pytest.mark.django_db
DAY = "2026-11-20"


def key_for(country: Country, **more: Any) -> str:
    organisation = country.force.organisation
    assert organisation is not None
    return create_api_key(organisation, "words", [Permission.SERIES_IDENTIFY], clock_now(), **more)


def say(key: str, *words: dict[str, str]) -> Any:
    answer = Client().post(
        "/api/v1/police/words",
        json.dumps({"words": words}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 200, answer.content
    return answer.json()


def names_of(country: Country) -> list[dict[str, str]]:
    """What a row may call the first item of a country by."""
    item, media = country.items[0], country.items[0].media
    digests = {kind: bytes(getattr(media, kind)).hex() for kind in ("sha256", "sha1", "md5")}
    return [
        {"item": item.public_id},
        {"referral": country.referrals[0].public_id},
        *({kind: value} for kind, value in digests.items()),
    ]


NOBODYS = [
    {"item": "itm_2222222222222222"},
    {"referral": "prf_2222222222222222"},
    {"sha256": "00" * 32},
    {"sha1": "00" * 20},
    {"md5": "00" * 16},
]


@pytest.fixture
def other(own: Country, make_item: Callable[..., Any], unbound: User, now: dt.datetime) -> Country:
    return elsewhere(own, make_item, unbound, now)[0]


def test_a_key_says_nothing_of_what_another_force_has_and_hears_what_it_hears_of_nothing(
    own: Country, other: Country
) -> None:
    key, before = key_for(own), PoliceWord.objects.count()
    for said in ("identified", "series", "acknowledged", "refused"):
        more = {"said": said, "on": DAY, "series": "x", "reference": "17"}
        theirs = say(key, *(each | more for each in names_of(other)))
        nobodys = say(key, *(each | more for each in NOBODYS))
        assert theirs == nobodys
        assert (theirs["new"], theirs["before"], len(theirs["problems"])) == (0, 0, 5)
    assert PoliceWord.objects.count() == before
    states = set(Referral.objects.filter(force=other.force).values_list("answer", flat=True))
    assert states == {each.answer for each in other.referrals}
    assert say(key, *(each | {"said": "baseline", "on": DAY} for each in names_of(own)))["new"] == 1, "its own it may"
    assert say(key, {"referral": own.referrals[0].public_id, "said": "refused", "reference": "9", "on": DAY})["new"]


def test_the_database_is_never_asked_for_what_a_row_names_so_that_the_time_tells_nothing(
    own: Country, other: Country
) -> None:
    """It goes on where it finds something, and not where there is nothing: rows by the thousand would show it."""
    key, asked = key_for(own), []
    say(key, {**NOBODYS[0], "said": "baseline", "on": DAY})  # that it was used is noted once
    nobodys = [dict(each) for each in NOBODYS]
    for rows in (names_of(other), nobodys):
        with CaptureQueriesContext(connection) as caught:
            say(key, *(each | {"said": "identified", "on": DAY} for each in rows))
        asked.append([each["sql"] for each in caught if "rule_tables" not in each["sql"]])
        for value in (value for each in rows for value in each.values()):
            assert not [sql for sql in asked[-1] if value in sql.lower()], value
    assert len(asked[0]) == len(asked[1])


def test_what_a_force_has_ever_heard_of_is_not_in_memory_for_each_of_its_calls(own: Country, now: dt.datetime) -> None:
    key = key_for(own)
    heard = Media.objects.bulk_create(
        Media(
            sha256=n.to_bytes(32), sha1=n.to_bytes(20), md5=n.to_bytes(16), size=1, mime="image/png", first_seen_at=now
        )
        for n in range(1, 8_001)
    )
    words = {"source": own.force.name, "country": own.force.country, "said": "baseline", "on": DAY, "recorded_at": now}
    PoliceWord.objects.bulk_create(PoliceWord(media=each, **words) for each in heard)
    named = [{"sha256": n.to_bytes(32).hex(), "said": "recovered", "on": DAY} for n in (7, 7_000)]
    say(key, named[0])
    tracemalloc.start()
    try:
        assert say(key, *named)["new"] == 1
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2 * 2**20, "its lists of 8,000 pictures are some 7 MB"


def test_what_two_forces_have_is_told_each_of_its_own_alone(own: Country, other: Country) -> None:
    key = key_for(own)
    shared = own.items[1]
    assert say(key, {"item": shared.public_id, "said": "baseline", "on": DAY})["new"] == 1
    theirs = next(each for each in other.referrals if each.item_id == shared.pk)
    again = say(key, {"referral": theirs.public_id, "said": "acknowledged", "reference": "1", "on": DAY})
    assert again == say(key, {"referral": "prf_2222222222222222", "said": "acknowledged", "reference": "1", "on": DAY})


def test_every_call_answers_with_anothers_numbers_as_with_nobodys(own: Country, other: Country) -> None:
    """By a key that may all that keys may; a call that is added is in the table, and so in here."""
    organisation = own.force.organisation
    assert organisation is not None
    headers = {"Authorization": f"Bearer {create_api_key(organisation, 'all', list(KEY_SCOPES), clock_now())}"}
    numbers = [each.public_id for each in other.items] + [each.public_id for each in other.referrals]
    numbers += [*(each.public_id for each in other.orders), other.force.public_id]
    for name, (method, arguments, _) in CALLS.items():
        texts = [each for each, value in arguments.items() if isinstance(value, str)]
        for number in numbers if texts else ():
            was = Event.objects.count()
            answers = []
            for tried in (number, number[:4] + "2" * 16):
                address = reverse(name, kwargs=arguments | dict.fromkeys(texts, tried))
                send = getattr(Client(), method)
                answer = send(address, **({} if method == "get" else {"data": {}}), headers=headers)
                answers.append((answer.status_code, answer.content.decode().replace(tried, "")))
            assert answers[0] == answers[1], name
            assert answers[0][0] >= 400, name
            assert Event.objects.count() == was, name


def test_countries_and_cases_bind_a_key_further(own: Country, now: dt.datetime) -> None:
    organisation = own.force.organisation
    assert organisation is not None
    second = force_of("Police of Vienna", "AT", now)
    Force.objects.filter(pk=second.pk).update(organisation=organisation)
    word = {"item": own.items[0].public_id, "said": "baseline", "on": DAY}
    austrian = key_for(own, countries=["at"])
    assert say(austrian, word)["problems"][0]["code"] == "police.not_seen_here"
    of_case = key_for(own, cases=[own.referrals[1].public_id])
    assert say(of_case, word)["problems"][0]["code"] == "police.not_seen_here", "it is in another case"
    assert say(of_case, word | {"item": own.items[1].public_id})["new"] == 1
    assert say(key_for(own, countries=["DE"]), word)["new"] == 1
    assert PoliceWord.objects.filter(source="Police of Vienna").count() == 0


def test_older_keys_and_unbound_ones_speak_of_all_and_what_takes_a_keys_place_is_bound_as_it_was(
    own: Country, other: Country
) -> None:
    word = {"item": other.items[0].public_id, "said": "baseline", "on": DAY}
    key = key_for(own, unbound=True)
    assert say(key, word)["new"] == 1
    old = ApiKey.objects.get(prefix=key.split("_")[1])
    assert say(replace_api_key(old, clock_now()), word)["before"] == 1
    bound = ApiKey.objects.get(prefix=key_for(own, countries=["DE"]).split("_")[1])
    newer = ApiKey.objects.get(prefix=replace_api_key(bound, clock_now()).split("_")[1])
    assert newer.bounds == bound.bounds
    assert bound.bounds is not None
    scanning = create_api_key(bound.organisation, "scan", [Permission.SCAN_USE], clock_now())
    assert ApiKey.objects.get(prefix=scanning.split("_")[1]).bounds is None
