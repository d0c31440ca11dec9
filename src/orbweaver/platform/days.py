"""Days as people of a language write them. French writes the first of a month otherwise: *1er décembre*."""

from __future__ import annotations

import datetime as dt

from django.utils import formats, translation

from orbweaver.platform.languages import of


def day_in_words(day: dt.date, pattern: str) -> str:
    """The day by a pattern of Django's (``j F Y``), in the language that is spoken now."""
    first = of(translation.get_language() or "").first
    if first and day.day == 1:
        pattern = pattern.replace("j", "".join(f"\\{letter}" for letter in first))
    return str(formats.date_format(day, pattern))
