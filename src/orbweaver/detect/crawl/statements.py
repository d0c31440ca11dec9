"""Names in SQL. What the frontier keeps as small numbers, and the numbers of its rules, are written by name."""

from __future__ import annotations

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.models import FrontierUrl


def named(statement: str) -> str:
    """``{State.DONE}``, ``{Kind.MEDIA}`` and ``{rules.FIRST_PACE_S}`` become the numbers that stand for them; of
    ``{{other}}`` one brace stays.

    Once, when a module is loaded. They become a part of the statement and no parameters: PostgreSQL takes an index over
    the URLs of one state only where it sees while planning that no other state is asked for.
    """
    return statement.format(State=FrontierUrl.State, Kind=FrontierUrl.Kind, rules=rules)
