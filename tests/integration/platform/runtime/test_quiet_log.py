"""Addresses and hashes are secrets in a server's log, too: one that would write them is set right, or not used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from tests.integration.conftest import SetConfig

from orbweaver.errors import ConfigurationError
from orbweaver.platform.runtime.access import administrator_url
from orbweaver.platform.runtime.external import check_server
from orbweaver.platform.runtime.quiet_log import QUIET
from orbweaver.platform.settings import PlatformSettings

SECRET = "http://secret-place.example/picture.jpg"
Loud = Callable[..., None]


@pytest.fixture
def administrator(database_url: str, database_server: str) -> str:
    keys = Path(dict(psycopg.conninfo.conninfo_to_dict(database_url))["passfile"]).parent  # type: ignore[arg-type]
    found = administrator_url(PlatformSettings(keys_dir=keys, database_url=None), database_url)
    assert found is not None
    return found


@pytest.fixture
def loud(database_url: str, administrator: str) -> Iterator[Loud]:
    """``loud(log_statement="all")``: what a server of somebody else's may be set to. It is undone afterwards."""
    database = sql.Identifier(urlsplit(database_url).path[1:])

    def change(what: sql.Composable) -> None:
        with psycopg.connect(administrator, autocommit=True) as session:
            session.execute(sql.SQL("ALTER DATABASE {} {}").format(database, what))

    def set_to(**settings: str) -> None:
        for name, value in settings.items():
            change(sql.SQL("SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))

    yield set_to
    change(sql.SQL("RESET ALL"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log_statement", "mod"),
        ("log_min_error_statement", "error"),  # PostgreSQL's own
        ("log_error_verbosity", "default"),  # PostgreSQL's own
        ("log_min_duration_statement", "0"),
        ("log_min_duration_sample", "100"),
        ("log_transaction_sample_rate", "0.5"),
        ("log_parameter_max_length_on_error", "-1"),
        ("debug_print_parse", "on"),  # with all constants, as numbers of bytes
        ("debug_print_rewritten", "on"),
        ("debug_print_plan", "on"),
    ],
)
def test_a_server_that_would_write_what_it_is_asked_to_its_log_is_not_used(
    name: str, value: str, database_url: str, loud: Loud
) -> None:
    check_server(database_url)
    loud(**{name: value})
    with pytest.raises(ConfigurationError, match=f"SET \"{name}\" = '{QUIET[name][0]}'") as caught:
        check_server(database_url)
    assert "passfile" not in str(caught.value)


def logged(administrator: str) -> str:
    with psycopg.connect(administrator) as session:
        [folder] = session.execute("SHOW data_directory").fetchall()[0]
    return (Path(folder).parent / "logs" / "postgres.log").read_text()


def refused_statement(url: str) -> None:
    """As Django sends it: with its values."""
    with psycopg.connect(url) as session, pytest.raises(psycopg.Error):
        session.execute(f"SELECT '{SECRET}', 1 / 0")


def test_where_a_superuser_is_known_it_is_set_right_and_nothing_is_written_any_more(
    database_url: str, administrator: str, loud: Loud, set_config: SetConfig
) -> None:
    loud(log_min_error_statement="error", log_error_verbosity="default")
    refused_statement(database_url)
    before = logged(administrator)
    assert SECRET in before
    set_config(database_url=database_url, database_admin_url=administrator)
    check_server(database_url)
    refused_statement(database_url)
    after = logged(administrator)[len(before) :]
    assert "division by zero" in after
    assert SECRET not in after


def test_an_administrator_who_may_not_set_it_is_told_what_a_superuser_has_to_do(
    database_url: str, loud: Loud, set_config: SetConfig
) -> None:
    loud(log_statement="all")
    set_config(database_url=database_url, database_admin_url=database_url)
    with pytest.raises(ConfigurationError, match="log_statement"):
        check_server(database_url)
