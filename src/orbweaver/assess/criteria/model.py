"""What the removal criteria consist of: the words of the field, and the shape of a file in ``versions/``.

::

    Criteria
     ├─ standard_of_proof, reference_definition      said, not computed
     ├─ questions (2) ── removal                     yes to both
     ├─ age_classes (3) ── straddling                the youngest child governs
     ├─ facts ── categories (3) ── sub_types (a b c) what each needs
     └─ markers, reminders, principles               for people

Each part carries the numbers of the principles (requirements) that it rests on.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
"""Words for people; never empty."""


class Category(StrEnum):
    """R28: what the picture is."""

    CSAM = "csam"
    CSAM_RELATED = "csam_related"
    OTHER_HARMFUL = "other_harmful"


class NoticeType(StrEnum):
    """R37: what a provider is told."""

    CSAM = "csam"
    HARMFUL_ABUSIVE = "harmful_abusive"


class AgeClass(StrEnum):
    """R27: sexual maturation as seen. The criteria say which years each spans."""

    PREPUBESCENT = "prepubescent"
    PUBESCENT = "pubescent"
    POST_PUBESCENT = "post_pubescent"


class Outcome(StrEnum):
    """What follows."""

    REMOVE = "remove"
    NO_ACTION = "no_action"


class Fact(StrEnum):
    """What an analyst can say besides the two questions, and a sub-type can need."""

    NUDE = "nude"
    SEXUALISED_CONTEXT = "sexualised_context"
    CLOTHED_VARIANT = "clothed_variant"
    PHYSICAL_ABUSE = "physical_abuse"


class Part(BaseModel):
    """Any part of the criteria: unknown keys are refused, so that a slip of the pen never passes in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Principle(Part):
    """A principle by the number of its requirement."""

    number: StrictInt
    text: Text


class WordedPart(Part):
    """A sentence with the principles that it rests on."""

    text: Text
    principles: tuple[StrictInt, ...] = Field(min_length=1)


class Standard(WordedPart):
    """R23: there is one standard of proof, so no draft can ask for more."""

    name: Literal["more likely than not"]
    doubt: Text


class Reference(WordedPart):
    """The criminal definition that tells ``csam`` from ``csam_related`` (R28)."""

    name: Text


class Question(WordedPart):
    """One of the two questions (R24); ``no`` is the reason given when it is answered no."""

    name: Literal["is_child", "is_harmed"]
    no: Text


class AgeBand(WordedPart):
    """An age class with its first and last year, both inclusive."""

    name: AgeClass
    first: StrictInt
    last: StrictInt


class FactText(WordedPart):
    """A fact as it is put to an analyst."""

    name: Fact


class CategoryRule(WordedPart):
    """A category, the notice it gives, and its sub-types, gravest first; ``lacking`` is said when none fits."""

    name: Category
    notice_type: NoticeType
    sub_types: tuple[Literal["a", "b", "c"], ...]
    lacking: str = ""


class SubType(WordedPart):
    """A sub-type of ``harmful_abusive``. ``needs``: alternatives, each a set of facts that must all be there."""

    name: Literal["a", "b", "c"]
    needs: tuple[frozenset[Fact], ...] = Field(min_length=1)
    verdict_on: Literal["medium", "sighting"]


class Marker(WordedPart):
    """What is recorded and decides nothing. ``title``: its name in words; without it, the program has words for it."""

    name: Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: Text | None = None


class Reminder(WordedPart):
    """What the form says beside a step (R31)."""

    about: Literal["is_child", "is_harmed", "age", "category", "sub_type"]


class Criteria(Part):
    """One version of the removal criteria. ``loading.load`` makes one and holds it to the laws."""

    version: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9A-Za-z][0-9A-Za-z.\-]{0,19}$")]
    title: Text
    language: Text
    source: Text
    standard_of_proof: Standard
    reference_definition: Reference
    questions: tuple[Question, ...]
    removal: WordedPart
    age_classes: tuple[AgeBand, ...]
    straddling: WordedPart
    facts: tuple[FactText, ...]
    categories: tuple[CategoryRule, ...]
    sub_types: tuple[SubType, ...]
    markers: tuple[Marker, ...]
    reminders: tuple[Reminder, ...]
    principles: tuple[Principle, ...]

    def category(self, name: Category) -> CategoryRule:
        """What these criteria ask before something is of this category."""
        return next(each for each in self.categories if each.name is name)

    def sub_type(self, name: str) -> SubType:
        """The rule of a sub-type."""
        return next(each for each in self.sub_types if each.name == name)

    def age_class(self, name: AgeClass) -> AgeBand:
        """The ages, from the least to the greatest, that these criteria put in this class."""
        return next(each for each in self.age_classes if each.name is name)

    def reminders_about(self, step: str) -> tuple[str, ...]:
        """What the form says beside ``is_child``, ``is_harmed``, ``age``, ``category`` or ``sub_type`` (R31)."""
        return tuple(each.text for each in self.reminders if each.about == step)
