"""Signs of sale and advertising in the text around sightings, by the table ``commerce`` (R72). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from orbweaver.platform.rule_tables import Body, RuleTable

Word = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, to_lower=True, min_length=2)]


class _Sign(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z_]{0,19}$")]
    words: tuple[Word, ...] = Field(min_length=1)


class _Signs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sign: tuple[_Sign, ...]


def _read(body: Body) -> Mapping[str, re.Pattern[str]]:
    return {
        sign.name: re.compile(r"(?<!\w)(?:" + "|".join(re.escape(word) for word in sign.words) + r")(?!\w)")
        for sign in _Signs.model_validate(body).sign
    }


COMMERCE: Final = RuleTable("commerce", "follow/conduct/data/commerce.toml", _read, keys={"sign": ("name",)})


def signs_in(text: str) -> frozenset[str]:
    """The names of the signs that a text shows."""
    wanted = " ".join(text.lower().split())
    return frozenset(name for name, pattern in COMMERCE.in_force().items() if pattern.search(wanted))
