from __future__ import annotations

import copy
import datetime as dt
import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orbweaver.assess.criteria import Answers, NoticeType, decide
from orbweaver.notify.jurisdictions import (
    Answer,
    UnknownCountry,
    countries,
    country,
    duty,
    duty_note,
    hotline_for,
    hotlines_in,
    law,
)
from orbweaver.notify.jurisdictions.model import Kind, Tables
from orbweaver.notify.jurisdictions.tables import tables

CODES = [each.code for each in countries()]
KINDS: tuple[Kind, ...] = ("csam", "a", "b", "c")
any_country = st.sampled_from(CODES)
any_type = st.sampled_from(NoticeType)


def test_all_countries_of_iso_3166_are_there() -> None:
    assert len(CODES) == 249
    assert (country("CA").name, country("nl").name) == ("Canada", "Netherlands")


@pytest.mark.parametrize("code", ["", "XX", "UK", "CAN", "C"])
def test_a_code_that_does_not_exist_is_refused(code: str) -> None:
    with pytest.raises(UnknownCountry):
        duty(code, NoticeType.CSAM)
    with pytest.raises(UnknownCountry):
        hotline_for(code, NoticeType.CSAM)
    with pytest.raises(UnknownCountry):
        law(code, "csam")


@given(any_country, any_type)
def test_every_country_has_an_answer_and_only_known_ones_claim_a_law(code: str, notice_type: NoticeType) -> None:
    found = duty(code, notice_type)
    assert (found.country, found.notice_type) == (code, notice_type)
    if found.answer is not Answer.UNKNOWN:
        assert found.law
        assert found.source
        assert found.as_of


def test_every_row_has_a_source_and_a_date_in_the_past() -> None:
    stated = [(row.source, row.as_of) for row in tables().duties]
    stated += [(row.source, row.as_of) for row in tables().hotlines]
    stated += [(row.source, row.as_of) for row in tables().laws]
    assert stated
    for source, as_of in stated:
        assert source
        assert dt.date(1990, 1, 1) < as_of <= dt.date(2026, 11, 25)


@pytest.mark.parametrize("code", ["US", "CA", "AU", "DE", "NL", "FR"])
def test_known_duties_to_report_csam(code: str) -> None:
    assert duty(code, NoticeType.CSAM).answer is Answer.YES


def test_nothing_is_claimed_about_harmful_material_nor_about_countries_without_a_row() -> None:
    assert all(duty(code, NoticeType.HARMFUL_ABUSIVE).answer is Answer.UNKNOWN for code in CODES)
    assert duty("AQ", NoticeType.CSAM).answer is Answer.UNKNOWN
    assert duty("GB", NoticeType.CSAM).answer is Answer.UNKNOWN


@given(any_country, any_type)
def test_a_referral_goes_only_to_a_hotline_of_that_country_that_is_known_to_take_it(
    code: str, notice_type: NoticeType
) -> None:
    found = hotline_for(code, notice_type)
    takers = [each for each in hotlines_in(code) if each.takes(notice_type) is Answer.YES]
    assert found == (takers[0] if takers else None)
    assert found is None or found.country == code


def test_where_it_is_unknown_whether_a_hotline_takes_a_type_there_is_no_referral() -> None:
    assert hotline_for("DE", NoticeType.CSAM) is not None
    assert len(hotlines_in("DE")) == 3
    assert hotline_for("DE", NoticeType.HARMFUL_ABUSIVE) is None
    assert hotline_for("GB", NoticeType.HARMFUL_ABUSIVE) is None
    canada = hotline_for("CA", NoticeType.HARMFUL_ABUSIVE)
    assert canada is not None
    assert canada.name.startswith("Cybertip.ca")
    assert hotlines_in("AQ") == ()


@given(any_country, st.sampled_from(KINDS))
def test_national_law_is_known_with_its_source_or_unknown(code: str, kind: Kind) -> None:
    found = law(code, kind)
    assert (found.country, found.kind) == (code, kind)
    assert bool(found.law) == bool(found.source) == (found.illegal is not Answer.UNKNOWN)


def test_national_law_has_no_way_into_a_decision() -> None:
    assert list(inspect.signature(decide).parameters) == ["answers", "criteria"]
    assert not {name for name in inspect.signature(Answers).parameters if "country" in name or "law" in name}


def test_a_row_that_stands_twice_or_names_no_country_is_refused() -> None:
    good: dict[str, Any] = tables().model_dump()
    wrongs: list[dict[str, Any]] = [{"duties": [*good["duties"], good["duties"][0]]}, {"countries": {}}]
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            Tables.model_validate({**copy.deepcopy(good), **wrong})
    assert Tables.model_validate(good) == tables()


def test_the_note_of_a_notice_names_the_country_and_never_fails_over_one() -> None:
    canada = duty_note("CA", NoticeType.CSAM)
    assert (canada.country, canada.answer, canada.as_of) == ("Canada", Answer.YES, dt.date(2011, 12, 8))
    assert duty_note("CA", NoticeType.HARMFUL_ABUSIVE).answer is Answer.UNKNOWN
    for code in ("unknown", "", "XX"):
        note = duty_note(code, NoticeType.CSAM)
        assert (note.country, note.answer, note.law) == ("", Answer.UNKNOWN, "")
