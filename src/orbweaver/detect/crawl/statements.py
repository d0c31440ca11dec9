"""Statements about the frontier: what it keeps as small numbers is written by name, and they read by indexes alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.models import FrontierUrl


def named(statement: str) -> str:
    """``{State.DONE}``, ``{Kind.MEDIA}`` and ``{rules.FIRST_PACE_S}`` become the numbers that stand for them; of
    ``{{other}}`` one brace stays.

    Once, when a module is loaded. They become a part of the statement and no parameters: PostgreSQL takes an index over
    the URLs of one state only where it sees while planning that no other state is asked for.
    """
    return statement.format(State=FrontierUrl.State, Kind=FrontierUrl.Kind, rules=rules)


@contextmanager
def in_the_order_of_an_index() -> Iterator[Any]:
    """A cursor in a transaction, for statements that ask for the first few rows in the order of an index.

    The planner may use no bitmap meanwhile and read no whole table, or it would collect all that waits and sort it
    wherever it believes that little waits: what it believes is minutes old.
    """
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off")
        yield cursor
        cursor.execute("RESET enable_bitmapscan; RESET enable_seqscan")
