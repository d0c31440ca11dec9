"""The embedded PostgreSQL, for real: starts, crashes, two commands at once, root and its folders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from orbweaver.errors import AlreadyRunning, ConfigurationError
from orbweaver.platform.runtime import binaries as finding
from orbweaver.platform.runtime.binaries import find_binaries
from orbweaver.platform.runtime.cluster import processes_on
from orbweaver.platform.runtime.database import RESOLVED_DATABASE_URL, database, running_server
from orbweaver.platform.runtime.postgres import EmbeddedPostgres
from orbweaver.platform.settings import PlatformSettings

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused by PostgreSQL")


@pytest.fixture(autouse=True)
def _nothing_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RESOLVED_DATABASE_URL, raising=False)


def wait_for(condition: Callable[[], object], patience: float = 15.0) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.02)


def nothing_runs_on(data_dir: Path) -> bool:
    return not list(processes_on(data_dir / "postgres"))


def write_note(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text UNIQUE)")
        connection.execute("INSERT INTO note VALUES (%s)", [text])


def read_notes(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [str(row[0]) for row in connection.execute("SELECT text FROM note ORDER BY text")]


def run_script(script: str, data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, str(data_dir)], stdout=subprocess.PIPE, text=True)


HOLDER = """
import sys, time
from pathlib import Path
from orbweaver.platform.settings import PlatformSettings
from orbweaver.platform.runtime.{module} import {enter}
with {enter}({argument}, fast=True) as server:
    print(getattr(server, "url", server), flush=True)
    time.sleep(600)
"""
SERVER_HOLDER = HOLDER.format(module="postgres", enter="EmbeddedPostgres", argument="Path(sys.argv[1])")
COMMAND_HOLDER = HOLDER.format(
    module="database", enter="database", argument="PlatformSettings(data_dir=Path(sys.argv[1]))"
)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line, "the process ended at once"
    return line


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.sweep
def test_what_was_written_is_there_after_a_restart(new_dir: Path) -> None:
    with EmbeddedPostgres(new_dir, fast=True) as server:
        write_note(server.url, "kept")
    assert nothing_runs_on(new_dir)
    with EmbeddedPostgres(new_dir, fast=True) as server:
        assert read_notes(server.url) == ["kept"]


def test_the_application_is_no_superuser_and_the_server_takes_no_network_connections(new_dir: Path) -> None:
    with EmbeddedPostgres(new_dir) as server, psycopg.connect(server.url) as connection:
        row = connection.execute(
            "SELECT current_setting('is_superuser'), current_setting('listen_addresses'), current_setting('fsync'),"
            " (SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user), current_setting('server_encoding'),"
            " (SELECT datlocale FROM pg_database WHERE datname = current_database())"
        ).fetchone()
    assert row == ("off", "", "on", False, "UTF8", "C.UTF-8")


def test_a_second_server_on_the_same_folder_is_refused(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, fast=True) as server:
        with pytest.raises(AlreadyRunning):
            EmbeddedPostgres(data_dir, fast=True).start()
        write_note(server.url, "still there")


def test_after_its_parent_is_killed_the_server_ends_and_an_immediate_start_recovers(data_dir: Path) -> None:
    holder = run_script(SERVER_HOLDER, data_dir)
    write_note(first_line(holder), "committed before the kill")
    kill(holder)
    with EmbeddedPostgres(data_dir, fast=True) as server:
        assert read_notes(server.url) == ["committed before the kill"]


@pytest.mark.sweep
def test_after_its_parent_is_killed_the_server_ends_by_itself(data_dir: Path) -> None:
    holder = run_script(SERVER_HOLDER, data_dir)
    first_line(holder)
    kill(holder)
    wait_for(lambda: nothing_runs_on(data_dir))


def test_a_server_that_was_killed_itself_is_recovered(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, fast=True) as server:
        write_note(server.url, "kept")
        os.kill(server.pid, signal.SIGKILL)
    with EmbeddedPostgres(data_dir, fast=True) as server:
        assert read_notes(server.url) == ["kept"]


def test_a_stale_pid_file_that_names_a_stranger_is_dropped_and_the_stranger_left_alone(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, fast=True):
        pass
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        (data_dir / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n")
        with EmbeddedPostgres(data_dir, fast=True) as server:
            write_note(server.url, "started")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.sweep
def test_a_cluster_that_was_half_made_is_made_again(new_dir: Path) -> None:
    half = new_dir / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(new_dir, fast=True) as server:
        write_note(server.url, "whole")
    assert not half.exists()


@pytest.mark.sweep
def test_a_folder_with_a_long_path_gets_its_socket_elsewhere_at_the_same_address_each_time(new_dir: Path) -> None:
    far = new_dir / ("a" * 60) / ("b" * 60)
    with EmbeddedPostgres(far, fast=True) as server:
        write_note(server.url, "reached")
        first = server.url
    with EmbeddedPostgres(far, fast=True) as server:
        assert server.url == first
        assert read_notes(server.url) == ["reached"]


def test_values_do_not_get_into_the_servers_log(data_dir: Path) -> None:
    secret = "https://secret.example/page"
    with EmbeddedPostgres(data_dir, fast=True) as server:
        write_note(server.url, secret)
        with pytest.raises(psycopg.errors.UniqueViolation):
            write_note(server.url, secret)
        with psycopg.connect(server.url) as connection, pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT %s::text::int", [secret])
    log = (data_dir / "logs" / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "note VALUES" not in log
    assert log.count("secret.example") <= 1  # the message of a failed cast, which no query of ours makes from a URL


def test_without_binaries_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for folders in ("_wheel_folders", "_system_folders"):
        monkeypatch.setattr(finding, folders, lambda: iter([Path("/nonexistent")]))
    with pytest.raises(ConfigurationError, match="PostgreSQL 16 or newer is not installed"):
        find_binaries()
    with pytest.raises(ConfigurationError, match="PostgreSQL 17, which wrote this data folder"):
        find_binaries(17)


def test_a_command_starts_the_server_and_leaves_nothing_behind(new_dir: Path) -> None:
    with database(PlatformSettings(data_dir=new_dir), fast=True) as url:
        assert os.environ[RESOLVED_DATABASE_URL] == url
        assert running_server(new_dir) == url
    assert RESOLVED_DATABASE_URL not in os.environ
    assert nothing_runs_on(new_dir)
    assert running_server(new_dir) is None


def test_the_server_stays_while_any_command_uses_it_whoever_started_it(data_dir: Path) -> None:
    first = run_script(COMMAND_HOLDER, data_dir)
    url = first_line(first)
    with database(PlatformSettings(data_dir=data_dir), fast=True) as joined:
        assert joined == url
        kill(first)  # the one that started it, without a farewell
        time.sleep(1.0)
        write_note(joined, "still served")
        assert read_notes(joined) == ["still served"]
    assert nothing_runs_on(data_dir)


@pytest.mark.sweep
def test_after_every_command_is_killed_the_server_ends_by_itself(data_dir: Path) -> None:
    holders = [run_script(COMMAND_HOLDER, data_dir) for _ in range(2)]
    assert len({first_line(holder) for holder in holders}) == 1
    for holder in holders:
        kill(holder)
    wait_for(lambda: nothing_runs_on(data_dir))


def test_a_killed_keeper_takes_the_server_along_and_the_next_command_starts_another(data_dir: Path) -> None:
    holder = run_script(COMMAND_HOLDER, data_dir)
    write_note(first_line(holder), "kept")
    keeper = next(pid for pid in children_of(holder.pid) if b"keeper" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(keeper, signal.SIGKILL)
    wait_for(lambda: running_server(data_dir) is None)
    try:
        with database(PlatformSettings(data_dir=data_dir), fast=True) as url:
            assert read_notes(url) == ["kept"]
    finally:
        kill(holder)
    wait_for(lambda: nothing_runs_on(data_dir))


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.sweep
def test_a_server_that_dies_under_its_users_comes_back_at_the_same_address(data_dir: Path) -> None:
    with database(PlatformSettings(data_dir=data_dir), fast=True) as url:
        write_note(url, "kept")
        os.kill(next(iter(processes_on(data_dir / "postgres"))), signal.SIGKILL)
        wait_for(lambda: running_server(data_dir) == url and read_notes(url) == ["kept"])


def test_a_server_that_is_named_in_the_settings_is_used_and_none_is_started(
    new_dir: Path, database_server: str
) -> None:
    with database(PlatformSettings(data_dir=new_dir, database_url=database_server)) as url:
        assert url == database_server
        assert os.environ[RESOLVED_DATABASE_URL] == database_server
    assert not (new_dir / "postgres").exists()


@pytest.mark.sweep
@as_root
def test_root_gives_the_cluster_to_an_account_without_privileges(new_dir: Path) -> None:
    with EmbeddedPostgres(new_dir, fast=True) as server:
        if "venv" in str(find_binaries().folder) and Path(f"/proc/{server.pid}").stat().st_uid == 0:
            pytest.skip("the virtual environment lies in a folder of root: see the next test")
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0
        assert (new_dir / "postgres").stat().st_uid != 0


@pytest.mark.sweep
@as_root
def test_in_a_folder_of_root_alone_the_server_runs_without_roots_privileges(tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o700)
    above = list(shut.parents)[:2]  # the next one is shared: whichever pytest begins shuts it again
    modes = [folder.stat().st_mode for folder in above]
    with EmbeddedPostgres(shut / "data", fast=True) as server:
        status = Path(f"/proc/{server.pid}/status").read_text()
        assert "CapEff:\t0000000000000000" in status
        assert (shut / "data" / "postgres").stat().st_uid == 0
        write_note(server.url, "kept")
    assert shut.stat().st_mode & 0o777 == 0o700
    assert [folder.stat().st_mode for folder in above] == modes


@pytest.mark.sweep
@as_root
def test_a_cluster_keeps_working_when_its_folder_is_shut_and_opened_again(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, fast=True) as server:
        write_note(server.url, "open")
    data_dir.parent.chmod(0o700)
    with EmbeddedPostgres(data_dir, fast=True) as server:
        write_note(server.url, "shut")
    data_dir.parent.chmod(0o711)
    with EmbeddedPostgres(data_dir, fast=True) as server:
        assert read_notes(server.url) == ["open", "shut"]
