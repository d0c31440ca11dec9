"""The embedded server asks for more than a name, and the application has no power over it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from orbweaver.platform.runtime.access import administrator_url
from orbweaver.platform.runtime.cluster import processes_on
from orbweaver.platform.runtime.database import CLIENTS_LOCK, RESOLVED_DATABASE_URL, database
from orbweaver.platform.runtime.postgres import EmbeddedPostgres
from orbweaver.platform.settings import PlatformSettings


@pytest.fixture(autouse=True)
def _nothing_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RESOLVED_DATABASE_URL, raising=False)


def names_alone(url: str, role: str) -> str:
    """The same socket, with a role's name and nothing else."""
    query = parse_qs(urlsplit(url).query)
    return f"postgresql://{role}@/postgres?host={query['host'][0]}&port={query['port'][0]}&passfile=/dev/null"


def administrator(server: EmbeddedPostgres) -> str:
    return server._url("postgres", "postgres")


def note(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [str(row[0]) for row in connection.execute("SELECT text FROM note")]


def write_note(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")


@pytest.mark.parametrize("role", ["postgres", "orbweaver"])
def test_a_name_is_not_enough_to_connect(data_dir: Path, role: str) -> None:
    with EmbeddedPostgres(data_dir, fast=True) as server, pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(names_alone(server.url, role))


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY (SELECT 1) TO '/tmp/orbweaver-written'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "CREATE ROLE another SUPERUSER",
        "CREATE DATABASE another",
        "ALTER ROLE orbweaver SUPERUSER",
        "SET ROLE postgres",
        "ALTER SYSTEM SET listen_addresses = '*'",
        "SELECT rolpassword FROM pg_authid",
    ],
)
def test_the_application_has_no_power_over_the_server(data_dir_of_one: str, statement: str) -> None:
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with psycopg.connect(data_dir_of_one, autocommit=True) as connection, refused:
        connection.execute(statement)


@pytest.fixture(scope="module")
def data_dir_of_one() -> Iterator[str]:
    """A server as an installation has it (a ``fast`` one may make databases), for all statements."""
    with tempfile.TemporaryDirectory(prefix="orbweaver-pg-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "data") as server:
            yield server.url


def test_a_cluster_of_an_earlier_version_keeps_its_data_and_trusts_nobody_any_more(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        write_note(server.url)
        with psycopg.connect(administrator(server), autocommit=True) as connection:
            connection.execute("ALTER ROLE orbweaver SUPERUSER CREATEROLE PASSWORD NULL")
            connection.execute("ALTER ROLE postgres PASSWORD NULL")
    (data_dir / "postgres" / "pg_hba.conf").write_text("local all all trust\nlocal replication all trust\n")
    shutil.rmtree(data_dir / "keys")

    with EmbeddedPostgres(data_dir) as server:
        assert note(server.url) == ["kept"]
        for role in ("postgres", "orbweaver"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(names_alone(server.url, role))
        with psycopg.connect(server.url) as connection:
            rights = connection.execute(
                "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles"
                " WHERE rolname = current_user"
            ).fetchone()
        assert rights == (False, False, False, False, False)


def test_a_cluster_whose_passwords_were_lost_or_are_anothers_starts_with_its_data(data_dir: Path) -> None:
    keys = data_dir.parent / "other keys"
    with EmbeddedPostgres(data_dir, fast=True) as server:
        write_note(server.url)
    shutil.rmtree(data_dir / "keys")
    with EmbeddedPostgres(data_dir, fast=True) as server:
        assert note(server.url) == ["kept"]
    with EmbeddedPostgres(data_dir, keys, fast=True) as server:
        assert note(server.url) == ["kept"]
        assert str(data_dir / "keys") not in server.url


def test_rules_that_somebody_loosened_are_put_right_at_the_next_start(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, fast=True) as server:
        write_note(server.url)
    rules = data_dir / "postgres" / "pg_hba.conf"
    rules.write_text("local all all trust\n" + rules.read_text())
    with EmbeddedPostgres(data_dir, fast=True) as server:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(names_alone(server.url, "postgres"))
        assert note(server.url) == ["kept"]
    assert "trust" not in rules.read_text()


def test_passwords_are_in_the_keys_folder_and_nowhere_else(new_dir: Path) -> None:
    with database(PlatformSettings(data_dir=new_dir, keys_dir=new_dir / "keys"), fast=True) as url:
        files = sorted((new_dir / "keys").glob("database-*"))
        assert [file.name for file in files] == ["database-orbweaver", "database-postgres"]
        assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
        passwords = [file.read_text().strip().rpartition(":")[2] for file in files]
        described = json.loads((new_dir / "server.json").read_text())
        said = [url, json.dumps(described), os.environ[RESOLVED_DATABASE_URL], os.environ[CLIENTS_LOCK]]
        for process in [described["keeper"], *processes_on(new_dir / "postgres")]:
            with contextlib.suppress(FileNotFoundError):  # a worker of the server's that has ended
                said += [Path(f"/proc/{process}/{name}").read_bytes().decode() for name in ("cmdline", "environ")]
        said += [path.read_text() for path in (new_dir / "logs").iterdir()]
        said += [path.read_text() for path in (new_dir / "postgres").glob("*.conf")]
    assert len(said) > 8
    assert not [text for text in said for password in passwords if password in text]


def test_of_several_servers_the_administrator_comes_to_the_one_that_takes_what_is_written() -> None:
    both = "postgresql://boss@a.example,b.example:5432/orbweaver"
    own = PlatformSettings(database_url=both, database_admin_url=both)
    assert "target_session_attrs=read-write" in str(administrator_url(own, both))
    one = "postgresql://boss@a.example/orbweaver"
    assert administrator_url(PlatformSettings(database_url=one, database_admin_url=one), one) == one
    assert administrator_url(PlatformSettings(database_url=both), both) is None
