"""Whoever jumps from landmark to landmark of a page hears each name once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import orbweaver.doors.web

TEMPLATES = sorted(Path(str(orbweaver.doors.web.__file__)).with_name("templates").rglob("*.html"))
NAMED = re.compile(r'<(?:section|[a-z]+[^>]* role="region")[^>]* aria-labelledby="([^"]+)"')
"""A landmark that has its name from a heading: a section, or a table that is scrolled."""


def test_no_two_landmarks_of_a_template_have_their_name_from_one_heading() -> None:
    assert len(TEMPLATES) > 100
    twice = {
        path.name: names
        for path in TEMPLATES
        if (names := [name for name, times in Counter(NAMED.findall(path.read_text())).items() if times > 1])
    }
    assert twice == {}, "axe-core: landmark-unique"
