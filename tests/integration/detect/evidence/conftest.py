"""An archive with real files, databases beside the right one, and the commands that run on them."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.databases import connected_to, copy_database, drop_database, name_in
from typer.testing import CliRunner

from orbweaver.doors.cli import build
from orbweaver.platform import clock
from orbweaver.platform.config import forget
from orbweaver.platform.runtime.checks import Check, Level
from orbweaver.platform.settings import PlatformSettings


@dataclass
class Said:
    code: int
    out: str
    log: str
    why: str = ""
    """The error that ended it, which the program puts into words."""

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def checks(self) -> dict[str, tuple[str, str]]:
        """Of ``doctor``: level and words of each check."""
        return {each["name"]: (each["level"], each["found"]) for each in self.json["checks"]}


Run = Callable[..., Said]


@pytest.fixture
def run(hotline: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Run:
    """``run("doctor", url=…, days_ahead=…)``: a command on this archive, with that database and clock; also
    ``run("upkeep")``, what a worker does of that kind."""

    @contextlib.contextmanager
    def opened(**_: object) -> Iterator[None]:
        yield

    for room in ("brought_back", "evidence", "notices"):
        monkeypatch.setattr(f"orbweaver.doors.cli.{room}.open_session", opened)
    monkeypatch.setattr("orbweaver.doors.cli.session.open_session", opened)
    monkeypatch.setattr("orbweaver.platform.runtime.doctor.codec_checks", list)
    # nothing here is about decoders, and each doctor would start a process of them
    monkeypatch.setattr("orbweaver.platform.runtime.doctor.protections_check", lambda: Check("decoders", Level.OK, ""))
    real_now = clock.real_now

    def call(*words: str, url: str = "", days_ahead: float = 0) -> Said:
        caplog.clear()
        forget()
        with connected_to(url), monkeypatch.context() as there:
            there.setattr(clock, "real_now", lambda: real_now() + dt.timedelta(days=days_ahead))
            if words == ("upkeep",):
                return Said(0, json.dumps(upkeep()), caplog.text)
            done = CliRunner().invoke(build(), [*words, "--json"])
        return Said(done.exit_code, done.stdout, caplog.text, str(done.exception or ""))

    return call


def upkeep() -> dict[str, int]:
    """One round of a worker's lane of upkeep; the other lanes have nothing to do with evidence."""
    from orbweaver.doors.workers.due import Worker

    [lane] = [lane for lane in Worker()._lanes() if lane.name == "upkeep"]
    return {duty.name: duty.run() for duty in lane.duties}


@pytest.fixture
def copy_of_database(database_url: str, emptying: Any) -> Iterator[Callable[[str], str]]:
    """``copy_of_database("older")``: another database on the server, as this one is now; its URL."""
    made: list[str] = []

    def copy(suffix: str) -> str:
        made.append(f"{name_in(database_url)}_{suffix}")
        return copy_database(database_url, made[-1], emptying)

    yield copy
    with psycopg.connect(make_conninfo(database_url, dbname="postgres"), autocommit=True) as server:
        for each in made:
            drop_database(server, each)


def files() -> list[Path]:
    """The encrypted files of the archive."""
    return sorted(path for path in (PlatformSettings.current().data_dir / "evidence").rglob("*.age"))


def grow_old() -> None:
    """Let the files be from yesterday, older than what may be in the making."""
    yesterday = time.time() - 86400
    for path in (PlatformSettings.current().data_dir / "evidence").rglob("*.*"):
        os.utime(path, (yesterday, yesterday))
