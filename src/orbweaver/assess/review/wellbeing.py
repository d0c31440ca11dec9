"""The people who do this work: a budget of looks and hours, breaks that lock, and what each person may see of it.

Everything here is in real time: people do not get tired faster when a demonstration speeds up its clock. Each person
sees their own figures; anybody else sees totals of the team and never a person.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.db.models import Count
from django.db.models.functions import TruncDate

from orbweaver.assess.review.errors import BudgetSpent, OnBreak
from orbweaver.assess.review.messages import HOURS_SPENT, LOOKS_SPENT, TIME_FOR_A_BREAK
from orbweaver.assess.review.models import Look, WorkSpell
from orbweaver.assess.review.pacing import Limits, Pace, Spell, pace, worked_on
from orbweaver.assess.review.settings import ReviewSettings, WellbeingSettings
from orbweaver.errors import Message
from orbweaver.people.accounts.models import User
from orbweaver.platform.clock import real_now

DAYS_SHOWN = 14


def limits() -> Limits:
    """What the settings allow."""
    settings = WellbeingSettings.current()
    return Limits(
        looks_a_day=settings.wellbeing_looks_per_day,
        time_a_day=dt.timedelta(hours=settings.wellbeing_hours_per_day),
        work=dt.timedelta(minutes=settings.wellbeing_work_minutes),
        pause=dt.timedelta(minutes=settings.wellbeing_break_minutes),
    )


def pace_of(user: User, *, lost: int = 0) -> Pace:
    """Where this person stands now, with so many looks taken off that showed nothing."""
    now = real_now()
    looks = Look.objects.filter(person=user, asked_at__gte=_start_of(now.date())).count() - lost
    return pace(_spells(user, now.date() - dt.timedelta(days=1)), looks, limits(), now)


def require_rest(user: User, *, lost: int = 0) -> None:
    """Raise OnBreak or BudgetSpent, in words, when this person should not begin anything now."""
    words = why_rest(pace_of(user, lost=lost))
    if words is not None:
        error, text = words
        raise error(text)


def why_rest(pace: Pace) -> tuple[type[OnBreak] | type[BudgetSpent], Message] | None:
    """The reason to rest, as an error and what it says; None while there is none."""
    if pace.time_is_spent:
        return BudgetSpent, HOURS_SPENT
    if pace.looks_are_spent:
        return BudgetSpent, LOOKS_SPENT
    if pace.break_until is not None:
        return OnBreak, TIME_FOR_A_BREAK.of(time=f"{pace.break_until:%H:%M}")
    return None


def note_activity(user: User) -> None:
    """Something was done at the queue: the person's spell of work grows, or a new one begins after a pause."""
    now = real_now()
    joined = dt.timedelta(
        minutes=min(ReviewSettings.current().review_lease_minutes, WellbeingSettings.current().wellbeing_break_minutes)
    )
    grown = WorkSpell.objects.filter(
        pk__in=WorkSpell.objects.filter(person=user).order_by("-ended_at").values("pk")[:1], ended_at__gt=now - joined
    ).update(ended_at=now)
    if not grown:
        WorkSpell.objects.create(person=user, began_at=now, ended_at=now)


def _start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, dt.UTC)


def _spells(user: User, first: dt.date) -> list[Spell]:
    kept = WorkSpell.objects.filter(person=user, ended_at__gte=_start_of(first)).order_by("began_at")
    return [Spell(each.began_at, each.ended_at) for each in kept]


@dataclass(frozen=True)
class Day:
    """What one day held."""

    day: dt.date
    looks: int
    worked: dt.timedelta


@dataclass(frozen=True)
class OwnExposure:
    """A person's own figures: today's pace, and the last two weeks, oldest first."""

    pace: Pace
    limits: Limits
    days: list[Day]


def exposure_of(user: User) -> OwnExposure:
    """For the person's own eyes."""
    today = real_now().date()
    first = today - dt.timedelta(days=DAYS_SHOWN - 1)
    looks = _looks_by_day(first, person=user)
    spells = _spells(user, first)
    days = [first + dt.timedelta(days=number) for number in range(DAYS_SHOWN)]
    return OwnExposure(pace_of(user), limits(), [Day(each, looks[each], worked_on(spells, each)) for each in days])


@dataclass(frozen=True)
class TeamExposure:
    """Totals of the team by day, oldest first; too few people to hide among give none (``people`` below three)."""

    people: int
    days: list[Day]


LEAST_PEOPLE = 3
"""Fewer people than this in two weeks, and a total would tell of a person: it is not given."""


def team_exposure() -> TeamExposure:
    """For managers: totals alone, and only of a team that is large enough."""
    today = real_now().date()
    first = today - dt.timedelta(days=DAYS_SHOWN - 1)
    kept = WorkSpell.objects.filter(ended_at__gte=_start_of(first)).order_by("began_at")
    people = len(set(kept.values_list("person", flat=True)))
    if people < LEAST_PEOPLE:
        return TeamExposure(people, [])
    spells = [Spell(each.began_at, each.ended_at) for each in kept]
    looks = _looks_by_day(first)
    days = [first + dt.timedelta(days=number) for number in range(DAYS_SHOWN)]
    return TeamExposure(people, [Day(each, looks[each], worked_on(spells, each)) for each in days])


def _looks_by_day(first: dt.date, person: User | None = None) -> Counter[dt.date]:
    looks = Look.objects.filter(asked_at__gte=_start_of(first))
    if person is not None:
        looks = looks.filter(person=person)
    counted = looks.annotate(day=TruncDate("asked_at", tzinfo=dt.UTC)).order_by().values_list("day")
    return Counter(dict(counted.annotate(Count("pk"))))
