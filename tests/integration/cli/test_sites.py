"""``orbweaver sites`` and ``orbweaver crawl`` as a person or a script types them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orbweaver.audit.models import Event
from orbweaver.cli import build
from orbweaver.cli.crawl import _add_leads
from orbweaver.crawl.models import Lead

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _the_tests_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands use the database that the tests have already."""

    @contextlib.contextmanager
    def opened(*, migrate: bool = True) -> Iterator[None]:
        yield

    for name in ("sites", "crawl"):
        monkeypatch.setattr(f"orbweaver.cli.{name}.open_session", opened)


def run(*words: str) -> Result:
    return CliRunner().invoke(build(), list(words))


def test_a_site_is_set_switched_and_listed() -> None:
    assert run("sites", "list", "--json").stdout == ""
    done = run("sites", "set", "a.example:81", "--delay", "2", "--past-robots", "A court order of today", "--json")
    shown = json.loads(done.stdout)
    assert (shown["site"], shown["delay_s"], shown["switched_off"]) == ("a.example:81", 2.0, False)
    assert shown["robots_authority"] == "A court order of today"
    assert "a.example:81 is off." in run("sites", "off", "a.example:81").stdout
    [row] = [json.loads(line) for line in run("sites", "list", "--changed", "--json").stdout.splitlines()]
    assert row["switched_off"]
    assert "does not hold" in run("sites", "list").stdout
    assert run("sites", "on", "a.example:81").exit_code == 0
    assert set(Event.objects.values_list("kind", flat=True)) == {
        "site.changed",
        "site.switched_off",
        "site.switched_on",
    }


def test_with_all_crawling_off_no_crawl_begins() -> None:
    assert json.loads(run("sites", "off", "--everything", "--json").stdout) == {"crawling": "off"}
    refused = run("crawl", "http://127.0.0.1:1/")
    assert refused.exit_code != 0
    assert type(refused.exception).__name__ == "CrawlingIsOff"
    assert json.loads(run("sites", "on", "--everything", "--json").stdout) == {"crawling": "on"}


@pytest.mark.parametrize("words", [("off",), ("off", "a.example", "--everything")])
def test_a_switch_needs_one_thing_to_switch(words: tuple[str, ...]) -> None:
    assert run("sites", *words).exit_code == 2


def test_a_list_of_addresses_is_crawled_from_each_of_its_lines(tmp_path: Path, set_config: Callable[..., None]) -> None:
    set_config(data_dir=tmp_path / "data", decode_workers=1)
    listed = tmp_path / "addresses.txt"
    listed.write_text("\ufeff# from a partner\nhttp://127.0.0.1:1/a\n\n  http://127.0.0.1:1/b \nnonsense\n")
    done = run("crawl", "http://127.0.0.1:1/typed", "--from", str(listed), "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, len(found["leads"])) == (4, 3)
    assert {lead["error"] for lead in found["leads"]} == {"address_blocked"}
    assert sorted(Lead.objects.values_list("url", "source")) == [
        ("http://127.0.0.1:1/a", "list"),
        ("http://127.0.0.1:1/b", "list"),
        ("http://127.0.0.1:1/typed", "operator"),
    ]


def test_a_crawl_from_nowhere_is_refused() -> None:
    assert type(run("crawl").exception).__name__ == "NoLead"


def test_a_lead_from_the_command_line_is_in_the_audit_log() -> None:
    [lead], refused = _add_leads(["http://a.example/", "nonsense"], "why")
    event = Event.objects.get(kind="lead.added")
    assert (event.subject, event.actor_label, event.details, refused) == (
        lead.public_id,
        "command line",
        {"source": "operator"},
        1,
    )
