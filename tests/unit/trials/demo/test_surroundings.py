"""A demo never touches a real installation, whatever the environment says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from orbweaver.assess.review.pacing import Limits, Spell, pace
from orbweaver.platform.config import names
from orbweaver_trials.demo.surroundings import TIRELESS, scrubbed, settings_for
from orbweaver_trials.demo.year import campaign
from orbweaver_trials.wild import driver
from orbweaver_trials.wild.drafting import plan

WORLD = {
    "hosts": {"a": "http://127.0.10.1:4001"},
    "smtp_host": "127.0.10.99",
    "smtp_port": 4002,
    "mail_dir": "/room/mail",
}


def test_settings_of_the_person_who_runs_it_are_put_aside() -> None:
    kept = scrubbed({"ORBWEAVER_DATABASE_URL": "postgresql://real", "PGHOST": "real", "PATH": "/bin"})
    assert kept == {"PATH": "/bin"}


def test_every_setting_it_makes_is_one_that_exists() -> None:
    made = {name.removeprefix("ORBWEAVER_").lower() for name in settings_for(Path("/room"), 1, WORLD)}
    assert made <= names()


def test_it_reaches_the_world_and_nothing_else() -> None:
    settings = settings_for(Path("/room"), 1, WORLD)
    assert settings["ORBWEAVER_NETWORK_ALLOW"] == "127.0.10.1:4001,127.0.10.99:4002"
    assert settings["ORBWEAVER_DEMONSTRATION"] == "true"
    assert "ORBWEAVER_DATABASE_URL" not in settings


def test_no_break_stops_a_run_that_programs_judge_for_hours() -> None:
    sockets: Any = SimpleNamespace(port=1, smtp_port=2)
    wild = {"smtp_host": "127.0.10.99", "smtp_port": 2, "mail_dir": "/room/mail", "proxy": ""}
    for settings in (
        campaign.settings_for(Path("/room"), sockets, 1, campaign.Scale()),
        driver.settings_for(Path("/room"), 1, wild, plan()),
    ):
        assert _rests_after_eleven_hours({name: settings[f"ORBWEAVER_{name}"] for name in TIRELESS}) is False
    assert _rests_after_eleven_hours(TIRELESS | {"WELLBEING_WORK_MINUTES": "50"}) is True


def _rests_after_eleven_hours(settings: dict[str, str]) -> bool:
    now = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
    limits = Limits(
        looks_a_day=int(settings["WELLBEING_LOOKS_PER_DAY"]),
        time_a_day=dt.timedelta(hours=int(settings["WELLBEING_HOURS_PER_DAY"])),
        work=dt.timedelta(minutes=int(settings["WELLBEING_WORK_MINUTES"])),
        pause=dt.timedelta(minutes=10),
    )
    standing = pace([Spell(now - dt.timedelta(hours=11), now)], 20_000, limits, now)
    return standing.looks_are_spent or standing.time_is_spent or standing.break_until is not None
