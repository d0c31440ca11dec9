"""What a check could not tell, in words of both languages."""

from __future__ import annotations

import pytest
from django.utils import translation

from orbweaver.detect.fetching.errors import REASONS
from orbweaver.doors.web.frame.checks import check_words
from orbweaver.follow.recheck.concluding import Facts, PageSays, conclude
from orbweaver.follow.recheck.pages import Means
from orbweaver.follow.recheck.rules import (
    OFFLINE,
    ONE_NETWORK,
    SECOND_NETWORK,
    STANDS_INSTEAD,
    TOLD_NOTHING,
    CheckOutcome,
    Judgement,
)


@pytest.mark.parametrize("outcome", sorted(TOLD_NOTHING))
@pytest.mark.parametrize(
    "reason",
    ["", "page", "wall", "signed", "by_country", "not_confirmed", "same_everywhere", *sorted(STANDS_INSTEAD)]
    + [ONE_NETWORK, SECOND_NETWORK]
    + [means.value for means in Means if means is not Means.GONE]
    + sorted(REASONS),
)
def test_whatever_a_check_could_not_tell_has_words_in_both_languages(outcome: CheckOutcome, reason: str) -> None:
    with translation.override("en"):
        english = check_words(outcome, reason)
    with translation.override("fr"):
        french = check_words(outcome, reason)
    assert english.endswith(".")
    assert french.endswith(".")
    assert english != french


@pytest.mark.parametrize("outcome", sorted(OFFLINE))
def test_what_is_gone_needs_no_more_words_than_its_state(outcome: CheckOutcome) -> None:
    assert check_words(outcome, "") == ""
    assert check_words("", "") == ""


def test_the_reasons_that_conclusions_bring_have_words_of_their_own() -> None:
    general = {check_words(outcome, "") for outcome in TOLD_NOTHING}
    gone = Judgement(CheckOutcome.GONE)
    for facts in (
        Facts(gone, signed=True),
        Facts(gone, by_country=True),
        Facts(gone, page=PageSays.LINKS_UNTOLD),
        Facts(Judgement(CheckOutcome.GONE, by_likeness=True)),
    ):
        found = conclude(facts)
        assert check_words(found.outcome, found.reason) not in general
