"""Decisions about notices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.notify.notices.rules import (
    BACKOFF_LONGEST_S,
    Action,
    NoticeState,
    PushBackReason,
    backoff_s,
    is_identified,
    may_become,
    occasion_key,
    push_back_reason,
)


@given(st.integers(1, 10_000))
def test_waiting_grows_with_each_failure_up_to_an_hour(attempts: int) -> None:
    assert 0 < backoff_s(attempts) <= backoff_s(attempts + 1) <= BACKOFF_LONGEST_S


def test_a_notice_is_about_an_identified_child_only_when_every_address_is() -> None:
    assert is_identified([True, True])
    assert not is_identified([True, False])


@pytest.mark.parametrize(
    ("action", "reason", "expected"),
    [
        (Action.REMOVED, "", None),
        (Action.NOT_OURS, "", PushBackReason.NOT_OURS),
        (Action.PUSH_BACK, "wants_proof_of_age", PushBackReason.WANTS_PROOF_OF_AGE),
    ],
)
def test_an_answer_is_an_objection_or_not(action: Action, reason: str, expected: PushBackReason | None) -> None:
    assert push_back_reason(action, reason) == expected


def test_an_objection_needs_a_reason_that_exists() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        push_back_reason(Action.PUSH_BACK, "nonsense")


def test_a_closed_notice_opens_again_and_none_is_stuck() -> None:
    assert may_become(NoticeState.CLOSED, NoticeState.OPEN)
    assert all(any(may_become(state, wanted) for wanted in NoticeState) for state in NoticeState)


def test_occasions_of_a_notice_differ() -> None:
    assert len({occasion_key("ntc_a", 1), occasion_key("ntc_a", 11), occasion_key("ntc_b", 1)}) == 3
