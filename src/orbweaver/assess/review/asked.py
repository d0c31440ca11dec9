"""What survivors ask for comes first: new items, those that wait, and what was once decided not to need a removal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

from django.db.models import Exists, OuterRef, Q

from orbweaver.assess.review.appeals import open_by_rule
from orbweaver.assess.review.messages import ASKED_FOR
from orbweaver.assess.review.models import Appeal, ReviewItem, Verdict
from orbweaver.assess.review.rules import rank_at
from orbweaver.detect.matching.handovers import SightingsRecorded
from orbweaver.detect.matching.selectors import asked_for
from orbweaver.people.audit.services import record

SURVIVOR: Final = "survivor"
"""Who asked for the review, in a word; nobody is named."""


def put_first(recorded: SightingsRecorded) -> None:
    """Of what was just recorded, bring forward what a survivor asks for. In the caller's transaction."""
    asked = asked_for(recorded.sightings)
    if asked:
        _hasten(asked, recorded.now)
        _ask_anew(asked, recorded.now)


def _hasten(sightings: Collection[int], now: dt.datetime) -> None:
    waiting = ReviewItem.objects.filter(sightings__in=sightings).exclude(state=ReviewItem.State.DECIDED)
    for item in waiting.order_by("pk").distinct():
        first = rank_at(item.created_at, listed=False, exact=False, at_once=True)
        if item.rank_at > first:
            ReviewItem.objects.filter(pk=item.pk).update(rank_at=first)
            record("item.put_first", item.public_id, at=now)


def _ask_anew(sightings: Collection[int], now: dt.datetime) -> None:
    """One review of each verdict that nothing is to be done; its outcome stands, whoever asks again."""
    verdicts = Verdict.objects.filter(superseded_by=None, item__sightings__in=sightings)
    reviews = Appeal.objects.filter(Q(requester=SURVIVOR) | Q(decided_at=None), verdict=OuterRef("pk"))
    for verdict in verdicts.filter(~Exists(reviews), outcome=Verdict.Outcome.NO_ACTION).order_by("pk").distinct():
        appeal = open_by_rule(verdict, SURVIVOR, ASKED_FOR, now)
        record("appeal.opened", appeal.public_id, details={"verdict": verdict.public_id}, at=now)
