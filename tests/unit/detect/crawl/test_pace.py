"""How fast a host is asked: its answers slow us down and never make us faster than its base."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.rules import Answers, Pace, next_pace

seconds = st.floats(0, 300)
paces = st.builds(Pace, delay_s=seconds, latency_s=seconds, slots=st.none() | st.floats(1, 64))
batches = st.builds(
    Answers, good=st.integers(0, 300), busy=st.integers(0, 300), measured=st.integers(0, 300), seconds=seconds
)
bases = st.floats(0, 100)
mosts = st.integers(0, 64)


@given(paces, batches, bases, mosts)
def test_a_pace_is_bounded_and_never_stops_a_host_altogether(
    pace: Pace, answers: Answers, base_s: float, most: int
) -> None:
    after = next_pace(pace, answers, base_s=base_s, most=most)
    assert after.delay_s == 0 or base_s <= after.delay_s <= max(rules.PACE_MAX_S, base_s, pace.delay_s)
    assert after.slots is None or 1 <= after.slots <= (most or rules.UNBOUNDED_SLOTS)
    assert after.latency_s >= 0


@given(paces, st.integers(1, 300), st.integers(0, 300), bases, mosts)
def test_a_busy_answer_doubles_the_delay_and_halves_what_is_under_way(
    pace: Pace, busy: int, good: int, base_s: float, most: int
) -> None:
    after = next_pace(pace, Answers(good=good, busy=busy), base_s=base_s, most=most)
    effective = max(pace.delay_s, base_s)
    assert after.delay_s >= min(max(2 * effective, rules.FIRST_PACE_S), rules.PACE_MAX_S)
    assert after.slots is not None
    most = most or rules.UNBOUNDED_SLOTS
    before = min(pace.slots, most) if pace.slots is not None else most
    assert after.slots == max(1.0, before / 2)


@given(paces, st.integers(1, 300), bases, mosts)
def test_good_answers_never_slow_us_beyond_what_their_time_asks_for(
    pace: Pace, good: int, base_s: float, most: int
) -> None:
    after = next_pace(pace, Answers(good=good), base_s=base_s, most=most)
    least = rules.LATENCY_SHARE * pace.latency_s if base_s > 0 else 0.0
    assert after.delay_s <= max(pace.delay_s, base_s, least)


def test_recovery_is_slow_and_complete() -> None:
    pace, one = Pace(delay_s=60.0, latency_s=0.1, slots=1.0), Answers(good=1, measured=1, seconds=0.1)
    delays = []
    for _ in range(200):
        pace = next_pace(pace, one, base_s=1.0, most=4)
        delays.append(pace.delay_s or 1.0)
    assert delays == sorted(delays, reverse=True)
    assert delays[20] > 20
    assert (pace.delay_s, pace.slots) == (0.0, None)


def test_a_host_that_becomes_slow_is_asked_less_often() -> None:
    pace = Pace()
    for _ in range(40):
        pace = next_pace(pace, Answers(good=1, measured=1, seconds=8.0), base_s=1.0, most=4)
    assert 3.9 < pace.delay_s < 4.1


def test_a_host_without_a_base_is_slowed_by_busy_answers_alone() -> None:
    slow = next_pace(Pace(), Answers(good=5, measured=5, seconds=50.0), base_s=0.0, most=0)
    assert (slow.delay_s, slow.latency_s, slow.slots) == (0.0, 10.0, None)
    assert next_pace(Pace(), Answers(busy=1), base_s=0.0, most=0).delay_s == rules.FIRST_PACE_S


def test_what_says_that_a_host_is_busy() -> None:
    assert rules.is_busy("http_error", 429)
    assert rules.is_busy("http_error", 503)
    assert rules.is_busy("deadline", None)
    assert not rules.is_busy("http_error", 500)
    assert not rules.is_busy("refused", None)
    assert not rules.is_busy("", 200)
