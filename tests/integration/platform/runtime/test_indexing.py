"""The database is brought up to date while others read and write: nobody waits for more than a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection, connections
from django.db.migrations import AddIndex
from django.db.migrations.loader import MigrationLoader
from django.db.models import Index, Q

from orbweaver.platform.runtime import indexing, migrate

pytestmark = pytest.mark.django_db(transaction=True)
INDEXED = ("notices", "0011_counted_by_index", "DROP INDEX IF EXISTS notice_open_since, outbox_by_state")
WIDENED = ("recheck", "0004_versions_of_tables", "ALTER TABLE recheck_observation DROP COLUMN IF EXISTS rules_version")
HOLDS = ("evidence", "0006_holds_of_several", "DROP TABLE evidence_hold")
REPLACED = (
    "evidence",
    "0005_kept_until_by_index",
    """
    DROP INDEX IF EXISTS evidence_kept_until;
    CREATE INDEX evidence_evidenceobject_retain_until_1 ON evidence_evidenceobject (retain_until)
    """,
)
ALTERED = (
    "review",
    "0005_read_by_index",
    """
    DROP INDEX IF EXISTS answer_by_analyst, item_by_lease, open_item_by_state, item_by_decision_of_reason;
    CREATE INDEX review_assessment_analyst_id_1 ON review_assessment (analyst_id)
    """,
)
MOMENT_S = 1.5


def undone(app: str, name: str, how: str) -> None:
    """As before this migration."""
    with connection.cursor() as cursor:
        cursor.execute(how)
        cursor.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", [app, name])


@pytest.fixture(autouse=True)
def _all_is_there_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # later ones, which came after those that are undone here, stay applied
    monkeypatch.setattr(MigrationLoader, "check_consistent_history", lambda *_: None)
    yield
    indexing.migrate_all()
    assert migrate.pending_migrations() == 0


class Migrating(threading.Thread):
    """``migrate_all`` beside the test, on a connection of its own."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None

    def run(self) -> None:
        """Keeps what it raises."""
        try:
            indexing.migrate_all()
        except BaseException as error:
            self.error = error
        finally:
            connections.close_all()


def wait_until_somebody_waits(session: psycopg.Connection[tuple[bool]], what: str) -> None:
    """Until a statement that begins so waits for a lock."""
    deadline = time.monotonic() + 30
    question = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
    while not session.execute(question, [f"{what}%"]).fetchall():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def index_is_valid(name: str) -> bool | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
        found = cursor.fetchone()
    return None if found is None else found[0]


def test_who_writes_goes_on_while_an_index_waits_for_whoever_began_before(database_url: str) -> None:
    undone(*INDEXED)
    write = "UPDATE notices_outboxmessage SET state = state"
    with psycopg.connect(database_url) as before, psycopg.connect(database_url, autocommit=True) as others:
        before.execute(write)
        migrating = Migrating()
        migrating.start()
        wait_until_somebody_waits(others, "CREATE INDEX")
        others.execute("SET lock_timeout = '1s'")
        others.execute(write)
        before.commit()
    migrating.join(30)
    assert migrating.error is None
    assert index_is_valid("outbox_by_state")


def test_an_index_that_was_left_half_built_is_built_anew(database_url: str) -> None:
    undone(*INDEXED)
    with psycopg.connect(database_url) as before, psycopg.connect(database_url, autocommit=True) as killed:
        before.execute("UPDATE notices_outboxmessage SET state = state")
        killed.execute("SET statement_timeout = '300ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            killed.execute("CREATE INDEX CONCURRENTLY outbox_by_state ON notices_outboxmessage (state)")
    assert index_is_valid("outbox_by_state") is False
    indexing.migrate_all()
    assert index_is_valid("outbox_by_state")


def test_an_index_that_takes_the_place_of_a_fields_own_is_built_before_that_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    undone(*HOLDS)
    undone(*REPLACED)
    built: list[str] = []  # by migrations, while they hold what they change
    editor = connection.SchemaEditorClass
    execute = editor.execute

    def noting(self: object, sql: object, params: object = ()) -> object:
        built.extend([str(sql)] if str(sql).startswith("CREATE INDEX") else [])
        return execute(self, sql, params)  # type: ignore[arg-type]

    monkeypatch.setattr(editor, "execute", noting)
    indexing.migrate_all()
    assert index_is_valid("evidence_kept_until")
    assert index_is_valid("evidence_evidenceobject_retain_until_1") is None
    assert [each for each in built if "evidence_kept_until" in each] == []


def test_a_foreign_key_of_which_something_else_is_altered_is_not_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    undone(*ALTERED)
    executed: list[str] = []
    editor = connection.SchemaEditorClass
    execute = editor.execute

    def noting(self: object, sql: object, params: object = ()) -> object:
        executed.append(str(sql))
        return execute(self, sql, params)  # type: ignore[arg-type]

    monkeypatch.setattr(editor, "execute", noting)
    indexing.migrate_all()
    assert index_is_valid("review_assessment_analyst_id_1") is None
    assert [each for each in executed if "CONSTRAINT" in each] == []
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "review_assessment").values()
    assert ("accounts_user", "id") in [each["foreign_key"] for each in found if each["columns"] == ["analyst_id"]]


def test_a_migration_that_does_not_get_its_lock_lets_others_pass_and_is_tried_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    undone(*WIDENED)
    monkeypatch.setattr(indexing, "PAUSE_S", 0.3)
    with psycopg.connect(database_url) as reader, psycopg.connect(database_url, autocommit=True) as others:
        reader.execute("SELECT count(*) FROM recheck_observation")
        migrating = Migrating()
        migrating.start()
        wait_until_somebody_waits(others, "ALTER TABLE")
        for _ in range(3):
            began = time.monotonic()
            others.execute("SELECT count(*) FROM recheck_observation")
            assert time.monotonic() - began < MOMENT_S
        reader.commit()
    migrating.join(30)
    assert migrating.error is None
    assert migrate.pending_migrations() == 0


@pytest.mark.parametrize(
    "index",
    [
        Index(fields=["not_there_yet"], name="of_what_is_added"),
        Index(fields=["id"], condition=Q(not_there_yet__isnull=False), name="of_what_is_added"),
    ],
)
def test_an_index_of_a_column_that_the_migration_adds_is_left_to_it(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = MigrationLoader(connection).get_migration(*WIDENED[:2])
    monkeypatch.setattr(migration.__class__, "operations", [AddIndex("observation", index)])
    assert indexing.build_ahead(migration.__class__(WIDENED[1], WIDENED[0])) == set()
    assert index_is_valid("of_what_is_added") is None
