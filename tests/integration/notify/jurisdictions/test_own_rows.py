"""A hotline's own rows stand over the packaged ones, each with its source and date; nothing else changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orbweaver.assess.criteria import NoticeType
from orbweaver.errors import ConfigurationError
from orbweaver.notify.jurisdictions import duty, hotline_for
from orbweaver.notify.jurisdictions.rules import hotlines_in, law
from orbweaver.notify.jurisdictions.tables import packaged, with_rows

OWN = """
[[duties]]
countries = ["DE"]
notice_type = "csam"
answer = "unknown"
law = "Under review by counsel"
source = "Counsel's letter 4/26"
as_of = 2026-11-20

[[hotlines]]
country = "DE"
name = "Our neighbour"
csam = "yes"
source = "Their agreement with us"
as_of = 2026-11-20

[[laws]]
country = "DE"
kind = "a"
illegal = "yes"
law = "Criminal code"
source = "Counsel's letter 4/26"
as_of = 2026-11-20
"""


@pytest.fixture
def own(tmp_path: Path, set_config: Any) -> None:
    file = tmp_path / "rows.toml"
    file.write_text(OWN, encoding="utf-8")
    set_config(jurisdiction_rows=file)


def test_rows_of_a_hotline_stand_in_place_of_ours_for_the_same_country_and_kind_alone(own: None) -> None:
    found = duty("DE", NoticeType.CSAM)
    assert (found.answer.value, found.source) == ("unknown", "Counsel's letter 4/26"), "unknown takes back what we say"
    assert duty("FR", NoticeType.CSAM).answer.value == "yes", "of the same packaged row"
    assert [each.name for each in hotlines_in("DE")] == ["Our neighbour"]
    found_hotline = hotline_for("DE", NoticeType.CSAM)
    assert found_hotline is not None
    assert found_hotline.name == "Our neighbour"
    assert law("DE", "a").illegal.value == "yes"
    assert len(packaged().hotlines) == 50, "the packaged ones stay as they are"
    assert hotlines_in("AT") == tuple(each for each in packaged().hotlines if each.country == "AT")


def test_without_a_file_the_packaged_ones_are_in_force() -> None:
    assert with_rows("") == packaged()


@pytest.mark.parametrize(
    "text",
    [
        "[[duties",
        "[[taxes]]\ncountry = 'DE'",
        OWN.replace('source = "Their agreement with us"\n', ""),
        OWN.replace('"DE"', '"XX"'),
        OWN.replace('notice_type = "csam"', ""),
        OWN.replace('answer = "unknown"', 'answer = "perhaps"'),
        "laws = 3",
        "laws = ['DE']",
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(text: str) -> None:
    with pytest.raises(ConfigurationError, match="ORBWEAVER_JURISDICTION_ROWS"):
        with_rows(text)


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path: Path, set_config: Any) -> None:
    set_config(jurisdiction_rows=tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        duty("DE", NoticeType.CSAM)
