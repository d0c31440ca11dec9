"""A database to a file and back, by PostgreSQL's own programs that fit the server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psycopg
from psycopg.pq import Conninfo

from orbweaver.errors import ConfigurationError, Conflict, InvalidInput, Unavailable
from orbweaver.platform.runtime.binaries import find_binaries
from orbweaver.platform.runtime.cluster import cluster_major, server_environment
from orbweaver.platform.runtime.messages import (
    CANNOT_READ,
    CANNOT_WRITE,
    DATABASE_NOT_EMPTY,
    NOT_A_DUMP,
    PROGRAM_GAVE_UP,
    PROGRAM_MISSING,
)
from orbweaver.platform.settings import PlatformSettings

MAGIC = b"PGDMP"
"""How a file of ``pg_dump --format=custom`` begins."""
OURS_ALONE = ("--no-owner", "--no-acl")
"""What is restored belongs to the role that restores it, whatever it is called."""


def dump_database(config: PlatformSettings, url: str, file: Path) -> None:
    """Write all of the database ``url`` to ``file`` (0600), as it is at one instant, while others use it.

    A file of that name is replaced when the new one is complete.

    Raises:
        InvalidInput: the folder cannot be written.
        Unavailable: ``pg_dump`` is not there, or gave up; what it wrote is removed.
    """
    draft = file.with_name(file.name + ".part")
    try:
        draft.unlink(missing_ok=True)  # of an attempt before, or laid there by somebody who would read along
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise InvalidInput(CANNOT_WRITE.of(path=str(draft), reason=str(error.strerror))) from None
    try:
        _run(config, url, "pg_dump", "--format=custom", *OURS_ALONE, f"--file={draft}")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def dump_stream(config: PlatformSettings, url: str, *, snapshot: str, without: Iterable[str]) -> Iterator[IO[bytes]]:
    """Within it, the dump to read, as another transaction that exported ``snapshot`` sees the database.

    Of the tables ``without`` it holds the structure and no rows. Raises Unavailable when ``pg_dump`` gave up.
    """
    options = ["--format=custom", *OURS_ALONE, f"--snapshot={snapshot}"]
    options += [f"--exclude-table-data=public.{table}" for table in without]
    with _piped(config, url, "pg_dump", *options) as stream:
        yield stream


@contextmanager
def load_stream(config: PlatformSettings, url: str) -> Iterator[IO[bytes]]:
    """Within it, where to write a dump; at the end the empty database ``url`` holds all of it, or nothing.

    Raises:
        Conflict: something is in the database already.
        Unavailable: ``pg_restore`` is not there, or gave up.
    """
    name = variables(url)["PGDATABASE"]
    _expect_empty(url)
    options = ("--single-transaction", "--exit-on-error", *OURS_ALONE, f"--dbname={name}")
    with _piped(config, url, "pg_restore", *options) as stream:
        yield stream


@contextmanager
def _piped(config: PlatformSettings, url: str, name: str, *arguments: str) -> Iterator[IO[bytes]]:
    """One of PostgreSQL's programs by its output, or by its input where it reads; killed when the block fails."""
    command = [_program(config, url, name), "--no-password", *arguments]
    environment = server_environment() | variables(url)
    reads = name == "pg_restore"
    given, taken = (subprocess.PIPE, subprocess.DEVNULL) if reads else (subprocess.DEVNULL, subprocess.PIPE)
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, env=environment, stdin=given, stdout=taken, stderr=complaints)
        stream = process.stdin or process.stdout
        assert stream is not None
        failed: BaseException | None = None
        try:
            yield stream
        except BaseException as error:
            failed = error
            if not isinstance(error, BrokenPipeError):
                process.kill()  # before its input ends: it must not take a part for the whole
        with suppress(BrokenPipeError):
            stream.close()
        process.wait()
        complaints.seek(0)
        reason = (complaints.read().decode(errors="replace").strip().splitlines() or ["no reason given"])[0]
    if process.returncode > 0:
        raise Unavailable(PROGRAM_GAVE_UP.of(name=name, reason=reason)) from failed
    if failed is not None:
        raise failed
    if process.returncode < 0:
        raise Unavailable(PROGRAM_GAVE_UP.of(name=name, reason=f"ended by signal {-process.returncode}"))


def load_database(config: PlatformSettings, url: str, file: Path) -> None:
    """Fill the empty database ``url`` from what ``dump_database`` wrote: all of it, or nothing.

    Raises:
        Conflict: something is in the database already.
        InvalidInput: the file is no dump.
        Unavailable: ``pg_restore`` is not there, or gave up; the database is as empty as before.
    """
    _expect_dump(file)
    name = variables(url)["PGDATABASE"]
    _expect_empty(url)
    _run(config, url, "pg_restore", "--single-transaction", "--exit-on-error", *OURS_ALONE, f"--dbname={name}", file)


def _expect_dump(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            found = opened.read(len(MAGIC))
    except OSError as error:
        raise InvalidInput(CANNOT_READ.of(path=str(file), reason=str(error.strerror))) from None
    if found != MAGIC:
        raise InvalidInput(NOT_A_DUMP.of(path=str(file)))


def _expect_empty(url: str) -> None:
    if not is_empty(url):
        raise Conflict(DATABASE_NOT_EMPTY)


def is_empty(url: str) -> bool:
    """Whether the database has no tables."""
    with psycopg.connect(url, dbname=variables(url)["PGDATABASE"]) as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone()
    return row == (0,)


def _run(config: PlatformSettings, url: str, name: str, *arguments: str | Path) -> None:
    # The address goes by the environment: a server of one's own may have a password in it, and arguments are public.
    environment = server_environment() | variables(url)
    command = [_program(config, url, name), "--no-password", *map(str, arguments)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        reason = (answer.stderr.strip().splitlines() or ["no reason given"])[0]
        raise Unavailable(PROGRAM_GAVE_UP.of(name=name, reason=reason))


def variables(url: str) -> dict[str, str]:
    """The address as libpq's environment variables."""
    options = Conninfo.parse(url.encode())
    given = {option.envvar.decode(): option.val.decode() for option in options if option.envvar and option.val}
    return {"PGDATABASE": "orbweaver"} | given


def _program(config: PlatformSettings, url: str, name: str) -> str:
    """The program that fits the server: of its major version, else the newest there is."""
    if not config.database_url:
        return find_binaries(cluster_major(config.data_dir.absolute() / "postgres")).program(name)
    with psycopg.connect(url, dbname=variables(url)["PGDATABASE"]) as connection:
        major = connection.info.server_version // 10_000
    in_path = shutil.which(name)
    if in_path and _major_of(in_path) == major:
        return in_path
    for wanted in (major, None):  # an older one refuses the server; a newer one can read it
        with suppress(ConfigurationError):
            return find_binaries(wanted).program(name)
    if in_path is None:
        raise Unavailable(PROGRAM_MISSING.of(name=name, major=major))
    return in_path


def _major_of(program: str) -> int | None:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"\) (\d+)", answer.stdout)
    return int(version[1]) if version else None
