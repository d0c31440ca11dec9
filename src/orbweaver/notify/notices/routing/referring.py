"""Referrals past their deadline (R42): the hotline did not get it removed, so the provider is told directly."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from django.db import transaction

from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.routing.issuing import write_notice
from orbweaver.notify.notices.routing.router import Route, Router
from orbweaver.notify.notices.routing.steps import live_rows, step_draft
from orbweaver.notify.notices.rules import NoticeState
from orbweaver.people.audit.services import record
from orbweaver.platform.steps import about

logger = logging.getLogger(__name__)


def follow_up_referrals(now: dt.datetime, limit: int = 50) -> int:
    """Tell providers about referrals whose deadline has passed; returns how many notices were written.

    Once for each referral: a referral that has a step is done. Must run outside any transaction.
    """
    from orbweaver.notify.notices.routing.lookup import look_up  # loads HTTP clients, which few who import this need

    due = Notice.objects.filter(state=NoticeState.OPEN, route=Notice.Route.REFERRAL, deadline_at__lte=now)
    numbers = list(due.filter(steps=None).order_by("deadline_at").values_list("pk", flat=True)[:limit])
    written = 0
    for pk in numbers:
        try:
            look_up(NoticeUrl.objects.filter(notice=pk).values_list("host", flat=True).distinct(), now)
            written += _follow_up(pk, now)
        except Exception as error:  # this one is tried again in the next round; the others go on
            with about(Notice.objects.values_list("public_id", flat=True).filter(pk=pk).get):
                logger.warning("Referral number %d could not be followed up: %s", pk, type(error).__name__)
    return written


@transaction.atomic
def _follow_up(pk: int, now: dt.datetime) -> int:
    due = Notice.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, state=NoticeState.OPEN)
    referral = due.filter(deadline_at__lte=now, steps=None).first()
    if referral is None:
        return 0
    written = 0
    for route, urls in _grouped(referral):
        draft = step_draft(referral, route, urls, now)
        if draft.urls:
            write_notice(draft, now)
            written += 1
    record("referral.deadline_passed", referral.public_id, details={"notices": written}, at=now)
    return written


def _grouped(referral: Notice) -> list[tuple[Route, Sequence[NoticeUrl]]]:
    router = Router(past_deadline=True)
    groups: dict[tuple[object, ...], tuple[Route, list[NoticeUrl]]] = {}
    for url in live_rows(referral):
        for route in router.routes(url.host, url.address, referral.notice_type, referral.sub_type):
            groups.setdefault(route.key, (route, []))[1].append(url)
    return list(groups.values())
