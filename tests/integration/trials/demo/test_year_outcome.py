"""The comparison of the simulated year notices what differs: the system's tables against the world's ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.follow.conduct.models import ProviderConduct
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.providers.models import Provider
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver_trials.demo.year.characters import Character, Host
from orbweaver_trials.demo.year.ledger import Arrived, Ledger, Place
from orbweaver_trials.demo.year.outcome import Outcome, compare, confusion

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=20)
HOST = Host(1, Character.PROMPT, "404", "CA")
URL = "https://p01.example/1.png"

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger(world: Any) -> Ledger:
    """One address in one notice, sent and arrived: what both sides have written down of it."""
    add_contact(add_provider(HOST.name, domains=[HOST.host], now=NOW), HOST.mailbox, now=NOW)
    world.verdict(URL)
    issue_notices(NOW)
    Notice.objects.update(first_sent_at=NOW, last_sent_at=NOW)
    message = OutboxMessage.objects.get()
    OutboxMessage.objects.update(state="sent", sent_at=NOW)
    written = Ledger(places={URL: Place(URL, "/1.png", HOST, b"a picture", told_at=NOW)})
    written.told[HOST.mailbox] = {URL}
    written.notices[HOST.mailbox] = {"reference": Arrived(NOW, is_step=False, mails=1)}
    written.message_ids[message.message_id] += 1
    return written


def differing(outcome: Outcome) -> set[str]:
    return {each.what for each in outcome.comparisons if not each.agrees}


def forget_a_mail(ledger: Ledger) -> None:
    ledger.message_ids.clear()


def get_it_twice(ledger: Ledger) -> None:
    ledger.message_ids.update(list(ledger.message_ids))


def be_reminded(ledger: Ledger) -> None:
    ledger.notices[HOST.mailbox]["reference"].mails = 2


def remove(ledger: Ledger) -> None:
    place = ledger.places[URL]
    place.there, place.gone_at, place.found_gone_at = False, [NOW], NOW


def hear_of_another(ledger: Ledger) -> None:
    other = URL.replace("1.png", "2.png")
    ledger.places[other] = Place(other, "/2.png", HOST, b"another", told_at=NOW)
    ledger.told[HOST.mailbox].add(other)


def test_the_same_on_both_sides_agrees(ledger: Ledger) -> None:
    assert differing(compare(ledger, [HOST], [], LATER)) == set()


@pytest.mark.parametrize(
    ("happens", "seen"),
    [
        (forget_a_mail, {"mails sent", "mails that did not arrive, or that nobody sent"}),
        (get_it_twice, {"mails sent", "mails that came twice"}),
        (be_reminded, {"reminders", "addressees for whom a count differs"}),
        (
            remove,
            {
                "removed",
                "still there",
                "addressees for whom a count differs",
                "removals not dated by the visit that found them",
                "median removal time, s",
            },
        ),
        (
            hear_of_another,
            {"verified pictures", "addresses told", "still there", "addressees for whom a count differs"},
        ),
    ],
    ids=["lost", "doubled", "reminded", "removed", "untold"],
)
def test_what_only_one_side_knows_is_seen(ledger: Ledger, happens: Callable[[Ledger], None], seen: set[str]) -> None:
    happens(ledger)
    outcome = compare(ledger, [HOST], [], LATER)
    assert differing(outcome) == seen
    assert not outcome.ok


def test_words_that_a_character_does_not_deserve_are_seen(ledger: Ledger) -> None:
    outcome = compare(ledger, [HOST], [], LATER)
    assert not outcome.ok  # it was not assessed, and a prompt provider deserves a word
    assert confusion(outcome.judged) == {"prompt": {"none": 1}}
    provider = Provider.objects.get(name=HOST.name)
    ProviderConduct.objects.create(provider=provider, kinds=["reactive"], rules_version="1", assessed_at=LATER)
    assert compare(ledger, [HOST], [], LATER).ok
    ProviderConduct.objects.update(kinds=["reactive", "resistant"])
    assert not compare(ledger, [HOST], [], LATER).ok
