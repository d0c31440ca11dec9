"""Columns of rows as literals of PostgreSQL arrays, for ``unnest``.

psycopg looks at each value of a list with a regular expression, in Python: for the crawler's batches that took as long
as the statements themselves.
"""

from __future__ import annotations

from collections.abc import Sequence


def numbers(values: Sequence[int | float | None]) -> str:
    """An array of numbers or truth values; None is NULL."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def texts(values: Sequence[str | None]) -> str:
    """An array of texts (bytes go as their hexadecimal digits); None is NULL."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(value: str) -> str:
    if value.isalnum():
        return f'"{value}"'
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
