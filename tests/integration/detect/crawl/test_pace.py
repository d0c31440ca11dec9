"""How fast a host is asked: its answers slow us down and never make us faster than its base."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from django.db import connection

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.pace import NEXT
from orbweaver.detect.crawl.rules import Answers

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Pace:
    """What a host's answers taught: its delay, seconds to answer, requests at once."""

    delay_s: float = 0.0
    latency_s: float = 0.0
    slots: float | None = None


@dataclass(frozen=True)
class Case:
    """A pace, the answers of a batch, the host's own delay and how many requests at once it allows (0: no bound)."""

    pace: Pace
    answers: Answers
    base_s: float = 1.0
    most: int = 4

    @property
    def at_once(self) -> int:
        return self.most or rules.UNBOUNDED_SLOTS


def after(cases: Sequence[Case]) -> list[Pace]:
    """What the statement makes of each."""
    rows = [[*_floats(each), each.most, *_counts(each.answers)] for each in cases]
    columns = {f"c{number}": list(column) for number, column in enumerate(zip(*rows, strict=True))}
    kinds = ["float8"] * 4 + ["int"] * 4 + ["float8"]
    table = ", ".join(f"%(c{number})s::{kind}[]" for number, kind in enumerate(kinds))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pace.delay, pace.latency, pace.slots FROM (SELECT pace_s, latency_s, slots, delay_s,"
            " 0.0 AS robots_delay_s, most AS concurrency, good, busy, measured, seconds"
            f" FROM unnest({table}) AS v (pace_s, latency_s, slots, delay_s, most, good, busy, measured, seconds)) s"
            f" CROSS JOIN LATERAL (SELECT s.good, s.busy, s.measured, s.seconds) n {NEXT}",
            columns | {"delay": 0.0, "concurrency": 0},
        )
        return [Pace(*row) for row in cursor.fetchall()]


def _floats(case: Case) -> tuple[float, float, float | None, float]:
    slots = case.pace.slots
    return (float(case.pace.delay_s), float(case.pace.latency_s), slots and float(slots), float(case.base_s))


def _counts(answers: Answers) -> tuple[int, int, int, float]:
    return answers.good, answers.busy, answers.measured, float(answers.seconds)


def one(pace: Pace, answers: Answers, *, base_s: float = 1.0, most: int = 4) -> Pace:
    return after([Case(pace, answers, base_s, most)])[0]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Many, with the ends of each range."""
    chance = random.Random(3)

    def some(*ends: float, most: float) -> float:
        return chance.choice([*ends, chance.uniform(0, most)])

    def count() -> int:
        return chance.choice([0, 1, 300])

    return [
        Case(
            Pace(some(0, 60, most=300), some(0, most=300), chance.choice([None, 1.0, chance.uniform(1, 64)])),
            Answers(count(), count(), count(), some(0, most=300)),
            some(0, most=100),
            chance.randrange(65),
        )
        for _ in range(400)
    ]


def test_a_pace_is_bounded_and_never_stops_a_host_altogether(cases: Sequence[Case]) -> None:
    for case, now in zip(cases, after(cases), strict=True):
        longest = max(rules.PACE_MAX_S, case.base_s, case.pace.delay_s)
        assert now.delay_s == 0 or case.base_s <= now.delay_s <= longest, case
        assert now.slots is None or 1 <= now.slots <= case.at_once, case
        assert now.latency_s >= 0, case


def test_a_busy_answer_doubles_the_delay_and_halves_what_is_under_way(cases: Sequence[Case]) -> None:
    busy = [case for case in cases if case.answers.busy]
    assert busy
    for case, now in zip(busy, after(busy), strict=True):
        effective = max(case.pace.delay_s, case.base_s)
        assert now.delay_s >= min(max(2 * effective, rules.FIRST_PACE_S), rules.PACE_MAX_S), case
        before = min(case.pace.slots, case.at_once) if case.pace.slots is not None else case.at_once
        assert now.slots == max(1.0, before / 2), case


def test_good_answers_never_slow_us_beyond_what_their_time_asks_for(cases: Sequence[Case]) -> None:
    good = [case for case in cases if not case.answers.busy]
    for case, now in zip(good, after(good), strict=True):
        least = rules.LATENCY_SHARE * now.latency_s if case.base_s > 0 else 0.0
        assert now.delay_s <= max(case.pace.delay_s, case.base_s, least), case


def test_recovery_is_slow_and_complete() -> None:
    pace, good = Pace(delay_s=60.0, latency_s=0.1, slots=1.0), Answers(good=1, measured=1, seconds=0.1)
    delays = []
    for _ in range(200):
        pace = one(pace, good)
        delays.append(pace.delay_s or 1.0)
    assert delays == sorted(delays, reverse=True)
    assert delays[20] > 20
    assert (pace.delay_s, pace.slots) == (0.0, None)


def test_a_host_that_becomes_slow_is_asked_less_often() -> None:
    pace = Pace()
    for _ in range(40):
        pace = one(pace, Answers(good=1, measured=1, seconds=8.0))
    assert 3.9 < pace.delay_s < 4.1


def test_a_host_without_a_base_is_slowed_by_busy_answers_alone() -> None:
    slow = one(Pace(), Answers(good=5, measured=5, seconds=50.0), base_s=0.0, most=0)
    assert (slow.delay_s, slow.latency_s, slow.slots) == (0.0, 10.0, None)
    assert one(Pace(), Answers(busy=1), base_s=0.0, most=0).delay_s == rules.FIRST_PACE_S
