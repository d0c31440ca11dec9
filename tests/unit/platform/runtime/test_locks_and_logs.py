"""Locks on files and logs of bounded size."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from pathlib import Path

from orbweaver.platform.runtime.locks import FileLock, holding
from orbweaver.platform.runtime.logfiles import WithoutMessages, log_path, open_log, rotate


def test_shared_holders_keep_an_exclusive_one_out_and_not_each_other(tmp_path: Path) -> None:
    one, two, alone = (FileLock(tmp_path / "lock") for _ in range(3))
    assert one.acquire(shared=True)
    assert two.acquire(shared=True)
    assert not alone.acquire()
    one.release()
    assert not alone.acquire()
    two.release()
    assert alone.acquire()
    assert not one.acquire(shared=True)
    alone.release()
    alone.release()


def test_looking_whether_a_lock_is_held_leaves_it_free(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    assert not lock.is_held()
    assert lock.acquire()
    assert lock.is_held()
    lock.release()


def test_holding_says_when_somebody_else_was_first_and_lets_go_after_an_error(tmp_path: Path) -> None:
    try:
        with holding(tmp_path / "lock") as first, holding(tmp_path / "lock") as second:
            assert first is not None
            assert second is None
            raise ValueError
    except ValueError:
        assert not FileLock(tmp_path / "lock").is_held()


def test_a_log_that_is_full_begins_anew_in_the_same_file_for_whoever_writes_to_it(tmp_path: Path) -> None:
    path = log_path(tmp_path, "part")
    with open_log(path) as descriptor:
        os.write(descriptor, b"x" * 100)
        rotate(path, limit=1000)
        assert path.stat().st_size == 100
        rotate(path, limit=99)
        os.write(descriptor, b"after")
    assert path.read_text() == "after"
    aside = path.with_name("part.log.1")
    assert aside.stat().st_size == 100
    assert aside.stat().st_mode & 0o777 == 0o600


def test_a_log_names_errors_and_where_they_came_from_but_not_what_they_say() -> None:
    address = "/".join(["https:", "", "secret.example"])
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(WithoutMessages())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    try:
        try:
            raise LookupError(f"Failing row contains {address}")
        except LookupError as first:
            raise RuntimeError(f"{address} again") from first
    except RuntimeError:
        logger.exception("A step failed")
    text = written.getvalue()
    assert address not in text
    assert "LookupError\nwhich led to:" in text
    assert text.rstrip().endswith("RuntimeError")


def test_a_crash_of_a_command_leaves_no_message_in_its_log() -> None:
    script = (
        "import orbweaver.doors.cli as cli, typer\n"
        "def fail(): raise ValueError('https://secret' + '.example/')\n"
        "cli.build = lambda wanted: fail\n"
        "cli.main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "ValueError" in ended.stderr
    assert "secret.example" not in ended.stderr
