"""Processes that match one ledger share its files: each is matched once, whoever dies."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from orbweaver.detect.matching import claims
from orbweaver.detect.matching.claims import PART_BYTES, PART_LOCK, Round, claimed, join, totals
from orbweaver.detect.matching.models import LedgerPart

pytestmark = pytest.mark.django_db(transaction=True)
LEDGER = uuid.UUID(int=1)
SIZES = {f"date=2026-11-24/part-{number}.parquet": PART_BYTES for number in range(4)}


def mark(part: LedgerPart, position: int = 10) -> None:
    LedgerPart.objects.filter(pk=part.pk).update(position=position, rows=5, leads=1)


def names(under_way: Round) -> list[str]:
    return sorted(name for files in under_way.parts().values_list("files", flat=True) for name in files)


@pytest.fixture
def other(database_url: str) -> Iterator[psycopg.Connection]:
    """Another process's session."""
    with psycopg.connect(database_url, autocommit=True) as session:
        yield session


def hold(session: psycopg.Connection, part: LedgerPart) -> None:
    session.execute("SELECT pg_advisory_lock(%s, %s)", [PART_LOCK, part.pk])


def test_each_part_is_given_once_and_the_round_ends_when_all_are_matched() -> None:
    under_way = join(LEDGER, SIZES, 10)
    given = []
    for part in claimed(under_way):
        given += part.files
        mark(part)
    assert sorted(given) == sorted(SIZES) == names(under_way)
    assert totals(under_way) == {"files": 4, "rows": 20, "matching": 0, "leads": 4, "without_address": 0}


def test_small_files_are_one_part() -> None:
    small = {f"date=2026-11-24/part-{number}.parquet": PART_BYTES // 10 for number in range(25)}
    parts = [part.files for part in join(LEDGER, small, 10).parts().order_by("pk")]
    assert [len(files) for files in parts] == [10, 10, 5]


def test_who_comes_later_joins_and_takes_what_nobody_holds(other: psycopg.Connection) -> None:
    first = join(LEDGER, SIZES, 10)
    [held, free, *_] = first.parts().order_by("pk")
    hold(other, held)
    second = join(LEDGER, SIZES, 10)
    assert second == first
    assert next(claimed(second)).pk == free.pk


def test_what_a_process_held_that_died_is_taken_up_and_all_wait_for_it(other: psycopg.Connection) -> None:
    under_way = join(LEDGER, {"a": 1}, 10)
    [part] = under_way.parts()
    hold(other, part)
    threading.Timer(3 * claims.LOOK_S, other.close).start()
    for each in claimed(under_way):
        assert each.pk == part.pk
        assert other.closed
        mark(each)


def test_a_part_is_let_go_of_when_its_work_fails(other: psycopg.Connection) -> None:
    under_way = join(LEDGER, {"a": 1}, 10)
    [part] = under_way.parts()
    at_work = claimed(under_way)
    next(at_work)
    at_work.close()
    row = other.execute("SELECT pg_try_advisory_lock(%s, %s)", [PART_LOCK, part.pk]).fetchone()
    assert row == (True,)


def test_who_brings_newer_lists_matches_again_what_was_matched_with_older_ones() -> None:
    first = join(LEDGER, SIZES, 10)
    mark(next(claimed(first)))
    newer = join(LEDGER, SIZES, 11)
    assert newer.number == first.number
    assert (first.waiting().count(), newer.waiting().count()) == (3, 4)


def test_a_round_takes_in_what_came_and_leaves_out_what_went() -> None:
    first = join(LEDGER, SIZES, 10)
    mark(next(claimed(first)))
    put_together = dict(list(SIZES.items())[:2]) | {"date=2026-11-24/part-new.parquet": 7}
    joined = join(LEDGER, put_together, 10)
    assert names(joined) == sorted(put_together)
    assert joined.waiting().count() == 2


def test_a_round_that_is_done_is_followed_by_a_new_one_for_everything() -> None:
    first = join(LEDGER, SIZES, 10)
    for part in claimed(first):
        mark(part)
    second = join(LEDGER, SIZES, 10)
    assert second.number != first.number
    assert (second.waiting().count(), LedgerPart.objects.count()) == (4, 4)


def test_another_machines_ledger_has_a_round_of_its_own() -> None:
    join(LEDGER, SIZES, 10)
    own = join(uuid.UUID(int=2), {"mine": 1}, 10)
    assert names(own) == ["mine"]
    assert LedgerPart.objects.count() == 5
