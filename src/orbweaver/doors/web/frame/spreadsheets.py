"""Values that a spreadsheet opens and does not run."""

from __future__ import annotations


def harmless(value: object) -> object:
    """A value for CSV. Names come from outside: one that begins like a formula gets an apostrophe before it."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value
