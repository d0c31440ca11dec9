"""Heads out of reach: stamps of time, copies elsewhere, a mail. What is done to them, or to the log, is found."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from tests.stamp_authority import Authority, Manner, openssl_agrees

from orbweaver.errors import InvalidInput
from orbweaver.people.audit import anchors
from orbweaver.people.audit.anchors import anchor_head, folder
from orbweaver.people.audit.checks import audit_checks
from orbweaver.people.audit.handed import heads_of_file
from orbweaver.people.audit.heads import head_files, keep_head, latest_head, note_restored, signed_line
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.proofs import check_proof, prove_event, prove_head
from orbweaver.people.audit.services import FIRST_HASH, event_hash, record, seal_events
from orbweaver.people.audit.verifying import verify, verify_if_due
from orbweaver.platform.backup.storage import FolderStorage
from orbweaver.platform.stamps.checking import read_roots

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 27, 3, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("stamps") / "authority")
    with made.served():
        yield made


@pytest.fixture(autouse=True)
def _apart(
    set_config: Callable[..., None], tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    (tmp_path / "data").mkdir()
    set_config(
        data_dir=tmp_path / "data",
        keys_dir=tmp_path / "keys",
        audit_heads_bucket="s3://elsewhere/heads",
        stamp_authorities=f"{authority.url},http://127.0.0.2:1/",
        stamp_roots=authority.roots,
        network_allow="127.0.0.1:*,127.0.0.2:*",
    )
    # Buckets themselves are held to by the tests of backups.
    monkeypatch.setattr(anchors, "storage_at", lambda _: FolderStorage(tmp_path / "bucket"))
    yield
    authority.manner = Manner.HONEST


def write(count: int, subject: str = "subject") -> None:
    for number in range(count):
        record("test.event", subject, details={"number": number}, at=NOW)
    seal_events()


def hour(count: int, hours: int) -> int:
    write(count)
    keep_head(NOW + dt.timedelta(hours=hours))
    return anchor_head()


def as_owner(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")


def chain_anew() -> None:
    previous = FIRST_HASH
    for position, event in enumerate(Event.objects.order_by("pk"), start=1):
        event.position = position
        previous = event_hash(previous, event)
        as_owner(f"UPDATE audit_event SET position = -{position}, hash = '\\x{previous.hex()}' WHERE id = {event.pk}")
    as_owner("UPDATE audit_event SET position = -position")


def codes() -> set[str]:
    return {each.code for each in verify().found}


def test_a_head_is_stamped_and_copied_once_and_openssl_agrees(authority: Authority, tmp_path: Path) -> None:
    assert hour(3, 0) == 6  # statement, line and stamp, here and in the bucket; the other authority is not there
    assert anchor_head() == 0
    [statement] = folder().glob("*.head")
    [stamp] = folder().glob("*.tsr")
    assert statement.read_text().startswith("orbweaver audit head\nposition 3\n")
    assert openssl_agrees(stamp, statement, authority.roots)
    in_bucket = tmp_path / "bucket" / "audit-anchors"
    assert {path.name for path in in_bucket.iterdir()} == {path.name for path in folder().iterdir()}
    result = verify()
    assert (result.sealed, result.heads, result.stamps, result.found) == (3, 1, 2, ())
    assert [check.level.value for check in audit_checks()] == ["ok", "warn", "ok", "ok", "warn"]  # no owner apart here


def test_an_authority_that_is_away_stops_nothing_and_the_next_head_is_stamped(authority: Authority) -> None:
    authority.manner = Manner.OTHER_NONCE
    assert hour(1, 0) == 4
    authority.manner = Manner.HONEST
    assert hour(1, 1) == 6
    assert verify().found == ()


def test_who_rewrites_log_and_heads_with_every_key_of_this_machine_is_found_by_what_lies_elsewhere() -> None:
    hour(3, 0)
    hour(3, 1)
    as_owner("UPDATE audit_event SET kind = 'test.other' WHERE position = 2")
    chain_anew()
    for path in (*head_files(), *folder().iterdir()):
        path.unlink()
    assert codes() == {"audit.head_differs"}  # the bucket's
    keep_head(NOW)  # signed by the machine's own key: another past
    anchor_head()
    assert codes() == {"audit.head_differs"}
    assert audit_checks()[0].level.value == "fail"


def test_a_tree_that_was_kept_wrong_and_a_stamp_that_was_swapped_are_found(tmp_path: Path) -> None:
    hour(3, 0)
    first = next(folder().glob("*.tsr")).read_bytes()
    hour(2, 1)
    newest = max(folder().glob("*.tsr"))
    newest.write_bytes(first)
    assert codes() == {"audit.anchor_refused"}
    newest.unlink()
    min(folder().glob("*.json")).unlink()
    assert codes() == {"audit.anchor_lost"}
    kept = tmp_path / "data" / "audit-tree.json"
    kept.write_text(kept.read_text().replace('"peaks": ["', '"peaks": ["00', 1).replace('"]', '", "00"]', 1))
    hour(1, 2)  # what cannot be a tree is not gone on from
    assert codes() == {"audit.anchor_lost"}


def test_a_head_that_somebody_else_kept_counts(tmp_path: Path) -> None:
    hour(3, 0)
    hour(3, 1)
    head = latest_head()
    assert head is not None
    kept, nothing = tmp_path / "kept.json", tmp_path / "nothing.eml"
    kept.write_text(signed_line(head))
    nothing.write_text("From: a@example.com\n\nHello\n")
    with pytest.raises(InvalidInput):
        heads_of_file(nothing)
    as_owner("DELETE FROM audit_event WHERE position > 3")
    for path in (*head_files(), *folder().iterdir(), *(tmp_path / "bucket" / "audit-anchors").iterdir()):
        path.unlink()
    assert codes() == set()
    assert {each.code for each in verify(heads_of_file(kept)).found} == {"audit.head_lost"}
    note_restored(NOW + dt.timedelta(days=1))
    assert verify(heads_of_file(kept)).found == ()


def test_proofs_are_checked_without_the_database(authority: Authority, tmp_path: Path) -> None:
    hour(3, 0)
    hour(4, 1)
    roots = read_roots(authority.roots)
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(prove_event(2)))
    shown = check_proof(file, roots)
    assert (shown.head.position, shown.event[0], shown.event[-1]) == (7, 2, {"number": 1})
    assert len(shown.stamped) == 1
    file.write_text(file.read_text().replace('number\\":1', 'number\\":9'))
    with pytest.raises(InvalidInput, match="path does not lead"):
        check_proof(file, roots)
    proof = prove_head(3)
    file.write_text(json.dumps(proof))
    assert (check_proof(file, roots).earlier or shown.head).position == 3
    file.write_text(json.dumps(proof | {"head": proof["head"] | {"tree": proof["earlier"]["tree"]}}))
    with pytest.raises(InvalidInput, match="not signed"):
        check_proof(file, roots)
    file.write_text(json.dumps(proof | {"earlier": None}))
    with pytest.raises(InvalidInput):
        check_proof(file, roots)
    for wrong in (8, 0):
        with pytest.raises(InvalidInput):
            prove_event(wrong)
    with pytest.raises(InvalidInput):
        prove_head(4)


def test_it_is_verified_by_itself_once_a_day() -> None:
    assert (verify_if_due(), verify_if_due()) == (1, 0)
