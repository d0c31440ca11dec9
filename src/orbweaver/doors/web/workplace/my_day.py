"""What this work does to people: each sees their own exposure; managers see totals of the team."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orbweaver.assess.review.wellbeing import LEAST_PEOPLE, Day, exposure_of, team_exposure, why_rest
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.people.accounts.rules import Permission


@dataclass(frozen=True)
class Bar:
    """One day of a chart: its height and place in per cent of the drawing."""

    day: dt.date
    looks: int
    worked_s: float
    x: float
    height: float

    @property
    def y(self) -> float:
        """Where it begins, from above."""
        return 100 - self.height


def most_of(days: Sequence[Day]) -> int:
    """Looks of the day that has most of them."""
    return max((day.looks for day in days), default=0)


def bars_of(days: Sequence[Day]) -> list[Bar]:
    """The days as bars of looks, the greatest as high as the drawing."""
    most = most_of(days) or 1
    width = 100 / max(1, len(days))
    return [
        Bar(day.day, day.looks, day.worked.total_seconds(), round(number * width, 2), round(100 * day.looks / most, 2))
        for number, day in enumerate(days)
    ]


@require_GET
@needs(Permission.ITEM_READ)
def my_day(request: SignedInRequest) -> HttpResponseBase:
    """One's own looks and hours, what is left of the day's budget, the next break, and what will run out."""
    exposure = exposure_of(request.user)
    rest = why_rest(exposure.pace)
    context = {
        "exposure": exposure,
        "pace": exposure.pace,
        "limits": exposure.limits,
        "worked_s": exposure.pace.worked.total_seconds(),
        "time_left_s": exposure.pace.time_left.total_seconds(),
        "break_in_s": exposure.pace.break_in.total_seconds(),
        "pause_s": exposure.limits.pause.total_seconds(),
        "rest": rest[1] if rest else "",
        "bars": bars_of(exposure.days),
        "most": most_of(exposure.days),
    }
    return render(request, "web/workplace/my_day.html", context)


@require_GET
@needs(Permission.TEAM_READ)
def team(request: SignedInRequest) -> HttpResponseBase:
    """Looks and hours of all together, by day. Nobody is named, and too few people give no figures at all."""
    found = team_exposure()
    context = {"team": found, "bars": bars_of(found.days), "most": most_of(found.days), "least": LEAST_PEOPLE}
    return render(request, "web/workplace/team_exposure.html", context)
