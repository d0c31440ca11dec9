"""Each table of rules that comes with the program names its version, or each of its rows a day and a source."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "src/orbweaver"
WHOLE = (
    "account_for/transparency/data/responses.toml",
    "detect/crawl/data/kinds.toml",
    "detect/crawl/data/queries.toml",
    "follow/conduct/data/commerce.toml",
    "follow/conduct/data/spectrum.toml",
    "follow/escalation/policy.toml",
    "follow/recheck/data/pages.toml",
    "notify/notices/reminders.toml",
)
"""Tables that are one thing: their rows hold together."""
OUR_OWN = {"responses.toml", "spectrum.toml", "policy.toml", "reminders.toml"}
"""What a hotline decides by itself comes from nowhere."""
BY_ROW = {
    "notify/jurisdictions/duties.toml": "duties",
    "notify/jurisdictions/hotlines.toml": "hotlines",
    "notify/jurisdictions/laws.toml": "laws",
    "platform/network/cdns.toml": "cdns",
}
"""Tables of facts about others, each of which has its own day and source."""


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((SOURCE / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", WHOLE)
def test_a_table_names_its_version_and_what_is_about_others_its_day_and_source(name: str) -> None:
    table = read(name)
    assert table["version"]
    if Path(name).name not in OUR_OWN:
        assert table["as_of"]
        assert table["source"]


@pytest.mark.parametrize("name", BY_ROW)
def test_each_row_names_its_day_and_source(name: str) -> None:
    rows = read(name)[BY_ROW[name]]
    assert [row for row in rows if not row.get("as_of") or not row.get("source")] == []
