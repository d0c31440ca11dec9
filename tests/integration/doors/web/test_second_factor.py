"""A code beside the password: set up, asked for, used once, counted, and turned off by those who may."""

from __future__ import annotations

import base64
import datetime as dt
import re
from typing import Any

import pytest

from orbweaver.people.accounts import second_factor
from orbweaver.people.accounts.models import SecondFactor, SignIn, User
from orbweaver.people.accounts.passwords import make_link
from orbweaver.people.accounts.rules import Role
from orbweaver.platform.clock import real_now

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/account/second-factor/"


def code(secret: str, ahead: int = 0) -> str:
    step = int(real_now().timestamp()) // second_factor.STEP_S + ahead
    return second_factor.code_at(base64.b32decode(secret), step)


@pytest.fixture
def person(make_person: Any) -> User:
    ann: User = make_person("Ann", Role.ANALYST)
    return ann


@pytest.fixture
def secret(person: User) -> str:
    """Of an app that the person has set up, one code ago."""
    made = second_factor.begin(person).secret
    second_factor.confirm(person, code(made, -1))
    return made


def give_password(client: Any) -> Any:
    return client.post("/sign-in/?next=/account/", {"email": "ann@hotline.example", "password": PASSWORD})


def test_who_has_one_is_signed_in_by_password_and_code_alone(client: Any, person: User, secret: str) -> None:
    assert give_password(client).headers["Location"] == "/sign-in/code/"
    assert client.get("/account/").status_code == 302
    assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 400
    assert client.get("/account/").status_code == 302
    assert client.post("/sign-in/code/", {"code": code(secret)}).headers["Location"] == "/account/"
    assert client.get("/account/").status_code == 200


def test_a_code_opens_once(person: User, secret: str) -> None:
    now = code(secret)
    assert second_factor.opens(person, now)
    assert not second_factor.opens(person, now)


def test_without_the_password_no_code_is_taken(client: Any, person: User, secret: str) -> None:
    assert client.post("/sign-in/code/", {"code": code(secret)}).headers["Location"] == "/sign-in/"


def test_after_five_wrong_codes_none_is_taken(client: Any, person: User, secret: str) -> None:
    give_password(client)
    for _ in range(5):
        client.post("/sign-in/code/", {"code": "000000"})
    assert client.post("/sign-in/code/", {"code": code(secret)}).status_code == 400


def test_a_password_that_was_changed_waits_for_no_code(client: Any, person: User, secret: str) -> None:
    give_password(client)
    person.set_password("quite another passphrase")
    person.save()
    assert client.post("/sign-in/code/", {"code": code(secret)}).headers["Location"] == "/sign-in/"


def test_it_is_set_up_on_the_page_and_spare_codes_open_once_each(client: Any, person: User) -> None:
    client.force_login(person)
    page = client.get(PAGE).content.decode()
    made = re.search(r'id="key">([A-Z2-7]+)<', page)
    assert made is not None
    assert f"secret={made[1]}" in page
    assert client.post(PAGE, {"code": "12", "password": PASSWORD}).status_code == 400
    shown = client.post(PAGE, {"code": code(made[1]), "password": PASSWORD}).content.decode()
    spare = re.findall(r'<code class="mono">([0-9a-f-]+)</code>', shown)
    assert len(spare) == 8
    assert made[1] not in client.get(PAGE).content.decode()
    client.logout()
    give_password(client)
    assert client.post("/sign-in/code/", {"code": f" {spare[0].upper()} "}).status_code == 302
    assert not second_factor.opens(person, spare[0])
    assert second_factor.spare_codes_left(person) == 7


@pytest.mark.parametrize("given", [{}, {"password": "not the one of Ann"}])
def test_whoever_finds_an_open_screen_sets_no_app_up(client: Any, person: User, given: dict[str, str]) -> None:
    client.force_login(person)
    made = second_factor.begin(person).secret
    assert client.post(PAGE, {"code": code(made), **given}).status_code == 400
    assert not second_factor.has_one(person)


def test_the_database_alone_gives_no_code(person: User, secret: str) -> None:
    row = SecondFactor.objects.get()
    assert base64.b32decode(secret) not in (bytes(row.salt), *map(bytes, row.spare_codes))


def test_a_link_for_another_password_does_not_pass_by_it(client: Any, person: User, secret: str) -> None:
    token = make_link(person, valid=dt.timedelta(hours=1), at=real_now())
    new = {"new": "quite another passphrase", "again": "quite another passphrase"}
    assert client.post(f"/password/{token}/", new).headers["Location"] == "/sign-in/"
    assert client.get("/account/").status_code == 302


def test_where_it_is_required_nothing_else_opens_before(client: Any, person: User, set_config: Any) -> None:
    set_config(second_factor_required="true")
    client.force_login(person)
    assert client.get("/queue/").headers["Location"] == f"{PAGE}?next=/queue/"
    made = second_factor.begin(person).secret
    page = client.post(PAGE, {"code": code(made), "password": PASSWORD, "next": "/queue/"}).content.decode()
    assert 'href="/queue/"' in page
    assert client.get("/queue/").status_code == 200


def test_where_it_is_required_a_session_without_a_code_is_asked_for_one(
    client: Any, person: User, secret: str, set_config: Any
) -> None:
    set_config(second_factor_required="true")
    client.force_login(person)
    assert client.get("/queue/").headers["Location"] == f"{PAGE}?next=/queue/"
    assert client.post("/account/second-factor/off/", {"code": code(secret)}).status_code == 302
    assert second_factor.has_one(person)
    assert client.post(PAGE, {"code": code(secret), "next": "/queue/"}).headers["Location"] == "/queue/"
    assert client.get("/queue/").status_code == 200


def test_the_page_leads_nowhere_else(client: Any, person: User, secret: str) -> None:
    client.force_login(person)
    answer = client.post(PAGE, {"code": code(secret), "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == PAGE


def test_it_is_not_asked_of_who_sees_none_of_it(client: Any, make_person: Any, set_config: Any) -> None:
    set_config(second_factor_required="true")
    client.force_login(make_person("Host", Role.INDUSTRY_CLIENT))
    assert client.get("/account/").status_code == 200


def test_it_is_turned_off_with_a_code_alone(client: Any, person: User, secret: str) -> None:
    client.force_login(person)
    assert client.post("/account/second-factor/off/", {"code": "000000"}).status_code == 400
    assert second_factor.has_one(person)
    assert client.post("/account/second-factor/off/", {"code": code(secret)}).status_code == 302
    assert not second_factor.has_one(person)
    assert client.get("/account/").status_code == 200, "this browser stays signed in"
    assert not second_factor.remove(person)


def test_what_anybody_may_ask_of_passkeys_is_kept_by_the_browser_alone(client: Any, set_config: Any) -> None:
    set_config(base_url="https://hotline.example")
    before = SignIn.objects.count()
    answers = [client.post("/sign-in/passkey/ask/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert SignIn.objects.count() == before
    cookie = answers[-1].cookies["passkey_question"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/sign-in/passkey/", True, "Strict")
    assert cookie["max-age"] == 300


@pytest.mark.parametrize("cookie", [None, "", "{}", '{"challenge": "AAAA"}:1:2', "1:2:3"])
def test_a_question_that_was_never_asked_is_refused_in_words(client: Any, set_config: Any, cookie: str | None) -> None:
    set_config(base_url="https://hotline.example")
    if cookie is not None:
        client.cookies["passkey_question"] = cookie
    page = client.post("/sign-in/passkey/", {"answer": "{}"})
    assert page.status_code == 400
    assert "passkey" in page.content.decode()
