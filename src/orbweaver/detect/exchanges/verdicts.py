"""What hotlines tell one another of a verdict, as our door gives it and as it came. Pure.

``{"by", "outcome", "category", "notice_type", "sub_type", "age_class", "criteria": {"version", "sha256"},
"decided_at"}``. Each may be missing, and more may be there: what has no meaning here is kept as it came.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

MOST_CHARACTERS: Final = 4_000
"""Of one verdict; ours takes 400."""


@dataclass(frozen=True, slots=True)
class Read:
    """What of a verdict has a meaning here; "" where it does not say. ``criteria`` is the version's number there."""

    by: str
    outcome: str
    category: str
    criteria: str
    decided_at: dt.datetime | None


def read(verdict: Mapping[str, Any]) -> Read:
    """A verdict as it was kept."""
    criteria = verdict.get("criteria")
    version = criteria.get("version") if isinstance(criteria, dict) else criteria
    return Read(
        by=_word(verdict.get("by")),
        outcome=_word(verdict.get("outcome")),
        category=_word(verdict.get("category")),
        criteria=_word(version),
        decided_at=_instant(verdict.get("decided_at")),
    )


def _word(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""


def _instant(value: Any) -> dt.datetime | None:
    with suppress(ValueError, OverflowError):
        found = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(dt.UTC) if found is not None and found.tzinfo is not None else None
    return None


def keepable(verdict: Any) -> dict[str, Any]:
    """A verdict of others as the database can keep it; nothing where it is none, or longer than any is."""
    with suppress(RecursionError, TypeError, ValueError):
        if isinstance(verdict, dict) and len(json.dumps(verdict)) <= MOST_CHARACTERS:
            return {str(_clean(name)): _clean(value) for name, value in verdict.items()}
    return {}


def _clean(value: Any) -> Any:
    """Without the characters and numbers that JSON can write and PostgreSQL cannot keep."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {str(_clean(name)): _clean(each) for name, each in value.items()}
    return value
