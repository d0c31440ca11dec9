"""Who may answer an objection to what was decided about pictures (R70): nobody who took part in it.

Whether it is a child takes two: a senior who was not involved looks once more, and somebody else answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from orbweaver.assess.review.messages import REVIEW_FIRST, TOOK_PART, UNDER_REVIEW
from orbweaver.assess.review.models import Appeal, Assessment, Verdict
from orbweaver.errors import Conflict
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.one_person import accounts_of


def took_part(person: User, media: Collection[int]) -> bool:
    """Whether somebody answered about one of these media, by their numbers."""
    return Assessment.objects.filter(analyst__in=accounts_of(person), item__media__in=media).exists()


def refuse_involved(person: User, media: Collection[int]) -> None:
    """Raises Conflict where somebody answered about one of these media."""
    if took_part(person, media):
        raise Conflict(TOOK_PART)


def require_review(verdicts: Collection[Verdict], since: dt.datetime) -> None:
    """Raises Conflict unless a senior has looked once more at one of these since then, and none still looks.

    Nothing is asked where none of them stands any more: a review, or a later answer, has changed it.
    """
    if Appeal.objects.filter(verdict__in=verdicts, decided_at=None).exists():
        raise Conflict(UNDER_REVIEW)
    if not is_reviewed(verdicts, since):
        raise Conflict(REVIEW_FIRST)


def is_reviewed(verdicts: Collection[Verdict], since: dt.datetime) -> bool:
    """Whether ``require_review`` asks for nothing more."""
    reviews = Appeal.objects.filter(verdict__in=verdicts)
    if reviews.filter(decided_at=None).exists():
        return False
    return all(each.superseded_by_id for each in verdicts) or reviews.filter(decided_at__gte=since).exists()


def standing_verdicts(media: Collection[int]) -> dict[int, str]:
    """The newest verdict on each of these media that stands, as pages name it."""
    rows = Verdict.objects.filter(media__in=media, superseded_by=None).order_by("decided_at", "pk")
    return dict(rows.values_list("media", "public_id"))
