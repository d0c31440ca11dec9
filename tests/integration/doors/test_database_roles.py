"""What each part's role may do with each table: tried with every table there is, against a decision for each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import AutoField
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.integration.conftest import MakeSighting

from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.asked import HOLD
from orbweaver.detect.matching.models import Match
from orbweaver.doors import fleet
from orbweaver.doors.database_roles import PARTS, grant_rights, rights_differ, role_of
from orbweaver.people.machines import migrations as machines
from orbweaver.platform.runtime.access import administrator_url
from orbweaver.platform.settings import PlatformSettings

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
OWN_ROW = "machines_machine"
"""Of which each machine sees its own row: tests of joining try that."""
TRIED = {
    "SELECT": "SELECT * FROM {table} LIMIT 0",
    "INSERT": "INSERT INTO {table} ({column}) SELECT NULL WHERE false",
    "UPDATE": "UPDATE {table} SET {column} = {column} WHERE false",
    "DELETE": "DELETE FROM {table} WHERE false",
}
SECRETS = ("evidence_objectkey", "accounts_user", "accounts_apikey", "review_verdict", "survivors_request")
LISTS = ("hashlists_hashlist", "hashlists_hashlistentry", "hashlists_entryhash")


@pytest.fixture(scope="module")
def administrator(own_database: str) -> str:
    given = conninfo_to_dict(own_database)
    keys = Path(str(given["passfile"])).parent
    found = administrator_url(PlatformSettings(keys_dir=keys, database_url=None), own_database)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def session(administrator: str, django_db_setup: None, django_db_blocker: object) -> Iterator[psycopg.Connection]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        grant_rights(administrator)
    with psycopg.connect(administrator, autocommit=True) as opened:
        yield opened


def columns() -> dict[str, str]:
    """Every table with the first of its columns that the database does not number."""
    found = {
        model._meta.db_table: next(
            str(field.column) for field in model._meta.concrete_fields if not isinstance(field, AutoField)
        )
        for model in apps.get_models(include_auto_created=True)
    }
    with connection.cursor() as cursor:
        others = set(connection.introspection.table_names(cursor)) - found.keys()
    return found | dict.fromkeys(others, "id")


def allowed(session: psycopg.Connection, role: str, table: str, column: str) -> frozenset[str]:
    """What the role could do of all that it tried."""
    did = set()
    for kind, text in TRIED.items():
        statement = sql.SQL(text).format(table=sql.Identifier("public", table), column=sql.Identifier(column))
        try:
            with session.transaction():
                session.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
                session.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            continue
        except psycopg.Error:
            pass  # allowed, and refused for what it says
        did.add(kind)
    return frozenset(did)


@pytest.mark.parametrize("part", PARTS)
def test_a_role_may_do_with_each_table_what_was_decided_and_nothing_else(
    session: psycopg.Connection, part: str
) -> None:
    tables = {table: column for table, column in columns().items() if table != OWN_ROW}
    wrong = {}
    for table, column in tables.items():
        found = allowed(session, role_of(part), table, column)
        if found != (decided := PARTS[part].of(table)):  # a new table without a decision is a KeyError
            wrong[table] = (sorted(found), sorted(decided))
    assert not wrong
    assert {name for names, _ in PARTS[part].decisions() for name in names} == tables.keys()


@pytest.mark.parametrize("part", PARTS)
def test_a_machine_sees_and_changes_of_reports_and_evidence_only_what_a_crawl_needs(
    session: psycopg.Connection, part: str
) -> None:
    for statement, is_allowed in {
        "SELECT id, public_id, url_key, source, state, withdrawn_at FROM intake_report": True,
        "SELECT contact FROM intake_report": False,
        "SELECT comment FROM intake_report": False,
        "UPDATE intake_report SET state = 'fetched', state_reason = ''": True,
        "UPDATE intake_report SET withdrawn_at = now()": False,
        "UPDATE intake_askedhash SET paused_at = now()": True,
        "UPDATE intake_askedhash SET goes_on = true": False,
        "UPDATE evidence_evidenceobject SET retain_until = now()": True,
        "UPDATE evidence_evidenceobject SET erased_at = now()": False,
    }.items():
        found = True
        try:
            with session.transaction(force_rollback=True):
                session.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_of(part))))
                session.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            found = False
        assert found == is_allowed, statement


@pytest.mark.parametrize("part", PARTS)
def test_a_machine_has_evidence_kept_for_longer_and_never_erased_sooner(session: psycopg.Connection, part: str) -> None:
    stored = (
        "INSERT INTO evidence_evidenceobject (public_id, kind, size, mime, file_name, authority, created_at,"
        " retain_until, held_because, erased_because) VALUES ('evd_x', 'media', 1, '', 'x', '', now(), now(), '', '')"
    )
    with session.transaction(force_rollback=True):
        session.execute(stored)
        session.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_of(part))))
        session.execute("UPDATE evidence_evidenceobject SET retain_until = now() + interval '1 day'")
        with pytest.raises(psycopg.errors.RaiseException, match="bring forward"):
            session.execute("UPDATE evidence_evidenceobject SET retain_until = now()")


def test_rights_of_another_version_are_seen(session: psycopg.Connection) -> None:
    role = sql.Identifier(role_of("crawl"))
    assert not rights_differ()
    for one, back in (
        ("GRANT SELECT ON accounts_user TO {}", "REVOKE SELECT ON accounts_user FROM {}"),
        ("GRANT SELECT (email) ON accounts_user TO {}", "REVOKE SELECT (email) ON accounts_user FROM {}"),
        ("REVOKE SELECT ON terms_term FROM {}", "GRANT SELECT ON terms_term TO {}"),
    ):
        session.execute(sql.SQL(one).format(role))
        assert rights_differ(), one
        session.execute(sql.SQL(back).format(role))
    assert not rights_differ()


@pytest.fixture
def role_of_before(session: psycopg.Connection, administrator: str) -> Iterator[sql.Identifier]:
    """It lacks a table that came with this version, and has a right that only the one before gave."""
    role = sql.Identifier(role_of("crawl"))
    session.execute(sql.SQL("REVOKE SELECT ON rule_tables_tableversion FROM {}").format(role))
    session.execute(sql.SQL("GRANT SELECT ON transparency_built TO {}").format(role))
    yield role
    grant_rights(administrator)


def may(session: psycopg.Connection, what: str) -> bool:
    """Whether crawlers may read this table."""
    found = session.execute("SELECT has_table_privilege(%s, %s, 'SELECT')", [role_of("crawl"), what]).fetchone()
    return bool(found and found[0])


@pytest.mark.usefixtures("role_of_before")
def test_whoever_migrates_gives_machines_the_new_tables_and_takes_nothing_that_the_version_before_uses(
    session: psycopg.Connection, administrator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "_known_administrator", lambda: None)
    assert not fleet.give_new_rights()
    assert not may(session, "rule_tables_tableversion")
    monkeypatch.setattr(fleet, "_known_administrator", lambda: administrator)
    assert fleet.give_new_rights()
    assert may(session, "rule_tables_tableversion")
    assert may(session, "transparency_built")


@pytest.mark.usefixtures("role_of_before")
def test_the_worker_takes_what_the_version_before_had_but_none_of_a_version_before_the_tables_does(
    session: psycopg.Connection, administrator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "_known_administrator", lambda: administrator)
    monkeypatch.setattr(fleet, "_of_this_version", set())
    recorder = MigrationRecorder(connection)
    recorder.record_applied("crawl", "9999_of_a_later_version")
    try:
        fleet.keep_machines(NOW)
        assert not may(session, "rule_tables_tableversion")
    finally:
        recorder.record_unapplied("crawl", "9999_of_a_later_version")
    fleet.keep_machines(NOW)
    assert may(session, "rule_tables_tableversion")
    assert not may(session, "transparency_built")


@pytest.mark.parametrize("part", PARTS)
def test_a_machine_says_of_a_report_only_what_becomes_of_one_that_waits_to_be_fetched(
    session: psycopg.Connection, part: str
) -> None:
    states = Report.State.values
    did = set()
    for before in states:
        url = f"https://{before}.example/"
        Report.objects.create(url=url, url_key=before.encode(), source="partner", state=before, created_at=NOW)
        for after in states:
            with session.transaction(force_rollback=True):
                session.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_of(part))))
                try:
                    session.execute(
                        "UPDATE intake_report SET state = %s, state_reason = 'x' WHERE url_key = %s",
                        [after, before.encode()],
                    )
                except psycopg.errors.RaiseException:
                    continue
                did.add((before, after))
    assert did == {("received", "received"), ("received", "fetched"), ("received", "unreachable")}
    assert session.execute("UPDATE intake_report SET state = 'received'").rowcount == len(states), "the hotline itself"


@pytest.mark.parametrize("part", PARTS)
def test_a_machine_adds_only_what_a_crawl_brings_about_in_nobodys_name_and_not_ahead_of_time(
    session: psycopg.Connection, part: str
) -> None:
    add = "INSERT INTO audit_event (at, actor_id, actor_label, kind, subject, details) VALUES ({}, '', '{{}}')"
    for values, is_allowed in {
        "now(), NULL, 'system', 'evidence.captured'": True,
        "now(), NULL, 'system', 'person.added'": False,
        "now(), NULL, 'usr_of_an_administrator', 'evidence.captured'": False,
        "now(), 1, 'system', 'evidence.captured'": False,
        "'2999-01-01', NULL, 'system', 'evidence.captured'": False,
    }.items():
        found = True
        try:
            with session.transaction(force_rollback=True):
                session.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_of(part))))
                session.execute(add.format(values))
        except psycopg.errors.RaiseException:
            found = False
        assert found == is_allowed, values
    with session.transaction(force_rollback=True):
        session.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_of(part))))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("SELECT audit_seal('{}', '{}', '{}')")


@pytest.mark.parametrize("part", PARTS)
def test_a_machine_makes_no_figure_of_its_own_nor_by_the_function_that_counts_its_matches(
    session: psycopg.Connection, part: str
) -> None:
    for attack in (
        "INSERT INTO transparency_delta (figure, ref, key, n) VALUES ('verified', 0, '', 1000)",
        "CREATE TEMP TABLE own (id bigint, sighting_id bigint, found_at timestamptz);"
        " CREATE TRIGGER own AFTER INSERT ON own REFERENCING NEW TABLE AS fresh"
        " FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_matches()",
    ):
        with session.transaction(force_rollback=True):
            session.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_of(part))))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(attack)


@pytest.mark.parametrize("part", PARTS)
def test_what_a_machine_matches_is_counted_whatever_tables_it_made_for_itself(
    session: psycopg.Connection, part: str, make_sighting: MakeSighting
) -> None:
    match = Match.objects.filter(sighting=make_sighting()).values().first()
    assert match is not None
    columns = [name for name in match if name != "id"]
    kept = sql.SQL(", ").join(map(sql.Identifier, columns))
    [before] = session.execute(SUSPECTED).fetchone() or (0,)
    with session.transaction(force_rollback=True):
        session.execute("CREATE TEMP TABLE kept AS SELECT * FROM matching_match; DELETE FROM matching_match")
        session.execute(sql.SQL("GRANT SELECT ON kept TO {}").format(sql.Identifier(role_of(part))))
        session.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_of(part))))
        session.execute("CREATE TEMP TABLE transparency_delta (figure text, ref bigint, key text, n bigint)")
        session.execute(sql.SQL("INSERT INTO public.matching_match ({0}) SELECT {0} FROM kept").format(kept))
        session.execute("RESET ROLE")
        assert session.execute("SELECT count(*) FROM pg_temp.transparency_delta").fetchone() == (0,)
        assert session.execute(SUSPECTED).fetchone() == (before,), "so many fewer, and as many more again"


SUSPECTED = "SELECT coalesce(sum(n), 0)::bigint FROM public.transparency_delta WHERE figure = 'suspected'"

NUMBERED = """
SELECT relname, privilege FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid,
    (VALUES ('INSERT'), ('UPDATE')) AS asked (privilege)
WHERE relnamespace = 'public'::regnamespace AND attidentity <> ''
AND has_column_privilege(%s, pg_class.oid, attnum, privilege)"""


@pytest.mark.parametrize("part", PARTS)
def test_no_machine_chooses_the_number_of_a_row_so_that_the_next_one_could_not_be_added(
    session: psycopg.Connection, part: str
) -> None:
    found = session.execute(NUMBERED, [role_of(part)]).fetchall()
    assert set(found) == {("held_tally", "INSERT"), ("held_tally", "UPDATE")}, "of which there is one row"


TIMES = ('"infinity"', '"-infinity"', '"290000-01-01"', '"4000-01-01 BC"')
NO_NUMBERS = ('"NaN"', '"Infinity"', '"-Infinity"')
POISON = {
    "timestamp with time zone": TIMES,
    "date": TIMES,
    "double precision": NO_NUMBERS,
    "real": NO_NUMBERS,
    "numeric": NO_NUMBERS,
    "double precision[]": [f"[{each}]" for each in NO_NUMBERS],
    "jsonb": ["5", '"x"', "[]", '{"n": 1e5000}', '{"d":' * 200 + "{}" + "}" * 200],
}
"""Type of a column → JSON of what no program of ours reads, or stumbles over as soon as it does."""
NO_IDENTIFIERS = ('""', '"/"', '"led_../../x"')
WRITABLE = """
SELECT relname, attname, format_type(atttypid, NULL) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
AND (has_column_privilege(%(role)s, pg_class.oid, attnum, 'INSERT')
    OR has_column_privilege(%(role)s, pg_class.oid, attnum, 'UPDATE'))"""


def is_taken(session: psycopg.Connection, table: str, column: str, value: str) -> bool:
    """Whether the table's own checks let a row have this value."""
    checks = session.execute(
        "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass",
        [table],
    ).fetchall()
    row = sql.SQL("jsonb_populate_record(NULL::{}, %s::jsonb)").format(sql.Identifier("public", table))
    text = sql.SQL("SELECT {} IS NOT FALSE FROM {} AS given")
    return all(
        session.execute(text.format(sql.SQL(check), row), [f'{{"{column}": {value}}}']).fetchone() == (True,)
        for (check,) in checks
    )


@pytest.mark.parametrize("part", PARTS)
def test_no_machine_writes_what_those_who_read_it_stumble_over(session: psycopg.Connection, part: str) -> None:
    columns = session.execute(WRITABLE, {"role": role_of(part)}).fetchall()
    assert {kind for _, _, kind in columns} >= {"timestamp with time zone", "double precision", "jsonb"}
    let_in = [
        f"{table}.{column}: {value[:20]}"
        for table, column, kind in columns
        for value in (*POISON.get(kind, ()), *(NO_IDENTIFIERS if column == "public_id" else ()))
        if is_taken(session, table, column, value)
    ]
    assert not let_in, "give these columns a bound, as people/machines/migrations/within_bounds.sql does"


OLD_CHECKS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE conname LIKE '%\\_within\\_bounds' AND conrelid IN ('crawl_lead'::regclass, 'crawl_site'::regclass)"""
SPOILED = """
INSERT INTO crawl_site (host, port, kind, walled_garden, switched_off, robots_authority, robots_text, robots_delay_s,
    next_fetch_at, waiting, pace_s, created_at)
VALUES ('spoiled.example', 443, 'unknown', false, false, '', '', 3, 'infinity', true, 'NaN', '2026-01-01Z');
INSERT INTO crawl_lead (public_id, url, source, note, authority, revisit_before, fruitless_pages, created_at)
VALUES ('', 'https://spoiled.example/', 'list', '', '5', '290000-01-01', 7, '-infinity')"""


def test_what_a_machine_wrote_before_that_was_bounded_is_put_right(session: psycopg.Connection) -> None:
    put_right = Path(machines.__file__).with_name("rows_within_bounds.sql").read_text(encoding="utf-8")
    with session.transaction(force_rollback=True):
        checks = session.execute(OLD_CHECKS).fetchall()
        for table, name, _ in checks:
            session.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        session.execute(SPOILED)
        session.execute("SET CONSTRAINTS ALL IMMEDIATE")  # tables with anything deferred are not altered
        for table, name, check in checks:
            session.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {check} NOT VALID")
        session.execute(put_right.encode())
        site = session.execute(
            "SELECT next_fetch_at BETWEEN now() AND clock_timestamp(), pace_s, robots_delay_s,"
            " created_at = '2026-01-01Z' FROM crawl_site WHERE host = 'spoiled.example'"
        ).fetchone()
        lead = session.execute(
            "SELECT public_id ~ '^[a-z]{3}_', authority, fruitless_pages, created_at > '2026-01-01' FROM crawl_lead"
        ).fetchall()
    assert len(checks) == 5
    assert site == (True, 0, 3, True)
    assert lead == [(True, {}, 7, True)]


def test_a_crawler_holds_what_a_survivor_asks_for_while_it_notes_it(session: psycopg.Connection) -> None:
    with session.transaction(force_rollback=True):
        session.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_of("crawl"))))
        session.execute(HOLD.encode(), [[1]])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("DELETE FROM intake_askedhash")


@pytest.mark.parametrize("part", PARTS)
def test_no_machine_sees_keys_accounts_or_verdicts_nor_changes_lists(session: psycopg.Connection, part: str) -> None:
    for table in SECRETS:
        assert "SELECT" not in allowed(session, role_of(part), table, columns()[table]), table
    for table in LISTS:
        assert allowed(session, role_of(part), table, columns()[table]) == {"SELECT"}, table
