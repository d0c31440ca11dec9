"""``orbweaver people``: the way back in for somebody at the machine, the only administrator too."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner, Result

from orbweaver.doors.cli import build
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _the_tests_own_database(monkeypatch: pytest.MonkeyPatch, set_config: Callable[..., None]) -> None:
    @contextlib.contextmanager
    def opened(*, migrate: bool = True) -> Iterator[None]:
        yield

    monkeypatch.setattr("orbweaver.doors.cli.people.open_session", opened)
    set_config(base_url="https://desk.hotline.example/")


def run(*words: str) -> Result:
    return CliRunner().invoke(build(), ["people", "reset-password", *words])


def test_the_only_administrator_gets_back_in_with_a_link_that_works_once(
    make_person: Callable[..., User], client: Any
) -> None:
    from orbweaver.people.audit.models import Event

    ada = make_person("Ada", Role.ADMINISTRATOR)
    done = run("Ada@hotline.example", "--json")
    assert done.exit_code == 0
    link = json.loads(done.stdout)["link"]
    assert link.startswith("https://desk.hotline.example/password/")
    words = {"new": "quite another passphrase", "again": "quite another passphrase"}
    assert client.post(urlsplit(link).path, words).status_code == 302
    assert client.get("/people/").status_code == 200
    assert client.post(urlsplit(link).path, words).status_code == 410
    kinds = Event.objects.filter(subject=ada.public_id).order_by("pk").values_list("kind", "actor_label")
    assert list(kinds) == [
        ("person.password_link_made", "command line"),
        ("person.password_set_by_link", ada.public_id),
    ]


def test_for_a_person_the_link_stands_alone_on_its_line(make_person: Callable[..., User]) -> None:
    make_person("Ada", Role.ADMINISTRATOR)
    done = run("ada@hotline.example")
    assert done.stdout.splitlines()[0].startswith("https://desk.hotline.example/password/")
    assert "Ada, once, until" in done.stdout


def test_an_address_that_nobody_has_is_answered_with_those_of_the_administrators(
    make_person: Callable[..., User],
) -> None:
    make_person("Ada", Role.ADMINISTRATOR)
    make_person("Ann")
    done = run("adda@hotline.example")
    assert isinstance(done.exception, InvalidInput)
    assert "ada@hotline.example" in str(done.exception)
    assert "ann@hotline.example" not in str(done.exception)


def test_who_is_switched_off_gets_no_link(make_person: Callable[..., User]) -> None:
    from orbweaver.people.accounts.models import PasswordLink, User

    make_person("Ann")
    User.objects.update(is_active=False)
    assert isinstance(run("ann@hotline.example").exception, NotAllowed)
    assert not PasswordLink.objects.exists()


def test_who_lost_phone_and_spare_codes_is_let_in_by_the_machines_own_people(make_person: Callable[..., User]) -> None:
    from orbweaver.people.accounts import second_factor
    from orbweaver.people.accounts.models import SecondFactor
    from orbweaver.people.audit.models import Event
    from orbweaver.platform.clock import real_now

    ada = make_person("Ada", Role.ADMINISTRATOR)
    second_factor.begin(ada)
    SecondFactor.objects.update(confirmed_at=real_now())
    words = ["people", "second-factor-off", "Ada@hotline.example"]
    done = CliRunner().invoke(build(), [*words, "--json"])
    assert json.loads(done.stdout) == {"person": ada.public_id, "removed": True}
    assert not second_factor.has_one(ada)
    assert "Nothing was changed." in CliRunner().invoke(build(), words).stdout
    kinds = Event.objects.filter(subject=ada.public_id).order_by("pk").values_list("kind", "actor_label")
    assert list(kinds) == [("person.second_factor_removed", "command line")]


def test_a_liaisons_role_is_bound_here_and_loosened_only_with_a_second_person(
    make_person: Callable[..., User],
) -> None:
    from orbweaver.people.accounts.models import RoleGrant
    from orbweaver.people.audit.models import Event

    lea, abe = make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON), make_person("Abe", Role.GOVERNMENT_OBSERVER)

    def people(*words: str) -> Result:
        return CliRunner().invoke(build(), ["people", *words])

    assert not RoleGrant.objects.get(user=lea).bounds, "roles from before are unbound"
    wrongs = (
        ("bind", abe.email, "government_observer", "--country", "DE"),
        ("bind", lea.email, "law_enforcement_liaison"),
        ("bind", lea.email, "law_enforcement_liaison", "--country", "GER"),
        ("bind", lea.email, "law_enforcement_liaison", "--case", "ser_2222222222222222"),
        ("bind", lea.email, "law_enforcement_liaison", "--organisation", "Nobody"),
        ("bind", lea.email, "liaison", "--country", "DE"),
    )
    for wrong in wrongs:
        refused = people(*wrong)
        assert isinstance(refused.exception, InvalidInput), wrong
        assert not RoleGrant.objects.exclude(countries=[]).exists()
    done = people("bind", lea.email, "law_enforcement_liaison", "--country", "de", "--json")
    assert json.loads(done.stdout) == {
        "person": lea.public_id,
        "role": "law_enforcement_liaison",
        "countries": ["DE"],
    }
    assert Event.objects.get(kind="role.bound").details == {"role": "law_enforcement_liaison", "countries": ["DE"]}
    other = people("bind", lea.email, "law_enforcement_liaison", "--country", "FR")
    assert isinstance(other.exception, Conflict), "to another country is more than it was"
    assert "law_enforcement_liaison  bound: countries DE" in people("roles").stdout
    assert [each["countries"] for each in json.loads(people("roles", "--json").stdout)["roles"]] == [[], ["DE"]]
