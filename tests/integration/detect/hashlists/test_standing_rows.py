"""No hash without its entry, no entry without its list and import, whoever writes, in whatever order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any, Final

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry, ListImport
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
NOBODY: Final = 999_999

HASH: Final = "INSERT INTO hashlists_entryhash (kind, value, entry_id) VALUES ('md5', 'x', {})"
ENTRY: Final = """INSERT INTO hashlists_hashlistentry (public_id, key, media_type, supplier_id, member, classification,
    identified, series_name, source, baseline, state, added_at, changed_at, change, hash_list_id, list_import_id)
    SELECT 'other', 'other', media_type, supplier_id, member, classification, identified, series_name, source,
        baseline, state, added_at, changed_at, -1, {}, {} FROM hashlists_hashlistentry"""
LIST_ALONE: Final = """DELETE FROM hashlists_entrycount; UPDATE hashlists_hashlistentry SET list_import_id = NULL;
    DELETE FROM hashlists_listimport"""
"""Nothing but entries belongs to the list afterwards."""

Rows = tuple[HashList, ListImport, HashListEntry]
Session = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def rows(request: pytest.FixtureRequest) -> Rows:
    request.getfixturevalue("transactional_db" if "another" in request.fixturenames else "db")
    known = get_or_create_list("Known", "NCMEC", NOW)
    run = ListImport.objects.create(hash_list=known, file_name="f", started_at=NOW, alive_at=NOW, finished_at=NOW)
    upsert_entries(known, [EntryRow("md5", b"m" * 16, "csam", "unidentified", "", "NCMEC", False)], NOW, run)
    return known, run, HashListEntry.objects.get()


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (HASH.format(NOBODY), "an entry that is not there"),
        (ENTRY.format(NOBODY, "NULL"), "a list or an import that is not there"),
        (ENTRY.format("hash_list_id", NOBODY), "a list or an import that is not there"),
        (f"UPDATE hashlists_entryhash SET entry_id = {NOBODY}", "what they belong to"),
        (f"UPDATE hashlists_hashlistentry SET hash_list_id = {NOBODY}", "what they belong to"),
        (f"UPDATE hashlists_hashlistentry SET list_import_id = {NOBODY}", "an import that is not there"),
        ("UPDATE hashlists_hashlistentry SET id = id + 1", "keep their numbers"),
        ("UPDATE hashlists_listimport SET id = id + 1", "keep their numbers"),
        ("UPDATE hashlists_hashlist SET id = id + 1", "keep their numbers"),
        ("DELETE FROM hashlists_hashlistentry", "rows of hashlists_entryhash belong"),
        ("DELETE FROM hashlists_listimport", "rows of hashlists_hashlistentry belong"),
        (f"{LIST_ALONE}; DELETE FROM hashlists_hashlist", "rows of hashlists_hashlistentry belong"),
        ("TRUNCATE hashlists_hashlistentry CASCADE", "rows of hashlists_entryhash belong"),
        ("TRUNCATE hashlists_hashlist CASCADE", "rows of hashlists_hashlistentry belong"),
    ],
)
def test_no_statement_leaves_a_row_without_what_it_belongs_to(rows: Rows, statement: str, why: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with questions left to ask is not emptied at all
        with pytest.raises(IntegrityError, match=why), transaction.atomic():
            cursor.execute(statement)
    assert EntryHash.objects.get().entry == rows[2]


def test_what_nothing_belongs_to_any_more_can_go_from_below_upwards(rows: Rows) -> None:
    with connection.cursor() as cursor:
        for name in ("entryhash", "hashlistentry", "listimport", "entrycount", "hashlist"):
            cursor.execute(f"DELETE FROM hashlists_{name}")
    assert not HashList.objects.exists()


@pytest.fixture
def another(transactional_db: None) -> Iterator[Callable[[str], Session]]:
    """Another session, in a transaction of the isolation that is named."""
    opened: list[Session] = []

    def begin(isolation: str = "READ COMMITTED") -> Session:
        session: Session = psycopg.connect(**connection.get_connection_params())
        opened.append(session)
        session.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
        session.execute("SET LOCAL lock_timeout = '20s'")
        return session

    yield begin
    for session in opened:
        session.close()


def wait_for(session: Session, answer: Future[Any]) -> None:
    """Until this session waits for a lock, or has its answer without."""
    with closing(connection.copy()) as watching, watching.cursor() as cursor:
        while not answer.done():
            cursor.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [session.info.backend_pid])
            if cursor.fetchone():
                return


def test_whoever_deletes_waits_for_whoever_adds_below_and_is_refused_then(
    rows: Rows, another: Callable[..., Session]
) -> None:
    EntryHash.objects.all().delete()
    adding, deleting = another(), another()
    adding.execute(HASH.format(rows[2].pk))
    with ThreadPoolExecutor(1) as thread:
        refused = thread.submit(deleting.execute, "DELETE FROM hashlists_hashlistentry")
        wait_for(deleting, refused)
        adding.commit()
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            refused.result()
    assert EntryHash.objects.get().entry == rows[2]


def test_whoever_adds_waits_for_whoever_deletes_above_and_is_refused_then(
    rows: Rows, another: Callable[..., Session]
) -> None:
    EntryHash.objects.all().delete()
    adding, deleting = another(), another()
    deleting.execute("DELETE FROM hashlists_hashlistentry")
    with ThreadPoolExecutor(1) as thread:
        refused = thread.submit(adding.execute, HASH.format(rows[2].pk))
        wait_for(adding, refused)
        deleting.commit()
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            refused.result()
    assert not EntryHash.objects.exists()


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "SERIALIZABLE"])
def test_where_what_others_did_would_not_be_seen_nothing_is_added_or_deleted(
    rows: Rows, another: Callable[..., Session], isolation: str
) -> None:
    EntryHash.objects.all().delete()
    for statement in (HASH.format(rows[2].pk), "DELETE FROM hashlists_hashlistentry", ENTRY.format(rows[0].pk, "NULL")):
        session = another(isolation)
        session.execute("SELECT count(*) FROM hashlists_entryhash")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="READ COMMITTED"):
            session.execute(statement)
        with suppress(psycopg.Error):
            session.rollback()
