"""A verdict fell on review (R70): nothing more is asked about its addresses, and a notice with no other is closed."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from orbweaver.assess.review.handovers import VerdictWithdrawn
from orbweaver.notify.notices.handovers import UrlsWithdrawn, urls_withdrawn
from orbweaver.notify.notices.messages import VERDICT_CHANGED
from orbweaver.notify.notices.models import Notice, NoticeUrl, ToNotify
from orbweaver.notify.notices.rules import DONE_WITH, ENDED, WAITING, NoticeState, OutboxState, UrlState
from orbweaver.people.audit.services import record


@transaction.atomic
def withdraw(withdrawn: VerdictWithdrawn) -> int:
    """Ask nothing more about the addresses of a verdict: no reminder, no recheck, no step up; returns how many.

    What is removed stays counted as removed. Messages that have not left are cancelled when nothing else is in them;
    one that has left cannot be called back.
    """
    verdict, now = withdrawn.verdict, withdrawn.now
    ToNotify.objects.filter(verdict=verdict).delete()  # what no notice took up yet never becomes one
    rows = list(NoticeUrl.objects.filter(verdict=verdict).exclude(state__in=ENDED).order_by("notice_id", "pk"))
    for pk in dict.fromkeys(row.notice_id for row in rows):
        notice = Notice.objects.select_for_update().get(pk=pk)
        count = notice.urls.filter(verdict=verdict).exclude(state__in=ENDED).update(state=UrlState.WITHDRAWN)
        record("notice.urls_withdrawn", notice.public_id, details={"verdict": verdict.public_id, "urls": count}, at=now)
        if not notice.urls.exclude(state__in=DONE_WITH).exists() and notice.state != NoticeState.CLOSED:
            _close(notice, now)
    urls_withdrawn.announce(UrlsWithdrawn(rows, now))
    return len(rows)


def _close(notice: Notice, now: dt.datetime) -> None:
    notice.become(NoticeState.CLOSED)
    notice.closed_at, notice.remind_at = now, None
    notice.save(update_fields=["state", "closed_at", "remind_at", "held_reason"])
    waiting = notice.messages.filter(state__in=WAITING)
    waiting.update(state=OutboxState.CANCELLED, reason=VERDICT_CHANGED)
    record("notice.closed", notice.public_id, at=now)
