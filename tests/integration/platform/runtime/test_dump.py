"""A dump is its owner's alone, whatever lay in its way, and made by a program that fits the server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orbweaver.platform.runtime.dump import dump_database
from orbweaver.platform.settings import PlatformSettings

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_somebody_laid_in_the_way_gets_nothing_of_the_dump(database_url: str, tmp_path: Path) -> None:
    """In a folder that others may write to: a file, open to all, of the name that the dump is written under."""
    file, draft = tmp_path / "orbweaver.dump", tmp_path / "orbweaver.dump.part"
    draft.write_bytes(b"")
    draft.chmod(0o666)
    with draft.open("rb") as kept_open:
        dump_database(PlatformSettings(database_url=database_url), database_url, file)
        assert kept_open.read() == b""
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes().startswith(b"PGDMP")


def test_an_older_program_in_the_path_does_not_stop_the_dump_of_a_newer_server(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Debian 12, whose pg_dump is of version 15 and refuses every server that Orbweaver supports."""
    older = tmp_path / "pg_dump"
    older.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) 15.20' && exit 0\nexit 1\n")
    older.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    dump_database(PlatformSettings(database_url=database_url), database_url, tmp_path / "orbweaver.dump")
    assert (tmp_path / "orbweaver.dump").read_bytes().startswith(b"PGDMP")
