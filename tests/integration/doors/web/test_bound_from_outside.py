"""A force's key, and a liaison, that are bound: with another force's numbers they get what they get with nobody's.

Written from the documents alone. What is compared is all that somebody outside can compare: status, headers, the body
and its length, what was written here, and how many questions the database was asked (the class of the time).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.integration.doors.web.test_bound import Country, bound, elsewhere, own, unbound

from orbweaver.assess.series.models import PoliceWord, VictimSeries
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.notify.police.models import Order, Referral
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import now as clock_now

__all__ = ["bound", "own", "unbound"]

pytestmark = pytest.mark.django_db
DAY = "2026-11-20"
SAID = ("identified", "not_identified", "recovered", "baseline", "not_baseline", "series", "acknowledged", "refused")


@pytest.fixture
def other(own: Country, make_item: Callable[..., Any], unbound: User, now: dt.datetime) -> Country:
    return elsewhere(own, make_item, unbound, now)[0]


def key_of(country: Country, **more: Any) -> str:
    assert country.force.organisation is not None
    return create_api_key(country.force.organisation, "words", [Permission.SERIES_IDENTIFY], clock_now(), **more)


def post(key: str, *rows: Any) -> Any:
    return Client(raise_request_exception=False).post(
        "/api/v1/police/words",
        json.dumps({"words": rows}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )


def seen(answer: Any) -> tuple[int, dict[str, str], bytes]:
    return answer.status_code, dict(answer.headers), answer.content


def names_of(country: Country) -> list[dict[str, str]]:
    """Every way to name the other's picture, alone and beside another name, spelt in every way that people have."""
    item, referral = country.items[0], country.referrals[0]
    digests = {kind: bytes(getattr(item.media, kind)).hex() for kind in ("sha256", "sha1", "md5")}
    found = [
        {"item": item.public_id},
        {"referral": referral.public_id},
        *({kind: each} for kind, each in digests.items()),
    ]
    found += [{kind: each.upper()} for kind, each in digests.items()]
    found += [{"item": f" {item.public_id} "}, {"item": item.public_id.upper()}]
    found += [{"item": item.public_id, **digests}, {"referral": referral.public_id, "sha256": digests["sha256"]}]
    return [*found, {"item": item.media.public_id}, {"referral": item.public_id}]


def nobodys(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The same rows, of the same shape and length, with numbers that nothing here has."""

    def another(value: str) -> str:
        head, mark, tail = value.partition("_")
        return head + mark + "".join("2" if each.isalnum() else each for each in tail) if mark else "0" * len(value)

    return [{name: another(value) for name, value in row.items()} for row in rows]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("said", SAID)
def test_a_bound_key_gets_byte_for_byte_what_nobodys_numbers_get(own: Country, other: Country, said: str) -> None:
    key, rows = key_of(own), names_of(other)
    more = {"said": said, "on": DAY, "reference": "77", "series": "Lavender field"}
    post(key, {"item": "itm_2222222222222222", **more})  # that it was used is noted once
    before = (PoliceWord.objects.count(), Event.objects.count(), VictimSeries.objects.count())
    for mine, theirs in zip(rows, nobodys(rows), strict=True):
        asked = []
        answers = []
        for row in (mine, theirs):
            with CaptureQueriesContext(connection) as caught:
                answers.append(post(key, row | more))
            asked.append(len([each for each in caught if "rule_tables" not in each["sql"]]))
        assert answers[0].status_code == 200
        assert seen(answers[0]) == seen(answers[1]), mine
        assert asked[0] == asked[1], mine
        assert answers[0].json()["new"] == 0
    assert (PoliceWord.objects.count(), Event.objects.count(), VictimSeries.objects.count()) == before


def test_what_a_bound_key_says_of_its_own_names_and_changes_nothing_of_the_others(own: Country, other: Country) -> None:
    """The shared picture: both forces have it. What one says tells it nothing of the other, and takes nothing back."""
    shared = own.items[1]
    mine, theirs = key_of(own), key_of(other)
    words = {"item": shared.public_id, "on": DAY}
    before = list(PoliceWord.objects.order_by("pk").values())
    first = post(mine, {**words, "said": "not_identified"}).json()
    assert (first["new"], first["problems"]) == (1, [])
    text = json.dumps(first)
    assert not [each for each in ("Lavender", "LAVENDER", "FR", other.referrals[0].public_id) if each in text]
    assert list(PoliceWord.objects.order_by("pk").values())[: len(before)] == before
    assert post(theirs, {**words, "said": "identified"}).status_code == 200


def test_a_key_bound_to_another_country_has_nothing_of_this_one(own: Country, other: Country) -> None:
    """A key of a ministry with forces here, bound to a country where it has none, speaks of nothing at all."""
    key = key_of(own, countries=["FR"])
    post(key, {"item": "itm_2222222222222222", "said": "identified", "on": DAY})  # that it was used is noted once
    for country in (own, other):
        rows = names_of(country)
        for mine, theirs in zip(rows, nobodys(rows), strict=True):
            more = {"said": "identified", "on": DAY}
            assert seen(post(key, mine | more)) == seen(post(key, theirs | more)), mine


def test_thousands_of_rows_ask_the_database_as_much_as_thousands_of_nobodys(own: Country, other: Country) -> None:
    key, digest = key_of(own), bytes(other.items[0].media.sha256).hex()
    post(key, {"item": "itm_2222222222222222", "said": "identified", "on": DAY})  # that it was used is noted once
    asked = []
    for value in (digest, "00" * 32):
        rows = [{"sha256": value, "said": "identified", "on": DAY}] * 900
        with CaptureQueriesContext(connection) as caught:
            answer = post(key, *rows)
        assert answer.status_code == 200
        asked.append((len(answer.content), len(caught)))
    assert asked[0] == asked[1]


def test_a_bound_liaison_gets_for_the_others_numbers_what_nobodys_get_at_every_form(
    own: Country, other: Country, bound: User
) -> None:
    def asked(path: str, body: dict[str, Any]) -> Any:
        """In a browser of its own, since messages of one request are read with the next."""
        client = Client(raise_request_exception=False)
        client.force_login(bound)
        return client.post(path, body, follow=True)

    item, referral, order = other.items[0], other.referrals[0], other.orders[0]
    series = VictimSeries.objects.latest("pk")

    def forms(
        item: str, referral: str, order: str, series: str, force: str, media: str
    ) -> list[tuple[str, dict[str, Any]]]:
        said = {"force": force, "about": item, "said": "identified", "on": DAY}
        file = SimpleUploadedFile("words.csv", f"item,said,on\n{item},identified,{DAY}\n".encode())
        mine = own.force.public_id
        return [
            ("/urgent/police/said/", said),
            ("/urgent/police/said/", said | {"force": mine}),
            ("/urgent/police/said/file/", {"force": mine, "file": file}),
            (f"/urgent/police/{referral}/answer/", {"answer": "17", "action": "acknowledged"}),
            (f"/urgent/police/orders/{order}/answer/", {"action": "answer"}),
            (f"/urgent/police/orders/{order}/answer/", {"action": "refuse", "because": "no"}),
            (f"/urgent/police/series/{series}/shown/", {"media": media, "shown": "print"}),
            (f"/urgent/police/series/{series}/look/{media}/", {}),
            ("/urgent/police/orders/add/", {"force": mine, "authority": "A", "reference": "1", "basis": "L",
                                            "items": item, "ordered_on": DAY, "answer_by": DAY}),
            ("/urgent/police/orders/keep/", {"item": item, "authority": "A", "reference": "1", "basis": "L",
                                             "keep_until": "2027-01-01"}),
            ("/urgent/police/refer/", {"item": item, "force": mine}),
            (f"/series/{series}/known/", {"reference": "1"}),
        ]  # fmt: skip

    real = forms(item.public_id, referral.public_id, order.public_id, series.public_id, other.force.public_id,
                 item.media.public_id)  # fmt: skip
    none = forms(*(each[:4] + "2222222222222222" for each in (item.public_id, referral.public_id, order.public_id,
                   series.public_id, other.force.public_id, item.media.public_id)))  # fmt: skip
    state = (PoliceWord.objects.count(), Referral.objects.count(), Order.objects.count(),
             EvidenceObject.objects.filter(held_at__isnull=False).count())  # fmt: skip
    for (path, body), (nowhere, nothing) in zip(real, none, strict=True):
        answers = [asked(path, body), asked(nowhere, nothing)]
        texts = [_as_nobodys(each, other, item) for each in answers]
        assert answers[0].status_code == answers[1].status_code, path
        assert texts[0] == texts[1], path
    assert (PoliceWord.objects.count(), Referral.objects.count(), Order.objects.count(),
            EvidenceObject.objects.filter(held_at__isnull=False).count()) == state  # fmt: skip
    assert Order.objects.get(pk=order.pk).state == Order.State.OPEN


def _as_nobodys(answer: Any, other: Country, item: Any) -> str:
    """The page, with what was typed into it, and what differs each time it is drawn, written alike."""
    text: str = answer.content.decode()
    text = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"|(?<=class="ago">)[^<]*', "", text)
    for each in (item.public_id, item.media.public_id, other.force.public_id, other.referrals[0].public_id,
                 other.orders[0].public_id, VictimSeries.objects.latest("pk").public_id):  # fmt: skip
        text = text.replace(each, each[:4] + "2222222222222222")
    return text
