"""The look just before a message leaves: is it still for whom it was written? If not, it goes to whom it belongs."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from django.db import transaction

from orbweaver.notify.notices.messages import TOLD_OTHERS
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage
from orbweaver.notify.notices.routing.drafting import drafts_for
from orbweaver.notify.notices.routing.holding import is_told, reroute
from orbweaver.notify.notices.routing.issuing import queue_message, write_notice
from orbweaver.notify.notices.routing.router import Route, Router
from orbweaver.notify.notices.routing.steps import live_rows, open_step
from orbweaver.notify.notices.rules import DONE_WITH, WAITING, NoticeState, OutboxState, Rank
from orbweaver.notify.providers.models import Provider
from orbweaver.people.audit.services import record

logger = logging.getLogger(__name__)


def may_leave(message: OutboxMessage, now: dt.datetime) -> bool:
    """Whether a claimed message may be sent as it is. Must run outside any transaction.

    The hosts are looked up again. Where somebody else hosts by now, or a policy of the hotline holds the notice, the
    message is cancelled and the notice, or those of its places that moved, goes its way. Steps of an escalation and
    answers to objections are for whom they were written for; a provider told after a referral, or because a place
    moved to it, is looked up like any other. That a child was identified waits for no name server: it goes by what is
    known (``look_briefly`` before). A failure here never keeps a message back.
    """
    try:
        return _may_leave(message, now)
    except Exception as error:
        logger.warning("Message number %d leaves without another look: %s", message.pk, type(error).__name__)
        return True


def _may_leave(message: OutboxMessage, now: dt.datetime) -> bool:
    from orbweaver.notify.notices.routing.lookup import look_up  # loads HTTP clients, which few who import this need

    notice = Notice.objects.select_related("provider").get(pk=message.notice_id)
    is_step = notice.parent_id is not None and notice.route != Notice.Route.PROVIDER
    if message.push_back_id is not None or is_step:
        return True
    urls = live_rows(notice)
    if message.rank != Rank.NEWS:
        look_up(dict.fromkeys(url.host for url in urls), now)
    router = Router(past_deadline=_is_past_deadline(notice))
    moved = [url for url in urls if not _belongs(url, notice, router)]
    if notice.route == Notice.Route.CDN:
        _tell_origins(notice, urls, router, now)
    return not moved or not _redirect(message, moved, router, now)


def _is_past_deadline(notice: Notice) -> bool:
    """A provider goes on being told, whether before a hotline abroad took such material or past its deadline."""
    return notice.route != Notice.Route.REFERRAL and (notice.first_sent_at is not None or notice.parent_id is not None)


def _belongs(url: NoticeUrl, notice: Notice, router: Router) -> bool:
    routes = router.routes(url.host, url.address, notice.notice_type, notice.sub_type)
    held = any(route.held_reason == Notice.HeldReason.POLICY for route in routes)
    return not held and (_is_for_another_host_of_it(url, notice, router) or _leads(routes, notice))


def _is_for_another_host_of_it(url: NoticeUrl, notice: Notice, router: Router) -> bool:
    """Whether it is for another who hosts the place, told because the leading one cannot be reached."""
    if notice.parent_id is None or notice.route != Notice.Route.PROVIDER:
        return False
    return any(each.pk == notice.provider_id for each in router.hosting(url.host, url.address).origins)


def _leads(routes: Sequence[Route], notice: Notice) -> bool:
    return any(
        route.kind == notice.route and route.provider is not None and route.provider.pk == notice.provider_id
        for route in routes
    )


@transaction.atomic
def _tell_origins(notice: Notice, urls: Sequence[NoticeUrl], router: Router, now: dt.datetime) -> None:
    """The origin behind a CDN has become known since: it gets a notice of its own."""
    origins: dict[int, tuple[Provider, list[NoticeUrl]]] = {}
    for url in urls:
        first = router.routes(url.host, url.address, notice.notice_type, notice.sub_type)[0]
        if first.kind == Notice.Route.PROVIDER and first.provider is not None:
            origins.setdefault(first.provider.pk, (first.provider, []))[1].append(url)
    if not origins:
        return
    locked = Notice.objects.select_for_update().get(pk=notice.pk)
    for provider, rows in origins.values():
        open_step(locked, Notice.Route.PROVIDER, provider, rows, now)


@transaction.atomic
def _redirect(message: OutboxMessage, moved: Sequence[NoticeUrl], router: Router, now: dt.datetime) -> bool:
    """Cancel the message and send its places where they belong; False when the message is another worker's."""
    notice = Notice.objects.select_for_update().get(pk=message.notice_id)
    mine = OutboxMessage.objects.filter(pk=message.pk, lease=message.lease, state__in=WAITING)
    if not mine.update(state=OutboxState.CANCELLED, reason=TOLD_OTHERS, lease_until=None):
        return False
    record(
        "notice.rerouted", notice.public_id, details={"urls": len(moved), "sent": bool(notice.first_sent_at)}, at=now
    )
    if notice.first_sent_at is None:
        reroute(notice, live_rows(notice), now, router)
    elif _held_by_policy(moved, notice, router):
        notice.become(NoticeState.HELD, Notice.HeldReason.POLICY)
        notice.remind_at = None
        notice.save(update_fields=["state", "held_reason", "remind_at"])
    else:
        _move(notice, moved, router, now)
    return True


def _held_by_policy(moved: Sequence[NoticeUrl], notice: Notice, router: Router) -> bool:
    routes = router.routes(moved[0].host, moved[0].address, notice.notice_type, notice.sub_type)
    return any(route.held_reason == Notice.HeldReason.POLICY for route in routes)


def _move(notice: Notice, moved: Sequence[NoticeUrl], router: Router, now: dt.datetime) -> None:
    """Places of a notice that had been sent: they get notices of their own, with a clock of their own."""
    for draft in drafts_for(moved, now, router=router):
        draft.notice.parent = notice
        rows = [url for url in draft.urls if url.pk is not None]
        if not rows:
            draft.urls = [url for url in draft.urls if not is_told(url, draft.notice)]
            if draft.urls:
                write_notice(draft, now)
            continue
        draft.notice.save()
        NoticeUrl.objects.filter(pk__in=[url.pk for url in rows]).update(notice=draft.notice)
        record("notice.issued", draft.notice.public_id, details={"urls": len(rows), "moved": True}, at=now)
        if draft.notice.state == NoticeState.OPEN:
            queue_message(draft.notice, rows, now)
    if notice.urls.exclude(state__in=DONE_WITH).exists():
        notice.remind_at = now
    else:
        notice.become(NoticeState.CLOSED)
        notice.closed_at, notice.remind_at = now, None
    notice.save(update_fields=["state", "held_reason", "closed_at", "remind_at"])
