"""What a row of the tables holds. ``unknown`` is an answer like the others and never read as no."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints, model_validator

from orbweaver.assess.criteria import NoticeType

Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{2}$")]
Kind = Literal["csam", "a", "b", "c"]
"""What national law is asked about: the category ``csam``, or a sub-type of harmful_abusive material."""
MOST_YEARS: Final = 150
"""Of an age that a law may name."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class Answer(StrEnum):
    """What is known."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Country(_Row):
    """A country or territory of ISO 3166-1."""

    code: Code
    name: Text


class Duty(_Row):
    """R38: whether a hosting provider must report such material to an authority. ``as_of`` is None without a row."""

    country: Code
    notice_type: NoticeType
    answer: Answer
    law: str = ""
    note: str = ""
    source: str = ""
    as_of: dt.date | None = None


class DutyNote(_Row):
    """R38 as a notice says it: what a country asks of a hosting provider. ``country`` is "" where it is unknown."""

    country: str
    notice_type: NoticeType
    answer: Answer
    law: str = ""
    note: str = ""
    source: str = ""
    as_of: dt.date | None = None


class DutyRow(_Row):
    """A row of ``duties.toml``; it may speak for several countries under one law."""

    countries: tuple[Code, ...]
    notice_type: NoticeType
    answer: Answer
    law: Text
    note: str = ""
    source: Text
    as_of: dt.date


class Hotline(_Row):
    """R42: a national hotline and the types of notice it takes as a referral; ``name`` may be ``unknown``."""

    country: Code
    name: Text
    csam: Answer = Answer.UNKNOWN
    harmful_abusive: Answer = Answer.UNKNOWN
    source: Text
    as_of: dt.date

    def takes(self, notice_type: NoticeType) -> Answer:
        """Whether it takes notices of this type."""
        return self.csam if notice_type is NoticeType.CSAM else self.harmful_abusive


class NationalLaw(_Row):
    """R67: whether it is an offence to distribute material of this kind. ``as_of`` is None without a row."""

    country: Code
    kind: Kind
    illegal: Answer
    child_under: Annotated[StrictInt, Field(ge=1, le=MOST_YEARS)] | None = None
    law: str = ""
    note: str = ""
    source: str = ""
    as_of: dt.date | None = None


class LawRow(NationalLaw):
    """A row of ``laws.toml``: what is known names the law, its source and a date."""

    law: Text
    source: Text
    as_of: dt.date


class Tables(_Row):
    """All tables, checked against one another."""

    countries: dict[Code, Country]
    duties: tuple[DutyRow, ...]
    hotlines: tuple[Hotline, ...]
    laws: tuple[LawRow, ...]

    @model_validator(mode="after")
    def _fit_together(self) -> Tables:
        keys: list[tuple[str, ...]] = [
            *(("duty", code, row.notice_type) for row in self.duties for code in row.countries),
            *(("hotline", row.country, row.name) for row in self.hotlines),
            *(("law", row.country, row.kind) for row in self.laws),
        ]
        if len(set(keys)) != len(keys):
            raise ValueError("a row stands twice")
        if not {key[1] for key in keys} <= set(self.countries):
            raise ValueError("a row names a country that is not listed")
        return self
