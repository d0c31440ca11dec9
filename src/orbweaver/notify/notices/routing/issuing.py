"""Verdicts become notices, each in one transaction with its outbox row."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Min, QuerySet

from orbweaver.assess.criteria import Outcome
from orbweaver.assess.review.handovers import VerdictReached
from orbweaver.assess.review.identification import follow_identification
from orbweaver.assess.review.models import Verdict
from orbweaver.errors import OrbweaverError
from orbweaver.notify.notices.handovers import RecheckWanted, UrlsNotified, recheck_wanted, urls_notified
from orbweaver.notify.notices.letters.compose import compose
from orbweaver.notify.notices.messages import UNFORESEEN
from orbweaver.notify.notices.models import HandoverFailure, KeptOnRequest, Notice, NoticeUrl, OutboxMessage, ToNotify
from orbweaver.notify.notices.routing.drafting import Draft, drafts_for, letter_for, urls_of
from orbweaver.notify.notices.routing.ranking import BEHIND_IDENTIFIED, rank_of
from orbweaver.notify.notices.rules import NoticeState, UrlState, backoff_s, occasion_key
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.clock import get_clock
from orbweaver.platform.shared_clock import shared_now
from orbweaver.platform.steps import about

logger = logging.getLogger(__name__)

BATCH = 100
"""Verdicts that are grouped into notices in one transaction."""


def note(reached: VerdictReached) -> None:
    """Note a removal that was decided, for ``issue_notices``."""
    if reached.verdict.outcome == Outcome.REMOVE:
        ToNotify.objects.create(verdict=reached.verdict, due_at=reached.stands_from)


def issue_notices(now: dt.datetime, limit: int = BATCH) -> int:
    """Make notices of verdicts that ask for removal; returns how many. One bad verdict is put aside, not the others."""
    if not ToNotify.objects.filter(due_at__lte=now).exists():
        return 0
    try:
        return _issue(None, now, limit)
    except Exception:  # whatever is wrong with one of them, it is found below
        logger.warning("Some verdicts could not be handed over together; trying them one by one.")
    return sum(_issue_alone(pk, now) for pk in list(_waiting(now).values_list("pk", flat=True)[:limit]))


def seconds_to_next(now: dt.datetime) -> float | None:
    """Real seconds until the next verdict is due, 0 where one is; None where none waits."""
    first = ToNotify.objects.aggregate(at=Min("due_at"))["at"]
    return None if first is None else get_clock().real_seconds(max(first - now, dt.timedelta(0)))


def _issue_alone(pk: int, now: dt.datetime) -> int:
    try:
        return _issue([pk], now, 1)
    except Exception as error:  # noted for the desk with its code; the text may hold anything and is not logged
        _put_aside(pk, error, now)
        return 0


def _waiting(now: dt.datetime) -> QuerySet[ToNotify]:
    """What is due, identified children first (R53): verdicts whose last answer can still be taken back wait for that
    minute."""
    ready = ToNotify.objects.filter(due_at__lte=now).exclude(verdict__handover_failure__retry_at__gt=shared_now())
    return ready.annotate(later=BEHIND_IDENTIFIED).order_by("later", "verdict__decided_at", "pk")


@transaction.atomic
def _issue(only: Sequence[int] | None, now: dt.datetime, limit: int) -> int:
    waiting = _waiting(now) if only is None else _waiting(now).filter(pk__in=only)
    # with their verdicts, which somebody may be taking back or reviewing
    taken = list(waiting.select_for_update(skip_locked=True, of=("self", "verdict")).select_related("verdict")[:limit])
    if not taken:
        return 0
    follow_identification({each.verdict.media_id for each in taken}, now)
    done = [each.pk for each in taken]
    fresh = Verdict.objects.filter(pk__in=done).select_related("media", "item").order_by("decided_at", "pk")
    urls = [url for verdict in fresh for url in urls_of(verdict)]
    drafts = drafts_for(_without_known(urls, now), now)
    for draft in drafts:
        _write(draft, now)
    Verdict.objects.filter(pk__in=done).update(handed_over_at=now)
    ToNotify.objects.filter(pk__in=done).delete()
    HandoverFailure.objects.filter(verdict__in=done).delete()
    return len(drafts)


def _without_known(urls: Sequence[NoticeUrl], now: dt.datetime) -> list[NoticeUrl]:
    """The URLs that no notice of the same type asks about; news about the others joins the notice they have.

    What was withdrawn nobody asks about any more: a later verdict of removal has a notice of its own.
    """
    fresh: list[NoticeUrl] = []
    for url in urls:
        known = (
            NoticeUrl.objects.filter(media_id=url.media_id, url_key=url.url_key)
            .filter(notice__notice_type=url.verdict.notice_type, notice__sub_type=url.verdict.sub_type)
            .filter(follows__isnull=True)
            .exclude(state=UrlState.WITHDRAWN)
            .order_by("-pk")
            .first()
        )
        if known is None:
            fresh.append(url)
            continue
        if more := [page for page in url.pages if page not in known.pages]:
            known.pages, known.queries_version = known.pages + more, url.queries_version
        known.seen_at = max(known.seen_at, url.seen_at)
        known.save(update_fields=["pages", "queries_version", "seen_at"])
        recheck_wanted.announce(RecheckWanted([known], now))
    return fresh


def _write(draft: Draft, now: dt.datetime) -> None:
    write_notice(draft, now)
    leading = [url for url in draft.urls if url.follows_id is None]
    if leading:
        urls_notified.announce(UrlsNotified(leading, now))


def write_notice(draft: Draft, now: dt.datetime) -> Notice:
    """Save a new notice with its rows, and queue its first message unless it is held."""
    notice = draft.notice
    notice.save()
    for url in draft.urls:
        url.notice = notice
        if url.follows is not None:
            url.follows_id = url.follows.pk
    NoticeUrl.objects.bulk_create(draft.urls)
    details = {"urls": len(draft.urls), "type": notice.notice_type, "sub_type": notice.sub_type, "state": notice.state}
    record("notice.issued", notice.public_id, details={**details, "route": notice.route}, at=now)
    if notice.state == NoticeState.OPEN:
        queue_message(notice, draft.urls, now)
    return notice


def queue_message(notice: Notice, urls: Sequence[NoticeUrl], now: dt.datetime) -> OutboxMessage:
    """Compose the next occasion of a notice and put its bytes in the outbox, in the caller's transaction."""
    if notice.contact is None:
        raise ValueError("a notice without a contact cannot be queued")
    letter = letter_for(notice, urls, now)
    message = OutboxMessage.objects.create(
        notice=notice,
        number=notice.occasions,
        rank=rank_of(notice, urls, now),
        occasion=occasion_key(notice.public_id, notice.occasions),
        channel=notice.contact.channel,
        contact=notice.contact,
        address=notice.contact.address,
        message_id=letter.message_id,
        raw=compose(letter).raw,
        duties_version=letter.duties_version,
        cadence_version=letter.cadence_version,
        is_draft=bool(HotlineSettings.current().letter_gaps),
        created_at=now,
    )
    if letter.preservation is not None:
        ends_at = now + dt.timedelta(days=letter.preservation.days)
        asked = {"basis": letter.preservation.basis, "asked_at": now, "ends_at": ends_at}
        KeptOnRequest.objects.update_or_create(notice=notice, defaults=asked)
    notice.occasions += 1
    notice.remind_at = notice.news_at = None
    notice.save(update_fields=["contact", "occasions", "remind_at", "news_at"])
    return message


def _put_aside(pk: int, error: Exception, now: dt.datetime) -> None:
    code = error.code if isinstance(error, OrbweaverError) else type(error).__name__
    reason = error.message if isinstance(error, OrbweaverError) else UNFORESEEN
    with about(Verdict.objects.values_list("public_id", flat=True).filter(pk=pk).get):
        logger.warning("The notice of verdict number %d could not be made: %s", pk, code)
    with transaction.atomic():
        failure, _ = HandoverFailure.objects.select_for_update().get_or_create(
            verdict_id=pk, defaults={"first_at": now, "retry_at": shared_now()}
        )
        failure.attempts += 1
        failure.code, failure.reason = code[:60], reason
        failure.retry_at = shared_now() + dt.timedelta(seconds=backoff_s(failure.attempts))
        failure.save()
