"""Signs of sale and advertising in the text around sightings, by data/commerce.toml (R72). Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def signs_in(text: str) -> frozenset[str]:
    """The names of the signs that a text shows."""
    wanted = " ".join(text.lower().split())
    return frozenset(name for name, pattern in _signs().items() if pattern.search(wanted))


@cache
def _signs() -> Mapping[str, re.Pattern[str]]:
    written = tomllib.loads((files("orbweaver.follow.conduct") / "data" / "commerce.toml").read_text(encoding="utf-8"))
    return {
        sign["name"]: re.compile(r"(?<!\w)(?:" + "|".join(re.escape(word) for word in sign["words"]) + r")(?!\w)")
        for sign in written["sign"]
    }
