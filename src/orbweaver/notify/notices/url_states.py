"""What rechecks say about the URLs of notices: gone once, removed, back, offline. Nothing else changes a URL's state.

Checks look at the leading row of a place; the rows that follow it, in notices to a CDN or an upstream about the same
place, change with it. What an escalation was about and what is gone stays so when a picture comes back: its provider
is told first, and the policy of escalation decides anew.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Max, QuerySet

from orbweaver.notify.notices.messages import ALL_GONE
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.repeating import shortest_interval
from orbweaver.notify.notices.rules import DONE_WITH, WAITING, NoticeState, OutboxState, UrlState
from orbweaver.people.audit.services import record

BACK_AT_ONCE = (Notice.Route.PROVIDER, Notice.Route.CDN)
"""Routes whose notices open again with the leading one when a picture is back."""


def mark_gone_once(url: NoticeUrl) -> None:
    """One check says that it is gone; a second one has to confirm it."""
    _set_state(url, UrlState.GONE_ONCE)


def mark_still_there(url: NoticeUrl) -> None:
    """It is there after all (again "reappeared" when it had been removed before)."""
    _set_state(url, UrlState.REAPPEARED if url.reappearances else UrlState.LIVE)


def mark_moved(url: NoticeUrl) -> None:
    """Its page shows it at another address: that is no removal."""
    _set_state(url, UrlState.MOVED)


def _set_state(url: NoticeUrl, state: UrlState) -> None:
    # By their numbers: one condition "this one, or those that follow it" would read the whole table.
    chosen = [url.pk, *_followers(url).values_list("pk", flat=True)]
    NoticeUrl.objects.filter(pk__in=chosen).exclude(state=UrlState.WITHDRAWN).update(state=state)
    url.state = state.value


def _followers(url: NoticeUrl) -> QuerySet[NoticeUrl]:
    """Rows that follow this one and are not done with."""
    return NoticeUrl.objects.filter(follows=url).exclude(state__in=DONE_WITH).order_by("notice_id", "pk")


@transaction.atomic
def confirm_removal(url: NoticeUrl, removed_at: dt.datetime, now: dt.datetime) -> None:
    """Two checks agree: removed, at the first of them (R50). A notice is closed with the last of its URLs.

    One that a policy holds stays held (R41).
    """
    for row in [url, *_followers(url)]:
        _confirm(row, removed_at, now)


def _confirm(url: NoticeUrl, removed_at: dt.datetime, now: dt.datetime) -> None:
    notice = Notice.objects.select_for_update().get(pk=url.notice_id)
    if NoticeUrl.objects.filter(pk=url.pk, state=UrlState.WITHDRAWN).exists():
        return
    url.state, url.removed_at = UrlState.REMOVED.value, removed_at
    url.save(update_fields=["state", "removed_at"])
    record("removal.confirmed", notice.public_id, details={"url": url.pk, "removed_at": removed_at.isoformat()}, at=now)
    _close_if_done(notice, now)


def _close_if_done(notice: Notice, now: dt.datetime) -> None:
    held_by_policy = notice.state == NoticeState.HELD and notice.held_reason == Notice.HeldReason.POLICY
    if held_by_policy or notice.urls.exclude(state__in=DONE_WITH).exists():
        return
    # The check began before its answer came, and a message may have left meanwhile: none leaves after the end.
    seen = notice.messages.aggregate(made=Max("created_at"), left=Max("left_at"))
    notice.become(NoticeState.CLOSED)
    notice.closed_at, notice.remind_at = max(now, *(each for each in seen.values() if each)), None
    notice.save(update_fields=["state", "closed_at", "remind_at", "held_reason"])
    notice.messages.filter(state__in=WAITING).update(state=OutboxState.CANCELLED, reason=ALL_GONE)
    record("notice.closed", notice.public_id, at=now)


@transaction.atomic
def mark_offline(url: NoticeUrl, since: dt.datetime, now: dt.datetime) -> None:
    """Its host has answered nobody ``since`` then (R81). That is no removal: it is watched, and asked about again once
    the host is back; until then nobody is written to about it."""
    for row in [url, *_followers(url)]:
        notice = Notice.objects.select_for_update().get(pk=row.notice_id)
        changed = NoticeUrl.objects.filter(pk=row.pk).exclude(state__in=DONE_WITH)
        if not changed.update(state=UrlState.OFFLINE, offline_at=since):
            continue
        row.state, row.offline_at = UrlState.OFFLINE.value, since
        details = {"url": row.pk, "since": since.isoformat()}
        record("host.offline", notice.public_id, details=details, at=now)
        _close_if_done(notice, now)


@transaction.atomic
def mark_answering(url: NoticeUrl, now: dt.datetime) -> None:
    """Its host answers again: it is asked about again as before, and its notice is open, with reminders."""
    rows = NoticeUrl.objects.filter(follows=url, state=UrlState.OFFLINE).select_related("notice")
    told = [row for row in rows if row.notice.route in BACK_AT_ONCE or row.notice.state != NoticeState.CLOSED]
    for row in [url, *sorted(told, key=lambda row: (row.notice_id, row.pk))]:
        ask_again(row, now)


def ask_again(url: NoticeUrl, now: dt.datetime) -> None:
    """One offline row whose host is back, and its notice with it; no return in the sense of R55. In the caller's
    transaction."""
    notice = Notice.objects.select_for_update().get(pk=url.notice_id)
    state = UrlState.REAPPEARED if url.reappearances else UrlState.LIVE
    changed = NoticeUrl.objects.filter(pk=url.pk, state=UrlState.OFFLINE)
    if not changed.update(state=state, offline_at=None):
        return
    url.state, url.offline_at = state.value, None
    record("host.answers_again", notice.public_id, details={"url": url.pk}, at=now)
    _open_if_closed(notice, now)


@transaction.atomic
def mark_reappeared(url: NoticeUrl, now: dt.datetime) -> None:
    """It is back after a confirmed removal (R55): counted, and its notice is open again, with reminders."""
    reopen(url, now)
    followers = NoticeUrl.objects.filter(follows=url, state=UrlState.REMOVED, notice__route__in=BACK_AT_ONCE)
    for row in followers.order_by("notice_id", "pk"):
        reopen(row, now)


def reopen(url: NoticeUrl, now: dt.datetime) -> None:
    """One row, and its notice with it. In the caller's transaction."""
    notice = Notice.objects.select_for_update().get(pk=url.notice_id)
    url.state, url.reappeared_at = UrlState.REAPPEARED.value, now
    url.reappearances += 1
    url.save(update_fields=["state", "reappeared_at", "reappearances"])
    record("removal.undone", notice.public_id, details={"url": url.pk, "times": url.reappearances}, at=now)
    _open_if_closed(notice, now)


def _open_if_closed(notice: Notice, now: dt.datetime) -> None:
    if notice.state != NoticeState.CLOSED:
        return
    notice.closed_at = None
    if notice.contact_id is None:
        notice.become(NoticeState.HELD, Notice.HeldReason.NO_CONTACT)
    else:
        notice.become(NoticeState.OPEN)
        # It is back: told as often as what is new.
        earliest = notice.last_sent_at and notice.last_sent_at + shortest_interval()
        notice.remind_at = max(now, earliest) if earliest else now
    notice.save(update_fields=["state", "closed_at", "remind_at", "held_reason"])
