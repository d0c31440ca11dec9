"""Arithmetic of the figures."""

from __future__ import annotations

import pytest

from orbweaver.account_for.transparency import rules
from orbweaver.doors.cli.figures import ratio, share, span


def test_a_share_of_nothing_is_missing_not_zero() -> None:
    assert rules.share(0, 0) is None
    assert rules.share(0, 4) == 0.0
    assert rules.share(3, 4) == 0.75


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "none yet"), (0.0, "0 h 00 min"), (3660.0, "1 h 01 min"), (90_000.0, "1 d 1 h 00 min")],
)
def test_durations_in_words(seconds: float | None, words: str) -> None:
    assert span(seconds) == words


def test_missing_shares_and_ratios_say_so() -> None:
    assert (share(None), ratio(None)) == ("none yet", "none yet")
    assert (share(0.854), ratio(1.26)) == ("85%", "1.3")
