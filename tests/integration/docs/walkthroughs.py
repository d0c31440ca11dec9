"""The files that a page of the documentation shows whole: their path in the repository on a line, then their text."""

from __future__ import annotations

import re
from pathlib import Path

TOP = Path(__file__).parents[3]
FILE = re.compile(r"^`([\w./-]+\.\w+)`:\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files_in(page: str, heading: str) -> dict[str, str]:
    """Path → text of the files shown in one section (its heading without the signs before it)."""
    text = (TOP / page).read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return dict(FILE.findall(section))
