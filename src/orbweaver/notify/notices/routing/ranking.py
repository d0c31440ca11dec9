"""In which order messages leave: what says that a child is identified (news, R74, and of new addresses, R53), what
belongs to something just notified, first notices, reminders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.db.models import Case, When

from orbweaver.assess.review.identification import is_said_identified
from orbweaver.assess.series.models import SeriesItem
from orbweaver.detect.hashlists.models import Identified
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage
from orbweaver.notify.notices.rules import LEFT, Rank
from orbweaver.notify.notices.settings import NoticeSettings

BEHIND_IDENTIFIED: Final = Case(When(is_said_identified("verdict__media"), then=0), default=1)
"""Of what waits for its notice: 0 where police know the child, so that it comes first (R53), else 1."""


def rank_of(notice: Notice, urls: Sequence[NoticeUrl], now: dt.datetime) -> Rank:
    """The rank of the next message of a notice."""
    is_first = not notice.occasions
    if notice.news_at is not None or (
        is_first and any(url.verdict.identified == Identified.IDENTIFIED for url in urls)
    ):
        return Rank.NEWS
    if not is_first:
        return Rank.REMINDER
    return Rank.RELATED if _belongs_to_what_was_told(notice, urls, now) else Rank.FIRST


def _belongs_to_what_was_told(notice: Notice, urls: Sequence[NoticeUrl], now: dt.datetime) -> bool:
    """Whether the contact was notified of a picture of the same page or series within ``notice_gather_minutes``.

    Who reads that letter works on that page now. The rest an hour later would mean a second visit, and the series would
    stay half public meanwhile.
    """
    since = now - dt.timedelta(minutes=NoticeSettings.current().notice_gather_minutes)
    left = OutboxMessage.objects.filter(contact=notice.contact, left_at__gt=since, state__in=LEFT, push_back=None)
    told = NoticeUrl.objects.filter(notice__in=left.values("notice"))
    if not left.exists():
        return False
    pages = sorted({page for url in urls for page in url.pages})
    if pages and told.filter(pages__overlap=pages).exists():
        return True
    series = SeriesItem.objects.filter(media__in=[url.media_id for url in urls], ended_at=None).values("series")
    return SeriesItem.objects.filter(media__in=told.values("media"), series__in=series, ended_at=None).exists()
