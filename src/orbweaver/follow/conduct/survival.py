"""How long material stays after a notice, with what is still there counted as censored (R50). Pure.

Kaplan and Meier's estimate with Greenwood's variance; intervals on the log(-log) scale, which keeps them within 0 and 1
(Kalbfleisch and Prentice, 1980). Removals are counted on a logarithmic grid, so that five million take as long as five.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

PER_DOUBLING: Final = 32
"""Steps of the grid for each doubling of time: neighbours differ by 2.2 %."""

OF_PER_DOUBLING: Final = 4
"""Steps of a provider's own grid of times for each doubling: right within 10 %."""

Z95: Final = 1.959963984540054
"""Half-width of a 95 % interval of the normal distribution, in standard errors."""

LONG_DAYS: Final = 42
"""R50: the share that took longer than this is a figure of its own."""


@dataclass(frozen=True)
class Step:
    """The estimate from ``at_s`` seconds on: the share still there, its standard error and 95 % interval."""

    at_s: float
    at_risk: int
    removed: int
    share: float
    standard_error: float
    low: float
    high: float


def grid(seconds: float, per_doubling: int = PER_DOUBLING) -> int:
    """The step of the grid that a time falls in; everything up to a second is step 0."""
    return math.floor(per_doubling * math.log(max(seconds, 1.0)) / math.log(2.0) + 1e-9)


def grid_s(step: int, per_doubling: int = PER_DOUBLING) -> float:
    """The middle of a step of the grid, in seconds (geometric)."""
    return float(2 ** ((step + 0.5) / per_doubling))


def kaplan_meier(removed: Mapping[float, int], still_there: Mapping[float, int]) -> list[Step]:
    """The steps of the curve, in order. Both are how many by time: at removal, and at the last look at what is there.

    What is censored at the instant of a removal counts as at risk there, as is customary. Where something was followed
    for longer than the last removal took, a last step without a removal says how far the curve goes.
    """
    at_risk = sum(removed.values()) + sum(still_there.values())
    left = sorted(still_there.items())
    share, variance, index = 1.0, 0.0, 0
    steps = []
    for at_s, count in sorted(removed.items()):
        while index < len(left) and left[index][0] < at_s:
            at_risk -= left[index][1]
            index += 1
        if count == 0:
            continue
        share *= 1 - count / at_risk
        variance += count / (at_risk * (at_risk - count)) if at_risk > count else math.inf
        low, high = _interval(share, variance)
        error = share * math.sqrt(variance) if share > 0 else 0.0
        steps.append(Step(at_s, at_risk, count, share, error, low, high))
        at_risk -= count
    end_s = max((at_s for at_s, count in left if count), default=0.0)
    if steps and end_s > steps[-1].at_s:
        steps.append(replace(steps[-1], at_s=end_s, at_risk=still_there[end_s], removed=0))
    return steps


def _interval(share: float, variance: float) -> tuple[float, float]:
    if share <= 0.0 or share >= 1.0:
        return share, share
    spread = Z95 * math.sqrt(variance) / abs(math.log(share))
    return share ** math.exp(spread), share ** math.exp(-spread)


def time_until(steps: Iterable[Step], gone: float) -> float | None:
    """Seconds until this share (0 to 1) is gone; None when it has not come to that yet."""
    return next((step.at_s for step in steps if step.share <= 1 - gone + 1e-12), None)


def at(steps: Iterable[Step], seconds: float) -> Step | None:
    """The estimate at a time; None before the first removal (all is still there), and after the end of the curve while
    something is left: nothing was followed for so long."""
    found = None
    for step in steps:
        if step.at_s > seconds:
            return found
        found = step
    return found if found and (found.at_s == seconds or found.share <= 0.0) else None
