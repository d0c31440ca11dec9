"""Which step is due when, and the written policy as a file."""

from __future__ import annotations

import datetime as dt
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.errors import ConfigurationError
from orbweaver.follow.escalation.rules import NoticeProgress, Policy, due_at, is_due, next_step, parse_policy

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
POLICY = parse_policy(resources.files("orbweaver.follow.escalation").joinpath("policy.toml").read_text())
FIRST = POLICY.steps[0]
STEP = 'version = "1"\n[[steps]]\nname = "x"\nroute = "cdn"\nquiet_days = 1\nmessages = 1\nlatest_days = 2'


def progress(
    *, days: int = 0, reactions: tuple[float, ...] = (), returns: tuple[float, ...] = (), taken: tuple[str, ...] = ()
) -> NoticeProgress:
    """A notice of ``START`` with a reminder each day for so many days."""
    return NoticeProgress(
        first_sent_at=START,
        sent=tuple(START + number * DAY for number in range(days + 1)),
        reactions=tuple(START + at * DAY for at in reactions),
        returns=tuple(START + at * DAY for at in returns),
        taken=frozenset(taken),
        live=True,
    )


def test_the_packaged_policy_goes_from_upstream_to_payment() -> None:
    assert [step.name for step in POLICY.steps] == ["upstream", "cdn", "registrar", "payment"]
    assert (FIRST.quiet_days, FIRST.messages, FIRST.latest_days) == (7, 4, 42)


def test_silence_for_the_written_days_and_messages_makes_a_step_due() -> None:
    assert not is_due(FIRST, progress(days=6), START + 6.9 * DAY)
    assert is_due(FIRST, progress(days=7), START + 7 * DAY)
    assert not is_due(FIRST, progress(days=2), START + 7 * DAY)  # paused: three messages left, not four


def test_any_reaction_starts_the_days_anew() -> None:
    reacted = progress(days=12, reactions=(5,))
    assert not is_due(FIRST, reacted, START + 11.9 * DAY)
    assert is_due(FIRST, reacted, START + 12 * DAY)
    assert due_at(FIRST, reacted) == START + 12 * DAY


def test_answers_without_an_end_do_not_keep_it_away_for_ever() -> None:
    talking = progress(days=42, reactions=tuple(float(day) for day in range(0, 43, 3)))
    assert not is_due(FIRST, talking, START + 41.9 * DAY)
    assert is_due(FIRST, talking, START + 42 * DAY)


def test_a_return_of_the_material_starts_everything_anew() -> None:
    back = progress(days=60, reactions=(3,), returns=(50,))
    assert due_at(FIRST, back) == START + 57 * DAY
    assert not is_due(FIRST, back, START + 56.9 * DAY)


def test_steps_come_in_their_order_and_none_when_all_are_taken_or_all_is_gone() -> None:
    first, second = next_step(POLICY, progress()), next_step(POLICY, progress(taken=("upstream",)))
    assert first is not None
    assert second is not None
    assert (first.name, second.name) == ("upstream", "cdn")
    assert next_step(POLICY, progress(taken=tuple(step.name for step in POLICY.steps))) is None
    gone = NoticeProgress(START, (), (), (), frozenset(), live=False)
    assert next_step(POLICY, gone) is None


@given(st.lists(st.floats(0, 90), max_size=6), st.integers(0, 90), st.floats(0, 120))
def test_nothing_is_due_before_the_moment_that_is_shown(reactions: list[float], days: int, at: float) -> None:
    seen = progress(days=days, reactions=tuple(reactions))
    now = START + at * DAY
    for step in POLICY.steps:
        if is_due(step, seen, now):
            assert due_at(step, seen) <= now


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version = ", "not TOML"),
        ('version = "1"', "steps"),
        (
            'version = "1"\n[[steps]]\nname = "x"\nroute = "police"\nquiet_days = 1\nmessages = 1\nlatest_days = 2',
            "route",
        ),
        (
            'version = "1"\n[[steps]]\nname = "x"\nroute = "cdn"\nquiet_days = 0\nmessages = 1\nlatest_days = 2',
            "quiet_days",
        ),
    ],
)
def test_a_policy_that_cannot_be_used_says_why(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        parse_policy(text)


def test_steps_that_stand_twice_or_out_of_order_are_refused() -> None:
    one = FIRST.model_dump()
    for steps in ([one, one], [{**one, "name": "late", "quiet_days": 9}, one]):
        with pytest.raises(ValueError, match=r"step waits|stands twice"):
            Policy.model_validate({"version": "1", "steps": steps})
