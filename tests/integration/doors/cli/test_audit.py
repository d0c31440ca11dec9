"""``orbweaver audit`` as a person or a script types it."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orbweaver.doors.cli import build
from orbweaver.people.audit.heads import keep_head, public_key
from orbweaver.people.audit.services import record, seal_events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_log(monkeypatch: pytest.MonkeyPatch, set_config: Callable[..., None], tmp_path: Path) -> None:
    @contextlib.contextmanager
    def opened(**_: object) -> Iterator[None]:
        yield

    monkeypatch.setattr("orbweaver.doors.cli.audit.open_session", opened)
    set_config(data_dir=tmp_path / "data", keys_dir=tmp_path / "keys")
    for number in range(6):
        record("test.event", f"itm_{number}", at=dt.datetime(2026, 11, 27, 3, tzinfo=dt.UTC))
        seal_events()
        keep_head(dt.datetime(2026, 11, 27, 3, number, tzinfo=dt.UTC))


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(build(), ["audit", *map(str, words)])


def test_a_proof_is_written_and_checked(tmp_path: Path) -> None:
    file, key = tmp_path / "proof.json", public_key().public_bytes_raw().hex()
    assert key in run("prove", file, "--event", "4").stdout
    shown = json.loads(run("check", file, "--key", key, "--json").stdout)
    assert (shown["head"], shown["event"][4], shown["earlier"]) == (6, "itm_3", None)
    assert "which the file itself brought" in run("check", file).stdout
    assert run("check", file, "--key", "00" * 32).exit_code == 1
    assert run("check", file, "--key", "zz").exit_code == 1
    run("prove", file, "--head", "5")
    assert "The log of 5 events is the beginning of that of 6." in run("check", file).stdout
    assert run("prove", file).exit_code == 2


def test_verify_says_what_was_compared(tmp_path: Path) -> None:
    assert "6 events are chained, 0 wait for it; 6 heads and 0 stamps" in run("verify").stdout
    empty = tmp_path / "nothing.eml"
    empty.write_text("nothing")
    assert run("verify", "--head", empty).exit_code == 1
