"""How far analysts agree beyond chance (R35): Krippendorff's alpha for nominal values, with missing answers. Pure.

1 is perfect agreement, 0 what chance alone would give, below 0 systematic disagreement. Krippendorff asks for 0.8 to
rely on the answers and takes 0.667 as the least for tentative conclusions (*Content Analysis*, 4th ed., 2019, ch. 12).

Source of the formulas: K. Krippendorff, *Computing Krippendorff's Alpha-Reliability* (2011). With ``n`` answers in
items that have two or more, and ``m`` answers in an item::

    observed = mean over answers of the share of the item's m - 1 other answers that differ
    expected = share of all n (n - 1) ordered pairs of answers, across items, that differ
    alpha    = 1 - observed / expected
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

SEED = 2019
"""Of the draws: the same answers always give the same interval."""

RELIABLE = 0.8
TENTATIVE = 0.667


@dataclass(frozen=True)
class Rating:
    """One analyst's answer about one item. An analyst who did not answer has no rating: that is a missing value."""

    item: Hashable
    analyst: Hashable
    value: Hashable


@dataclass(frozen=True)
class Agreement:
    """``alpha`` is None where it is not defined: no item with two answers, or all answers the same value.

    ``items`` and ``answers`` count what can be compared: items with two answers or more, and the answers in them
    (for one analyst: theirs).
    """

    alpha: float | None
    items: int
    answers: int


def agreement(ratings: Iterable[Rating]) -> Agreement:
    """Over all items. Raises ValueError when an analyst has answered an item twice."""
    items = _comparable(ratings)
    answers = sum(len(each) for each in items.values())
    return Agreement(_alpha(_mean(_differing(items)), _expected(items)), len(items), answers)


def agreement_by_value(ratings: Iterable[Rating]) -> dict[Hashable, Agreement]:
    """For each value (such as a category): this value against all others, so that a rare one is not lost in the sum."""
    known = list(ratings)
    values = dict.fromkeys(each.value for each in known)
    return {
        value: agreement(Rating(each.item, each.analyst, each.value == value) for each in known) for value in values
    }


def agreement_by_analyst(ratings: Iterable[Rating]) -> dict[Hashable, Agreement]:
    """For each analyst: how far the others agree with them, against the same chance for all.

    The mean over analysts, weighted by their answers, is the alpha of all together. A low value points to somebody who
    differs; it does not say who is right.
    """
    items = _comparable(ratings)
    expected = _expected(items)
    theirs: defaultdict[Hashable, list[float]] = defaultdict(list)
    for (_, analyst), share in _differing(items).items():
        theirs[analyst].append(share)
    return {
        analyst: Agreement(_alpha(sum(shares) / len(shares), expected), len(shares), len(shares))
        for analyst, shares in theirs.items()
    }


@dataclass(frozen=True)
class Interval:
    """Where alpha would lie for other items of the same kind, 19 times of 20."""

    low: float
    high: float


def interval(ratings: Iterable[Rating], replicates: int = 500) -> Interval | None:
    """By drawing as many items anew, with replacement (bootstrap); None where alpha is not defined. Always the same.

    Items are drawn, not single answers: those of one item belong together. Items that were answered alike are drawn as
    one kind, with the chance of them all: there are thousands of items and few dozens of kinds.
    """
    items = list(_comparable(ratings).values())
    values = sorted({value for each in items for value in each.values()}, key=repr)
    if len(values) < 2:
        return None
    index_of = {value: index for index, value in enumerate(values)}
    counts = np.zeros((len(items), len(values)))
    for row, item in enumerate(items):
        for value in item.values():
            counts[row, index_of[value]] += 1
    counts, alike = np.unique(counts, axis=0, return_counts=True)
    sizes = counts.sum(axis=1)
    differing = (counts * (sizes[:, None] - counts)).sum(axis=1) / (sizes - 1)
    draws = np.random.default_rng(SEED).multinomial(len(items), alike / len(items), size=replicates)
    totals, answers = draws @ counts, draws @ sizes
    expected = 1 - (totals * (totals - 1)).sum(axis=1) / (answers * (answers - 1))
    defined = expected > 0
    alphas = 1 - (draws @ differing / answers)[defined] / expected[defined]
    if not len(alphas):
        return None
    low, high = np.quantile(alphas, [0.025, 0.975])
    return Interval(float(low), float(high))


_Items = Mapping[Hashable, Mapping[Hashable, Hashable]]


def _comparable(ratings: Iterable[Rating]) -> _Items:
    """Values by item and analyst, of the items with two answers or more."""
    items: defaultdict[Hashable, dict[Hashable, Hashable]] = defaultdict(dict)
    for each in ratings:
        if each.analyst in items[each.item]:
            raise ValueError("an analyst answers an item once")
        items[each.item][each.analyst] = each.value
    return {item: values for item, values in items.items() if len(values) > 1}


def _differing(items: _Items) -> dict[tuple[Hashable, Hashable], float]:
    """For each answer, by item and analyst: the share of the item's other answers that differ from it."""
    shares = {}
    for item, values in items.items():
        counts = Counter(values.values())
        for analyst, value in values.items():
            shares[item, analyst] = (len(values) - counts[value]) / (len(values) - 1)
    return shares


def _mean(shares: Mapping[tuple[Hashable, Hashable], float]) -> float | None:
    return sum(shares.values()) / len(shares) if shares else None


def _expected(items: _Items) -> float:
    """The share of ordered pairs of answers, across all items, that differ: disagreement by chance."""
    counts = Counter(value for values in items.values() for value in values.values())
    answers = counts.total()
    if answers < 2:
        return 0.0
    return 1 - sum(count * (count - 1) for count in counts.values()) / (answers * (answers - 1))


def _alpha(observed: float | None, expected: float) -> float | None:
    return None if observed is None or not expected else 1 - observed / expected
