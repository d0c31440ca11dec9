"""How long the start of a decoder is waited for."""

from __future__ import annotations

import os

from orbweaver.fingerprints.decoder import START_PROCESSOR_S, START_TIMEOUT_S, Patience, _processor_s


def test_a_start_that_the_machine_lets_work_now_and_then_is_waited_for() -> None:
    patience = Patience(0.0)
    step = START_TIMEOUT_S * 0.9
    assert not any(patience.is_over(number * step, number * 2.0) for number in range(1, 8))
    assert patience.is_over(7 * step + START_TIMEOUT_S + 1, 14.0)  # from then on it does nothing


def test_a_start_that_works_for_ever_is_given_up() -> None:
    patience = Patience(0.0)
    over = [patience.is_over(float(second), float(second)) for second in range(1, 400)]
    assert not any(over[: int(START_PROCESSOR_S + START_TIMEOUT_S) - 1])
    assert over[-1]


def test_a_start_that_does_nothing_is_given_up() -> None:
    assert not Patience(0.0).is_over(START_TIMEOUT_S, 0.0)
    assert Patience(0.0).is_over(START_TIMEOUT_S + 1, 0.0)


def test_the_processor_time_of_a_process_is_known_and_of_none_it_is_nothing() -> None:
    sum(range(2_000_000))
    assert _processor_s(os.getpid()) > 0
    assert _processor_s(2**22 + 1) == 0
