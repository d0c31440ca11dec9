"""Whoever owns the database changes the log, removes from it or cuts its end off: found, by heads kept outside."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from orbweaver.errors import Unavailable
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.heads import contradictions, head_files, keep_head, note_restored
from orbweaver.people.audit.messages import ACTOR_DIFFERS
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.selectors import first_broken_event
from orbweaver.people.audit.services import FIRST_HASH, event_hash, record, seal_events
from orbweaver.people.audit.verifying import verify

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 27, 3, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _apart(set_config: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "elsewhere").mkdir()
    set_config(data_dir=tmp_path / "data", keys_dir=tmp_path / "keys", audit_heads_dir=tmp_path / "elsewhere")


def write(count: int, subject: str = "subject") -> None:
    for number in range(count):
        record("test.event", subject, details={"number": number}, at=NOW)
    seal_events()


def as_owner(statement: str) -> None:
    """What the owner of the tables can do: nothing holds them, not even the trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")


def chain_anew() -> None:
    """A careful owner: the whole chain computed again over what is left."""
    previous = FIRST_HASH
    for position, event in enumerate(Event.objects.order_by("pk"), start=1):
        event.position = position
        previous = event_hash(previous, event)
        as_owner(f"UPDATE audit_event SET position = -{position}, hash = '\\x{previous.hex()}' WHERE id = {event.pk}")
    as_owner("UPDATE audit_event SET position = -position")


def codes() -> set[str]:
    return {each.code for each in contradictions()}


def test_a_head_is_kept_once_here_and_elsewhere() -> None:
    assert keep_head(NOW) == 0  # nothing happened yet
    write(3)
    assert (keep_head(NOW), keep_head(NOW)) == (1, 0)
    write(2)
    assert keep_head(NOW) == 1
    for path in head_files():
        assert [json.loads(line)["position"] for line in path.read_text().splitlines()] == [3, 5]
        assert path.stat().st_mode & 0o077 == 0
    assert contradictions() == []


@pytest.mark.parametrize(
    ("done", "found"),
    [
        ("DELETE FROM audit_event WHERE position > 3", {"audit.head_lost"}),
        ("DELETE FROM audit_event", {"audit.head_lost"}),
        ("DELETE FROM audit_event WHERE position = 2", {"audit.head_lost", "audit.head_differs"}),
        ("UPDATE audit_event SET kind = 'test.other' WHERE position = 1", {"audit.head_differs"}),
    ],
)
def test_what_an_owner_of_the_database_removes_or_rewrites_is_found_even_if_the_chain_is_made_anew(
    done: str, found: set[str]
) -> None:
    write(3)
    keep_head(NOW)
    write(3)
    keep_head(NOW)
    as_owner(done)
    chain_anew()
    assert first_broken_event() is None  # the chain alone says nothing
    assert codes() == found
    write(4, "another")
    assert keep_head(NOW) == 0  # nothing is signed over it
    assert codes()


def test_a_head_that_was_put_in_or_changed_is_found_and_a_place_that_fails_is_said(tmp_path: Path) -> None:
    write(3)
    keep_head(NOW)
    path = tmp_path / "elsewhere" / "audit-heads.jsonl"
    path.write_text(path.read_text().replace('"position": 3', '"position": 2'))
    assert codes() == {"audit.head_unsigned"}
    path.unlink()
    path.parent.rmdir()
    with pytest.raises(Unavailable):
        keep_head(NOW)


def test_after_a_restore_heads_beyond_its_end_count_no_longer() -> None:
    write(3)
    keep_head(NOW)
    write(3)
    keep_head(NOW)
    as_owner("DELETE FROM audit_event WHERE position > 3")
    assert codes() == {"audit.head_lost"}
    note_restored(NOW)
    assert codes() == set()
    write(1)
    assert keep_head(NOW) == 1
    assert codes() == set()


def test_what_a_restore_took_out_of_the_log_is_said_though_heads_beyond_its_end_count_no_longer() -> None:
    write(3)
    assert "audit.no_heads" in {each.code for each in verify().unread}
    keep_head(NOW)
    write(3)
    keep_head(NOW)
    assert not verify().given_up
    as_owner("DELETE FROM audit_event WHERE position > 3")
    note_restored(NOW)
    result = verify()
    assert not result.found
    [said] = result.given_up
    assert (said.code, "event 3," in str(said), "up to 6 " in str(said)) == ("audit.given_up", True, True)


def test_an_event_that_pages_would_show_as_another_persons_is_found(make_person: Callable[..., User]) -> None:
    ann, bob = make_person("Ann"), make_person("Bob")
    record("item.revealed", "itm_1", actor=ann, at=NOW)
    record("item.revealed", "itm_1", actor=ann, at=NOW)
    seal_events()
    keep_head(NOW)
    assert not verify().found
    as_owner(f"UPDATE audit_event SET actor_id = {bob.pk} WHERE position = 1")
    as_owner("UPDATE audit_event SET actor_id = NULL WHERE position = 2")
    assert [(each.code, each.parameters["position"]) for each in verify().found] == [
        ("audit.actor_differs", 1),
        ("audit.actor_differs", 2),
    ]


def policy_changed_without_person(at: dt.datetime) -> set[str]:
    """What is found where the log holds such an event that names somebody, and stands behind nobody."""
    Event.objects.create(at=at, actor_label="usr_aaaabbbbccccdddd", kind="policy.changed", subject="version 2")
    seal_events()
    return {each.code for each in verify().found}


def test_a_change_of_policy_without_its_person_is_right_before_december_2026_alone() -> None:
    write(1)
    december = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    assert policy_changed_without_person(december - dt.timedelta(hours=1)) == set()
    record("test.event", "subject", at=december + dt.timedelta(days=3))
    assert policy_changed_without_person(december + dt.timedelta(days=3)) == {ACTOR_DIFFERS.code}


def test_a_later_change_of_policy_without_its_person_is_found_though_it_claims_an_earlier_day() -> None:
    record("test.event", "subject", at=dt.datetime(2027, 3, 1, tzinfo=dt.UTC))
    seal_events()
    assert policy_changed_without_person(NOW) == {ACTOR_DIFFERS.code}
