"""``orbweaver figures`` as a person or a script types it."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from orbweaver.account_for.transparency.datasets import RECORDED
from orbweaver.account_for.transparency.messages import UNDERCOUNT
from orbweaver.doors.cli import build
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.services import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.platform.clock import now

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


@pytest.fixture(autouse=True)
def _the_tests_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command uses the database that the tests have already."""

    @contextlib.contextmanager
    def opened(**_: object) -> Iterator[None]:
        yield

    monkeypatch.setattr("orbweaver.doors.cli.figures.open_session", opened)


def test_they_say_how_long_a_verdict_waits_for_its_notice_and_how_many_looks_an_address_costs(world: Any) -> None:
    empty = json.loads(CliRunner().invoke(build(), ["figures", "--json"]).stdout)
    assert (empty["median_verdict_to_notice_s"], empty["looks_per_notified_url"]) == (None, None)
    moment = now() - dt.timedelta(hours=2)
    provider = add_provider("Host", domains=["images.example"], now=moment)
    add_contact(provider, "abuse@host.example", now=moment)
    world.verdict("https://images.example/1.png", decided_at=moment)
    issue_notices(moment)
    Notice.objects.update(first_sent_at=moment + dt.timedelta(seconds=90))
    said = json.loads(CliRunner().invoke(build(), ["figures", "--json"]).stdout)
    assert said["median_verdict_to_notice_s"] == 90
    text = CliRunner().invoke(build(), ["figures"]).stdout
    assert "Median time from verdict to notice, last 30 days" in text
    assert "Looks for each address notified" in text
    assert said["undercount"] == str(UNDERCOUNT)
    assert str(UNDERCOUNT) in " ".join(text.split())


def test_each_public_table_is_there_for_a_terminal_and_for_scripts() -> None:
    said = json.loads(CliRunner().invoke(build(), ["figures", "--table", "recorded", "--json"]).stdout)
    assert said["columns"] == ["recorded", "notified", "removed", "still_there", "offline", "share"]
    assert [row["recorded"] for row in said["rows"]] == list(RECORDED)
    assert said["undercount"] == str(UNDERCOUNT)
    text = " ".join(CliRunner().invoke(build(), ["figures", "--table", "children"]).stdout.split())
    assert "three_or_more" in text
    assert str(UNDERCOUNT) in text
    unknown = CliRunner().invoke(build(), ["figures", "--table", "names"])
    assert unknown.exit_code == 2
    assert "recorded" in unknown.output
