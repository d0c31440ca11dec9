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

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

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


Kind = tuple[tuple[Hashable, int], ...]
"""How an item was answered: each value with how often it was given, in a fixed order. Of the items with two answers or
more there are thousands, and few dozens of kinds."""


def kinds_of(ratings: Iterable[Rating]) -> Counter[Kind]:
    """How many items were answered alike, of those with two answers or more. Raises ValueError when an analyst has
    answered an item twice."""
    return Counter(_kind(Counter(values.values())) for values in _comparable(ratings).values())


def against_others(kinds: Mapping[Kind, int], value: Hashable) -> Counter[Kind]:
    """The same with one value (such as a category) against all others, so that a rare one is not lost in the sum."""
    found: Counter[Kind] = Counter()
    for kind, items in kinds.items():
        given = sum(count for each, count in kind if each == value)
        others = sum(count for _, count in kind) - given
        found[_kind({True: given, False: others})] += items
    return found


def _kind(counts: Mapping[Hashable, int]) -> Kind:
    return tuple(sorted(((value, count) for value, count in counts.items() if count), key=repr))


def agreement(ratings: Iterable[Rating]) -> Agreement:
    """Over all items. Raises ValueError when an analyst has answered an item twice."""
    return agreement_of(kinds_of(ratings))


def agreement_of(kinds: Mapping[Kind, int]) -> Agreement:
    """Over all items, by their kinds."""
    totals: Counter[Hashable] = Counter()
    differing = 0.0
    for kind, items in kinds.items():
        answers = sum(count for _, count in kind)
        differing += items * sum(count * (answers - count) for _, count in kind) / (answers - 1)
        for value, count in kind:
            totals[value] += items * count
    observed = differing / totals.total() if totals else None
    return Agreement(_alpha(observed, _expected(totals)), sum(kinds.values()), totals.total())


def agreement_by_analyst(ratings: Iterable[Rating]) -> dict[Hashable, Agreement]:
    """For each analyst: how far the others agree with them, against the same chance for all.

    The mean over analysts, weighted by their answers, is the alpha of all together. A low value points to somebody who
    differs; it does not say who is right.
    """
    items = _comparable(ratings)
    expected = _expected(Counter(value for values in items.values() for value in values.values()))
    theirs: defaultdict[Hashable, list[float]] = defaultdict(list)
    for (_, analyst), share in _differing(items).items():
        theirs[analyst].append(share)
    return {
        analyst: Agreement(_alpha(sum(shares) / len(shares), expected), len(shares), len(shares))
        for analyst, shares in theirs.items()
    }


ENOUGH_OF_PAIR = 20
"""Below so many items that two answered both, nothing is said of them: by chance two agree often."""
SURE = 2.576
"""Standard deviations of what is said of a pair: 99 times of 100. Of many pairs one would stand out else."""


@dataclass(frozen=True)
class Pair:
    """Two analysts: how often they answered the same, and how often either and somebody else did."""

    first: Hashable
    second: Hashable
    same: int
    items: int
    same_with_others: int
    with_others: int

    @property
    def stands_out(self) -> bool:
        """They agree with one another more than chance can explain beside how they agree with others. It does not say
        why: somebody has to look at what they decided together."""
        if min(self.items, self.with_others) < ENOUGH_OF_PAIR:
            return False
        low, _ = _share_between(self.same, self.items)
        _, high = _share_between(self.same_with_others, self.with_others)
        return low > high


def pairs_of(ratings: Iterable[Rating]) -> list[Pair]:
    """All pairs that answered an item both, those who stand out first, then by how many items."""
    items = _comparable(ratings)
    same: Counter[frozenset[Hashable]] = Counter()
    both: Counter[frozenset[Hashable]] = Counter()
    for values in items.values():
        for (one, value), (other, second) in combinations(values.items(), 2):
            both[frozenset((one, other))] += 1
            same[frozenset((one, other))] += value == second
    theirs: defaultdict[Hashable, list[int]] = defaultdict(lambda: [0, 0])
    for pair, count in both.items():
        for each in pair:
            theirs[each][0] += same[pair]
            theirs[each][1] += count
    found = []
    for pair, count in both.items():
        first, second = sorted(pair, key=repr)
        others = [sum(theirs[each][n] for each in pair) - 2 * own for n, own in enumerate((same[pair], count))]
        found.append(Pair(first, second, same[pair], count, *others))
    return sorted(found, key=lambda each: (not each.stands_out, -each.items, repr(each.first), repr(each.second)))


def _share_between(part: int, whole: int) -> tuple[float, float]:
    """Wilson's interval of a share: where it would lie for other items, as surely as ``SURE`` says."""
    share, square = part / whole, SURE**2
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = SURE / (1 + square / whole) * math.sqrt(share * (1 - share) / whole + square / (4 * whole**2))
    return middle - half, middle + half


@dataclass(frozen=True)
class Interval:
    """Where alpha would lie for other items of the same kind, 19 times of 20."""

    low: float
    high: float


def interval_of(kinds: Mapping[Kind, int], replicates: int = 500) -> Interval | None:
    """By drawing as many items anew, with replacement (bootstrap); None where alpha is not defined. Always the same.

    Items are drawn, not single answers: those of one item belong together. Items of one kind are drawn with the chance
    of them all.
    """
    values = sorted({value for kind in kinds for value, _ in kind}, key=repr)
    if len(values) < 2:
        return None
    index_of = {value: index for index, value in enumerate(values)}
    known = sorted(kinds, key=repr)
    counts, alike = np.zeros((len(known), len(values))), np.array([kinds[each] for each in known])
    for row, kind in enumerate(known):
        for value, count in kind:
            counts[row, index_of[value]] = count
    sizes = counts.sum(axis=1)
    differing = (counts * (sizes[:, None] - counts)).sum(axis=1) / (sizes - 1)
    items = int(alike.sum())
    draws = np.random.default_rng(SEED).multinomial(items, alike / items, size=replicates)
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


def _expected(counts: Counter[Hashable]) -> float:
    """The share of ordered pairs of answers, across all items, that differ: disagreement by chance."""
    answers = counts.total()
    if answers < 2:
        return 0.0
    return 1 - sum(count * (count - 1) for count in counts.values()) / (answers * (answers - 1))


def _alpha(observed: float | None, expected: float) -> float | None:
    return None if observed is None or not expected else 1 - observed / expected
