"""The page of survivor support: the order of danger, every word, what was promised, and that each reading is noted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.follow.survivors.models import Request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]
SignIn = Callable[..., Any]


def request_of(now: dt.datetime, **said: Any) -> Request:
    from orbweaver.follow.survivors.models import Request
    from orbweaver.follow.survivors.services import Asked, ask

    usual: dict[str, Any] = {
        "capacity": Request.Capacity.ADULT,
        "aim": Request.Aim.PICTURE,
        "at_risk": False,
        "urls": ["https://images.example/me.png"],
    }
    return ask(Asked(**(usual | said)), now)[0]


def test_open_requests_stand_in_the_order_of_danger(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.follow.survivors.models import Request

    adult = request_of(now, form="1")
    child = request_of(now, form="2", capacity=Request.Capacity.CHILD)
    danger = request_of(now, form="3", capacity=Request.Capacity.FAMILY, at_risk=True)
    page = sign_in("Sol", Role.SURVIVOR_SUPPORT).get("/requests/").content.decode()
    order = [page.index(each.public_id) for each in (danger, child, adult)]
    assert order == sorted(order)
    assert "A child in danger" in page
    assert page.count(">Request, ") == 3, "a person says which one is meant by its day"


def test_one_request_shows_every_word_and_its_reading_is_in_the_log(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.people.audit.models import Event

    asked = request_of(now, words="Only at school, please.\nNot at home.", safe_contact="Mondays")
    page = sign_in("Sol", Role.SURVIVOR_SUPPORT).get(f"/requests/{asked.public_id}/").content.decode()
    for words in ("Only at school, please.<br>Not at home.", "Mondays", "hxxps://images[.]example/me.png"):
        assert words in page
    assert Event.objects.filter(kind="survivor_request.read", subject=asked.public_id).count() == 1


def test_what_a_person_does_about_it_is_kept(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.follow.survivors.models import Request

    first, second = request_of(now, form="1"), request_of(now, form="2")
    Request.objects.filter(pk=second.pk).update(waits_for_person=True)
    client, path = sign_in("Sol", Role.SURVIVOR_SUPPORT), f"/requests/{second.public_id}/"
    client.post(path, {"action": "promise", "words": "We call on Friday.", "due_on": "2026-12-04"})
    client.post(path, {"action": "kept", "number": second.promises.get().pk})
    client.post(path, {"action": "tie", "reference": first.reference})
    client.post(path, {"action": "let-go-on"})
    client.post(path, {"action": "done"})
    second.refresh_from_db()
    assert second.promises.get().kept_at is not None
    assert second.tied_to == first
    assert not second.waits_for_person
    assert second.done_at is not None
    assert "We call on Friday." in client.get(path).content.decode()
    client.post(path, {"action": "again"})
    second.refresh_from_db()
    assert second.done_at is None


def test_a_request_stops_for_who_lost_the_code_once_it_is_said_how_we_know_them(
    sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.detect.intake.models import AskedHash
    from orbweaver.detect.intake.rules import AskedFor
    from orbweaver.people.audit.models import Event

    asked = request_of(now, hashes=[AskedFor("sha256", b"\xab" * 32)])
    client, path = sign_in("Sol", Role.SURVIVOR_SUPPORT), f"/requests/{asked.public_id}/"
    refused = client.post(path, {"action": "stop"})
    asked.refresh_from_db()
    assert (refused.status_code, asked.withdrawn_at, AskedHash.objects.count()) == (400, None, 1)
    client.post(path, {"action": "stop", "surety": "words"})
    asked.refresh_from_db()
    assert (asked.withdrawn_at is not None, AskedHash.objects.count()) == (True, 0)
    event = Event.objects.get(kind="survivor_request.withdrawn", subject=asked.public_id)
    assert event.actor is not None
    assert event.actor.display_name == "Sol"
    assert event.details == {"hashes": 1, "surety": "words"}
    assert "asks us to stop" not in client.get(path).content.decode()


def test_what_cannot_be_done_is_said_and_changes_nothing(sign_in: SignIn, now: dt.datetime) -> None:
    asked = request_of(now)
    client, path = sign_in("Sol", Role.SURVIVOR_SUPPORT), f"/requests/{asked.public_id}/"
    assert (
        "There is no such request."
        in client.post(path, {"action": "tie", "reference": "1"}, follow=True).content.decode()
    )
    assert client.post(path, {"action": "promise", "words": ""}).status_code == 400
    assert client.get("/requests/ask_2222222222222222/").status_code == 404
