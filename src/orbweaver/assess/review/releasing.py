"""Work in hand goes back to the queue on the day its holder's right to assess goes, or when they are switched off."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from orbweaver.assess.review.models import ReviewItem
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.selectors import why_not_assess
from orbweaver.people.audit.services import record


@transaction.atomic
def release_all_of(person: User, now: dt.datetime) -> int:
    """Give back everything that this person holds, unanswered; returns how many items."""
    held = list(ReviewItem.objects.select_for_update().filter(leased_to=person).order_by("pk"))
    ReviewItem.objects.filter(pk__in=[item.pk for item in held]).update(leased_to=None, leased_until=None)
    for item in held:
        record("item.released", item.public_id, details={"why": "no_right", "held_by": person.public_id}, at=now)
    return len(held)


def release_without_right(now: dt.datetime) -> int:
    """Give back what people hold who may not assess any more (R36, R65); returns how many items.

    A clock that passes the day ends a right that nobody took away: hence a duty of the worker, besides the check that
    every answer makes.
    """
    holders = User.objects.select_related("organisation").filter(leases__isnull=False).distinct()
    return sum(release_all_of(person, now) for person in holders if why_not_assess(person, now) is not None)
