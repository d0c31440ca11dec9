"""A server of somebody else's: what is wrong with it is said in words, and never with its password."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from orbweaver.errors import ConfigurationError, Unavailable
from orbweaver.platform.runtime import external
from orbweaver.platform.runtime.database import database
from orbweaver.platform.runtime.external import check_server
from orbweaver.platform.settings import PlatformSettings

PASSWORD = "s3cret-word"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://orbweaver@localhost/orbweaver",
        "orbweaver",
        f"postgresql://orbweaver:{PASSWORD}@localhost:port/orbweaver",
        f"postgresql://orbweaver:{PASSWORD}%zz@localhost/orbweaver",
    ],
)
def test_what_is_no_address_of_postgresql_is_told_how_to_write_one(url: str) -> None:
    with pytest.raises(ConfigurationError, match="postgresql://user:password@host") as caught:
        check_server(url)
    assert PASSWORD not in str(caught.value)


def test_a_server_that_does_not_answer_is_one_sentence_for_every_command(tmp_path: Path) -> None:
    config = PlatformSettings(
        data_dir=tmp_path, database_url=f"postgresql://orbweaver:{PASSWORD}@127.0.0.1:1/orbweaver"
    )
    with pytest.raises(Unavailable, match=r"cannot be used: .*refused") as caught, database(config):
        pass
    assert PASSWORD not in str(caught.value)


def test_a_database_that_is_missing_is_named(database_url: str) -> None:
    name = urlsplit(database_url).path
    with pytest.raises(Unavailable, match='database "missing" does not exist'):
        check_server(database_url.replace(f"{name}?", "/missing?"))


def test_of_several_servers_one_that_answers_is_enough(database_url: str) -> None:
    check_server(database_url.replace("?host=", "?host=/nowhere,").replace("&port=", "&port=5432,"))
    with pytest.raises(ConfigurationError):
        check_server("postgresql://one.example:5432,two.example:port/orbweaver")


def test_a_server_older_than_the_oldest_supported_is_refused(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_server(database_url)
    monkeypatch.setattr(external, "OLDEST_MAJOR", 99)
    with pytest.raises(ConfigurationError, match=r"the oldest that Orbweaver works with is 99"):
        check_server(database_url)


def test_a_pooler_that_gives_each_client_a_session_of_its_own_is_no_hindrance(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external, "_stands_behind_pooler", lambda _: True)
    check_server(database_url)


def test_a_pooler_that_gives_another_client_the_same_session_is_refused(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external, "_stands_behind_pooler", lambda _: True)
    monkeypatch.setattr(external, "_process", lambda _: 4711)
    with pytest.raises(ConfigurationError, match="pool_mode = session"):
        check_server(database_url)
