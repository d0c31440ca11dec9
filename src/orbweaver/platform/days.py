"""Days as people of a language write them. French writes the first of a month otherwise: *1er décembre*."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django.utils import formats, translation

from orbweaver.platform.languages import of


def day_in_words(day: dt.date, pattern: str) -> str:
    """The day by a pattern of Django's without times (``j F Y``), in the language that is spoken now."""
    return _written(dt.date(day.year, day.month, day.day), pattern, translation.get_language() or "")


@lru_cache(maxsize=4096)
def _written(day: dt.date, pattern: str, language: str) -> str:
    """Kept, as a page writes few days many times."""
    first = of(language).first
    if first and day.day == 1:
        pattern = pattern.replace("j", "".join(f"\\{letter}" for letter in first))
    return str(formats.date_format(day, pattern))
