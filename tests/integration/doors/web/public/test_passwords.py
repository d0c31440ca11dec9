"""A forgotten password, at the pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.doors.web.conftest import PASSWORD

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

OTHER = "quite another passphrase"
NEW = {"new": OTHER, "again": OTHER}


def link_for(person: User, valid: dt.timedelta = dt.timedelta(hours=1)) -> str:
    from orbweaver.people.accounts.passwords import make_link
    from orbweaver.platform.clock import real_now

    return f"/password/{make_link(person, valid=valid, at=real_now())}/"


@pytest.fixture
def with_mail(set_config: Callable[..., None]) -> None:
    set_config(smtp_host="127.0.0.1", smtp_port=1)


@pytest.mark.usefixtures("with_mail")
def test_the_same_is_said_and_done_whether_or_not_the_address_is_known(
    make_person: Callable[..., User], client: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from orbweaver.people.accounts.models import PasswordRequest

    make_person("Ann")
    said, asked = [], []
    for name in ("ann", "nobody"):
        with CaptureQueriesContext(connection) as queries:
            answer = client.post("/password/", {"email": f"{name}@hotline.example"}, follow=True)
        said.append(answer.content.decode().split("<main")[1].split("<form")[0])
        asked.append([each["sql"].split("'")[0] for each in queries.captured_queries if "password" in each["sql"]])
    assert said[0] == said[1]
    assert "a link is on its way" in said[0]
    assert asked[0] == asked[1] != []
    assert not any("accounts_user" in each for each in asked[0]), "nobody is looked up while somebody waits"
    assert PasswordRequest.objects.count() == 2


@pytest.mark.usefixtures("with_mail", "db")
def test_one_network_asks_ten_times_an_hour(client: Any) -> None:
    from orbweaver.people.accounts.models import PasswordRequest

    answers = [client.post("/password/", {"email": f"{n}@hotline.example"}).status_code for n in range(11)]
    assert answers == [302] * 10 + [429]
    assert client.post("/password/", {"email": "x@hotline.example"}, REMOTE_ADDR="198.51.100.7").status_code == 302
    assert PasswordRequest.objects.count() == 11


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("missing", [{}, {"smtp_host": "127.0.0.1", "hotline_name": "Example Hotline"}])
def test_without_mail_or_a_name_to_write_in_the_page_says_whom_to_ask_and_takes_nothing(
    client: Any, set_config: Callable[..., None], missing: dict[str, str]
) -> None:
    from orbweaver.people.accounts.models import PasswordRequest

    set_config(**missing)
    assert 'href="/password/"' in client.get("/sign-in/").content.decode()
    for answer in (client.get("/password/"), client.post("/password/", {"email": "ann@hotline.example"})):
        page = answer.content.decode()
        assert "orbweaver people reset-password" in page
        assert 'id="forgotten"' not in page
    assert not PasswordRequest.objects.exists()


def test_a_link_sets_a_password_once_ends_all_other_sign_ins_and_is_in_the_log(
    sign_in: Callable[..., Any], client: Any
) -> None:
    from orbweaver.people.accounts.models import User
    from orbweaver.people.audit.models import Event

    elsewhere = sign_in("Ann", Role.ANALYST)
    ann = User.objects.get()
    link, other = link_for(ann), link_for(ann)
    assert client.get(link).headers["Referrer-Policy"] == "strict-origin"
    assert elsewhere.get("/queue/").status_code == 200, "opening a link does nothing"
    assert client.post(link, {"new": "short", "again": "short"}).status_code == 400
    assert client.post(link, {"new": OTHER, "again": "x"}).status_code == 400
    assert client.post(link, NEW).headers["Location"] == "/account/"
    assert client.get("/queue/").status_code == 200
    assert elsewhere.get("/queue/").status_code == 302
    ann.refresh_from_db()
    assert ann.check_password(OTHER)
    assert ann.session_epoch == 1
    for spent in (link, other):
        assert client.get(spent).status_code == 410
        assert client.post(spent, NEW).status_code == 410
    assert Event.objects.get(kind="person.password_set_by_link").actor == ann


def test_after_ten_wrong_passwords_a_link_lets_the_person_in_at_once(
    make_person: Callable[..., User], client: Any
) -> None:
    ann = make_person("Ann", Role.ANALYST)
    for _ in range(10):
        client.post("/sign-in/", {"email": ann.email, "password": "not the passphrase"})
    client.post(link_for(ann), NEW)
    assert client.get("/queue/").status_code == 200
    client.post("/sign-out/")
    assert client.post("/sign-in/", {"email": ann.email, "password": OTHER}).status_code == 302


def test_a_password_set_by_a_link_is_taken_in_every_browser_after_ten_wrong_ones_and_guessing_stays_bounded(
    make_person: Callable[..., User], client: Any
) -> None:
    from django.test import Client

    ann = make_person("Ann", Role.ANALYST)
    wrong, right = ({"email": ann.email, "password": words} for words in ("not the passphrase", OTHER))
    for _ in range(10):
        Client().post("/sign-in/", wrong)
    link = link_for(ann)
    old = Client().post("/sign-in/", {**right, "password": PASSWORD})
    assert old.status_code == 400, "a link that waits opens nothing"
    client.post(link, NEW)
    assert Client().post("/sign-in/", right).status_code == 302
    for _ in range(10):
        Client().post("/sign-in/", wrong)
    assert Client().post("/sign-in/", right).status_code == 400, "the new password is not to be guessed, either"


def test_a_link_that_is_too_old_or_made_up_sets_nothing(make_person: Callable[..., User], client: Any) -> None:
    ann = make_person("Ann")
    for link in (link_for(ann, dt.timedelta(0)), "/password/made-up/"):
        assert client.get(link).status_code == 410
        assert client.post(link, NEW).status_code == 410
    ann.refresh_from_db()
    assert not ann.check_password(OTHER)


def test_changing_the_password_voids_links(make_person: Callable[..., User], client: Any) -> None:
    from orbweaver.people.accounts.passwords import change_password, encoded_for

    ann = make_person("Ann")
    link = link_for(ann)
    change_password(ann, encoded_for(ann, OTHER))
    assert client.get(link).status_code == 410


@pytest.mark.parametrize("page", ["of a link", "account"])
def test_nothing_is_locked_while_a_password_is_hashed(
    make_person: Callable[..., User], client: Any, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    """It takes long by design; on a busy machine the transaction around it ended first, with an error."""
    from django.contrib.auth.hashers import get_hasher
    from django.db import connection

    ann = make_person("Ann")
    address, form = link_for(ann), NEW
    if page == "account":
        client.force_login(ann)
        address, form = "/account/password/", {"old": PASSWORD, "new": OTHER, "again": OTHER}
    around, seen = list(connection.savepoint_ids), []
    hasher = type(get_hasher())
    hashes = hasher.encode

    def noted(self: Any, *given: Any) -> str:
        seen.append(list(connection.savepoint_ids) == around)
        return str(hashes(self, *given))

    monkeypatch.setattr(hasher, "encode", noted)
    assert client.post(address, form).status_code == 302
    assert seen
    assert all(seen)
