"""SQL that counts as ``figures`` says: the same for triggers, for tallies, and for counts as of an earlier moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from orbweaver.account_for.transparency.counted import Distinct, Figure
from orbweaver.account_for.transparency.figures import ADDRESS, ADDRESS_FROM

FOR_EVER: Final = "'infinity'::timestamptz"

ADD: Final = """
INSERT INTO transparency_tally (figure, ref, key, n)
SELECT figure, ref, key, sum(n) FROM ({counted}) AS s GROUP BY 1, 2, 3 HAVING sum(n) <> 0
ON CONFLICT (figure, ref, key) DO UPDATE SET n = transparency_tally.n + excluded.n
"""
"""Moves the tallies by what was counted."""


def counted(rows: str, figures: Iterable[Figure], *, sign: str = "", at: str = "") -> str:
    """Figure, provider, key and number of all that these rows (a table, or a query in brackets) count as.

    With ``at`` only what counted by then; with ``sign`` "-" as so many fewer.
    """
    entries = "\n    UNION ALL ".join(_entry(each, at) for each in figures)
    return (
        f"SELECT c.figure, c.ref, c.key, {sign}count(*) AS n\n"
        f"FROM {rows} r CROSS JOIN LATERAL (\n    {entries}\n) c GROUP BY 1, 2, 3"
    )


def _entry(figure: Figure, at: str) -> str:
    """What a row counts as in one figure. Selects and no VALUES, which PostgreSQL would set up anew for each row."""
    provider = "0::bigint" if figure.provider == "0" else f"coalesce({figure.provider}, 0)::bigint"
    key = f"concat_ws('|', {', '.join(figure.by)})" if figure.by else "''::text"
    where = condition(figure, at)
    return f"SELECT '{figure.name}'::text AS figure, {provider} AS ref, {key} AS key\n        WHERE {where}"


def condition(figure: Figure | Distinct, at: str = "") -> str:
    """When a row ``r`` counts."""
    since = [f"r.{figure.since} {f'<= {at}' if at else 'IS NOT NULL'}"] if figure.since else []
    return " AND ".join([*since, *figure.where]) or "true"


def distinct(figure: Distinct, *, at: str = "", which: str = "true") -> str:
    """The different things that rows speak of."""
    return f"SELECT DISTINCT r.{figure.of} FROM {figure.rows.table} r WHERE {condition(figure, at)} AND {which}"


def addresses(*, which: str = "true", at: str = FOR_EVER) -> str:
    """What each notified address is, of those for whose rows ``u`` of notices ``which`` holds."""
    columns = ", ".join(f"{expression} AS {name}" for name, expression in ADDRESS.items())
    return f"SELECT {columns}{ADDRESS_FROM.format(which=which, at=at)}"
