"""Every word of a check that is not plain is one situation, and each situation is found by what it is known by."""

from __future__ import annotations

import pytest

from orbweaver.doors.web.frame.checks import _NEXT, _SITUATIONS, _UNTOLD
from orbweaver.follow.recheck.rules import TOLD_NOTHING, CheckOutcome
from orbweaver.follow.recheck.situations import Situation, codes_of, situation_of


@pytest.mark.parametrize("outcome", sorted(TOLD_NOTHING))
@pytest.mark.parametrize("reason", ["", *_UNTOLD])
def test_what_tells_nothing_is_in_one_situation_which_has_a_next_step(outcome: CheckOutcome, reason: str) -> None:
    found = situation_of(outcome.value, reason)
    assert found is not None
    assert str(_NEXT[found])
    assert str(_SITUATIONS[found])


def test_plain_words_are_in_none() -> None:
    assert situation_of("", "") is None
    assert situation_of("present", "") is None
    assert situation_of("gone", "soft_404") is None


def test_each_has_its_own() -> None:
    assert situation_of("present", "hidden_from_us") is Situation.CLOAKED
    assert situation_of("present", "moved_on_page") is Situation.MOVED
    assert situation_of("blocked", "geo") is Situation.BLOCKED_HERE
    assert situation_of("blocked", "login") is Situation.SIGN_IN
    assert situation_of("unclear", "signed") is Situation.EXPIRED
    assert situation_of("unclear", "front_page") is Situation.FRONT_PAGE
    assert situation_of("unclear", "person_saw") is Situation.PERSON_SAW
    assert situation_of("unreachable", "dns") is Situation.SILENT
    assert situation_of("unclear", "second_network") is Situation.SECOND_NETWORK
    assert situation_of("unclear", "one_network") is Situation.BLOCKED_HERE


@pytest.mark.parametrize("situation", Situation)
def test_each_can_be_looked_for(situation: Situation) -> None:
    outcomes, reasons, others = codes_of(situation)
    assert outcomes
    assert not reasons & others
    for outcome in outcomes:
        for reason in reasons or {"anything else"}:
            assert situation_of(outcome, reason) is situation
