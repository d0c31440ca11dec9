"""What falls once it is proved that the person was 18 or older (R58): every removal of these bytes.

Two uninvolved people found so from a document that the person or their agent brought (``follow.survivors.age_proofs``);
nothing that a provider says comes here.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from orbweaver.assess.criteria import on_one_place
from orbweaver.assess.review.appeals import supersede
from orbweaver.assess.review.messages import VERDICT_CHANGED
from orbweaver.assess.review.models import ReviewItem, Verdict
from orbweaver.assess.review.own_list import update_own_list
from orbweaver.errors import Conflict
from orbweaver.people.audit.services import record

REASON = "It was proved that the person was 18 or older."


@transaction.atomic
def withdraw_as_proved(verdict: Verdict, now: dt.datetime) -> Verdict:
    """A verdict that nothing is to be done takes the place of each removal of these bytes; returns it.

    Own entries and notices follow it. Raises Conflict where the verdict no longer stands.
    """
    verdicts = Verdict.objects.select_for_update().filter(media=verdict.media_id, superseded_by=None).order_by("pk")
    removals = [each for each in verdicts.filter(outcome=Verdict.Outcome.REMOVE) if _is_about(each, verdict)]
    if verdict not in removals:
        raise Conflict(VERDICT_CHANGED)
    item = ReviewItem.objects.create(
        media=verdict.media,
        reason=ReviewItem.Reason.APPEAL,
        state=ReviewItem.State.DECIDED,
        rank_at=now,
        required=0,
        criteria_version=verdict.criteria_version,
        created_at=now,
        decided_at=now,
    )
    item.sightings.set(verdict.item.sightings.all())
    new = Verdict.objects.create(
        item=item,
        media=verdict.media,
        outcome=Verdict.Outcome.NO_ACTION,
        reasons=[REASON],
        criteria_version=verdict.criteria_version,
        decided_by=Verdict.By.PROOF,
        decided_at=now,
    )
    record("verdict.reached", new.public_id, details={"outcome": new.outcome, "by": new.decided_by}, at=now)
    update_own_list(verdict.media, new, now)
    supersede(removals, new, now)
    return new


def _is_about(each: Verdict, verdict: Verdict) -> bool:
    """A removal that rests on one place is about what stands there, not about these bytes (R32)."""
    return each.pk == verdict.pk or not on_one_place(each.sub_type)
