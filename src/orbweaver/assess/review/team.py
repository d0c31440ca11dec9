"""What a manager sees of the team: how far analysts agree, how long items wait, who can assess until when."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import Count, Min

from orbweaver.assess.criteria import Category
from orbweaver.assess.review.agreement import (
    Agreement,
    Interval,
    Kind,
    Pair,
    Rating,
    against_others,
    agreement_by_analyst,
    agreement_of,
    interval_of,
    kinds_of,
    pairs_of,
)
from orbweaver.assess.review.known_answers import KnownRate, rates
from orbweaver.assess.review.models import Appeal, Assessment, ReviewItem
from orbweaver.errors import Message
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import warnings_for, why_not_assess

NEWEST = 5_000
"""Answers that agreement is computed from, newest first."""

ENOUGH_ITEMS = 20
"""Below so many items with two answers or more, no figure is shown: it would say more of chance than of people."""

ENOUGH_OF_VALUE = 10
"""Below so many answers of a category, none is shown for it: Krippendorff's alpha of a rare value swings widely."""

PERIOD = dt.timedelta(days=30)


@dataclass(frozen=True)
class AgreementRow:
    """Alpha of all answers, of one category against the rest, or of one analyst; None while there are too few."""

    name: str
    items: int
    answers: int
    alpha: float | None
    interval: Interval | None = None


@dataclass(frozen=True)
class PairRow:
    """Two analysts, the items that they answered both, and how often the same; beside it the same of either of them
    and others."""

    first: str
    second: str
    same: int
    items: int
    same_with_others: int
    with_others: int
    stands_out: bool


@dataclass(frozen=True)
class WaitingRow:
    """How long items of one reason took from opening to verdict, in seconds, over the last thirty days."""

    reason: str
    decided: int
    median_s: float | None
    ninth_s: float | None
    waiting: int
    oldest_since: dt.datetime | None


@dataclass(frozen=True)
class PersonRow:
    """Somebody whose roles include assessing: whether they can today, and what will end that."""

    name: str
    why_not: Message | None
    warnings: list[str]


@dataclass(frozen=True)
class TeamView:
    """All of it. ``by_category`` and ``by_analyst`` hold rows with too few answers too, without a figure."""

    overall: AgreementRow
    by_category: list[AgreementRow]
    by_analyst: list[AgreementRow]
    waiting: list[WaitingRow]
    opened: int
    decided: int
    disagreed: int
    appeals_open: int
    people: list[PersonRow]
    known: list[KnownRate]


def team(now: dt.datetime) -> TeamView:
    """The team as it stands. Counts of opened and decided items are of the last thirty days."""
    since = now - PERIOD
    real = ReviewItem.objects.filter(known_answer=None)
    overall, by_category, by_analyst = _agreement()
    return TeamView(
        overall=overall,
        by_category=by_category,
        by_analyst=by_analyst,
        waiting=_waiting(since),
        opened=_count(created_at__gt=since),
        decided=_count(decided_at__gt=since),
        disagreed=real.filter(state=ReviewItem.State.DISAGREED).count(),
        appeals_open=Appeal.objects.filter(decided_at=None).count(),
        people=_people(now),
        known=rates(),
    )


def _count(**since: dt.datetime) -> int:
    """Real items: all, less those of known answers. All are counted in an index alone; the others are few."""
    found = ReviewItem.objects.filter(**since)
    return found.count() - found.exclude(known_answer=None).count()


def pairs() -> list[PairRow]:
    """Analysts by two, those first who agree with one another as with nobody else."""
    return [_pair(each) for each in pairs_of(ratings())]


def _pair(pair: Pair) -> PairRow:
    first, second = (str(each[0] if isinstance(each, tuple) else each) for each in (pair.first, pair.second))
    return PairRow(first, second, pair.same, pair.items, pair.same_with_others, pair.with_others, pair.stands_out)


def ratings() -> list[Rating]:
    """Blind answers about real items, newest first: neither a senior's after a disagreement, nor a review's on request,
    nor one that was given to a whole cluster with one look, nor one about an item whose answer was known."""
    blind = Assessment.objects.filter(adjudicates=False, together_with=None, item__known_answer=None)
    blind = blind.exclude(item__reason=ReviewItem.Reason.APPEAL).order_by("-pk")
    rows = blind.values_list("item_id", "analyst__display_name", "analyst_id", "category")[:NEWEST]
    return [Rating(item, (name, key), category or "no_action") for item, name, key, category in rows]


def _agreement() -> tuple[AgreementRow, list[AgreementRow], list[AgreementRow]]:
    known = ratings()
    kinds, given = kinds_of(known), Counter(each.value for each in known)
    overall = _row("", agreement_of(kinds), kinds)
    by_category = []
    for value in [*(each.value for each in Category), "no_action"]:
        sides, enough = against_others(kinds, value), given[value] >= ENOUGH_OF_VALUE
        found = agreement_of(sides) if given[value] else Agreement(None, 0, 0)
        by_category.append(_row(value, found, sides, count=given[value], enough=enough))
    by_analyst = [
        _row(analyst[0], found, {})
        for analyst, found in agreement_by_analyst(known).items()
        if isinstance(analyst, tuple)
    ]
    return overall, by_category, sorted(by_analyst, key=lambda each: each.name)


def _row(
    name: str, found: Agreement, kinds: Mapping[Kind, int], *, count: int | None = None, enough: bool = True
) -> AgreementRow:
    answers = found.answers if count is None else count
    if not enough or found.items < ENOUGH_ITEMS:
        return AgreementRow(name, found.items, answers, None)
    return AgreementRow(name, found.items, answers, found.alpha, interval_of(kinds) if kinds else None)


_SPANS: Final = """
SELECT count(*), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - created_at))
FROM ({rows}) newest
"""
"""Computed where the rows are: as instants of Python's, 5,000 of a reason take longer than all else of the page."""


def _waiting(since: dt.datetime) -> list[WaitingRow]:
    real = ReviewItem.objects.filter(known_answer=None)
    still = real.exclude(state=ReviewItem.State.DECIDED).order_by().values_list("reason")
    open_now = {reason: (n, oldest) for reason, n, oldest in still.annotate(n=Count("*"), oldest=Min("created_at"))}
    rows = []
    for reason in ReviewItem.Reason:
        decided, median, ninth = _spans(reason, since)
        here, oldest = open_now.get(reason.value, (0, None))
        rows.append(WaitingRow(reason.value, decided, median, ninth, here, oldest))
    return rows


def _spans(reason: str, since: dt.datetime) -> tuple[int, float | None, float | None]:
    """How many of the newest items of a reason were decided, and the seconds that half and nine tenths took at most;
    the latter from two items on."""
    done = ReviewItem.objects.filter(known_answer=None, reason=reason, decided_at__gt=since, required__gt=0)
    rows, given = done.order_by("-decided_at").values("created_at", "decided_at")[:NEWEST].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_SPANS.format(rows=rows), given)
        decided, spans = cursor.fetchone()
    median, ninth = map(float, spans) if spans else (None, None)
    return decided, median, ninth if decided > 1 else None


def _people(now: dt.datetime) -> list[PersonRow]:
    active = User.objects.filter(is_active=True).select_related("organisation").order_by("display_name")
    active = active.prefetch_related("role_grants", "trainings", "organisation__agreements")
    return [
        PersonRow(person.display_name, why_not_assess(person, now), warnings_for(person, now))
        for person in active
        if person.may(Permission.ITEM_ASSESS)
    ]
