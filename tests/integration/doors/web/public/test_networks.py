"""One network that tries many accounts is held up; nobody else is, and never whoever sits at the machine itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orbweaver.doors.web.public import networks
from orbweaver.doors.web.public.networks import FAILED, FAILURES_ALLOWED
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import now

PASSWORD = "a long enough passphrase"
THEIRS, OTHERS = "203.0.113.7", "198.51.100.9"


def tries(email: str, password: str, address: str, client: Client | None = None) -> bool:
    answer = (client or Client()).post("/sign-in/", {"email": email, "password": password}, REMOTE_ADDR=address)
    return answer.status_code == 302


@pytest.fixture
def ann(make_person: Callable[..., User], monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr(networks, "FAILURES_ALLOWED", 6)
    return make_person("Ann")


@pytest.fixture
def sprayed(ann: User, make_person: Callable[..., User]) -> User:
    """A network has tried one password at many accounts, some of which are there."""
    people = [make_person(name).email for name in ("Ben", "Cas", "Dee")]
    for email in (*people, *(f"nobody{number}@hotline.example" for number in range(3))):
        assert not tries(email, "hotline2026!", THEIRS)
    return ann


def test_one_network_that_tried_many_accounts_gets_no_further(sprayed: User) -> None:
    assert not tries(sprayed.email, PASSWORD, THEIRS)
    assert not tries(sprayed.email, PASSWORD, "203.0.113.200")  # the same network
    assert not tries(sprayed.email, PASSWORD, f"::ffff:{THEIRS}")
    assert tries(sprayed.email, PASSWORD, OTHERS)
    assert Event.objects.filter(kind=FAILED).count() == 6  # what is refused is not counted on


def test_who_sits_at_the_machine_is_never_held_up_by_it(ann: User) -> None:
    for number in range(9):
        assert not tries(f"nobody{number}@hotline.example", "wrong", "127.0.0.1")
        assert not tries(f"nobody{number}@hotline.example", "wrong", "::1")
    assert tries(ann.email, PASSWORD, "127.0.0.1")
    assert not Event.objects.filter(kind=FAILED).exists()


def test_a_browser_that_is_known_goes_on(ann: User, client: Client) -> None:
    assert tries(ann.email, PASSWORD, THEIRS, client)
    client.post("/sign-out/")
    for number in range(7):
        tries(f"nobody{number}@hotline.example", "wrong", THEIRS)
    assert not tries(ann.email, PASSWORD, THEIRS)
    assert tries(ann.email, PASSWORD, THEIRS, client)


def test_after_a_while_and_on_the_next_day_it_is_counted_anew(sprayed: User, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    subject = Event.objects.filter(kind=FAILED).values_list("subject", flat=True).first()
    for later in (networks.FAILURES_COUNT_FOR + dt.timedelta(minutes=1), dt.timedelta(days=1)):
        monkeypatch.setattr(networks, "now", lambda later=later: moment + later)
        assert tries(sprayed.email, PASSWORD, THEIRS)
    assert not tries(sprayed.email, "wrong", THEIRS)
    newest: Any = Event.objects.filter(kind=FAILED).order_by("-pk").first()
    assert newest.subject != subject
    assert THEIRS not in str(newest.subject)


def test_whoever_has_thousands_of_networks_does_not_fill_the_audit_log(
    sprayed: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "MOST_COUNTED", 9)
    for number in range(9):
        assert not tries("nobody@hotline.example", "wrong", f"2001:db8:0:{number:x}::1")
    assert Event.objects.filter(kind=FAILED).count() == 9
    assert not tries(sprayed.email, PASSWORD, THEIRS)  # who is held up stays so
    assert tries(sprayed.email, PASSWORD, OTHERS)


@pytest.mark.parametrize("other", ["2001:db8:0:7:ffff::9", "2001:db8:0:7::1%eth0"])
def test_a_household_of_ipv6_is_one_network(ann: User, other: str) -> None:
    for number in range(6):
        tries(f"nobody{number}@hotline.example", "wrong", f"2001:db8:0:7:{number:x}::1")
    assert not tries(ann.email, PASSWORD, other)
    assert tries(ann.email, PASSWORD, "2001:db8:0:8::1")


def test_the_limit_is_above_what_an_office_mistypes_and_below_what_finds_passwords() -> None:
    assert 20 <= FAILURES_ALLOWED <= 50
