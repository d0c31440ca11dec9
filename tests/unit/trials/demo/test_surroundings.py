"""A demo never touches a real installation, whatever the environment says."""

from __future__ import annotations

from pathlib import Path

from orbweaver.platform.config import names
from orbweaver_trials.demo.surroundings import scrubbed, settings_for

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
