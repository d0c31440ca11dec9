"""Arithmetic of the figures. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping


def share(part: int, whole: int) -> float | None:
    """``part`` for each of ``whole``; None where there is nothing to divide by."""
    return part / whole if whole else None


def month_number(key: str) -> int:
    """Months since the year 0 of a key such as 2026-11, so that months can be subtracted."""
    year, month = key.split("-")
    return int(year) * 12 + int(month) - 1


def per_month(by_month: Mapping[str, int], today: dt.date) -> float | None:
    """The mean over the last twelve calendar months, this one too, or since the first that has any; else None."""
    this = today.year * 12 + today.month - 1
    ages = {this - month_number(key): n for key, n in by_month.items() if n}
    recent = {age: n for age, n in ages.items() if 0 <= age < 12}
    if not ages or max(ages) < 0:
        return None
    return sum(recent.values()) / min(12, max(ages) + 1)
