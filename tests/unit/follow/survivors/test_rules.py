from __future__ import annotations

import datetime as dt
import random

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.follow.survivors import rules
from orbweaver.follow.survivors.rules import AddressState, Stage

UTC = dt.UTC
BEGIN = dt.datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(dt.timedelta(0), dt.timedelta(days=400)).map(lambda later: BEGIN + later)


def test_nothing_is_shown_for_a_day_and_then_the_state_of_the_last_noon() -> None:
    asked = dt.datetime(2026, 11, 24, 13, tzinfo=UTC)
    assert rules.shown_as_of(asked, asked) is None
    assert rules.shown_as_of(asked, dt.datetime(2026, 11, 25, 23, tzinfo=UTC)) is None
    assert rules.shown_as_of(asked, dt.datetime(2026, 11, 26, 11, 59, tzinfo=UTC)) is None
    noon = dt.datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert rules.shown_as_of(asked, noon) == noon
    assert rules.shown_as_of(asked, noon + dt.timedelta(hours=23)) == noon


@given(MOMENTS, st.timedeltas(dt.timedelta(0), dt.timedelta(days=9)))
def test_what_is_shown_is_never_younger_than_a_day_after_the_request_nor_newer_than_now(
    asked: dt.datetime, later: dt.timedelta
) -> None:
    shown = rules.shown_as_of(asked, asked + later)
    assert shown is None or asked + rules.FIRST_AFTER <= shown <= asked + later
    assert (shown is not None) or later < dt.timedelta(hours=48)


@given(MOMENTS, st.sampled_from(rules.Surety), st.integers(-12, 11))
def test_a_request_stops_a_week_later_on_one_day_all_over_the_world_or_at_once_for_who_came_in_person(
    now: dt.datetime, surety: rules.Surety, zone: int
) -> None:
    stops = rules.stops_at(surety, now)
    if surety == rules.Surety.IN_PERSON:
        assert stops == now
        return
    assert rules.STOPS_AFTER <= stops - now < rules.STOPS_AFTER + dt.timedelta(days=1)
    assert stops.astimezone(dt.timezone(dt.timedelta(hours=zone))).date() == stops.date()


def test_a_secret_is_the_same_for_one_sending_and_another_for_any_other() -> None:
    one = rules.secret_of(b"1" * 32, "key")
    assert one == rules.secret_of(b"1" * 32, "key")
    assert len({one, rules.secret_of(b"2" * 32, "key"), rules.secret_of(b"1" * 32, "other")}) == 3
    assert len(one) == rules.SECRET_LETTERS


@given(st.text(alphabet="abc123", min_size=1, max_size=16))
def test_what_is_written_down_in_groups_is_read_back(text: str) -> None:
    assert rules.bare(rules.spaced(text)) == text
    assert rules.bare(rules.spaced(text).upper().replace(" ", "-")) == text


def test_a_child_in_danger_comes_first_then_children() -> None:
    asks = [("adult", False), ("child", False), ("family", True), ("representative", False)]
    assert sorted(asks, key=lambda each: rules.danger(each[0], at_risk=each[1]))[:2] == [
        ("family", True),
        ("child", False),
    ]


def test_what_is_told_follows_where_it_was_seen() -> None:
    assert rules.stages_of([], nothing_there=False) == [Stage.LOOKING]
    assert rules.stages_of([], nothing_there=True) == [Stage.UNREACHABLE]
    both = rules.stages_of([AddressState.GONE, AddressState.TOLD, AddressState.GONE], nothing_there=True)
    assert both == [Stage.TOLD, Stage.GONE]
    assert rules.stages_of([AddressState.SILENT], nothing_there=False) == [Stage.SILENT]


def test_of_what_was_gone_when_somebody_asked_it_is_not_told_that_it_was_ever_known() -> None:
    asked, before, after = BEGIN, BEGIN - dt.timedelta(days=9), BEGIN + dt.timedelta(days=9)
    assert rules.removal_told(asked, after, None) == AddressState.GONE
    assert rules.removal_told(asked, after, after) == AddressState.BACK
    assert rules.removal_told(asked, before, None) is None
    assert rules.removal_told(asked, before, after) == AddressState.TOLD


def test_an_address_is_visited_at_any_moment_within_the_hours_or_at_once() -> None:
    chance = random.Random(7)
    moments = sorted(rules.visit_at(BEGIN, 8, chance) for _ in range(1_000))
    assert moments[0] >= BEGIN
    assert moments[-1] < BEGIN + dt.timedelta(hours=8)
    quarters = [sum(1 for at in moments if int((at - BEGIN) / dt.timedelta(hours=2)) == part) for part in range(4)]
    assert all(200 < each < 300 for each in quarters), quarters
    assert rules.visit_at(BEGIN, 0, chance) == BEGIN
