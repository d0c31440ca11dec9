"""Reads are audited: who opened what, and who searched, without what they searched for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from tests.integration.doors.web.test_access import ALLOWED

from orbweaver.assess.review.messages import MAY_NOT_READ
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.doors.web.frame import reads
from orbweaver.doors.web.frame.reads import READ, REFUSED
from orbweaver.doors.web.workplace import items
from orbweaver.errors import NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event


def read() -> list[tuple[str, str]]:
    events = Event.objects.filter(kind=READ).order_by("pk")
    return [(each.details["page"], each.subject) for each in events]


def test_who_reads_what_is_in_the_audit_log_once_an_hour(
    sign_in: Callable[..., Any], now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"/lists/{get_or_create_list('Known', 'known', now).public_id}/"
    subject = page.split("/")[2]
    mia, max_ = sign_in("Mia", Role.HOTLINE_MANAGER), sign_in("Max", Role.HOTLINE_MANAGER)
    for client in (mia, mia, max_, mia):
        assert client.get(page).status_code == 200
    assert [each[1] for each in read()] == [subject, subject]
    actors = Event.objects.filter(kind=READ).order_by("pk").values_list("actor__display_name", flat=True)
    assert list(actors) == ["Mia", "Max"]
    monkeypatch.setattr(reads, "now", lambda: now + dt.timedelta(hours=1))
    assert mia.get(page).status_code == 200
    assert len(read()) == 3


def test_an_item_and_an_entry_are_named_singly_and_what_is_refused_is_not_read(
    sign_in: Callable[..., Any], make_item: Callable[..., Any]
) -> None:
    ann, one, other = sign_in("Ann", Role.ANALYST), make_item(), make_item(2)
    for item in (one, other):
        assert ann.get(f"/items/{item.public_id}/").status_code == 200
    assert [each[1] for each in read()] == [one.public_id, other.public_id]
    assert ann.get("/people/").status_code == 403
    assert ann.get("/items/itm_aaaaaaaaaaaaaaaa/").status_code == 404
    assert len(read()) == 2


def test_whoever_asks_for_what_their_roles_do_not_include_is_in_the_log_once_an_hour(
    sign_in: Callable[..., Any],
) -> None:
    ann = sign_in("Ann", Role.ANALYST)
    for address in ("/people/", "/people/", "/audit/", "/keys/key_aaaaaaaaaaaaaaaa/revoke/"):
        answer = ann.post(address) if "revoke" in address else ann.get(address)
        assert answer.status_code == 403
    events = Event.objects.filter(kind=REFUSED, actor__display_name="Ann").order_by("pk")
    assert [each.subject for each in events] == ["", "", "key_aaaaaaaaaaaaaaaa"]


def test_whoever_tries_one_thing_after_the_other_does_not_fill_the_log(sign_in: Callable[..., Any]) -> None:
    ann = sign_in("Ann", Role.ANALYST)
    for subject in ("x" * 3_000, "é", *(f"key_{number:016}" for number in range(5))):
        assert ann.post(f"/keys/{subject}/revoke/").status_code == 403
    events = Event.objects.filter(kind=REFUSED)
    assert [(each.subject, each.details) for each in events] == [("", {"page": "key-revoke"})]


def test_what_a_page_itself_refuses_is_in_the_log_too(
    sign_in: Callable[..., Any], make_item: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, item = sign_in("Ann", Role.ANALYST), make_item()

    def refuses(*_: object, **__: object) -> None:
        raise NotAllowed(MAY_NOT_READ)

    monkeypatch.setattr(items, "_page", refuses)
    assert ann.get(f"/items/{item.public_id}/").status_code == 403
    assert Event.objects.filter(kind=REFUSED).values_list("subject", flat=True).get() == item.public_id


WITHOUT_RECORD = {
    *("account", "alerts", "appearance", "home", "second-factor", "passkeys"),  # one's own, and counts
    *("changes", "held", "search"),  # for everybody; one's own; recorded by itself
}
"""Pages for whoever is signed in that leave no record."""


def test_no_page_is_read_without_a_record_by_whatever_method(hotline: None, sign_in: Callable[..., Any]) -> None:
    clients: dict[Role, Any] = {}
    shown, unrecorded = 0, set()
    for name, (method, arguments, roles) in ALLOWED.items():
        if method != "get":
            continue
        role = min(roles, key=str)
        client = clients[role] = clients.get(role) or sign_in(f"Somebody {role}", role)
        address = reverse(name, kwargs=arguments)
        headers = {"Range": "bytes=0-9", "If-None-Match": "*", "Accept": "application/json"}
        said = {getattr(client, how)(address, headers=headers).status_code for how in ("head", "options", "put", "get")}
        assert not said & {206, 304}, name
        shown += 200 in said
        if 200 in said and not Event.objects.filter(kind=READ, details__page=name).exists():
            unrecorded.add(name)
    assert shown > 40
    assert unrecorded <= WITHOUT_RECORD


def test_ones_own_pages_are_nobody_elses_business(sign_in: Callable[..., Any]) -> None:
    ann = sign_in("Ann", Role.ANALYST)
    assert ann.get("/account/").status_code == 200
    assert read() == []


def test_a_form_that_comes_back_shows_its_page_and_is_read_as_well(
    sign_in: Callable[..., Any], make_item: Callable[..., Any]
) -> None:
    """Else whoever sends an empty form reads an item, its addresses and all, without a record."""
    ann, item = sign_in("Ann", Role.ANALYST), make_item()
    answer = ann.post(f"/items/{item.public_id}/preview/", {"answer": ""})
    assert (answer.status_code, item.public_id in answer.content.decode()) == (400, True)
    assert [subject for _, subject in read()] == [item.public_id]


def test_each_look_up_and_part_of_a_list_is_in_the_audit_log_without_its_words(sign_in: Callable[..., Any]) -> None:
    mia = sign_in("Mia", Role.HOTLINE_MANAGER)
    for asked in ({}, {"host": "one.example"}, {"host": "two.example"}, {"host": "one.example"}, {"page": "2"}):
        assert mia.get("/hosts/", asked).status_code == 200
    for asked in (
        {"sort": "name"},
        {"host": "", "page": "9" * 5_000},
        {f"f{number}" * 99: "x" for number in range(99)},
    ):
        assert mia.get("/hosts/", asked).status_code == 200
    events = Event.objects.filter(kind=READ).order_by("pk")
    by_host = {"page": "hosts", "by": ["host"]}
    assert [each.details for each in events][:5] == [
        {"page": "hosts"},
        by_host,
        by_host,
        {"page": "hosts", "part": 2},
        {"page": "hosts"},
    ]
    assert len(str(events[5].details)) < 500
    assert "one.example" not in str([each.details for each in Event.objects.all()])


SEARCHES = {
    "hash": "ab" * 32,
    "address": "https://pictures.example/a/b.jpg",
    "host": "pictures.example",
    "identifier": "itm_aaaaaaaaaaaaaaaa",
    "words": "a series of somebody",
}


def test_each_search_is_in_the_audit_log_without_its_words(sign_in: Callable[..., Any]) -> None:
    ann = sign_in("Ann", Role.ANALYST)
    for words in SEARCHES.values():
        assert ann.get("/search/", {"q": words}).status_code == 200
    assert ann.get("/search/").status_code == 200
    events = Event.objects.filter(kind="search.asked").order_by("pk")
    assert [each.details for each in events] == [{"by": kind, "found": 0} for kind in SEARCHES]
    said = "".join(f"{each.subject}{each.details}" for each in Event.objects.all())
    assert not any(words in said for words in SEARCHES.values())


def test_a_page_is_not_shown_where_its_reading_cannot_be_recorded(
    sign_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    mia = sign_in("Mia", Role.HOTLINE_MANAGER)

    def fails(*_: object, **__: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(reads, "record", fails)
    mia.raise_request_exception = False
    assert mia.get("/notices/").status_code >= 500


def test_the_page_of_the_log_leaves_reads_out_until_asked(
    sign_in: Callable[..., Any], make_person: Callable[..., User]
) -> None:
    mia = sign_in("Mia", Role.HOTLINE_MANAGER)
    assert mia.get("/notices/").status_code == 200
    text = mia.get("/audit/").content.decode()
    assert f'small">{READ}<' not in text
    assert "?kind=page.read" in text
    assert f'small">{READ}<' in mia.get("/audit/", {"kind": READ}).content.decode()
