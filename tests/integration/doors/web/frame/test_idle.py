"""A sign-in that nobody uses ends; what its person sends afterwards is not lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.people.accounts.rules import Role
from orbweaver.platform.clock import real_now

if TYPE_CHECKING:
    from django.test import Client

    SignIn = Callable[..., Client]

pytestmark = pytest.mark.django_db
PAGE = {"Accept": "text/html"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Minutes pass for what looks after idle sign-ins."""
    passed = [0.0]
    monkeypatch.setattr("orbweaver.doors.web.frame.idle.real_now", lambda: real_now() + dt.timedelta(minutes=passed[0]))

    def later(minutes: float) -> None:
        passed[0] += minutes

    return later


def asked(client: Any, path: str = "/account/", accept: str = "text/html") -> int:
    status: int = client.get(path, headers={"Accept": accept}).status_code
    return status


def test_a_sign_in_that_is_left_alone_ends_and_one_that_is_used_does_not(
    sign_in: SignIn, clock: Callable[[float], None]
) -> None:
    client = sign_in("Ann", Role.ANALYST)
    for _ in range(4):
        assert asked(client) == 200
        clock(20)
    assert asked(client) == 200
    clock(31)
    assert asked(client) == 302
    assert asked(client) == 302


def test_what_a_page_asks_by_itself_is_no_use(sign_in: SignIn, clock: Callable[[float], None]) -> None:
    client = sign_in("Ann", Role.ANALYST)
    assert asked(client) == 200
    clock(20)
    assert asked(client, "/queue/waiting/", "application/json") == 200
    clock(20)
    assert asked(client, "/queue/waiting/", "application/json") == 302


def test_what_is_sent_afterwards_waits_through_the_sign_in(sign_in: SignIn, clock: Callable[[float], None]) -> None:
    client = sign_in("Mo", Role.HOTLINE_MANAGER)
    assert asked(client) == 200
    clock(31)
    answer = client.post("/leads/", {"url": "https://images.example/1"}, headers=PAGE)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=/waits/")


def test_none_ends_where_the_setting_says_never(
    sign_in: SignIn, clock: Callable[[float], None], set_config: Any
) -> None:
    set_config(idle_minutes=0)
    client = sign_in("Ann", Role.ANALYST)
    assert asked(client) == 200
    clock(400)
    assert asked(client) == 200
