"""What whoever objects to a decision of ours is promised (R70): an answer with reasons by a day, which is counted.

A provider objects to a notice, a survivor to what became of a request, a partner hotline to an entry of a list. What
they object to is kept with that; by when it is answered, and what the public reads of it, is one rule for all.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from orbweaver.people.settings import ObjectionSettings


class AskedBy(StrEnum):
    """Who objects."""

    PROVIDER = "provider"
    SURVIVOR = "survivor"
    PARTNER = "partner"


def answer_by(made_at: dt.datetime) -> dt.datetime:
    """By when an objection that is made then is answered; a promise, kept with it."""
    return made_at + dt.timedelta(days=ObjectionSettings.current().objection_answer_days)


@dataclass(frozen=True)
class Answered:
    """Objections that have a day by which they are answered, by what became of it."""

    in_time: int = 0
    late: int = 0
    waiting: int = 0
    overdue: int = 0

    def __add__(self, other: Answered) -> Answered:
        """Those of two kinds together."""
        return Answered(
            self.in_time + other.in_time,
            self.late + other.late,
            self.waiting + other.waiting,
            self.overdue + other.overdue,
        )


def answered(rows: QuerySet[Any], at: dt.datetime, *, decided_at: str = "decided_at") -> Answered:
    """How those of ``rows`` with such a day stood ``at`` a moment. What was decided later was open then.

    ``rows`` have ``answer_by``, and by another name of theirs when it was decided.
    """
    until, not_yet = Q(**{f"{decided_at}__lte": at}), Q(**{decided_at: None}) | Q(**{f"{decided_at}__gt": at})
    counted = rows.filter(answer_by__isnull=False).aggregate(
        in_time=Count("pk", filter=until & Q(**{f"{decided_at}__lte": F("answer_by")})),
        late=Count("pk", filter=until & Q(**{f"{decided_at}__gt": F("answer_by")})),
        waiting=Count("pk", filter=not_yet & Q(answer_by__gte=at)),
        overdue=Count("pk", filter=not_yet & Q(answer_by__lt=at)),
    )
    return Answered(**counted)
