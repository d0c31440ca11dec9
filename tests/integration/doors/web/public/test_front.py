"""The front door."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

PASSWORD = "a long enough passphrase"


def test_before_there_is_an_administrator_home_says_how_to_set_up(db: None, client: Any) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "one-time link" in answer.content.decode()


def test_home_leads_to_the_first_page_that_a_person_may_open(sign_in: Callable[..., Any]) -> None:
    places = {Role.ANALYST: "/queue/", Role.HOTLINE_MANAGER: "/notices/", Role.SURVIVOR_SUPPORT: "/requests/"}
    for role, place in places.items():
        assert sign_in(role.value, role).get("/").headers["Location"] == place


def test_administrators_are_led_to_the_set_up_while_anything_of_it_is_open(
    sign_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from orbweaver.doors.readiness import Need, Step
    from orbweaver.doors.web.public import front

    monkeypatch.setattr(front, "steps", lambda _now: [Step(Need.MAIL, True), Step(Need.LEAD, False)])
    client = sign_in("Ada", Role.ADMINISTRATOR)
    assert client.get("/").headers["Location"] == "/setting-up/"
    assert sign_in("Ann", Role.ANALYST).get("/").headers["Location"] == "/queue/"
    monkeypatch.setattr(front, "steps", lambda _now: [Step(Need.MAIL, True), Step(Need.LEAD, True)])
    assert client.get("/").headers["Location"] == "/notices/"


def test_the_navigation_has_each_page_that_a_person_may_open_and_one_alone_needs_no_heading(
    make_person: Callable[..., Any],
) -> None:
    from orbweaver.doors.web.frame.context import AREAS, areas_for, links_for

    everybody = make_person("Eve", *Role)
    assert len(links_for(everybody, "/")) == sum(len(members) for _, members in AREAS)
    assert len(areas_for(everybody, "/")) == len(AREAS)
    support = areas_for(make_person("Sam", Role.SURVIVOR_SUPPORT), "/")
    assert [(area.name, [link.url for link in area.links]) for area in support] == [
        ("Requests", ["/requests/"]),
        ("Terms", ["/terms/"]),
    ]


def test_the_area_of_the_page_shown_is_marked_and_no_other(make_person: Callable[..., Any]) -> None:
    from orbweaver.doors.web.frame.context import areas_for

    eve = make_person("Eve", *Role)
    for path, heading in (
        ("/lists/", "Sources"),
        ("/sites/", "Sources"),
        ("/audit/", "Administration"),
        ("/draft-criteria/", "Administration"),
        ("/items/itm_1/", "Queue"),
        ("/my-keys/", "My day"),
        ("/hosts/", "Providers"),
        ("/verdicts/vdt_1/review/", "Notices"),
    ):
        assert [area.name for area in areas_for(eve, path) if area.here] == [heading]


def test_signing_in_goes_on_to_where_one_was_going_but_never_elsewhere(make_person: Callable[..., Any]) -> None:
    from django.test import Client

    make_person("Ann", Role.ANALYST)
    said = {"email": "Ann@Hotline.example", "password": PASSWORD}
    assert Client().post("/sign-in/", {**said, "next": "/lists/"}).headers["Location"] == "/lists/"
    assert Client().post("/sign-in/", {**said, "next": "https://evil.example/"}).headers["Location"] == "/"


def test_a_wrong_password_says_neither_which_part_was_wrong_nor_whether_the_account_exists(
    make_person: Callable[..., Any], client: Any
) -> None:
    make_person("Ann", Role.ANALYST)
    pages = [
        client.post("/sign-in/", {"email": f"{name}@hotline.example", "password": "not the passphrase"})
        for name in ("ann", "nobody")
    ]
    errors = [list(page.context["form"].non_field_errors()) for page in pages]
    assert [page.status_code for page in pages] == [400, 400]
    assert errors[0] == errors[1] != []


def test_after_ten_wrong_passwords_even_the_right_one_waits_a_quarter_of_an_hour(
    make_person: Callable[..., Any], client: Any, monkeypatch: pytest.MonkeyPatch, now: dt.datetime
) -> None:
    from orbweaver.people.audit.models import Event

    make_person("Ann", Role.ANALYST)
    make_person("Bea", Role.ANALYST)
    right = {"email": "ann@hotline.example", "password": PASSWORD}
    pages = [client.post("/sign-in/", {**right, "password": "not the passphrase"}) for _ in range(12)]
    pages.append(client.post("/sign-in/", right))
    assert {page.status_code for page in pages} == {400}
    assert len({str(page.context["form"].non_field_errors()) for page in pages}) == 1
    assert client.post("/sign-in/", {**right, "email": "bea@hotline.example"}).status_code == 302
    assert Event.objects.filter(kind="person.sign_in_failed").count() == 10
    later = now + dt.timedelta(minutes=16)
    monkeypatch.setattr("orbweaver.doors.web.public.front.now", lambda: later)
    assert client.post("/sign-in/", right).status_code == 302


def test_an_address_that_nobody_has_fills_no_log(client: Any, db: None) -> None:
    from orbweaver.people.audit.models import Event

    client.post("/sign-in/", {"email": "nobody@hotline.example", "password": "not the passphrase"})
    assert not Event.objects.exists()


def test_signing_out_needs_a_post(sign_in: Callable[..., Any]) -> None:
    client = sign_in("Ann", Role.ANALYST)
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/queue/").status_code == 200
    left = client.post("/sign-out/")
    assert left.headers["Clear-Site-Data"] == '"cache"'  # what the browser kept of pages goes as well
    assert client.get("/queue/").status_code == 302


SETUP = {
    "organisation": "Example Hotline",
    "country": "ca",
    "display_name": "Ada",
    "email": "ada@hotline.example",
    "password": PASSWORD,
}


def test_the_one_time_link_works_once(db: None, client: Any) -> None:
    from orbweaver.people.accounts.models import Organisation, User
    from orbweaver.people.accounts.services import create_setup_link
    from orbweaver.platform.clock import real_now

    token = create_setup_link(real_now())
    assert client.get(f"/setup/{token}/").status_code == 200
    assert client.post(f"/setup/{token}/", SETUP).headers["Location"] == "/setting-up/"
    assert client.get("/people/").status_code == 200
    assert Organisation.objects.get().country == "CA"
    again = client.post(f"/setup/{token}/", {**SETUP, "email": "eve@hotline.example"})
    assert again.status_code == 410
    assert User.objects.count() == 1


def test_a_weak_password_is_refused_and_the_link_stays_good(db: None, client: Any) -> None:
    from orbweaver.people.accounts.services import create_setup_link
    from orbweaver.platform.clock import real_now

    token = create_setup_link(real_now())
    answer = client.post(f"/setup/{token}/", {**SETUP, "password": "short"})
    assert answer.status_code == 400
    assert "too short" in answer.content.decode()
    assert client.post(f"/setup/{token}/", SETUP).status_code == 302
