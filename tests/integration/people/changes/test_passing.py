"""A clock that is set makes no day pass; time in which no machine ran counts for nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from orbweaver.doors.workers.changes import carry_out_due
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record
from orbweaver.people.changes import passing, services
from orbweaver.people.changes.models import Change, Tick
from orbweaver.people.changes.selectors import have_signed_in_since
from orbweaver.platform.clock import running

pytestmark = pytest.mark.django_db
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


@dataclass
class Machine:
    """Its clock, which can be set, and how long it has run, which cannot."""

    at: dt.datetime
    run: str = "a run"
    running_s: float = 1000.0

    def goes_on(self, for_: dt.timedelta, *, looked: int = 1) -> int:
        """How many changes took effect meanwhile; it looks so often."""
        done = 0
        for _ in range(looked):
            self.at += for_ / looked
            self.running_s += (for_ / looked).total_seconds()
            done += carry_out_due(self.at)
        return done

    def is_set(self, by: dt.timedelta) -> int:
        self.at += by
        return carry_out_due(self.at)

    def another_looks(self, at: dt.datetime) -> int:
        """Another machine, whose clock stands there."""
        own = self.at, self.run, self.running_s
        self.at, self.run, self.running_s = at, "another machine", 5.0
        try:
            return carry_out_due(at)
        finally:
            self.at, self.run, self.running_s = own

    def starts_again(self, after: dt.timedelta) -> int:
        self.at, self.run, self.running_s = self.at + after, self.run + "'", 30.0
        return carry_out_due(self.at)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, now: dt.datetime) -> Machine:
    made = Machine(now)
    monkeypatch.setattr(passing, "real_now", lambda: made.at)
    monkeypatch.setattr(passing, "running", lambda: (made.run, made.running_s))
    return made


@pytest.fixture
def change(machine: Machine, make_person: object, now: dt.datetime) -> Change:
    """It waits its day, and everybody was told."""
    ada: User = make_person("Ada", Role.ADMINISTRATOR)  # type: ignore[operator]
    bob: User = make_person("Bob")  # type: ignore[operator]
    made = services.ask("role.granted", bob.public_id, "Bob", {"role": Role.ANALYST.value}, by=ada, now=now)
    services.told(made, now)
    assert carry_out_due(now) == 0
    return made


def test_a_day_that_passes_is_a_day(machine: Machine, change: Change) -> None:
    assert machine.goes_on(DAY - MINUTE, looked=20) == 0
    assert machine.goes_on(2 * MINUTE) == 1
    assert not Event.objects.filter(kind="change.clock_jumped").exists()
    machine.goes_on(MINUTE)
    assert not Tick.objects.exists(), "nothing is noted while nothing waits"


def test_a_clock_that_is_set_ahead_makes_no_day_pass_and_everybody_is_told_anew(
    machine: Machine, change: Change
) -> None:
    machine.goes_on(DAY / 2, looked=10)
    assert machine.is_set(2 * DAY) == 0
    assert Event.objects.get(kind="change.clock_jumped").details == {"seconds": 2 * 86_400, "waiting": 1}
    assert Change.objects.get().told_at is None
    assert machine.goes_on(DAY, looked=10) == 0, "nobody was told of it"
    services.told(change, machine.at)
    assert machine.goes_on(DAY - MINUTE, looked=10) == 0
    assert machine.goes_on(2 * MINUTE) == 1


def test_a_clock_that_is_set_back_after_years_makes_nobody_wait_for_years(machine: Machine, change: Change) -> None:
    assert machine.is_set(1000 * DAY) == 0
    assert machine.is_set(-1000 * DAY) == 0
    services.told(change, machine.at)
    assert machine.goes_on(DAY + MINUTE, looked=10) == 1


def test_a_clock_that_is_set_ahead_a_little_again_and_again_saves_no_time(machine: Machine, change: Change) -> None:
    for _ in range(100):
        assert machine.goes_on(MINUTE) == 0
        assert machine.is_set(MINUTE * 0.9) == 0
    left = Change.objects.get().due_at
    assert left is not None
    assert abs(left - machine.at - (DAY - 100 * MINUTE)) < 2 * MINUTE


def test_the_time_in_which_no_machine_ran_counts_for_nothing(machine: Machine, change: Change) -> None:
    machine.goes_on(DAY / 2, looked=10)
    assert machine.starts_again(after=3 * DAY) == 0
    assert machine.goes_on(DAY / 2 - MINUTE, looked=10) == 0
    assert machine.goes_on(2 * MINUTE) == 1


def test_another_machine_whose_clock_is_a_day_ahead_brings_nothing_about(machine: Machine, change: Change) -> None:
    machine.goes_on(DAY / 2, looked=10)
    for _ in range(2):
        assert machine.another_looks(machine.at + 3 * DAY) == 0
        assert carry_out_due(machine.at) == 0
    assert machine.goes_on(DAY / 2 - MINUTE, looked=10) == 0
    assert machine.goes_on(2 * MINUTE) == 1


def test_a_clock_that_is_set_ahead_between_the_word_to_all_and_the_first_look_makes_no_day_pass(
    machine: Machine, make_person: Callable[..., User], now: dt.datetime
) -> None:
    ada, bob = make_person("Ada", Role.ADMINISTRATOR), make_person("Bob")
    made = services.ask("role.granted", bob.public_id, "Bob", {"role": Role.ANALYST.value}, by=ada, now=now)
    services.told(made, now)
    assert machine.is_set(2 * DAY) == 0
    assert Change.objects.get().told_at is None


def test_who_signed_in_before_the_change_while_the_clock_ran_ahead_was_not_shown_it(
    machine: Machine, make_person: Callable[..., User], now: dt.datetime
) -> None:
    """Nor anybody who signed in before the clock was set while it waits."""
    ada, bob = make_person("Ada", Role.ADMINISTRATOR), make_person("Bob")
    record("person.signed_in", bob.public_id, actor=bob, at=now + 2 * DAY)
    made = services.ask("role.granted", bob.public_id, "Bob", {"role": Role.ANALYST.value}, by=ada, now=now)
    assert not have_signed_in_since(made, [bob])
    record("person.signed_in", bob.public_id, actor=bob, at=now)
    assert have_signed_in_since(made, [bob])
    services.told(made, now)
    machine.is_set(2 * DAY)
    assert not have_signed_in_since(made, [bob])


def test_what_waits_in_a_database_that_was_brought_back_has_its_day_anew(machine: Machine, change: Change) -> None:
    """It may have been refused or withdrawn after that moment."""
    machine.goes_on(DAY - MINUTE, looked=10)
    assert services.begin_anew(machine.at) == 1
    assert machine.goes_on(DAY, looked=10) == 0, "nobody was told of it"
    services.told(change, machine.at)
    assert machine.goes_on(DAY - MINUTE, looked=10) == 0
    assert machine.goes_on(2 * MINUTE) == 1


def test_the_clock_that_nobody_sets_goes_on_and_knows_its_run() -> None:
    (first, before), (second, after) = running(), running()
    assert (first, len(first) >= 32) == (second, True)
    assert after >= before > 0
