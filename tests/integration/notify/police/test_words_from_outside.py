"""What police say comes back by call, page, file and command, and is everywhere at once; analysts read it and no more.

Written from the documents alone: each way in is used as its user does, and what followed is read where people read it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.integration.conftest import World
from typer.testing import CliRunner

from orbweaver.assess.review.models import Verdict
from orbweaver.assess.series.models import PoliceWord
from orbweaver.doors.cli import build
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.police.models import Force
from orbweaver.notify.police.services import add_force
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission, Role
from orbweaver.people.accounts.services import create_api_key, create_organisation
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import now as clock_now

pytestmark = pytest.mark.django_db
MakePerson = Callable[..., User]
Way = Callable[[dict[str, str]], Any]
WAYS = ("call", "page", "file", "command")


@pytest.fixture
def forces(now: dt.datetime) -> dict[str, Force]:
    made = {}
    for country in ("CA", "FR"):
        home = create_organisation(
            name=f"Ministry {country}", kind="law_enforcement", country=country, vetted_on=now.date()
        )
        key = str(pyrage.x25519.Identity.generate().to_public())
        made[country] = add_force(f"Police {country}", country, key, now, organisation=home)
    return made


@pytest.fixture
def verdict(hotline: None, world: World, now: dt.datetime) -> Verdict:
    add_contact(add_provider("Images", now=now, domains=["images.example"]), "abuse@images.example", now=now)
    made = world.verdict("https://images.example/1.png")
    issue_notices(now)
    return made


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def lea(make_person: MakePerson) -> Client:
    return browser(make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON))


@pytest.fixture
def ways(
    forces: dict[str, Force], lea: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Callable[..., Any]]:
    """Each way in which a force is heard: ``ways["file"]("CA", item=…, said="identified", on=…)``."""

    @contextlib.contextmanager
    def opened(*, migrate: bool = True) -> Iterator[None]:
        yield

    monkeypatch.setattr("orbweaver.doors.cli.police.open_session", opened)

    def csv(row: dict[str, str]) -> bytes:
        return (";".join(row) + "\n" + ";".join(row.values()) + "\n").encode()

    def call(country: str, **row: str) -> Any:
        home = forces[country].organisation
        assert home is not None
        key = create_api_key(home, "words", [Permission.SERIES_IDENTIFY], clock_now(), unbound=True)
        return Client().post(
            "/api/v1/police/words", json.dumps({"words": [row]}), content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )  # fmt: skip

    def page(country: str, *, item: str, **row: str) -> Any:
        return lea.post("/urgent/police/said/", {"force": forces[country].public_id, "about": item, **row})

    def file(country: str, **row: str) -> Any:
        words = SimpleUploadedFile("words.csv", csv(row))
        return lea.post("/urgent/police/said/file/", {"force": forces[country].public_id, "file": words})

    def command(country: str, **row: str) -> Any:
        (tmp_path / "words.csv").write_bytes(csv(row))
        said = CliRunner().invoke(
            build(), ["police", "said", str(tmp_path / "words.csv"), "--force", forces[country].name]
        )
        assert said.exception is None, said.output
        return said

    return {"call": call, "page": page, "file": file, "command": command}


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.mark.parametrize("way", WAYS)
def test_what_is_said_by_any_way_is_on_item_notice_and_verdict_before_anything_else_runs(
    way: str, ways: dict[str, Any], verdict: Verdict, make_person: MakePerson
) -> None:
    item, day = verdict.item.public_id, clock_now().date().isoformat()
    say = ways[way]
    answer = say("CA", item=item, said="identified", on=day, reference="CA-17/26")
    assert getattr(answer, "status_code", 200) in {200, 302}, answer.content
    notice = Notice.objects.get()
    verdict.refresh_from_db()
    assert (verdict.identified, verdict.identified_source) == ("identified", "Police CA")
    assert (notice.identified, notice.news_at is not None) == (True, True)
    ann = browser(make_person("Ann", Role.ANALYST))
    at_item = shown(ann, f"/items/{item}/")
    assert {each for each in ("Police CA", "CA-17/26") if each not in at_item} == set()
    assert "CA-17/26" not in shown(browser(make_person("Max", Role.HOTLINE_MANAGER)), f"/notices/{notice.public_id}/")
    assert "CA-17/26" not in json.dumps([each.details for each in Event.objects.all()])
    words = PoliceWord.objects.count()
    say("CA", item=item, said="identified", on=day, reference="CA-17/26")
    assert PoliceWord.objects.count() == words, "said again it does nothing"
    say("FR", item=item, said="not_identified", on=day)
    verdict.refresh_from_db()
    assert verdict.identified == "identified", "another force takes back nothing of this one"
    say("CA", item=item, said="not_identified", on=(clock_now().date() + dt.timedelta(0)).isoformat())
    verdict.refresh_from_db()
    assert verdict.identified == "unidentified"
    assert not Notice.objects.get().identified


@pytest.mark.parametrize("order", ["CA first", "FR first"])
def test_two_countries_numbers_of_one_series_stand_side_by_side_whoever_comes_first(
    order: str, ways: dict[str, Any], verdict: Verdict, make_person: MakePerson
) -> None:
    item, day = verdict.item.public_id, clock_now().date().isoformat()
    for country in ("CA", "FR") if order == "CA first" else ("FR", "CA"):
        ways["page"](country, item=item, said="series", on=day, series="Green Room", reference=f"{country}-99")
    page = shown(browser(make_person("Ann", Role.ANALYST)), f"/items/{item}/")
    for country in ("CA", "FR"):
        assert f"{country}-99" in page
        assert f"Police {country}" in page
    assert PoliceWord.objects.count() == 2


def test_nobody_but_the_liaison_writes_a_word_and_nothing_that_an_analyst_sends_changes_one(
    ways: dict[str, Any], forces: dict[str, Force], verdict: Verdict, make_person: MakePerson
) -> None:
    item, day = verdict.item.public_id, clock_now().date().isoformat()
    ways["page"]("CA", item=item, said="identified", on=day, reference="CA-17/26")
    before = list(PoliceWord.objects.values())
    form = {"force": forces["CA"].public_id, "about": item, "said": "not_identified", "on": day}
    for number, role in enumerate(Role):
        if role is Role.LAW_ENFORCEMENT_LIAISON:
            continue
        client = browser(make_person(f"P{number}", role))
        assert client.post("/urgent/police/said/", form).status_code == 403, role
        file = SimpleUploadedFile("words.csv", f"item,said,on\n{item},not_identified,{day}\n".encode())
        assert client.post("/urgent/police/said/file/", form | {"file": file}).status_code == 403, role
    eve = browser(make_person("Eve", Role.ANALYST, Role.SENIOR_ANALYST))
    more = {"identified": "unidentified", "identified_source": "", "police_words": "", "said": "not_identified",
            "baseline": "on", "police_reference": "EVE-1", "source": "Eve"}  # fmt: skip
    for at in ("take", "assess", "look", "notes", "markers", "link", "preview", "undo", "release"):
        eve.post(f"/items/{item}/{at}/", more | {"words": "x", "text": "x"})
    verdict.refresh_from_db()
    assert list(PoliceWord.objects.values()) == before
    assert (verdict.identified, verdict.identified_source, verdict.baseline) == ("identified", "Police CA", False)


def test_rows_as_programs_write_them_badly_are_named_and_stop_no_other(ways: dict[str, Any], verdict: Verdict) -> None:
    sha256, day = bytes(verdict.media.sha256).hex(), clock_now().date()
    bad = [
        {"sha256": sha256, "said": "IDENTIFIED?", "on": day.isoformat()},
        {"sha256": sha256[:-1], "said": "identified", "on": day.isoformat()},
        {"sha256": sha256, "said": "identified", "on": "24.11.2026"},
        {"sha256": sha256, "said": "identified", "on": (day + dt.timedelta(days=400)).isoformat()},
        {"said": "identified", "on": day.isoformat()},
        {"sha256": sha256, "said": "identified", "on": day.isoformat(), "reference": "\x00"},
        {"sha256": sha256, "item": "itm_2222222222222222", "said": "identified", "on": day.isoformat()},
    ]
    for row in bad:
        answer = ways["call"]("CA", **row)
        assert answer.status_code in {200, 422}, row
        assert answer.status_code == 422 or answer.json()["new"] == 0 or row.get("reference") == "\x00", row
    assert ways["call"]("CA", sha256=sha256.upper(), said="recovered", on=day.isoformat()).json()["new"] == 1
    verdict.refresh_from_db()
    assert verdict.identified == "identified"
