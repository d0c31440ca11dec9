"""``orbweaver providers`` and ``orbweaver worker --once`` as a person or a script types them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from orbweaver.doors.cli import build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _the_tests_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands use the database that the tests have already."""

    @contextlib.contextmanager
    def opened(**_: object) -> Iterator[None]:
        yield

    for name in ("providers", "registry", "worker"):
        monkeypatch.setattr(f"orbweaver.doors.cli.{name}.open_session", opened)


def run(*words: str) -> Result:
    return CliRunner().invoke(build(), list(words))


def test_a_provider_is_added_listed_and_gets_contacts() -> None:
    added = run(
        "providers", "add", "Host", "--domain", "host.example", "--network", "192.0.2.0/24", "--country", "fr", "--json"
    )
    assert added.exit_code == 0
    shown = json.loads(added.stdout)
    assert (shown["name"], shown["country"], shown["domains"]) == ("Host", "FR", ["host.example"])
    assert run("providers", "contact", "Host", "abuse@host.example").exit_code == 0
    assert "abuse@host.example" in run("providers", "list").stdout
    assert run("providers", "contact", shown["id"], "abuse@host.example", "--retire").exit_code == 0
    [row] = [json.loads(line) for line in run("providers", "list", "--json").stdout.splitlines()]
    assert [(each["address"], each["active"]) for each in row["contacts"]] == [("abuse@host.example", False)]


@pytest.mark.parametrize("typed", ["faß.example", "FAẞ.example", "xn--fa-hia.example"])
def test_a_host_is_looked_up_as_people_write_it(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "orbweaver.notify.notices.routing.lookup.look_up", lambda hosts, now: asked.extend(hosts)
    )  # no name server here
    run("providers", "add", "Sharp", "--domain", "faß.example", "--country", "ca")
    run("providers", "add", "Double", "--domain", "fass.example", "--country", "ca")
    run("providers", "contact", "Sharp", "abuse@sharp.example")
    said = json.loads(run("providers", "look-up", typed, "--json").stdout)
    assert asked == ["xn--fa-hia.example"]
    assert [each["to"] for each in said["routes"]] == ["Sharp"]


@pytest.mark.parametrize(
    "words",
    [
        ("add", "Host", "--domain", "co.uk"),
        ("add", "Host", "--contact", "no address"),
        ("contact", "Nobody", "abuse@host.example"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_kept(words: tuple[str, ...]) -> None:
    result = run("providers", *words)
    assert result.exit_code == 1
    assert run("providers", "list", "--json").stdout == ""


def test_worker_once_says_what_was_due() -> None:
    result = run("worker", "--once", "--json")
    assert result.exit_code == 0
    assert isinstance(json.loads(result.stdout.splitlines()[-1]), dict)
