"""What the pages of every day ask for is found by an index: none of it reads a table whole that grows for years.

PostgreSQL itself says how many rows each statement read; of tables with thousands, a page needs hundreds.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import pytest
from django.db import connection

from orbweaver.assess.review import team
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.queue import _states
from orbweaver.assess.review.services import take_next
from orbweaver.assess.review.undo import last_answer
from orbweaver.detect.evidence.erasing import expired
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.notify.notices.selectors import evidence_in_use
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.platform import counting

NOW: Final = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
MANY: Final = 6_000
FEW: Final = 500
"""As many rows as one page may need of a table."""

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


def rows_read(page: Callable[[], Any]) -> Counter[str]:
    """Rows that the statements of a page read, by table, and rows that they read to throw away."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.lstrip().startswith(("SELECT", "WITH", "\nWITH")):
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        page()
    read: Counter[str] = Counter()
    with connection.cursor() as cursor:
        for sql, params in asked:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            found = cursor.fetchone()[0]
            (plan,) = json.loads(found) if isinstance(found, str) else found
            _add(plan["Plan"], read)
    return read


def _add(node: dict[str, Any], read: Counter[str]) -> None:
    if "Relation Name" in node and "Index Only" not in node["Node Type"]:
        rows = sum(node.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter"))
        read[node["Relation Name"]] += round(rows * node["Actual Loops"])
    for each in node.get("Plans", []):
        _add(each, read)


def analyse(*tables: str) -> None:
    """Let PostgreSQL know how much is in them, as its own process does in time."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {table}")


@pytest.fixture
def busy(make_person: Callable[..., User], world: Any, monkeypatch: pytest.MonkeyPatch) -> User:
    """An analyst who answered thousands of items, all decided; one waits. Thousands are many here, hundreds a few."""
    monkeypatch.setattr(counting, "ESTIMATED_ABOVE", FEW)
    monkeypatch.setattr(team, "NEWEST", FEW)
    person = make_person("Ann", Role.ANALYST)
    one = world.item("https://images.example/1.png")
    ReviewItem.objects.filter(pk=one.pk).update(created_at=NOW - dt.timedelta(hours=1), cluster="clu_1")
    # decided look-alikes of one that waits, as where the same picture is reported for years
    items = """
        INSERT INTO review_reviewitem (public_id, media_id, reason, state, rank_at, required, criteria_version,
            created_at, decided_at, cluster, version)
        SELECT 'itm_' || n, media_id, 'match', 'decided', rank_at, 2, '1', %s - n * interval '1 minute',
            %s - n * interval '30 seconds', 'clu_1', 1
        FROM review_reviewitem, generate_series(2, %s) AS n WHERE id = %s"""
    answers = """
        INSERT INTO review_assessment (public_id, item_id, analyst_id, answers, outcome, category, notice_type,
            sub_type, age_class, criteria_version, training_completed_on, adjudicates, made_at)
        SELECT 'asm_' || id, id, %s, '{}', 'no_action', '', '', '', '', '1', '2026-01-01', false, decided_at
        FROM review_reviewitem WHERE state = 'decided'"""
    with connection.cursor() as cursor:
        cursor.execute(items, [NOW, NOW, MANY, one.pk])
        cursor.execute(answers, [person.pk])
    analyse("review_reviewitem", "review_assessment")
    return person


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(lambda person: last_answer(person, NOW), id="the answer that may be taken back"),
        pytest.param(lambda person: take_next(person, NOW), id="the next item"),
        pytest.param(lambda person: _states(), id="how many wait"),
        pytest.param(lambda person: team._waiting(NOW - dt.timedelta(days=100)), id="how long items waited"),
    ],
)
@pytest.mark.sampled(1)
def test_the_queue_reads_what_waits_and_not_what_was_decided(busy: User, page: Callable[[User], Any]) -> None:
    read = rows_read(lambda: page(busy))
    assert {table: rows for table, rows in read.items() if rows > 2 * FEW} == {}


def test_what_is_due_to_be_erased_is_asked_about_alone_and_not_all_that_is_kept(db: None) -> None:
    later, due = NOW + dt.timedelta(days=1), NOW - dt.timedelta(days=1)
    EvidenceObject.objects.bulk_create(
        EvidenceObject(
            public_id=f"evo_{number}",
            kind="media",
            size=1,
            mime="image/png",
            file_name=f"{number}",
            created_at=due,
            retain_until=later if number >= 10 else due,
        )
        for number in range(MANY)
    )
    analyse("evidence_evidenceobject")
    read = rows_read(lambda: expired(NOW, evidence_in_use()).count())
    assert expired(NOW, evidence_in_use()).count() == 10
    assert {table: rows for table, rows in read.items() if rows > FEW} == {}
