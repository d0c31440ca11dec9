"""Held notices: nobody known to tell, or a policy of the hotline (R41). They go out as soon as the reason is gone."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q

from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.notify.notices.messages import (
    HOLD_IN_FORCE,
    HOLD_WITHOUT_REASON,
    MAY_NOT_HOLD,
    NO_SUCH_HOLD,
    UNKNOWN_SUB_TYPE,
)
from orbweaver.notify.notices.models import HoldPolicy, Notice, NoticeUrl
from orbweaver.notify.notices.routing.drafting import Draft, drafts_for
from orbweaver.notify.notices.routing.issuing import queue_message, write_notice
from orbweaver.notify.notices.routing.router import Router
from orbweaver.notify.notices.rules import DONE_WITH, NoticeState
from orbweaver.notify.providers.models import Provider
from orbweaver.notify.providers.rules import clean_country
from orbweaver.notify.providers.selectors import contact_for, registry_version
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.steps import about

logger = logging.getLogger(__name__)


class HeldNotices:
    """Sends held notices on their way as soon as they can go, looking only when registry or policies have changed."""

    AT_LEAST_EVERY_S = 600.0
    """Real seconds after which all are looked at even so: a contact may be added while a notice is being written."""

    def __init__(self) -> None:
        self._seen: tuple[int, ...] | None = None
        self._looked_at = 0.0

    def release(self, now: dt.datetime) -> int:
        """Release what can go; returns how many notices were queued."""
        version, instant = (*registry_version(), *_policies_version()), time.monotonic()
        if version == self._seen and instant - self._looked_at < self.AT_LEAST_EVERY_S:
            return 0
        released = release_held(now)
        self._seen, self._looked_at = version, instant
        return released


def _policies_version() -> tuple[int, int]:
    lifted = Count("pk", filter=Q(lifted_at__isnull=False))
    numbers = HoldPolicy.objects.aggregate(newest=Max("pk"), lifted=lifted)
    return numbers["newest"] or 0, numbers["lifted"]


def release_held(now: dt.datetime) -> int:
    """Look at every held notice and queue those that can go by now; returns how many were queued."""
    held = Notice.objects.filter(state=NoticeState.HELD).order_by("created_at", "pk").values_list("pk", flat=True)
    released = 0
    for pk in list(held):
        try:
            released += _release(pk, now)
        except Exception as error:  # this one stays held and is tried again; the others go on
            with about(Notice.objects.values_list("public_id", flat=True).filter(pk=pk).get):
                logger.warning("Held notice number %d could not be released: %s", pk, type(error).__name__)
    return released


@transaction.atomic
def _release(pk: int, now: dt.datetime) -> int:
    notice = Notice.objects.select_for_update(skip_locked=True).filter(pk=pk, state=NoticeState.HELD).first()
    if notice is None:
        return 0
    urls = list(notice.urls.exclude(state__in=DONE_WITH).select_related("verdict", "media", "follows"))
    if not urls:
        return _close_if_free(notice, now)
    if notice.parent_id is not None or any(url.follows_id for url in urls):
        return _release_step(notice, urls, now)
    return reroute(notice, urls, now, Router(past_deadline=False))


def _close_if_free(notice: Notice, now: dt.datetime) -> int:
    """All of it went by itself while a policy held it: closed once the policy is lifted, without a message (R41)."""
    if _still_held(notice):
        return 0
    notice.become(NoticeState.CLOSED)
    notice.closed_at = now
    notice.save(update_fields=["state", "held_reason", "closed_at"])
    record("notice.closed", notice.public_id, at=now)
    return 0


def _still_held(notice: Notice) -> bool:
    router = Router()
    concerned = [notice.provider] if notice.provider else []
    for host, address in notice.urls.values_list("host", "address").distinct():
        hosting = router.hosting(host, address)
        concerned += [*hosting.origins[:1], *hosting.cdns[:1]]
    return router.holds(notice.notice_type, notice.sub_type, notice.country, concerned)


def _release_step(notice: Notice, urls: Sequence[NoticeUrl], now: dt.datetime) -> int:
    """A second notice about places that another leads: a contact is waited for, or the end of a policy."""
    if notice.provider is None:
        url, router = urls[0], Router(past_deadline=True)
        notice.provider = router.routes(url.host, url.address, notice.notice_type, notice.sub_type)[0].provider
    contact = contact_for(notice.provider) if notice.provider else None
    if contact is None or _still_held(notice):
        return 0
    notice.contact, notice.host = contact, ""
    return _open(notice, urls, now)


def _open(notice: Notice, urls: Sequence[NoticeUrl], now: dt.datetime) -> int:
    notice.become(NoticeState.OPEN)
    notice.save()
    record("notice.released", notice.public_id, at=now)
    queue_message(notice, urls, now)
    return 1


def reroute(notice: Notice, urls: Sequence[NoticeUrl], now: dt.datetime, router: Router) -> int:
    """Give a notice and its URLs to whom they belong by now; returns how many messages were queued.

    The first of the notices that this makes keeps the reference. In the caller's transaction, with the notice locked.
    """
    leading: list[Draft] = []
    further: list[Draft] = []
    for draft in drafts_for(urls, now, router=router):
        (further if any(url.pk is None for url in draft.urls) else leading).append(draft)
    if len(leading) == 1 and leading[0].notice.state == NoticeState.HELD:
        _note_reason(notice, leading[0].notice)
        return 0
    queued = 0
    for number, draft in enumerate(leading):
        kept = draft.notice
        if number == 0:
            _take_identity(kept, notice)
        kept.save()
        NoticeUrl.objects.filter(pk__in=[url.pk for url in draft.urls]).update(notice=kept)
        record("notice.released", kept.public_id, details={"split": len(leading)}, at=now)
        if kept.state == NoticeState.OPEN:
            queue_message(kept, draft.urls, now)
            queued += 1
    for draft in further:
        draft.urls = [url for url in draft.urls if not is_told(url, draft.notice)]
        if draft.urls:
            queued += write_notice(draft, now).state == NoticeState.OPEN
    return queued


def is_told(url: NoticeUrl, notice: Notice) -> bool:
    """Whether the addressee of a notice has one about the same place on the same route already."""
    rows = NoticeUrl.objects.filter(Q(pk=url.follows_id or url.follows.pk) | Q(follows=url.follows))  # type: ignore[union-attr]
    return rows.filter(notice__route=notice.route, notice__provider=notice.provider).exists()


def _note_reason(notice: Notice, drafted: Notice) -> None:
    """Still held, perhaps for another reason."""
    fields = [
        "provider",
        "contact",
        "host",
        "held_reason",
        "country",
        "route",
        "deadline_at",
        "state",
        "hotlines_version",
    ]
    for name in fields:
        setattr(notice, name, getattr(drafted, name))
    notice.save(update_fields=fields)


def _take_identity(kept: Notice, notice: Notice) -> None:
    kept.pk, kept.public_id, kept.created_at = notice.pk, notice.public_id, notice.created_at
    kept.first_sent_at, kept.last_sent_at = notice.first_sent_at, notice.last_sent_at
    kept.occasions, kept.parent_id = notice.occasions, notice.parent_id
    kept.cadence_version = notice.cadence_version
    kept.reached_at, kept.read_at, kept.unreached = notice.reached_at, notice.read_at, notice.unreached
    kept._state.adding = False


@transaction.atomic
def hold(
    reason: str,
    *,
    by: User | None,
    now: dt.datetime,
    provider: Provider | None = None,
    country: str = "",
    sub_type: str = "",
) -> HoldPolicy:
    """Hold ``harmful_abusive`` notices to a provider or into a country until lifted (R41); empty means all.

    Raises NotAllowed, InvalidInput without a reason or for a sub-type that does not exist, Conflict when in force.
    """
    _may(by)
    if not reason.strip():
        raise InvalidInput(HOLD_WITHOUT_REASON)
    if sub_type not in ("", "a", "b", "c"):
        raise InvalidInput(UNKNOWN_SUB_TYPE)
    try:
        with transaction.atomic():
            policy = HoldPolicy.objects.create(
                provider=provider,
                country=clean_country(country),
                sub_type=sub_type,
                reason=reason.strip()[:500],
                made_by=by,
                made_at=now,
            )
    except IntegrityError:
        raise Conflict(HOLD_IN_FORCE) from None
    details = {"country": policy.country, "sub_type": sub_type, "provider": provider.public_id if provider else ""}
    record("notices.hold_policy_made", policy.public_id, actor=by, details=details, at=now)
    return policy


@transaction.atomic
def lift(public_id: str, *, by: User | None, now: dt.datetime) -> HoldPolicy:
    """Lift a policy; what it held is sent. Raises NotAllowed, InvalidInput when there is none in force."""
    _may(by)
    row = HoldPolicy.objects.select_for_update().filter(public_id=public_id, lifted_at__isnull=True).first()
    if row is None:
        raise InvalidInput(NO_SUCH_HOLD)
    row.lifted_by, row.lifted_at = by, now
    row.save(update_fields=["lifted_by", "lifted_at"])
    record("notices.hold_policy_lifted", row.public_id, actor=by, at=now)
    return row


def _may(by: User | None) -> None:
    """``None`` is the operator at the machine's own command line."""
    if by is not None and not by.may(Permission.NOTICE_CONTROL):
        raise NotAllowed(MAY_NOT_HOLD)
