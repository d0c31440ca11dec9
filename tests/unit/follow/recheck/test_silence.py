"""When a host that answers nobody is offline (R81)."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.follow.recheck.rules import CheckOutcome, Event, Phase, Track, advance
from orbweaver.follow.recheck.silence import LEAST_CHECKS, Quiet, is_heard, is_silent, offline_since

START = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
OWN, BOTH = frozenset({"own"}), frozenset({"own", "second"})
REACH = {"own": START + 3 * DAY, "second": START + 3 * DAY}


def since(
    quiet: dict[str, Quiet], *, at: dt.datetime = START + 5 * DAY, networks: frozenset[str] = OWN, least: int = 1,
    heard: dict[str, dt.datetime] | None = None,
) -> dt.datetime | None:  # fmt: skip
    reach = REACH if heard is None else heard
    return offline_since(quiet, reach, at=at, networks=networks, least_networks=least, days=4)


def test_a_host_that_answers_nobody_for_days_is_offline_since_its_first_silence() -> None:
    assert since({"own": Quiet(START, 5)}) == START
    assert since({"own": Quiet(START, 5)}, at=START + 3 * DAY) is None
    assert since({"own": Quiet(START, LEAST_CHECKS - 1)}) is None


def test_it_is_silent_from_every_network_that_is_set_up() -> None:
    quiet = {"own": Quiet(START, 5)}
    assert since(quiet, networks=BOTH) is None
    assert since(quiet | {"second": Quiet(START + DAY, 5)}, networks=BOTH) == START + DAY
    assert since(quiet | {"second": Quiet(START + 2 * DAY, 5)}, networks=BOTH) is None


def test_as_many_networks_as_the_settings_ask_for_have_to_say_so() -> None:
    assert since({"own": Quiet(START, 5)}, least=2) is None


def test_a_network_of_ours_that_reaches_nobody_tells_nothing() -> None:
    assert since({"own": Quiet(START, 5)}, heard={}) is None
    assert since({"own": Quiet(START, 5)}, heard={"own": START - DAY}) is None


def test_what_fails_on_our_side_is_neither_silence_nor_an_answer() -> None:
    assert is_silent("dns")
    assert is_silent("refused")
    assert not is_heard("refused")
    assert is_heard(None)
    assert is_heard("bad_response")
    assert is_heard("tls_expired")
    assert not is_heard("proxy")
    assert not is_silent("proxy")


def test_the_next_answer_of_any_kind_ends_it() -> None:
    track, event = advance(Track(), CheckOutcome.UNREACHABLE, START + 5 * DAY, DAY, silent_since=START)
    assert (track, event) == (Track(Phase.OFFLINE, START), Event.OFFLINE)
    assert advance(track, CheckOutcome.UNREACHABLE, START + 6 * DAY, DAY) == (track, None)
    assert advance(track, CheckOutcome.UNREACHABLE, START + 6 * DAY, DAY, heard=True)[1] is Event.ANSWERING
    for outcome in set(CheckOutcome) - {CheckOutcome.UNREACHABLE}:
        assert advance(track, outcome, START + 6 * DAY, DAY) == (Track(), Event.ANSWERING)


@given(
    outcome=st.sampled_from(CheckOutcome),
    phase=st.sampled_from(Phase),
    heard=st.booleans(),
    silent=st.sampled_from([None, START]),
)
def test_silence_never_makes_a_removal(
    outcome: CheckOutcome, phase: Phase, heard: bool, silent: dt.datetime | None
) -> None:
    track = Track(phase, START if phase is not Phase.THERE else None)
    after, event = advance(track, outcome, START + 5 * DAY, DAY, heard=heard, silent_since=silent)
    if event is Event.REMOVED:
        assert outcome.is_offline
    if after.phase is Phase.OFFLINE:
        assert outcome is CheckOutcome.UNREACHABLE
        assert not heard
