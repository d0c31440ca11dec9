"""What no list of police holds is referred by itself (R61), once their lists were asked after the verdict.

Nothing waits for it: notices left with the verdict (R62).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from orbweaver.assess.criteria import Category
from orbweaver.assess.review.handovers import VerdictReached
from orbweaver.assess.review.models import Verdict
from orbweaver.assess.review.novelty import matches_of_police
from orbweaver.assess.series.selectors import is_of_police_name
from orbweaver.detect.exchanges.models import Exchange
from orbweaver.notify.police.models import Force, Referral, ToRefer
from orbweaver.notify.police.services import may_be_told, queue

OF_ABUSE: Final = (Category.CSAM, Category.CSAM_RELATED)
"""What is referred. A family's picture on a wrong page (``other_harmful``) is a matter of the page."""
WAITED_FOR_LISTS: Final = dt.timedelta(days=1)
"""How long a police list that does not answer holds up a referral."""
AT_ONCE: Final = 50


def note(reached: VerdictReached) -> None:
    """Have a removal of abuse looked at once it stands."""
    verdict = reached.verdict
    if verdict.outcome == Verdict.Outcome.REMOVE and verdict.category in OF_ABUSE:
        ToRefer.objects.create(verdict=verdict, due_at=reached.stands_from)


@transaction.atomic
def refer_unknown(now: dt.datetime) -> int:
    """Refer what police do not know, of the removals that stand; how many removals were looked at.

    Without a force that hears of such things they wait, so that one that is added later hears of them all.
    """
    forces = list(Force.objects.filter(may_be_told(now), hears=Force.Hears.UNKNOWN).order_by("pk"))
    if not forces:
        return 0
    waiting = ToRefer.objects.select_for_update(skip_locked=True, of=("self",)).filter(due_at__lte=_asked_up_to(now))
    rows = list(waiting.select_related("verdict__item", "verdict__media").order_by("due_at", "pk")[:AT_ONCE])
    for row in rows:
        if row.verdict.superseded_by_id is None and not _is_known(row.verdict):
            queue(row.verdict.item, forces, Referral.Because.UNKNOWN, None, None, now)
    ToRefer.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _asked_up_to(now: dt.datetime) -> dt.datetime:
    """The verdicts up to this time: every list of police that is pulled was pulled after them, or keeps silent."""
    pulled = [
        each.pulled_at
        for each in Exchange.objects.filter(paused=False, closed_at=None).select_related("hash_list")
        if is_of_police_name(each.hash_list.supplier)
    ]
    silent_since = now - WAITED_FOR_LISTS
    return min([now, *(max(at or silent_since, silent_since) for at in pulled)])


def _is_known(verdict: Verdict) -> bool:
    media = verdict.media
    return media.police_words.exists() or matches_of_police().filter(sighting__media=media).exists()
