from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from orbweaver.people.audit.models import Event
from orbweaver.people.audit.selectors import count_since, first_broken_event
from orbweaver.people.audit.services import record, seal_events

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def events(count: int) -> list[Event]:
    made = [record("test.event", f"itm_{number}", details={"n": number}, at=NOW) for number in range(count)]
    seal_events()
    return made


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET kind = 'other'",
        "UPDATE audit_event SET details = '{}'",
        "UPDATE audit_event SET hash = NULL, position = NULL",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
    ],
)
def test_the_database_refuses_to_change_events(statement: str) -> None:
    events(2)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_what_is_dated_ahead_of_time_is_not_counted() -> None:
    for days in (-1, 0, 1):
        record("test.event", "itm_1", at=NOW + dt.timedelta(days=days))
    assert count_since("test.event", "itm_1", NOW - dt.timedelta(hours=1), NOW) == 1


def test_the_chain_holds_and_sealing_again_does_nothing() -> None:
    events(5)
    assert seal_events() == 0
    assert first_broken_event() is None
    assert list(Event.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("forgery", ["UPDATE audit_event SET kind = 'x'", "DELETE FROM audit_event"])
def test_whoever_gets_round_the_trigger_breaks_the_chain(forgery: str) -> None:
    events(5)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute(forgery + " WHERE position = 3")
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    broken = first_broken_event()
    assert broken is not None
    assert broken.position in (3, 4)


def test_an_event_stands_or_falls_with_its_transaction() -> None:
    with transaction.atomic():
        record("test.event", "itm_x", at=NOW)
        transaction.set_rollback(True)
    assert not Event.objects.exists()
