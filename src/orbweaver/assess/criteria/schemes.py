"""From our words to those of other schemes and back, by the tables in ``mappings/``; each row says what is lost.

=============  ==========================================================================================
``exact``      the same is meant: read and written again it comes back, in all that the scheme speaks of
``lossy``      a code is given, and something is lost or stretched; the note says what
``none``       there is no word for it: no code is given and none is guessed
=============  ==========================================================================================

Nothing here decides anything: what another scheme says of an item is never a verdict.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, model_validator

from orbweaver.assess.criteria.errors import UnknownScheme
from orbweaver.assess.criteria.loading import current
from orbweaver.assess.criteria.messages import UNKNOWN_SCHEME
from orbweaver.assess.criteria.model import AgeClass, Category, Text
from orbweaver.assess.criteria.rules import age_class_of, on_one_place

STRADDLES = "The estimated ages leave this band; the youngest governs."
UNKNOWN_CODE = "The table has no such code. Nothing is assumed."
NEVER_SHARED = "A verdict on a sighting (R32): nothing is passed on about the picture."


class Fidelity(StrEnum):
    """How well two schemes say the same."""

    EXACT = "exact"
    LOSSY = "lossy"
    NONE = "none"


class Act(StrEnum):
    """What a supplier says is shown. The criteria do not ask for it; other schemes grade by it.

    ``penetrative`` holds acts with an animal and sadism too, as IWF's A does; ``sexual_act`` is one whose kind is not
    known; ``exhibition`` is nudity or posing without an act.
    """

    PENETRATIVE = "penetrative"
    NON_PENETRATIVE = "non_penetrative"
    SEXUAL_ACT = "sexual_act"
    EXHIBITION = "exhibition"


@dataclass(frozen=True)
class Description:
    """What is known of an item in our words; what is None is not known.

    ``age_min`` and ``age_max`` are years of the youngest child; where they are known they give the class, and
    ``age_class`` need not be set. ``no_action`` says that a verdict found nothing to remove. ``sub_type`` is "a", "b",
    "c" or empty.
    """

    category: Category | None = None
    age_min: int | None = None
    age_max: int | None = None
    age_class: AgeClass | None = None
    act: Act | None = None
    baseline: bool = False
    no_action: bool = False
    sub_type: str = ""

    @property
    def youngest(self) -> AgeClass | None:
        """The class of the youngest child by the criteria in force. Raises InvalidInput for an age outside 0-17."""
        return self.age_class if self.age_min is None else age_class_of(self.age_min)

    @property
    def oldest(self) -> AgeClass | None:
        """The class in which the estimate ends."""
        return self.youngest if self.age_max is None else age_class_of(min(self.age_max, 17))


@dataclass(frozen=True)
class Written:
    """What another scheme calls it; ``code`` is None exactly when ``fidelity`` is ``none``."""

    code: str | None
    fidelity: Fidelity
    note: str
    source: str


@dataclass(frozen=True)
class Read:
    """What another scheme's code means here; ``description`` is None exactly when ``fidelity`` is ``none``."""

    description: Description | None
    fidelity: Fidelity
    note: str
    source: str


Years = Annotated[tuple[StrictInt, StrictInt], "first and last year, inclusive"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Means(_Part):
    category: Category | None = None
    age: Years | None = None
    age_class: AgeClass | None = None
    act: Act | None = None
    baseline: StrictBool = False


class _When(_Part):
    category: tuple[Category | Literal["no_action"], ...] | None = None
    age: Years | None = None
    age_class: tuple[AgeClass | Literal["unknown"], ...] | None = None
    act: tuple[Act, ...] | None = None
    baseline: StrictBool | None = None

    def meets(self, what: Description) -> bool:
        """Whether a description fulfils every condition that is set."""
        category = "no_action" if what.no_action else what.category
        return (
            (self.category is None or category in self.category)
            and (self.age is None or (what.age_min is not None and self.age[0] <= what.age_min <= self.age[1]))
            and (self.age_class is None or (what.youngest or "unknown") in self.age_class)
            and (self.act is None or what.act in self.act)
            and (self.baseline is None or what.baseline is self.baseline)
        )

    def left_by(self, what: Description) -> bool:
        """Whether the estimated ages reach out of the band or class that this row is about."""
        if self.age is not None:
            return what.age_max is not None and what.age_max > self.age[1]
        return self.age_class is not None and what.oldest is not what.youngest


class _Row(_Part):
    fidelity: Fidelity
    source: str
    note: str = ""

    @model_validator(mode="after")
    def _says_what_is_lost(self) -> _Row:
        if self.fidelity is not Fidelity.EXACT and not self.note:
            raise ValueError("a row that is not exact says in its note what is lost")
        return self


class _ReadRow(_Row):
    code: Text
    means: _Means | None = None


class _WriteRow(_Row):
    when: _When = _When()
    code: Text | None = None


class Table(_Part):
    """One file of ``mappings/``: the names it goes by, and rows in both directions, the first that fits."""

    names: tuple[Text, ...]
    title: Text
    says: tuple[Literal["category", "age_class", "act", "baseline"], ...]
    as_of: dt.date
    sources: dict[str, Text]
    read: tuple[_ReadRow, ...] = ()
    write: tuple[_WriteRow, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> Table:
        if self.write[-1].when != _When():
            raise ValueError("the last row to write has no condition, so that every item has an answer")
        given = [(each.fidelity, each.means is None) for each in self.read]
        given += [(each.fidelity, each.code is None) for each in self.write]
        if any((fidelity is Fidelity.NONE) != empty for fidelity, empty in given):
            raise ValueError("a row gives nothing exactly when it is marked none")
        if {each.source for each in (*self.read, *self.write)} != set(self.sources):
            raise ValueError("each row names a source of this table, and each source is used")
        return self


@cache
def tables() -> dict[str, Table]:
    """All tables by the name of the scheme."""
    folder = resources.files("orbweaver.assess.criteria").joinpath("mappings")
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    read = [Table.model_validate(tomllib.loads(each.read_text(encoding="utf-8"))) for each in files]
    return {name: table for table in read for name in table.names}


def _table(scheme: str) -> Table:
    try:
        return tables()[scheme]
    except KeyError:
        raise UnknownScheme(UNKNOWN_SCHEME.of(known=", ".join(sorted(tables())))) from None


def to_scheme(scheme: str, what: Description) -> Written:
    """What the scheme calls an item; never anything for a verdict on a sighting. Raises UnknownScheme."""
    table = _table(scheme)
    if on_one_place(what.sub_type):
        return Written(None, Fidelity.NONE, NEVER_SHARED, current().source)
    row = next(each for each in table.write if each.when.meets(what))
    source = table.sources[row.source]
    if row.fidelity is Fidelity.EXACT and row.when.left_by(what):
        return Written(row.code, Fidelity.LOSSY, STRADDLES, source)
    note = f"{row.note} {STRADDLES}" if row.fidelity is Fidelity.LOSSY and row.when.left_by(what) else row.note
    return Written(row.code, row.fidelity, note, source)


def from_scheme(scheme: str, code: str) -> Read:
    """What a code of the scheme means in our words; nothing for a code that the table lacks. Raises UnknownScheme."""
    table = _table(scheme)
    row = next((each for each in table.read if each.code == code), None)
    if row is None:
        return Read(None, Fidelity.NONE, UNKNOWN_CODE, "")
    if row.means is None:
        return Read(None, row.fidelity, row.note, table.sources[row.source])
    low, high = row.means.age or (None, None)
    described = Description(
        category=row.means.category,
        age_min=low,
        age_max=high,
        age_class=row.means.age_class,
        act=row.means.act,
        baseline=row.means.baseline,
    )
    return Read(described, row.fidelity, row.note, table.sources[row.source])
