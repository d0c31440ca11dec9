"""Police identify a child: what is still there is notified anew at once, once (R74); every letter from then says it.

The source says that removal often happens only then. It makes no difference whether the provider refused: a notice
stays open until what it is about is gone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Exists, OuterRef

from orbweaver.assess.review.handovers import VerdictsIdentified
from orbweaver.detect.hashlists.models import Identified
from orbweaver.notify.notices.messages import IDENTIFICATION_TAKEN_BACK
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.routing.issuing import queue_message
from orbweaver.notify.notices.rules import DONE_WITH, WAITING, NoticeState, OutboxState, UrlState
from orbweaver.people.audit.services import record


def bring_news(identified: VerdictsIdentified) -> None:
    """Say on each notice whether all its children are identified (R73), and mark those that bring news."""
    verdicts, now = identified.verdicts, identified.now
    rows = NoticeUrl.objects.filter(notice=OuterRef("pk")).exclude(state=UrlState.WITHDRAWN)
    unknown = rows.exclude(verdict__identified=Identified.IDENTIFIED)
    concerned = Notice.objects.filter(urls__verdict__in=[each.pk for each in verdicts])
    locked = list(Notice.objects.select_for_update().filter(pk__in=concerned.values("pk")).order_by("pk"))
    Notice.objects.filter(pk__in=[each.pk for each in locked]).update(identified=~Exists(unknown))
    news = [each.pk for each in verdicts if each.identified == Identified.IDENTIFIED]
    there = NoticeUrl.objects.filter(notice=OuterRef("pk"), verdict__in=news).exclude(state__in=DONE_WITH)
    for notice in Notice.objects.filter(Exists(there), pk__in=[each.pk for each in locked], state=NoticeState.OPEN):
        Notice.objects.filter(pk=notice.pk).update(news_at=now)
        record("notice.child_identified", notice.public_id, at=now)
    _take_back({each.pk for each in verdicts if each.identified != Identified.IDENTIFIED}, now)


def _take_back(verdicts: Collection[int], now: dt.datetime) -> None:
    """Police do not say it any more of these: news not told yet is none, and what has not left yet is written anew."""
    concerned = Notice.objects.filter(urls__verdict__in=verdicts, state=NoticeState.OPEN)
    identified = NoticeUrl.objects.filter(notice=OuterRef("pk"), verdict__identified=Identified.IDENTIFIED)
    untold = Notice.objects.filter(pk__in=concerned.values("pk"), news_at__isnull=False)
    untold.exclude(Exists(identified.exclude(state__in=DONE_WITH))).update(news_at=None)
    for notice in Notice.objects.filter(pk__in=concerned.values("pk"), news_at=None).order_by("pk"):
        waiting = notice.messages.filter(state__in=WAITING, push_back=None)
        if waiting.update(state=OutboxState.CANCELLED, reason=IDENTIFICATION_TAKEN_BACK):
            urls = notice.urls.exclude(state__in=DONE_WITH).select_related("verdict", "media").order_by("pk")
            queue_message(notice, list(urls), now)
