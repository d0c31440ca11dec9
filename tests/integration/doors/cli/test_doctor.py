"""What ``orbweaver doctor`` says of each process that meets foreign bytes, or has the key, when it does not come up."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.settings_given import settings_given
from tests.smuggled import OUT_OF_REACH, WITHOUT_SECCOMP, smuggle

from orbweaver.detect.evidence import opening
from orbweaver.detect.evidence.checks import opener_checks
from orbweaver.detect.evidence.errors import EvidenceUnreadable
from orbweaver.detect.evidence.keys import master_recipient
from orbweaver.detect.extraction.checks import page_reader_checks
from orbweaver.detect.extraction.page_reader import PageReader
from orbweaver.doors.cli.doctor.checks import CHECK_GROUPS
from orbweaver.fingerprints.errors import DecodersUnavailable
from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.notify.notices.answers import walled as mails
from orbweaver.notify.notices.answers.checks import mail_reader_checks
from orbweaver.platform.network.urls import parse
from orbweaver.platform.runtime import walled
from orbweaver.platform.runtime.checks import Check, Level
from orbweaver.platform.runtime.doctor import protections_check

PROCESSES = {
    "decoders": "orbweaver.fingerprints.worker",
    "reader of pages": "orbweaver.detect.extraction.page_process",
    "reader of mails": "orbweaver.notify.notices.answers.page_text_process",
    "opener of evidence": "orbweaver.detect.evidence.opener",
}
"""Name of its check → its module."""
BROKEN = "import os, sys\nif sys.orig_argv[3:4] in {modules!r}:\n    os._exit(3)\n"


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Path]:
    """A keys folder with a master key."""
    keys = tmp_path / "keys"
    with settings_given(keys_dir=keys, data_dir=tmp_path / "data"):
        master_recipient(keys)
        yield keys
        opening.forget_opener()
        mails._forget()
        walled._absent.clear()


def said() -> dict[str, Check]:
    looks = (lambda: [protections_check()], page_reader_checks, mail_reader_checks, opener_checks)
    return {check.name: check for look in looks for check in look()}


def broken(*names: str) -> str:
    return BROKEN.format(modules=[[PROCESSES[name]] for name in names])


def test_each_is_started_and_asked_and_its_walls_are_named(keys: Path) -> None:
    assert {run for _, run in CHECK_GROUPS} >= {page_reader_checks, mail_reader_checks, opener_checks}
    for name in PROCESSES:
        check = said()[name]
        assert (check.level, check.advice) == (Level.OK, "")
        for wall in ("files", "network", "no_new_privileges", "not_root", "system_calls"):
            assert wall in check.found


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", PROCESSES)
def test_one_that_does_not_come_up_is_said_and_the_others_are_well(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    smuggle(monkeypatch, tmp_path, broken(name))
    levels = {each: check.level for each, check in said().items()}
    assert levels == dict.fromkeys(PROCESSES, Level.OK) | {name: Level.FAIL}


@pytest.mark.sweep
def test_where_the_files_of_python_are_out_of_reach_without_root_all_of_them_work(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smuggle(monkeypatch, tmp_path, OUT_OF_REACH)
    assert {name: check.level for name, check in said().items()} == dict.fromkeys(PROCESSES, Level.OK)


def test_walls_that_do_not_hold_are_named(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smuggle(monkeypatch, tmp_path, WITHOUT_SECCOMP)
    checks = said()
    assert {name: check.found for name, check in checks.items()} == dict.fromkeys(PROCESSES, "not held: system_calls")
    assert {check.level for check in checks.values()} == {Level.FAIL}


def test_the_log_says_it_once_for_each(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    smuggle(monkeypatch, tmp_path, broken("decoders", "reader of mails", "opener of evidence"))
    with DecoderPool(workers=2) as pool:
        for _ in range(2):
            assert mails.html_text("<p>It is gone.</p>") == "It is gone."
            with pytest.raises(EvidenceUnreadable):
                opening.opened(b"", b"")
            assert pool.submit(b"").exception() is not None
    assert sorted(caplog.messages) == [
        "Decoders do not start: nothing is decoded. Run: orbweaver doctor",
        "orbweaver.detect.evidence.opener does not come up: no evidence can be opened. Run: orbweaver doctor",
        "orbweaver.notify.notices.answers.page_text_process does not come up: pages of mail are read without their "
        "layout. Run: orbweaver doctor",
    ]


def test_a_crawler_without_its_reader_says_it_once(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    smuggle(monkeypatch, tmp_path, broken("reader of pages"))

    async def read() -> None:
        async with PageReader() as reader:
            for _ in range(2):
                with pytest.raises(DecodersUnavailable):
                    await reader.read(b"<title>read</title>", parse("http://site.example/"), "text/html")

    asyncio.run(read())
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("orbweaver")]
    assert ours == [  # asyncio may say that somebody else collected the process that ended
        "orbweaver.detect.extraction.page_process does not come up: no page of the web is read. Run: orbweaver doctor"
    ]


def test_the_command_says_it(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smuggle(monkeypatch, tmp_path, broken("reader of pages", "reader of mails"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORBWEAVER_", "DJANGO_"))}
    ours = {"DATA_DIR": tmp_path / "data", "KEYS_DIR": keys, "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    env = kept | {f"ORBWEAVER_{name}": str(value) for name, value in ours.items()}
    done = subprocess.run(
        [sys.executable, "-m", "orbweaver", "doctor", "--json"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    checks = {each["name"]: each for each in json.loads(done.stdout)["checks"]}
    assert {name: checks[name]["level"] for name in PROCESSES} == {
        "decoders": "ok",
        "reader of pages": "fail",
        "reader of mails": "fail",
        "opener of evidence": "ok",
    }
    assert checks["reader of mails"]["found"] == "does not come up: pages of mail are read without their layout"
    assert "-m orbweaver.notify.notices.answers.page_text_process $$ < /dev/null" in checks["reader of mails"]["advice"]
