"""What is fixed by law: names that no version of the criteria may drop, add to or rename, and why. Nowhere else.

Everything that is not here is data: a version words it, orders it, moves its bounds, and may add markers of its own.
A name that is here needs a change of the program and of this file, since code decides by it and other schemes, letters
and figures speak of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from orbweaver.assess.criteria.model import AgeClass, Category, Fact

BASELINE = "interpol_baseline"
SELF_GENERATED = "self_generated"

ADULT_FROM = 18
"""R22: anyone under 18 is a child; Convention on the Rights of the Child, article 1."""


@dataclass(frozen=True)
class Fixed:
    """Names in their order. ``open``: a version may add others beside them. ``requirement`` is what fixes them."""

    names: tuple[str, ...]
    requirement: int
    why: str
    open: bool = False


FIXED: dict[str, Fixed] = {
    "questions": Fixed(
        ("is_child", "is_harmed"), 24, "Yes to both means removal; a third question would be a way out of it."
    ),
    "age_classes": Fixed(
        tuple(AgeClass), 27, "Three classes of sexual maturation, youngest first; notices and figures speak of them."
    ),
    "categories": Fixed(
        tuple(Category), 28, "Gravest first; each gives one type of notice, and other schemes are mapped to them."
    ),
    "sub_types": Fixed(("a", "b", "c"), 37, "A notice names one of them to a provider; b is about one page alone."),
    "facts": Fixed(
        tuple(Fact), 32, "Sub-types b and c are bound to them (R32, R33), so that a family's own album gets no notice."
    ),
    "markers": Fixed(
        (SELF_GENERATED, BASELINE),
        10,
        "Always recorded, and nothing is lowered by them: that a child made the picture; what is illegal in every "
        "country that works with INTERPOL's criteria (R30).",
        open=True,
    ),
}

SUB_TYPES_OF: dict[Category, frozenset[str]] = {
    Category.CSAM: frozenset(),
    Category.CSAM_RELATED: frozenset({"a"}),
    Category.OTHER_HARMFUL: frozenset({"b", "c"}),
}
"""R28: which sub-types a category can give. A version says in which order, and what each needs."""

OTHERS: dict[AgeClass, str] = {each: f"others_{each.value}" for each in AgeClass}
"""The fields of the form that count the children beside the youngest, by their age class (R77)."""

TAKEN = frozenset(
    {"is_child", "is_harmed", "category", "age_min", "age_max", "place", "version", "with", *OTHERS.values(), *Fact}
)
"""Names that the form and a kept answer use already: no marker may take one."""
