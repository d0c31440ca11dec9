"""Drafts of the criteria, as any government or hotline might write one: valid, and unlike the version in force."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

from hypothesis import strategies as st

from orbweaver.assess.criteria import AGE_CLASSES, Answers, Category, Criteria, Fact, version_text
from orbweaver.assess.criteria.loading import from_data

IN_FORCE: dict[str, Any] = tomllib.loads(version_text("1"))


def edited(**changes: Any) -> dict[str, Any]:
    """The version in force as data, with some of its top-level keys replaced."""
    return {**copy.deepcopy(IN_FORCE), "version": "2-draft", **changes}


def row(data: dict[str, Any], table: str, name: str) -> dict[str, Any]:
    """One row of a table, to be changed in place."""
    found: dict[str, Any] = next(each for each in data[table] if each["name"] == name)
    return found


_extra = st.sets(st.sampled_from(Fact)).map(lambda facts: {fact.value for fact in facts})


@st.composite
def drafts(draw: st.DrawFn) -> Criteria:
    """Any version that keeps the laws: other bounds, other needs, another order of sub-types."""
    data = edited()
    first, second = sorted(draw(st.lists(st.integers(1, 17), min_size=2, max_size=2, unique=True)))
    bounds = [(0, first - 1), (first, second - 1), (second, 17)]
    for band, (low, high) in zip(data["age_classes"], bounds, strict=True):
        band.update(first=low, last=high, text=f"The youngest child appears {band['name']}.")
    b_needs = draw(st.lists(st.tuples(st.sampled_from(["nude", "clothed_variant"]), _extra), min_size=1, max_size=3))
    row(data, "sub_types", "b")["needs"] = [sorted({one, "sexualised_context", *more}) for one, more in b_needs]
    c_needs = draw(st.lists(_extra, min_size=1, max_size=3))
    row(data, "sub_types", "c")["needs"] = [
        sorted({"physical_abuse", *more} - {"sexualised_context"}) for more in c_needs
    ]
    row(data, "sub_types", "a")["needs"] = draw(st.sampled_from([[[]], [["nude"], ["clothed_variant"]]]))
    row(data, "categories", "csam_related")["lacking"] = "Say what the picture shows."
    row(data, "categories", "other_harmful")["sub_types"] = draw(st.sampled_from([["c", "b"], ["b", "c"]]))
    return from_data(data)


@st.composite
def any_answers(draw: st.DrawFn) -> Answers:
    """Anything that an analyst may say, contradictory or not."""
    low, high = draw(st.tuples(st.integers(0, 17), st.integers(0, 17)).map(sorted))
    flags = draw(st.tuples(*[st.booleans()] * 7))
    return Answers(
        is_child=flags[0],
        is_harmed=flags[1],
        category=draw(st.none() | st.sampled_from(Category)),
        age_min=low,
        age_max=high,
        nude=flags[2],
        sexualised_context=flags[3],
        clothed_variant=flags[4],
        physical_abuse=flags[5],
        markers=frozenset({"self_generated"} if flags[6] else ()),
    )


OLDEST = max(last for _, last in AGE_CLASSES.values())
