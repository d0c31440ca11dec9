"""The marker that docs/developers/plug-ins.md shows, taken from the page: shown, kept and read again without code."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.assess.governance.conftest import use_version_2

from orbweaver.assess.criteria import decide, load, version_text
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[5] / "docs" / "developers" / "plug-ins.md"
SECTION = PAGE.read_text(encoding="utf-8").split("\n## A marker on the form\n", 1)[1].split("\n## ", 1)[0]
(TABLE,) = re.findall(r"^```toml\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
TEXT = version_text("1").replace('version = "1"', 'version = "2"') + "\n" + TABLE
YES = {"is_child": "yes", "is_harmed": "yes", "category": "csam", "age_min": "9", "age_max": "12"}


@pytest.fixture
def version_2(db: None, sign_in: Callable[..., Any], now: dt.datetime) -> None:
    from orbweaver.people.accounts.models import User

    sign_in("Mona", Role.HOTLINE_MANAGER)
    use_version_2(User.objects.get(display_name="Mona"), now, TEXT)


@pytest.mark.usefixtures("version_2")
def test_the_form_shows_it_an_assessment_keeps_it_and_any_version_judges_the_answer(
    make_item: Callable[..., Any], sign_in: Callable[..., Any]
) -> None:
    from orbweaver.assess.review.models import Assessment
    from orbweaver.assess.review.verdicts import answers_of

    item = make_item()
    ann = sign_in("Ann", Role.ANALYST)
    ann.post(f"/items/{item.public_id}/take/")
    page = ann.get(f"/items/{item.public_id}/").content.decode()
    assert 'name="live_stream"' in page
    assert "taken from a live stream" in page
    item.refresh_from_db()
    given = {**YES, "version": item.version, "live_stream": "on", "not_asked": "on"}
    assert ann.post(f"/items/{item.public_id}/assess/", given).status_code == 302
    kept = Assessment.objects.get()
    assert kept.criteria_version == "2"
    assert kept.answers["live_stream"] is True
    assert kept.answers["self_generated"] is False
    assert "not_asked" not in kept.answers
    answers = answers_of(kept)
    assert answers.markers == {"live_stream"}
    old, new = load(version_text("1")), load(TEXT)
    assert decide(answers, old).outcome == decide(answers, new).outcome == "remove"
    public = ann.get("/public/criteria/").content.decode()
    assert "Recorded from a live stream" in public


def test_a_version_without_it_does_not_ask(make_item: Callable[..., Any], sign_in: Callable[..., Any]) -> None:
    from orbweaver.assess.review.models import Assessment

    item = make_item()
    ann = sign_in("Ann", Role.ANALYST)
    ann.post(f"/items/{item.public_id}/take/")
    assert "live_stream" not in ann.get(f"/items/{item.public_id}/").content.decode().split("To be recorded")[1][:900]
    item.refresh_from_db()
    given = {**YES, "version": item.version, "live_stream": "on", "self_generated": "on"}
    assert ann.post(f"/items/{item.public_id}/assess/", given).status_code == 302
    answers = Assessment.objects.get().answers
    assert answers["self_generated"] is True
    assert "live_stream" not in answers


def test_a_version_with_it_keeps_the_laws() -> None:
    assert load(TEXT).markers[-1].name == "live_stream"
