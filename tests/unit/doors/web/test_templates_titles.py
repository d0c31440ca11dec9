"""A page is named so that a person can say it: no heading and no title of a tab is an identifier (small beside it)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import orbweaver.doors.web

TEMPLATES = Path(orbweaver.doors.web.__path__[0]) / "templates"
NAMES = re.compile(r"<h1.*?</h1>|{% block title %}.*?{% endblock %}", re.DOTALL)
IDENTIFIER = re.compile(r"{{[^}]*(?:public_id|_id\b|\.id\b|\.prefix\b|\breference\b)[^}]*}}")


@pytest.mark.sampled(60)
@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_page_has_an_identifier_as_its_name(path: Path) -> None:
    found = [name for name in NAMES.findall(path.read_text(encoding="utf-8")) if IDENTIFIER.search(name)]
    assert found == []
