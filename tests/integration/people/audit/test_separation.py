"""The audit log of another role: the application adds to it, and whatever else it says is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db.utils import ConnectionHandler
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from orbweaver.people.audit import separation
from orbweaver.people.audit.separation import OWNER, is_separate, lent_back, separate
from orbweaver.platform.runtime.access import administrator_url
from orbweaver.platform.runtime.migrate import STRUCTURE
from orbweaver.platform.settings import PlatformSettings

NAME = "separate"
ADD = (
    "INSERT INTO audit_event (at, actor_label, kind, subject, details, position, hash)"
    " VALUES (now(), 'test', 'test.event', 'subject', '{}', NULL, NULL) RETURNING id"
)


class Installed:
    """A database as the application uses it, and as its administrator does."""

    def __init__(self, server: str) -> None:
        given = conninfo_to_dict(server)
        self.url = make_conninfo(server, dbname=NAME)
        config = PlatformSettings(keys_dir=Path(str(given["passfile"])).parent, database_url=None)
        found = administrator_url(config, self.url)
        assert found is not None
        self.administrator = found

    def say(self, *statements: str, administrator: bool = False) -> list[tuple[object, ...]]:
        with psycopg.connect(self.administrator if administrator else self.url) as session:
            for statement in statements:
                answer = session.execute(statement)
            return answer.fetchall() if answer.description else []


@pytest.fixture(scope="module")
def made(database_server: str) -> Iterator[Installed]:
    with psycopg.connect(database_server, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {NAME}")
        one = Installed(database_server)
        one.say(STRUCTURE.read_text(encoding="utf-8"))
        yield one
    with psycopg.connect(one.administrator, dbname="postgres", autocommit=True) as session:
        session.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
        session.execute(f"DROP ROLE {OWNER}")


@pytest.fixture
def one(made: Installed, monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Installed]:
    """Its log is given away, and the room's own connection is to it."""
    given = conninfo_to_dict(made.url)
    handler = ConnectionHandler(
        {
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": NAME,
                "USER": given["user"],
                "HOST": given["host"],
                "PORT": str(given["port"]),
                "OPTIONS": {"passfile": given["passfile"]},
            }
        }
    )
    monkeypatch.setattr(separation, "connection", handler["default"])
    separate(made.administrator)
    yield made
    handler.close_all()


@pytest.fixture
def creator(one: Installed) -> Iterator[str]:
    """The address as an administrator that is no superuser: it made both roles, and has neither."""
    address = make_conninfo(one.administrator, user="no_superuser", password="x")
    application = conninfo_to_dict(one.url)["user"]
    has = "TO no_superuser WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"
    make = "CREATE ROLE no_superuser LOGIN CREATEROLE PASSWORD 'x'"
    one.say(make, f"GRANT {OWNER} {has}", f"GRANT {application} {has}", administrator=True)
    yield address
    one.say("DROP OWNED BY no_superuser CASCADE", "DROP ROLE no_superuser", administrator=True)


def test_an_administrator_that_is_no_superuser_gives_it_away_too(one: Installed, creator: str) -> None:
    with lent_back(creator):
        assert not is_separate()
    assert is_separate()


def test_it_is_given_away_lent_back_for_a_migration_and_given_away_again(one: Installed) -> None:
    assert is_separate()
    separate(one.administrator)  # may be said again
    with lent_back(one.administrator):
        assert not is_separate()
        one.say("ALTER TABLE audit_event ADD COLUMN later int", "ALTER TABLE audit_event DROP COLUMN later")
    assert is_separate()
    with lent_back(None):
        assert is_separate()


def test_the_application_adds_events_and_has_them_sealed(one: Installed) -> None:
    [(number,)] = one.say(ADD)
    one.say(f"SELECT audit_seal(ARRAY[{number}], ARRAY[1], ARRAY[decode('00', 'hex')])")
    assert one.say("SELECT position FROM audit_event") == [(1,)]
    with pytest.raises(psycopg.DatabaseError, match="append-only"):
        one.say(f"SELECT audit_seal(ARRAY[{number}], ARRAY[2], ARRAY[decode('01', 'hex')])")
    with pytest.raises(psycopg.DatabaseError, match="append-only"):
        one.say(ADD.replace("NULL, NULL", "7, '\\x00'"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET kind = 'other'",
        "UPDATE audit_event SET position = 9 WHERE position IS NULL",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "DROP TABLE audit_event",
        "ALTER TABLE audit_event DISABLE TRIGGER USER",
        "ALTER TABLE audit_event OWNER TO orbweaver",
        "ALTER TABLE audit_event RENAME TO another",
        "CREATE RULE nothing AS ON INSERT TO audit_event DO INSTEAD NOTHING",
        "CREATE TRIGGER another BEFORE INSERT ON audit_event EXECUTE FUNCTION audit_refuse_change()",
        "DROP FUNCTION audit_seal(bigint[], bigint[], bytea[])",
        "ALTER FUNCTION audit_refuse_change() RENAME TO another",
        "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "DROP SCHEMA public CASCADE",
        "ALTER SCHEMA public RENAME TO another",
        f"SET ROLE {OWNER}",
        f"GRANT {OWNER} TO orbweaver",
        "SET session_replication_role = replica",
    ],
)
def test_whatever_else_the_application_says_is_refused(one: Installed, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        one.say(statement)


def test_a_temporary_table_of_the_same_name_does_not_run_as_the_owner(one: Installed) -> None:
    one.say(ADD)
    one.say(
        "CREATE TEMPORARY TABLE audit_event (LIKE public.audit_event)",
        "CREATE FUNCTION pg_temp.theirs() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN DELETE FROM public.audit_event; RETURN NEW; END$$",
        "CREATE TRIGGER theirs BEFORE UPDATE ON audit_event FOR EACH ROW EXECUTE FUNCTION pg_temp.theirs()",
        "INSERT INTO audit_event SELECT * FROM public.audit_event",
        "SELECT audit_seal(array_agg(id), array_agg(id), array_agg('\\x00'::bytea)) FROM audit_event WHERE id < 0",
    )
    assert one.say("SELECT count(*) > 0 FROM audit_event") == [(True,)]


def test_who_it_belongs_to_cannot_sign_in(one: Installed) -> None:
    asked = f"SELECT rolcanlogin, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = '{OWNER}'"
    assert one.say(asked) == [(False, False, False)]
