"""How often a notice is repeated, as the policy says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.settings_given import settings_given

from orbweaver.errors import ConfigurationError
from orbweaver.notify.notices.repeating import next_reminder_at, parse_reminders, reminder_policy

NOW = dt.datetime(2026, 11, 24, 14, 5, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@given(st.timedeltas(dt.timedelta(0), dt.timedelta(days=4000)), st.floats(0.01, 1000))
def test_no_window_holds_two_messages(told_for: dt.timedelta, hours: float) -> None:
    with settings_given(notice_reminder_hours=hours):
        assert next_reminder_at(NOW - told_for, NOW) - NOW >= dt.timedelta(hours=hours)


@pytest.mark.parametrize(("days", "every"), [(0, 1), (13.9, 1), (14, 3), (41.9, 3), (42, 7), (400, 7)])
def test_the_packaged_policy_reminds_rarer_the_longer_somebody_was_told(days: float, every: int) -> None:
    assert next_reminder_at(NOW - days * DAY, NOW) - NOW == every * DAY


def test_a_year_holds_fewer_than_a_hundred_reminders() -> None:
    at, count = NOW, 0
    while (at := next_reminder_at(NOW, at)) <= NOW + 365 * DAY:
        count += 1
    assert count == 69


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("version = ", "notices.reminders_not_toml"),
        ('version = "1"\nsteps = []', "notices.reminders_unusable"),
        ('version = "1"\n[[steps]]\nfrom_day = 1\nevery = 1', "notices.reminders_unusable"),
        ('version = "1"\n[[steps]]\nfrom_day = 0\nevery = 0.5', "notices.reminders_unusable"),
        (
            'version = "1"\n[[steps]]\nfrom_day = 0\nevery = 3\n[[steps]]\nfrom_day = 9\nevery = 1',
            "notices.reminders_unusable",
        ),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(text: str, code: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_reminders(text)
    assert refused.value.message.code == code


def test_a_hotline_gives_its_own(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('version = "ours"\n[[steps]]\nfrom_day = 0\nevery = 2\n')
    with settings_given(reminder_policy=str(tmp_path / "own.toml")):
        assert next_reminder_at(NOW, NOW) - NOW == 2 * DAY
    with settings_given(reminder_policy=str(tmp_path / "none.toml")), pytest.raises(ConfigurationError):
        reminder_policy()
