from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orbweaver.assess.criteria import AGE_CLASSES, AgeClass, Category
from orbweaver.assess.criteria.errors import UnknownScheme
from orbweaver.assess.criteria.schemes import Act, Description, Fidelity, Table, from_scheme, tables, to_scheme
from orbweaver.notify.notices.rules import xarf_classification

SCHEMES = sorted(tables())
CODES = [(name, row.code) for name in SCHEMES for row in tables()[name].read]
AGES = [(low, high) for low in range(18) for high in range(low, 18)]


def parts(what: Description) -> dict[str, object]:
    return {"category": what.category, "age_class": what.youngest, "act": what.act, "baseline": what.baseline}


@st.composite
def descriptions(draw: st.DrawFn) -> Description:
    low, high = draw(st.sampled_from([*AGES, (None, None)]))
    category = draw(st.none() | st.sampled_from(Category))
    return Description(
        category=category,
        age_min=low,
        age_max=high,
        age_class=draw(st.none() | st.sampled_from(AgeClass)) if low is None else None,
        act=draw(st.none() | st.sampled_from(Act)),
        baseline=draw(st.booleans()),
        no_action=category is None and draw(st.booleans()),
    )


def test_the_schemes_of_the_field_are_there() -> None:
    wanted = {"ncmec", "iwf-severity", "iwf-ages", "iccam", "iccam-ages", "inhope", "inhope-ages"}
    assert wanted | {"vics-us", "vics-uk", "vics-ca", "vics-au", "vics-default"} == set(SCHEMES)


@given(descriptions(), st.sampled_from(SCHEMES))
def test_every_item_has_an_answer_that_says_how_good_it_is_and_whence(what: Description, scheme: str) -> None:
    written = to_scheme(scheme, what)
    assert (written.code is None) == (written.fidelity is Fidelity.NONE)
    assert written.source
    assert written.note or written.fidelity is Fidelity.EXACT


@given(descriptions(), st.sampled_from(SCHEMES))
def test_what_is_written_exactly_is_read_back_as_it_was(what: Description, scheme: str) -> None:
    written = to_scheme(scheme, what)
    if written.fidelity is Fidelity.EXACT:
        assert written.code is not None
        read = from_scheme(scheme, written.code)
        assert read.fidelity is Fidelity.EXACT
        assert read.description is not None
        for part in tables()[scheme].says:
            assert parts(read.description)[part] == parts(what)[part]


@pytest.mark.parametrize(("scheme", "code"), CODES)
def test_a_code_that_is_read_is_written_as_the_same_code(scheme: str, code: str) -> None:
    read = from_scheme(scheme, code)
    assert (read.description is None) == (read.fidelity is Fidelity.NONE)
    assert read.source
    if read.description is not None:
        written = to_scheme(scheme, read.description)
        assert written.code == code
        assert (written.fidelity is Fidelity.EXACT) == (read.fidelity is Fidelity.EXACT)


@given(descriptions())
def test_post_pubescent_victims_are_never_labelled_b1_or_b2(what: Description) -> None:
    written = to_scheme("ncmec", what)
    if what.youngest is AgeClass.POST_PUBESCENT:
        assert written.code is None
    if written.code in {"B1", "B2"}:
        assert what.youngest is AgeClass.PUBESCENT
    if written.code is not None:
        assert what.category is Category.CSAM


@pytest.mark.parametrize("age_class", AgeClass)
@pytest.mark.parametrize(("act", "digit"), [(Act.SEXUAL_ACT, "1"), (Act.EXHIBITION, "2"), (None, "")])
def test_notices_in_xarf_say_the_same_as_the_table(age_class: AgeClass, act: Act | None, digit: str) -> None:
    written = to_scheme("ncmec", Description(Category.CSAM, age_class=age_class, act=act))
    assert written.code == xarf_classification(baseline=False, age_class=age_class, act=digit)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("category", [Category.CSAM_RELATED, Category.OTHER_HARMFUL])
def test_harmful_material_is_never_passed_on_as_criminal_nor_as_nothing(scheme: str, category: Category) -> None:
    written = to_scheme(scheme, Description(category, 5, 6, act=Act.EXHIBITION, baseline=True))
    if "category" in tables()[scheme].says:
        assert (scheme, written.code) in {(scheme, None), ("vics-us", "2")}


@given(descriptions(), st.sampled_from(SCHEMES))
def test_nothing_of_sub_type_b_is_passed_on_in_any_scheme(what: Description, scheme: str) -> None:
    of_b = dataclasses.replace(what, category=Category.OTHER_HARMFUL, no_action=False, sub_type="b")
    assert to_scheme(scheme, of_b).code is None
    assert to_scheme(scheme, of_b).fidelity is Fidelity.NONE
    of_c = dataclasses.replace(of_b, sub_type="c")
    assert to_scheme(scheme, of_c) == to_scheme(scheme, dataclasses.replace(of_b, sub_type=""))


def test_doubt_about_the_act_never_becomes_a_grade() -> None:
    assert to_scheme("iwf-severity", Description(Category.CSAM, 5, 6)).fidelity is Fidelity.NONE
    assert to_scheme("iwf-severity", Description(Category.CSAM, 5, 6, act=Act.SEXUAL_ACT)).code is None


@pytest.mark.parametrize("scheme", ["iwf-ages", "inhope-ages", "iccam-ages"])
def test_bands_of_ages_are_exact_only_where_they_nest_in_one_class(scheme: str) -> None:
    for row in tables()[scheme].read:
        if row.means is None or row.means.age is None:
            continue
        low, high = row.means.age
        nests = any(first <= low and high <= last for first, last in AGE_CLASSES.values())
        assert nests or row.fidelity is Fidelity.LOSSY


@pytest.mark.parametrize("scheme", ["iwf-ages", "inhope-ages", "iccam-ages"])
def test_bands_of_ages_follow_one_another_without_gap_or_overlap(scheme: str) -> None:
    years = [row.means.age for row in tables()[scheme].read if row.means and row.means.age]
    assert years[0][0] == 0
    assert years[-1][1] == 17
    assert all(older[0] == younger[1] + 1 for younger, older in itertools.pairwise(years))


@pytest.mark.sampled(40)
@pytest.mark.parametrize(("low", "high"), AGES)
def test_the_youngest_gives_the_band_and_a_range_that_leaves_it_is_lossy(low: int, high: int) -> None:
    written = to_scheme("iwf-ages", Description(Category.CSAM, low, high))
    assert written.code is not None
    first, last = map(int, written.code.split("-"))
    assert first <= low <= last
    if high > last:
        assert written.fidelity is Fidelity.LOSSY
        assert "the youngest governs" in written.note


def test_regions_of_vics_whose_numbers_are_not_known_give_nothing() -> None:
    for scheme in ("vics-uk", "vics-ca", "vics-au", "vics-default"):
        assert to_scheme(scheme, Description(Category.CSAM, 5, 6)).code is None
        assert from_scheme(scheme, "1").description is None


def test_an_unknown_code_means_nothing_and_an_unknown_scheme_is_refused() -> None:
    assert from_scheme("ncmec", "C1").fidelity is Fidelity.NONE
    with pytest.raises(UnknownScheme, match="Known: iccam"):
        from_scheme("nobody", "1")
    with pytest.raises(UnknownScheme):
        to_scheme("nobody", Description())


ROW = {"fidelity": "exact", "source": "s", "code": "x"}
NONE = {"fidelity": "none", "source": "s", "note": "nothing"}
WHOLE = {"names": ["n"], "title": "t", "says": ["category"], "as_of": "2026-11-25", "sources": {"s": "S"}}


@pytest.mark.parametrize(
    ("write", "message"),
    [
        ([{**ROW, "when": {"category": ["csam"]}}], "last row to write has no condition"),
        ([{**ROW, "fidelity": "lossy"}], "says in its note what is lost"),
        ([{**NONE, "code": "x"}], "gives nothing exactly when it is marked none"),
        ([{**ROW, "source": "other"}], "names a source of this table"),
    ],
)
def test_a_table_that_hides_something_cannot_be_used(write: list[dict[str, object]], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Table.model_validate({**WHOLE, "write": write})
