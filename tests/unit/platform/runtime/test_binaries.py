"""Which PostgreSQL the embedded database runs: the distribution's where there is one, and how old it is where not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from orbweaver.platform.runtime import binaries
from orbweaver.platform.runtime.binaries import Binaries, find_binaries
from orbweaver.platform.runtime.checks import Level
from orbweaver.platform.runtime.doctor import binaries_check

TODAY = dt.date(2026, 11, 28)
HERE = Path("/somewhere")


def install(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "initdb").touch()
    (folder / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
    (folder / "postgres").chmod(0o755)
    return folder


def test_the_distributions_is_used_where_there_is_one_that_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = [install(tmp_path / "w18", "18.4"), install(tmp_path / "w16", "16.14")]
    system = [install(tmp_path / "d15", "15.19"), install(tmp_path / "d17", "17.11")]
    monkeypatch.setattr(binaries, "_wheel_folders", lambda: iter(wheel))
    monkeypatch.setattr(binaries, "_system_folders", lambda: iter(system))
    assert find_binaries().version == "17.11"
    assert find_binaries(18).version == "18.4"
    assert find_binaries(16).is_of_wheel
    monkeypatch.setattr(binaries, "_system_folders", lambda: iter(system[:1]))
    assert find_binaries().version == "18.4"


@pytest.mark.parametrize(
    ("minor", "level", "said"),
    [
        (4, Level.WARN, "14 May 2026, 198 days old"),
        (6, Level.WARN, "107 days"),
        (2, Level.WARN, "older"),
        (9, Level.OK, "newer"),
    ],
)
def test_the_embedded_one_says_its_age(minor: int, level: Level, said: str) -> None:
    check = binaries_check(Binaries(HERE, 18, minor, is_of_wheel=True), TODAY)
    assert (check.level, said in check.found) == (level, True)
    assert bool(check.advice) == (level != Level.OK)
    assert binaries_check(Binaries(HERE, 18, 6, is_of_wheel=True), dt.date(2026, 10, 1)).level == Level.OK


def test_the_distributions_is_left_to_the_distribution() -> None:
    assert binaries_check(Binaries(HERE, 17, 0), TODAY).level == Level.OK
