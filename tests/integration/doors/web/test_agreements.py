"""On the day after an agreement ends nothing is left of it: no page, no call, no door, no exchange, no file, no police.

Every address and call is asked, and every command stands in a table that says which of them need an agreement.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from typer.main import get_command
from typer.testing import CliRunner

from orbweaver.detect.exchanges.agreed import under_agreement
from orbweaver.detect.exchanges.models import Exchange
from orbweaver.detect.exchanges.pulling import seconds_to_next
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.doors.api import abuse_signal, v1
from orbweaver.doors.cli import build
from orbweaver.doors.industry.frame.clients import _client_of
from orbweaver.errors import NotAllowed
from orbweaver.notify.police.models import Force
from orbweaver.notify.police.services import may_be_told
from orbweaver.people.accounts.messages import NO_AGREEMENT, NOT_AGREED_ON
from orbweaver.people.accounts.models import Agreement, ApiKey, Organisation, User
from orbweaver.people.accounts.rules import KEY_SCOPES, SCOPES_OF, Role, Scope
from orbweaver.people.accounts.services import (
    authenticate_api_key,
    create_api_key,
    create_organisation,
    create_person,
    find_api_key,
)
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import now as clock_now

if TYPE_CHECKING:
    from tests.integration.conftest import World

pytestmark = pytest.mark.django_db
TODAY = clock_now().date()
DAY = dt.timedelta(days=1)


@pytest.fixture
def partner(make_person: Callable[..., User]) -> Organisation:
    make_person("Ada", Role.ADMINISTRATOR)
    return create_organisation(name="Partner", kind="hotline", country="FR", vetted_on=TODAY, agreement_ends_on=TODAY)


def someone(home: Organisation, roles: list[Role]) -> User:
    return create_person(
        email="pia@partner.example",
        display_name="Pia",
        password="a long enough passphrase",
        organisation=home,
        roles=roles,
        by=None,
        now=clock_now(),
    )


@pytest.fixture(autouse=True)
def _the_tests_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def opened(*, migrate: bool = True) -> Iterator[None]:
        yield

    for room in ("evidence", "exchanges", "agreements", "list_files"):
        monkeypatch.setattr(f"orbweaver.doors.cli.{room}.open_session", opened)


def guarded(patterns: Any) -> Iterator[tuple[str, URLPattern]]:
    """Every address that somebody has to be signed in to open, but those of their own account."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from guarded(each.url_patterns)
        elif hasattr(each.callback, "needs") and not str(each.pattern).startswith("account/"):
            yield str(each.pattern), each


def refusal(view: URLPattern, person: User, method: str) -> str:
    """Why the page is not given, or nothing."""
    names = {name: 1 if name == "number" else "x" for name in view.pattern.regex.groupindex}
    request = getattr(RequestFactory(), method)("/")
    request.user, request.session = person, SessionStore()
    request._messages = FallbackStorage(request)
    try:
        view.callback(request, **names)
    except PermissionDenied as error:
        return str(error)
    except Http404:
        return ""
    return ""


def test_no_address_and_no_call_is_left_on_the_day(partner: Organisation) -> None:
    pia = someone(partner, [role for role in Role if role is not Role.ADMINISTRATOR])
    key = create_api_key(partner, "all", KEY_SCOPES, clock_now())
    views = list(guarded(get_resolver().url_patterns))
    assert len(views) > 100
    assert refusal(dict(views)["queue/"], pia, "get") == ""
    assert authenticate_api_key(key, clock_now()) is not None
    assert find_api_key("owk_" + key.split("_")[1], clock_now()) is not None
    partner.agreements.update(ends_on=TODAY - DAY)
    pia = User.objects.get(pk=pia.pk)
    let_in = [
        path
        for path, view in views
        if not any(refusal(view, pia, method) == str(NO_AGREEMENT) for method in ("get", "post"))
    ]
    assert let_in == []
    assert authenticate_api_key(key, clock_now()) is None
    assert find_api_key("owk_" + key.split("_")[1], clock_now()) is None


def call_paths() -> list[tuple[str, str]]:
    """Every call of both APIs that needs a key, by method and path."""
    found = []
    for prefix, api in (("/abuse-signal/", abuse_signal.api), ("/api/v1/", v1.api)):
        for path, methods in api.get_openapi_schema(path_prefix=prefix)["paths"].items():
            filled = re.sub(r"{[^}]+}", "x", path)
            found += [(method, filled) for method, call in methods.items() if call.get("security")]
    return found


def test_every_call_of_the_apis_refuses_a_key_after_the_last_day(partner: Organisation) -> None:
    key = create_api_key(partner, "all", KEY_SCOPES, clock_now())
    calls = call_paths()
    assert len(calls) >= 9

    def refused() -> list[tuple[str, str]]:
        ask, headers = Client().generic, {"Authorization": f"Bearer {key}"}
        return [
            (method, path)
            for method, path in calls
            if ask(method.upper(), path, b"{}", "application/json", headers=headers).status_code in {401, 403}
        ]

    assert refused() == []
    partner.agreements.update(ends_on=TODAY - DAY)
    assert refused() == calls


@pytest.mark.parametrize("left_out", list(Scope))
def test_what_is_not_agreed_on_no_page_and_no_key_does(partner: Organisation, left_out: Scope) -> None:
    pia = someone(partner, [role for role in Role if role is not Role.ADMINISTRATOR])
    key = create_api_key(partner, "all", KEY_SCOPES, clock_now())
    partner.agreements.update(scope=[each.value for each in Scope if each is not left_out])
    concerned = []
    for path, view in guarded(get_resolver().url_patterns):
        asked = {view.callback.needs, view.callback.to_change} - {None}  # type: ignore[attr-defined]
        if any(SCOPES_OF.get(each) is left_out for each in asked) and all(map(pia.may, asked)):
            concerned.append((path, view))
    refusals = {path: {refusal(view, pia, method) for method in ("get", "post")} for path, view in concerned}
    assert [path for path, why in refusals.items() if str(NOT_AGREED_ON) not in why] == []
    assert bool(concerned) is (left_out is not Scope.SCAN), "no page checks files"
    known = authenticate_api_key(key, clock_now())
    assert known is not None
    assert set(known.scopes) == {each.value for each in KEY_SCOPES if SCOPES_OF[each] is not left_out}
    door = _client_of(key)
    assert door is not None
    assert door.scopes == set(known.scopes)
    assert ApiKey.objects.get().scopes == [each.value for each in KEY_SCOPES], "what was given stands, for later"


def test_the_doors_of_industry_know_no_client_after_the_last_day(partner: Organisation) -> None:
    key = create_api_key(partner, "all", KEY_SCOPES, clock_now())
    assert _client_of(key) is not None
    partner.agreements.update(ended_at=clock_now())
    assert _client_of(key) is None


def test_exchanges_police_and_files_stop_as_well(partner: Organisation, tmp_path: Path, world: World) -> None:
    moment = clock_now()
    into = get_or_create_list("Theirs", partner.name, moment)
    exchange = Exchange.objects.create(
        name="theirs", protocol="orbweaver", address="https://x.example", hash_list=into, every_minutes=60,
        next_at=moment, created_at=moment,
    )  # fmt: skip
    force = Force.objects.create(name="Force", country="FR", key="age1", added_at=moment, organisation=partner)
    told = Force.objects.filter(may_be_told(moment))
    assert (list(under_agreement(moment)), list(told)) == ([exchange], [force])
    partner.agreements.update(countries=["DE"])
    assert not Force.objects.filter(may_be_told(moment)).exists(), "it is for forces of another country"
    partner.agreements.update(countries=["DE", "FR"])
    assert list(told) == [force]
    partner.agreements.update(ends_on=TODAY - DAY)
    assert (list(under_agreement(moment)), list(Force.objects.filter(may_be_told(moment)))) == ([], [])
    assert seconds_to_next(moment) is None, "the worker does not wait for what it may not pull"
    item = world.item("https://images.example/1.png")
    for words in (
        ["exchanges", "pull", "theirs"],
        ["lists", "export", "Theirs", "-o", str(tmp_path / "out"), "--to", partner.name],
        ["evidence", "export", item.public_id, str(tmp_path / "out"), "--case", "1", "--to", partner.name.upper()],
    ):
        said = CliRunner().invoke(build(), words)
        assert isinstance(said.exception, NotAllowed), words
    assert not (tmp_path / "out").exists()


ASK: set[str] = {"exchanges pull", "evidence export", "lists export"}
"""Commands that give something to an organisation or take it from there: they ask its agreement."""
OF_POLICE: set[str] = {"police said"}
"""What police say is heard whoever brings it: it saves a child, and nothing leaves by it."""


def test_every_command_either_asks_or_stays_on_this_machine() -> None:
    named = set(_commands(get_command(build()), ()))
    talk = {name for name in named if name.split()[0] in {"exchanges", "police"} or name.endswith("export")}
    of_this_machine = {"exchanges add", "exchanges list", "exchanges pause", "exchanges resume",
                       "exchanges set-credentials", "exchanges change", "providers export"}  # fmt: skip
    assert talk == ASK | OF_POLICE | of_this_machine, "say of a new command whether it asks the agreement"


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    for name, each in getattr(command, "commands", {}).items():
        if hasattr(each, "commands"):
            yield from _commands(each, (*path, name))
        else:
            yield " ".join((*path, name))


def test_the_hotlines_own_people_get_in_to_renew_it(
    make_person: Callable[..., User], organisation: Organisation
) -> None:
    ada = make_person("Ada", Role.ADMINISTRATOR)
    organisation.agreements.update(ends_on=TODAY - DAY)
    views = dict(guarded(get_resolver().url_patterns))
    assert refusal(views["people/"], User.objects.get(pk=ada.pk), "get") != str(NO_AGREEMENT)


def test_an_agreement_is_recorded_and_ended_on_the_page_and_by_command(
    make_person: Callable[..., User], partner: Organisation
) -> None:
    ada = make_person("Ada L", Role.ADMINISTRATOR)
    client = Client()
    client.force_login(ada)
    page = f"/organisations/{partner.public_id}/"
    given = {"agreement": "Of 2027", "vetted_on": TODAY.isoformat(), "scope": ["scan"], "countries": "fr de"}
    assert client.post(page, given | {"countries": "France"}).status_code == 400
    with Path(__file__).open("rb") as document:
        assert client.post(page, given | {"file": document}).status_code == 302
    made = partner.agreements.get(title="Of 2027")
    assert (made.scope, made.countries, made.ends_on) == (["scan"], ["DE", "FR"], None)
    assert made.digest in client.get(page).content.decode()
    assert client.post(f"/agreements/{made.public_id}/end/", {"because": " "}).status_code == 400
    assert client.post(f"/agreements/{made.public_id}/end/", {"because": "They sold the company."}).status_code == 302
    assert client.post(f"/agreements/{made.public_id}/end/", {"because": "Again."}).status_code == 409
    assert "They sold the company." in client.get(page).content.decode()
    runner = CliRunner()
    words = ["agreements", "add", "Partner", "--title", "Of 2028", "--scope", "share", "--ends", "2000-01-01"]
    added = json.loads(runner.invoke(build(), [*words, "--json"]).stdout)
    assert (added["scope"], added["in_force"]) == (["share"], False)
    assert runner.invoke(build(), ["agreements", "end", added["id"], "--because", "A mistake"]).exit_code == 0
    told = [json.loads(line) for line in runner.invoke(build(), ["agreements", "list", "--json"]).stdout.splitlines()]
    assert {each["id"] for each in told} == set(Agreement.objects.values_list("public_id", flat=True))
    assert "Of 2028" in runner.invoke(build(), ["agreements", "list"], env={"COLUMNS": "300"}).stdout
    events = Event.objects.filter(subject=partner.public_id, kind__startswith="agreement.")
    kinds = events.values_list("kind", flat=True)
    assert sorted(kinds) == ["agreement.ended", "agreement.ended", "agreement.renewed", "agreement.renewed"]
