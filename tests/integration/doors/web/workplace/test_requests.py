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


def test_who_writes_or_calls_names_the_number_and_it_is_found_done_or_not(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.follow.survivors.models import Request
    from orbweaver.follow.survivors.rules import spaced

    asked = request_of(now)
    Request.objects.update(done_at=now)
    client = sign_in("Sol", Role.SURVIVOR_SUPPORT)
    said = {"action": "open", "reference": spaced(asked.reference)}
    assert "Number that the person names" in client.get("/requests/").content.decode()
    assert client.post("/requests/", said)["Location"] == f"/requests/{asked.public_id}/"
    wrong = client.post("/requests/", {**said, "reference": "1"}, follow=True).content.decode()
    assert "There is no such request." in wrong
    assert sign_in("Ana", Role.ANALYST).post("/requests/", said).status_code == 403


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


def test_a_request_stops_for_who_lost_the_code_once_another_person_agrees(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.follow.survivors.models import Stop
    from orbweaver.people.changes.models import Change

    asked = request_of(now, words="Only at school.", safe_contact="Mondays")
    sol, path = sign_in("Sol", Role.SURVIVOR_SUPPORT), f"/requests/{asked.public_id}/"
    sam = sign_in("Sam", Role.SURVIVOR_SUPPORT)
    assert sol.post(path, {"action": "stop"}).status_code == 400, "it is said how they know the person"
    sol.post(path, {"action": "stop", "surety": "words"})
    change = Change.objects.get()
    assert asked.words not in f"{change.title} {change.details}"
    own = sol.get(path).content.decode()
    assert "I agree that it stops" not in own
    assert "Withdraw it" in own
    assert "To be stopped: a second person looks" in sam.get("/requests/").content.decode()
    page = sam.get(path).content.decode()
    for words in ("Sol asks to stop this request", "They told us what they wrote in the request"):
        assert words in page
    said = {"number": change.public_id}
    assert "yourself" in sol.post(path, {**said, "action": "stop-agree"}, follow=True).content.decode()
    sam.post(path, {**said, "action": "stop-agree"})
    stop = Stop.objects.get()
    page = sam.get(path).content.decode()
    for words in ("This request stops on", "You may tell the person so by the safe contact"):
        assert words in page
    assert "Stops within days" in sam.get("/requests/").content.decode()
    assert (stop.asked_by.display_name, stop.surety) == ("Sol", "words")
    sol.post(path, {"action": "stop-off"})
    assert Stop.objects.get().outcome == Stop.Outcome.CALLED_OFF
    assert "This request stops on" not in sam.get(path).content.decode()


def test_whoever_agrees_reads_that_the_account_that_asked_has_lost_its_role_or_is_switched_off(
    sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.people.accounts.models import User

    asked = request_of(now)
    sol, path = sign_in("Sol", Role.SURVIVOR_SUPPORT), f"/requests/{asked.public_id}/"
    sam, said = sign_in("Sam", Role.SURVIVOR_SUPPORT), "The account that asked can no longer sign in"
    sol.post(path, {"action": "stop", "surety": "words"})
    assert said not in sam.get(path).content.decode()
    User.objects.filter(display_name="Sol").update(is_active=False)
    assert said in sam.get(path).content.decode()


def test_that_whoever_has_the_code_said_go_on_stands_first_and_may_be_asked_about_anew(
    sign_in: SignIn, now: dt.datetime, make_person: Callable[..., Any]
) -> None:
    from orbweaver.follow.survivors import stops
    from orbweaver.follow.survivors.rules import Surety
    from orbweaver.people.changes.models import Change

    asked = request_of(now)
    stops.stop(asked, Surety.SAFE_CONTACT, by=make_person("Sol"), now=now)
    stops.go_on(asked, now)
    client, path = sign_in("Sam", Role.SURVIVOR_SUPPORT), f"/requests/{asked.public_id}/"
    said = "The person with the code said: go on"
    page = client.get(path).content.decode()
    assert page.index(said) < page.index("What was sent")
    assert said in client.get("/requests/").content.decode()
    client.post(path, {"action": "stop", "surety": "words"})
    assert "Ask to stop it" not in client.get(path).content.decode(), "one at a time"
    assert said in client.get("/people/changes/").content.decode(), "whoever agrees reads it, too"
    client.post(path, {"action": "stop-refuse", "number": Change.objects.get().public_id})
    assert Change.objects.get().state == Change.State.WITHDRAWN
    client.post(path, {"action": "stop-refuse", "number": "chg_nobodys"})
    assert "Ask to stop it" in client.get(path).content.decode()


def test_the_page_of_changes_tells_of_such_a_request_its_number_and_how_we_know_the_person_alone(
    sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.people.changes.models import Change

    asked = request_of(now, words="Only at school.", safe_contact="Mondays")
    sol, path = sign_in("Sol", Role.SURVIVOR_SUPPORT), f"/requests/{asked.public_id}/"
    sol.post(path, {"action": "stop", "surety": "words"})
    page = sign_in("Ada", Role.ADMINISTRATOR).get("/people/changes/").content.decode()
    for words in (
        asked.public_id,
        "They told us what they wrote",
        "not even in an emergency",
        "goes on for seven days",
        ">Agree<",
    ):
        assert words in page
    for words in (asked.words, asked.safe_contact, asked.reference, path, "Carry it out alone"):
        assert words not in page
    mona = sign_in("Mona", Role.HOTLINE_MANAGER)
    number = Change.objects.get().public_id
    assert "has taken effect" not in mona.post(f"/people/changes/{number}/agree/", follow=True).content.decode()
    assert Change.objects.get().state == Change.State.DONE
    other = request_of(now, form="2")
    sol.post(f"/requests/{other.public_id}/", {"action": "stop", "surety": "words"})
    sign_in("Sam", Role.SURVIVOR_SUPPORT)
    page = sign_in("Mo", Role.HOTLINE_MANAGER).get("/people/changes/").content.decode()
    assert ">Agree<" not in page, "somebody agrees who may read the request"
    assert f"/requests/{other.public_id}/" in sol.get("/people/changes/").content.decode()


def test_nobody_of_a_company_or_a_partner_hears_that_a_survivors_request_is_to_stop(
    sign_in: SignIn, now: dt.datetime
) -> None:
    """Not by the line on every page either, nor by a mail; once it is decided as little."""
    from orbweaver.doors.workers.changes import _hearers
    from orbweaver.people.accounts.models import User
    from orbweaver.people.accounts.services import create_organisation
    from orbweaver.people.changes.models import Change

    asked = request_of(now)
    sol, path = sign_in("Sol", Role.SURVIVOR_SUPPORT), f"/requests/{asked.public_id}/"
    ada, ind = sign_in("Ada", Role.ADMINISTRATOR), sign_in("Ind", Role.INDUSTRY_CLIENT)
    company = create_organisation(name="Company", kind="industry", country="CA", agreement="Signed")
    User.objects.filter(display_name="Ind").update(organisation=company)
    sol.post(path, {"action": "stop", "surety": "words"})
    change = Change.objects.get()
    for one in (sol, ada):
        assert "One change waits" in one.get("/account/").content.decode()
    assert {each.display_name for each in _hearers(change, now)} == {"Sol", "Ada"}
    for _ in ("waits", "withdrawn"):
        page = ind.get("/people/changes/").content.decode()
        for words in ("One change waits", "Stop a survivor", asked.public_id):
            assert words not in page
        sol.post(path, {"action": "stop-refuse", "number": change.public_id})
    assert asked.public_id in ada.get("/people/changes/").content.decode(), "ours read that it was asked for"


def test_what_cannot_be_done_is_said_and_changes_nothing(sign_in: SignIn, now: dt.datetime) -> None:
    asked = request_of(now)
    client, path = sign_in("Sol", Role.SURVIVOR_SUPPORT), f"/requests/{asked.public_id}/"
    assert (
        "There is no such request."
        in client.post(path, {"action": "tie", "reference": "1"}, follow=True).content.decode()
    )
    assert client.post(path, {"action": "promise", "words": ""}).status_code == 400
    assert client.get("/requests/ask_2222222222222222/").status_code == 404
