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
from django.db import connection, connections
from tests.databases import drop_database
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


@contextlib.contextmanager
def connected_to(url: str) -> Iterator[None]:
    """Django uses this database of the tests' server within the block."""
    connections.close_all()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name_in(url) if url else before
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before


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
    name = name_in(database_url)
    made: list[str] = []

    def copy(suffix: str) -> str:
        connections.close_all()
        emptying.close()
        with psycopg.connect(database_url.replace(f"/{name}?", "/postgres?"), autocommit=True) as server:
            for _ in range(5):  # a thread of an earlier test may open a session once more in between
                emptying.end_others(name)
                with contextlib.suppress(psycopg.errors.ObjectInUse):
                    server.execute(f'CREATE DATABASE "{name}_{suffix}" TEMPLATE "{name}"')
                    break
            else:
                pytest.fail(f"somebody opens sessions of {name} again and again")
        made.append(f"{name}_{suffix}")
        return database_url.replace(f"/{name}?", f"/{made[-1]}?")

    yield copy
    with psycopg.connect(database_url.replace(f"/{name}?", "/postgres?"), autocommit=True) as server:
        for each in made:
            drop_database(server, each)


def name_in(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def files() -> list[Path]:
    """The encrypted files of the archive."""
    return sorted(path for path in (PlatformSettings.current().data_dir / "evidence").rglob("*.age"))


def grow_old() -> None:
    """Let the files be from yesterday, older than what may be in the making."""
    yesterday = time.time() - 86400
    for path in (PlatformSettings.current().data_dir / "evidence").rglob("*.*"):
        os.utime(path, (yesterday, yesterday))
