"""Reads of the tallies, and the counts behind the headline figures from them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from django.db import connection

from orbweaver.account_for.transparency.counted import HOUR_S
from orbweaver.account_for.transparency.headline import HEADLINES
from orbweaver.account_for.transparency.models import NotifiedAddress, Tally
from orbweaver.follow.conduct.survival import (
    OF_PER_DOUBLING,
    PER_DOUBLING,
    Step,
    grid,
    grid_s,
    kaplan_meier,
    time_until,
)

Key = tuple[str, ...]


class Counted(Protocol):
    """Counts by figure, over keys split at their bars."""

    def __getitem__(self, figure: str, /) -> Counter[Key]: ...


class Tallies:
    """Some figures' tallies, read at once: ``tallies["notice"]`` is a Counter over keys split at their bars.

    ``refs`` and ``starts`` leave out what is of other providers, and keys that begin otherwise.
    """

    def __init__(self, *figures: str, refs: Iterable[int] | None = None, starts: str = "") -> None:
        rows = Tally.objects.filter(figure__in=figures, key__startswith=starts).exclude(n=0)
        if refs is not None:
            rows = rows.filter(ref__in=list(refs))
        self._found: dict[str, Counter[Key]] = {figure: Counter() for figure in figures}
        self._of: dict[str, dict[int, Counter[Key]]] = {figure: defaultdict(Counter) for figure in figures}
        for figure, ref, text, n in rows.values_list("figure", "ref", "key", "n"):
            key = tuple(text.split("|"))
            self._found[figure][key] += n
            self._of[figure][ref][key] += n

    def __getitem__(self, figure: str) -> Counter[Key]:
        return self._found[figure]

    def of(self, figure: str) -> Mapping[int, Counter[Key]]:
        """The same apart for each provider, by its number."""
        return self._of[figure]


_AGES: Final = """
SELECT ref, floor(%(per)s * ln(greatest(%(now)s::float8 - %(unit)s::float8 * (key::float8 + %(within)s::float8), 1))
    / ln(2::float8) + 1e-9)::int AS step, sum(n)
FROM transparency_tally WHERE figure = %(figure)s AND ref = ANY(%(refs)s) AND n <> 0 GROUP BY 1, 2
"""


def open_ages(now_s: float, figure: str = "open") -> Counter[int]:
    """How many addresses are still there by the step of ``survival.grid`` that their age is in."""
    return _ages(figure, [0], now_s, unit_s=3600.0, within=0.0, per_doubling=PER_DOUBLING)[0]


def open_ages_of(refs: Iterable[int], now_s: float) -> Mapping[int, Counter[int]]:
    """The same for each of these providers, by the steps of its own grid."""
    return _ages("of_open", refs, now_s, unit_s=86400.0, within=0.5, per_doubling=OF_PER_DOUBLING)


def _ages(
    figure: str, refs: Iterable[int], now_s: float, *, unit_s: float, within: float, per_doubling: int
) -> Mapping[int, Counter[int]]:
    """Tallies that count by the hour or day (``unit_s``) of the start, summed by age; the database does the work."""
    found: dict[int, Counter[int]] = defaultdict(Counter)
    values: dict[str, str | float | list[int]] = {
        "figure": figure, "refs": list(refs), "now": now_s, "unit": unit_s, "within": within, "per": per_doubling,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_AGES, values)
        for ref, step, n in cursor.fetchall():
            found[ref][step] += int(n)
    return found


HEADLINE = tuple(dict.fromkeys(name for each in HEADLINES for name in each.tallies))
"""The tallies from which the headline is read."""


@dataclass(frozen=True)
class Counts:
    """The plain counts behind the headline figures; ``median_s`` in seconds, None while less than half is removed."""

    suspected: int
    verified: int
    notices: int
    unidentified: int
    reminders: int
    notified: int
    still_there: int
    removed: int
    offline: int
    median_s: float | None
    looks: int
    reports: Mapping[str, int]
    """By month, such as 2026-11."""


def counts_of(found: Counted, now_s: float) -> Counts:
    """The counts behind the headline at ``now_s``, from tallies that hold ``HEADLINE`` or whatever counted the same."""
    addresses = {key[0]: n for key, n in found["address"].items()}
    return Counts(
        suspected=found["suspected"].total(),
        verified=found["verified"].total(),
        notices=found["notice"].total(),
        unidentified=sum(n for key, n in found["notice"].items() if key[3] == "f"),
        reminders=found["reminder"].total(),
        notified=sum(addresses.values()),
        still_there=addresses.get(NotifiedAddress.Status.OPEN, 0),
        removed=addresses.get(NotifiedAddress.Status.REMOVED, 0),
        offline=addresses.get(NotifiedAddress.Status.OFFLINE, 0),
        median_s=time_until(removal_curve(found["span"], _ages_by_hour(found["open"], now_s), found["away"]), 0.5),
        looks=found["look"].total(),
        reports=_by_first(found["report"]),
    )


def removal_curve(removed: Counter[Key], open_ages: Counter[int], offline: Counter[Key]) -> list[Step]:
    """How long addresses stay (R50): all three are counts by step of ``survival.grid``. What is still there is followed
    until now, what went offline until then: nobody knows what became of it later."""
    followed = open_ages + Counter({int(key[0]): n for key, n in offline.items()})
    gone = {grid_s(int(key[0])): n for key, n in removed.items()}
    return kaplan_meier(gone, {grid_s(step): n for step, n in followed.items()})


def _ages_by_hour(hours: Counter[Key], now_s: float) -> Counter[int]:
    ages: Counter[int] = Counter()
    for key, n in hours.items():
        ages[grid(now_s - HOUR_S * int(key[0]))] += n
    return ages


def _by_first(counted: Mapping[Key, int]) -> dict[str, int]:
    """Summed over all but the first part of the key."""
    summed: Counter[str] = Counter()
    for key, n in counted.items():
        summed[key[0]] += n
    return dict(summed)
