"""The page of machines: who lives, what version, how fast, since when; drained and let in no more from there."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.integration.doors.workers.test_crawl_machine import database_url, invited

from orbweaver.detect.crawl.models import CrawlWorker
from orbweaver.doors.messages import NO_ADMINISTRATOR
from orbweaver.doors.web.administration.machines import CRAWLERS_SHOWN, SAYS
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.people.machines.models import Machine
from orbweaver.people.machines.selectors import machines
from orbweaver.platform.clock import real_now
from orbweaver.platform.days import day_in_words

__all__ = ["database_url", "invited"]

MINUTE = dt.timedelta(minutes=1)


def a_machine(number: int = 1, **facts: Any) -> Machine:
    at = real_now()
    given = {"part": "crawl", "role": f"r{number}", "invited_at": at, "invited_by": "test", "expires_at": at} | facts
    return Machine.objects.create(**given)


@pytest.mark.django_db
def test_it_says_who_lives_with_what_version_how_fast_since_when(sign_in: Any) -> None:
    at = real_now()
    heard = at + 60 * MINUTE  # however long this test takes
    lives: dict[str, Any] = {
        "joined_at": heard - 10 * MINUTE,
        "seen_at": heard,
        "done": 4_200,
        "version": "9.8.7",
        "name": "crawl-one",
    }
    alive = a_machine(**lives)
    a_machine(2)
    a_machine(3, **(lives | {"seen_at": at - 5 * MINUTE, "name": "crawl-three"}))
    a_machine(4, **lives, gone_at=at, gone_because="revoked")
    CrawlWorker.objects.create(name="here:17", started_at=at, alive_until=heard)
    CrawlWorker.objects.create(name="dead:18", started_at=at, alive_until=at - MINUTE)
    admin = sign_in("Ada", Role.ADMINISTRATOR)
    page = admin.get("/setting-up/machines/").content.decode()
    for said in ("crawl-one", "9.8.7", "4,200", "420.0", "Alive", "Silent", "Invited", "Revoked", "here:17"):
        assert said in page, said
    assert "dead:18" not in page
    one = admin.get(f"/setting-up/machines/{alive.public_id}/").content.decode()
    assert "420.0" in one
    assert "<bdi>crawl-one</bdi></h1>" in one
    assert f'<p class="quiet small mono">{alive.public_id}</p>' in one
    never = Machine.objects.get(role="r2")
    unnamed = admin.get(f"/setting-up/machines/{never.public_id}/").content.decode()
    assert f"<bdi>Machine, {day_in_words(never.invited_at, 'j M Y')}</bdi></h1>" in unnamed, "not by its identifier"
    assert ('id="drain"' in one, 'id="revoke"' in one) == (True, True)
    gone = Machine.objects.get(gone_because="revoked")
    ended = admin.get(f"/setting-up/machines/{gone.public_id}/").content.decode()
    assert ('id="drain"' in ended, 'id="revoke"' in ended) == (False, False)
    assert admin.get("/setting-up/machines/mch_2222222222222222/").status_code == 404


@pytest.mark.django_db
def test_what_a_machine_calls_itself_turns_no_writing_round_and_its_crawlers_fill_no_page(sign_in: Any) -> None:
    at = real_now()
    machine = a_machine(joined_at=at, name="<b>\u202eeno", version="\u202e\x1b[2J")
    for number in range(CRAWLERS_SHOWN + 2):
        CrawlWorker.objects.create(name=f"\u202e{number}:x", started_at=at, alive_until=at + 60 * MINUTE)
    admin = sign_in("Ada", Role.ADMINISTRATOR)
    for address in ("/setting-up/machines/", f"/setting-up/machines/{machine.public_id}/"):
        page = admin.get(address).content.decode()
        assert "&lt;b&gt;�eno" in page
        assert machine.public_id in page
        assert not {"\u202e", "\x1b"} & set(page)
    page = admin.get("/setting-up/machines/").content.decode()
    assert page.count(":x, since") == CRAWLERS_SHOWN
    assert "And 2 more." in page


@pytest.mark.django_db
def test_every_state_of_a_machine_has_words() -> None:
    at = real_now()
    states: list[dict[str, Any]] = [
        {},
        {"joined_at": at, "seen_at": at + 60 * MINUTE},
        {"joined_at": at},
        {"joined_at": at, "draining_since": at},
        *({"gone_because": each, "gone_at": at} for each in Machine.Gone.values),
    ]
    for number, facts in enumerate(states):
        a_machine(number, **facts)
    assert {each.state for each in machines(at)} == SAYS.keys()


@pytest.mark.django_db
def test_draining_is_recorded_with_who_did_it_and_taken_back(sign_in: Any) -> None:
    machine = a_machine(joined_at=real_now(), seen_at=real_now() + 60 * MINUTE)
    admin = sign_in("Ada", Role.ADMINISTRATOR)
    address = f"/setting-up/machines/{machine.public_id}/"
    page = admin.post(address + "drain/", {"action": "drain"}, follow=True).content.decode()
    assert "Takes nothing new" in page
    page = admin.post(address + "drain/", {"action": "resume"}, follow=True).content.decode()
    assert "Alive" in page
    events = Event.objects.filter(subject=machine.public_id, kind__startswith="machine.").order_by("pk")
    assert [(each.kind, each.actor.display_name) for each in events if each.actor] == [
        ("machine.drained", "Ada"),
        ("machine.resumed", "Ada"),
    ]


@pytest.mark.django_db
def test_without_an_administrator_of_the_database_nothing_is_revoked_and_it_says_why(sign_in: Any) -> None:
    machine = a_machine(joined_at=real_now())
    admin = sign_in("Ada", Role.ADMINISTRATOR)
    page = admin.post(f"/setting-up/machines/{machine.public_id}/revoke/", follow=True).content.decode()
    assert str(NO_ADMINISTRATOR).split(".")[0] in page
    machine.refresh_from_db()
    assert machine.gone_at is None


@pytest.mark.django_db(transaction=True)
def test_a_machine_that_is_revoked_there_is_let_in_no_more(invited: tuple[Machine, Any], sign_in: Any) -> None:
    from django.db import connection

    machine, _token = invited
    admin = sign_in("Ada", Role.ADMINISTRATOR)
    page = admin.post(f"/setting-up/machines/{machine.public_id}/revoke/", follow=True).content.decode()
    assert "Revoked" in page
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [machine.role])
        assert cursor.rowcount == 0
    event = Event.objects.get(kind="machine.revoked")
    assert event.actor is not None
    assert event.actor.display_name == "Ada"
