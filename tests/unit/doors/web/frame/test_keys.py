"""Every key that a page answers to is in the list that a person can read and change."""

from __future__ import annotations

import re
from pathlib import Path

import orbweaver.doors.web
from orbweaver.doors.web.frame.keys import KEYS

TEMPLATES = Path(orbweaver.doors.web.__path__[0]) / "templates"
FIXED = {"Shift+V", "Control+Enter"}
"""Not one key alone, and so not to be changed; `?` lists them on the pages that have them."""


def test_no_page_has_a_key_that_the_list_does_not_name() -> None:
    written = {
        key
        for path in TEMPLATES.rglob("*.html")
        for key in re.findall(r'aria-keyshortcuts="([^"{]*)"', path.read_text(encoding="utf-8"))
    }
    assert written >= FIXED
    assert written - FIXED <= set(KEYS)
