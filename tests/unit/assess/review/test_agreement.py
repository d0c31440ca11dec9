"""Against the examples that Krippendorff published with the formulas, and by properties that hold for any answers."""

from __future__ import annotations

import math
import random
from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.assess.review.agreement import (
    Agreement,
    Rating,
    against_others,
    agreement,
    agreement_by_analyst,
    agreement_of,
    kinds_of,
    pairs_of,
)


def table(**rows: str) -> list[Rating]:
    """One row of values an analyst, a column an item; a dot is a missing answer."""
    return [
        Rating(item, analyst, value)
        for analyst, row in rows.items()
        for item, value in enumerate(row.split())
        if value != "."
    ]


# K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), examples A, B and C.
BINARY = table(jon="0 1 0 0 0 0 0 0 1 0", han="1 1 1 0 0 1 0 0 0 0")
TWO_OBSERVERS = table(ben="a a b b d c c c e d d a", gerry="b a b b b c c c e d d d")
FOUR_OBSERVERS = table(
    a="1 2 3 3 2 1 4 1 2 . . .",
    b="1 2 3 3 2 2 4 1 2 5 . 3",
    c=". 3 3 3 2 3 4 2 2 5 1 .",
    d="1 2 3 3 2 4 4 1 2 5 1 .",
)
# The example of the encyclopedia article "Krippendorff's alpha": three coders, fifteen units, twelve with two answers.
THREE_CODERS = table(
    a=". . . . . 3 4 1 2 1 1 3 3 . 3",
    b="1 . 2 1 3 3 4 3 . . . . . . .",
    c=". . 2 1 3 4 4 . 2 1 1 3 3 . 4",
)


@pytest.mark.parametrize(
    ("ratings", "alpha", "items", "answers"),
    [
        (BINARY, 0.095, 10, 20),
        (TWO_OBSERVERS, 0.692, 12, 24),
        (FOUR_OBSERVERS, 0.743, 11, 40),
        (THREE_CODERS, 0.691, 12, 26),
    ],
)
def test_it_gives_the_published_values(ratings: list[Rating], alpha: float, items: int, answers: int) -> None:
    found = agreement(ratings)
    assert found.alpha == pytest.approx(alpha, abs=0.0005)
    assert (found.items, found.answers) == (items, answers)


def test_a_value_is_compared_with_all_others() -> None:
    kinds = kinds_of(TWO_OBSERVERS)
    found = {value: agreement_of(against_others(kinds, value)) for value in "abcde"}
    assert found["c"].alpha == found["e"].alpha == 1.0
    assert found["a"].alpha is not None
    assert found["a"].alpha < 0.5


def test_an_analyst_who_differs_stands_out() -> None:
    ratings = table(one="x y x y x y x y", two="x y x y x y x y", odd="x y x y y x y x")
    found = agreement_by_analyst(ratings)
    values = {analyst: each.alpha for analyst, each in found.items()}
    assert values["one"] == values["two"]
    assert values["one"] is not None
    assert values["odd"] is not None
    assert values["odd"] < values["one"]
    assert found["odd"].answers == 8


@pytest.mark.parametrize(
    ("ratings", "items"),
    [([], 0), (table(a="x y z"), 0), (table(a="x . z", b=". y ."), 0), (table(a="x x", b="x x"), 2)],
)
def test_where_nothing_can_be_compared_there_is_no_figure(ratings: list[Rating], items: int) -> None:
    found = agreement(ratings)
    assert found.alpha is None
    assert found.items == items


def test_an_analyst_who_answers_an_item_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="once"):
        agreement([Rating(1, "a", "x"), Rating(1, "a", "y")])


@st.composite
def answers(draw: st.DrawFn) -> list[Rating]:
    pairs = draw(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 4)), unique=True, max_size=30))
    return [Rating(item, analyst, draw(st.sampled_from("xyz"))) for item, analyst in pairs]


def close(one: Agreement, other: Agreement) -> bool:
    if one.alpha is None or other.alpha is None:
        return one.alpha is other.alpha
    return math.isclose(one.alpha, other.alpha, abs_tol=1e-12)


@given(answers(), st.randoms(use_true_random=False))
def test_neither_order_nor_names_matter(ratings: list[Rating], chance: random.Random) -> None:
    shuffled = chance.sample(ratings, len(ratings))
    renamed = [Rating(f"item {each.item}", f"analyst {each.analyst}", ("value", each.value)) for each in shuffled]
    assert close(agreement(ratings), agreement(renamed))


@given(answers())
def test_it_is_at_most_one_and_one_means_that_all_agree(ratings: list[Rating]) -> None:
    found = agreement(ratings)
    if found.alpha is None:
        return
    assert found.alpha <= 1 + 1e-12
    by_item: dict[Hashable, set[Hashable]] = {}
    for each in ratings:
        by_item.setdefault(each.item, set()).add(each.value)
    assert math.isclose(found.alpha, 1) == all(len(values) == 1 for values in by_item.values())


@given(answers())
def test_answers_that_nobody_else_gave_change_nothing(ratings: list[Rating]) -> None:
    assert close(agreement(ratings), agreement([*ratings, Rating("alone", "somebody", "x")]))


@given(answers())
def test_all_together_is_the_mean_over_analysts_weighted_by_their_answers(ratings: list[Rating]) -> None:
    overall = agreement(ratings)
    each = agreement_by_analyst(ratings)
    assert sum(one.answers for one in each.values()) == overall.answers
    if overall.alpha is not None:
        mean = sum((one.alpha or 0.0) * one.answers for one in each.values()) / overall.answers
        assert math.isclose(mean, overall.alpha, abs_tol=1e-9)


@given(answers())
def test_of_two_values_both_have_the_alpha_of_all(ratings: list[Rating]) -> None:
    two = [Rating(each.item, each.analyst, each.value == "x") for each in ratings]
    for value in {each.value for each in two}:
        assert close(agreement_of(against_others(kinds_of(two), value)), agreement(two))


@given(st.integers(0, 2**32))
def test_answers_by_chance_give_about_zero(seed: int) -> None:
    chance = random.Random(seed)
    ratings = [Rating(item, analyst, chance.choice("xyz")) for item in range(400) for analyst in range(3)]
    found = agreement(ratings)
    assert found.alpha is not None
    assert abs(found.alpha) < 0.15


@given(
    st.lists(st.lists(st.sampled_from([None, "a", "b", "c"]), min_size=3, max_size=3), min_size=2, max_size=12).filter(
        lambda rows: any(sum(value is not None for value in row) > 1 for row in rows)
    )
)
def test_it_agrees_with_the_library_of_others(rows: list[list[str | None]]) -> None:
    """``krippendorff`` has no alpha by analyst and no interval, so ours stays; what both know, both say alike."""
    import krippendorff

    ratings = [Rating(i, a, value) for i, row in enumerate(rows) for a, value in enumerate(row) if value is not None]
    ours = agreement(ratings).alpha
    if ours is None:  # not defined: the library divides by zero or refuses
        return
    table = [["abc".index(row[a]) if row[a] is not None else math.nan for row in rows] for a in range(3)]  # type: ignore[arg-type]  # not None there
    assert ours == pytest.approx(krippendorff.alpha(table, level_of_measurement="nominal"), abs=1e-9)


def of_some(analysts: str, value: str, items: range) -> list[Rating]:
    """Of each of them; one whose name is written large answers otherwise."""
    return [
        Rating(item, each.lower(), f"not {value}" if each.isupper() else value) for item in items for each in analysts
    ]


def test_two_who_agree_with_one_another_as_with_nobody_else_stand_out() -> None:
    colluding = of_some("ab", "1", range(30))
    with_others = of_some("aC", "1", range(100, 125)) + of_some("bD", "1", range(200, 225))
    first, *others = pairs_of([*colluding, *with_others])
    assert (first.first, first.second, first.stands_out) == ("a", "b", True)
    assert (first.same, first.items, first.same_with_others, first.with_others) == (30, 30, 0, 50)
    assert not any(each.stands_out for each in others)
    honest = of_some("ac", "1", range(100, 125)) + of_some("bd", "1", range(200, 225))
    assert not any(each.stands_out for each in pairs_of([*colluding, *honest]))
    assert not any(each.stands_out for each in pairs_of([*of_some("ab", "1", range(19)), *with_others])), "too few"
    assert not any(each.stands_out for each in pairs_of(colluding)), "with nobody else: nothing to compare"


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abcd"), st.sampled_from("xy")), max_size=60))
def test_every_two_answers_about_an_item_are_counted_once(given: list[tuple[int, str, str]]) -> None:
    known = {(item, analyst): value for item, analyst, value in given}
    ratings = [Rating(item, analyst, value) for (item, analyst), value in known.items()]
    sizes = [sum(each.item == item for each in ratings) for item in range(6)]
    assert sum(pair.items for pair in pairs_of(ratings)) == sum(size * (size - 1) // 2 for size in sizes)
    assert all(
        0 <= pair.same <= pair.items and 0 <= pair.same_with_others <= pair.with_others for pair in pairs_of(ratings)
    )
