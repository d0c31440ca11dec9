"""Keeps what checks saw, and draws the conclusions: nothing changed for nearly all, or the notice hears of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from django.db import connection, transaction

from orbweaver.detect.crawl.revisits import visit_soon
from orbweaver.follow.recheck.hearing import Hearing, note_hearings, offline_hosts
from orbweaver.follow.recheck.leasing import Due
from orbweaver.follow.recheck.models import (
    InsteadPicture,
    Network,
    Observation,
    RecheckTarget,
    Return,
)
from orbweaver.follow.recheck.rules import (
    MOVED_ON_PAGE,
    SECOND_NETWORK,
    THERE,
    TOLD_NOTHING,
    Event,
    Judgement,
    Phase,
    Track,
    advance,
    as_kept,
)
from orbweaver.follow.recheck.ruleset import version_in_force
from orbweaver.follow.recheck.saying import SayingKind, changes_nothing, ends_saying, with_saying
from orbweaver.follow.recheck.settings import RecheckSettings
from orbweaver.follow.recheck.silence import is_heard, is_silent
from orbweaver.follow.recheck.timing import next_due_at
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.services import (
    confirm_removal,
    mark_answering,
    mark_gone_once,
    mark_moved,
    mark_offline,
    mark_reappeared,
    mark_still_there,
)

OfflineHosts = Mapping[str, dt.datetime]
"""Hosts that are offline, with since when."""


class View(NamedTuple):
    """One fetch of a check: from where and how, what it says, the HTTP status if an answer came."""

    vantage: Observation.Vantage
    judgement: Judgement
    status: int | None


@dataclass(frozen=True)
class CheckResult:
    """What one check saw at ``at`` (domain time): each fetch, and what they mean together.

    ``instead`` is the SHA-256 of the picture that stood in the place, ``not_before`` when the host wants to be asked.
    """

    due: Due
    judgement: Judgement
    at: dt.datetime
    views: Sequence[View]
    instead: bytes | None = None
    not_before: dt.datetime | None = None
    errors: Mapping[Network, str | None] = field(default_factory=dict)
    """Code of the fetch from each network that asked; None where an answer came."""

    @property
    def hearings(self) -> list[Hearing]:
        """Whether the host answered, by network; what failed on our side tells nothing."""
        return [
            Hearing(self.due.site, network, self.at, is_heard(error))
            for network, error in self.errors.items()
            if is_heard(error) or is_silent(error)
        ]

    @property
    def heard(self) -> bool:
        """Whether the host gave any answer."""
        return any(each.heard for each in self.hearings)


def record_observation(
    due: Due,
    judgement: Judgement,
    *,
    status: int | None,
    at: dt.datetime,
    vantage: Observation.Vantage = Observation.Vantage.DIRECT,
) -> Event | None:
    """Keep what one check from one place saw, and draw the conclusion. None when nothing changed."""
    return record_observations([CheckResult(due, judgement, at, [View(vantage, judgement, status)])])[0]


def record_observations(seen: Sequence[CheckResult]) -> list[Event | None]:
    """Keep what checks saw, and draw the conclusions; for each what it changed, None where nothing did.

    Checks that change nothing, nearly all, are written together. Nothing is kept of a check whose lease has passed to
    another worker.
    """
    with transaction.atomic():
        note_hearings(each for result in seen for each in result.hearings)
    silent = [each for each in seen if any(not heard.heard for heard in each.hearings)]
    offline = offline_hosts({each.due.site for each in silent}, max(each.at for each in silent)) if silent else {}
    with transaction.atomic():
        changing = _record_quiet(seen, offline)
    return [_record_change(each, offline) if each.due.target_id in changing else None for each in seen]


def _record_quiet(seen: Sequence[CheckResult], offline: OfflineHosts) -> set[int]:
    """Write the checks that change nothing; the targets of the others. Locks targets alone, in their order."""
    by_target = {each.due.target_id: each for each in seen}
    rows = RecheckTarget.objects.select_for_update(of=("self",)).filter(pk__in=by_target).order_by("pk")
    quiet: list[RecheckTarget] = []
    changing: set[int] = set()
    for target in rows:
        each = by_target[target.pk]
        if target.lease != each.due.lease:
            continue
        by_target[target.pk] = each = _with_saying(target, each)
        if conclude(target, each, offline) is None:
            quiet.append(target)
        else:
            changing.add(target.pk)
    _update(quiet)
    keep_views([by_target[target.pk] for target in quiet])
    return changing


def _update(targets: Sequence[RecheckTarget]) -> None:
    """Free the targets of checks that changed nothing, with when they are due next. In one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE recheck_rechecktarget t SET failures = s.failures, checked_at = s.checked_at, due_at = s.due_at, "
            "outcome = s.outcome, reason = s.reason, said = s.said, lease = NULL, lease_until = NULL "
            "FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], "
            "%s::text[]) AS s (id, failures, checked_at, due_at, outcome, reason, said) WHERE t.id = s.id",
            [
                [target.pk for target in targets],
                [target.failures for target in targets],
                [target.checked_at for target in targets],
                [target.due_at for target in targets],
                [target.outcome for target in targets],
                [target.reason for target in targets],
                [target.said for target in targets],
            ],
        )


@transaction.atomic
def _record_change(seen: CheckResult, offline: OfflineHosts) -> Event | None:
    # The notice first, then the target: everybody who locks both does so in this order.
    notice = Notice.objects.select_for_update().filter(urls__target=seen.due.target_id).first()
    target = (
        RecheckTarget.objects.select_for_update(of=("self",))
        .select_related("notice_url")
        .filter(pk=seen.due.target_id, lease=seen.due.lease)
        .first()
    )
    if notice is None or target is None:
        return None
    seen = _with_saying(target, seen)
    event = conclude(target, seen, offline)
    target.save()
    keep_views([seen])
    apply_event(event, target, seen.at)
    return event


def keep_views(seen: Iterable[CheckResult]) -> None:
    """Write down each fetch of these checks, and the pictures that stood there instead."""
    seen = list(seen)
    Observation.objects.bulk_create(
        Observation(
            target_id=each.due.target_id,
            outcome=view.judgement.outcome,
            status=view.status,
            reason=view.judgement.reason[:40],
            evidence=view.judgement.evidence[:120],
            distance=view.judgement.distance,
            at=each.at,
            vantage=view.vantage,
            rules_version=version_in_force(),
        )
        for each in seen
        for view in each.views
    )
    InsteadPicture.objects.bulk_create(
        (
            InsteadPicture(target_id=each.due.target_id, site=each.due.site, sha256=each.instead)
            for each in seen
            if each.instead is not None
        ),
        ignore_conflicts=True,
    )


def _saying_in_force(target: RecheckTarget) -> SayingKind | None:
    return SayingKind(target.said) if target.said else None


def _with_saying(target: RecheckTarget, seen: CheckResult) -> CheckResult:
    """The check, given what a person said of the address, if that holds; no view says "gone" against it."""
    judgement = with_saying(_saying_in_force(target), target.said_of, seen.judgement)
    views = [view._replace(judgement=as_kept(view.judgement, judgement)) for view in seen.views]
    return replace(seen, judgement=judgement, views=views) if judgement != seen.judgement else seen


def conclude(target: RecheckTarget, seen: CheckResult, offline: OfflineHosts) -> Event | None:
    """Bring the target to where this check leaves it, not saved; what changed."""
    settings = RecheckSettings.current()
    outcome, at = seen.judgement.outcome, seen.at
    confirm = dt.timedelta(minutes=settings.recheck_confirm_minutes)
    track, event = Track(Phase(target.phase), target.offline_since), None
    silent_since = offline.get(target.site)
    if (
        silent_since is not None
        or track.phase is Phase.OFFLINE
        or not changes_nothing(_saying_in_force(target), seen.judgement)
    ):
        track, event = advance(track, outcome, at, confirm, heard=seen.heard, silent_since=silent_since)
    has_moved = outcome in THERE and seen.judgement.reason == MOVED_ON_PAGE
    had_moved = target.reason == MOVED_ON_PAGE and target.outcome in THERE
    if has_moved:
        event = None if had_moved and event is None else Event.MOVED
    elif had_moved and outcome in THERE and event is None:
        event = Event.STILL_THERE
    if ends_saying(seen.judgement):
        target.said = ""
    target.phase, target.offline_since = track.phase.value, track.offline_since
    if outcome not in TOLD_NOTHING:
        target.failures = 0
    elif seen.judgement.reason != SECOND_NETWORK:  # ours, not the host's: it is confirmed as soon as that is mended
        target.failures += 1
    if event is Event.REAPPEARED:
        target.since = at
    target.checked_at = at
    target.outcome, target.reason = outcome.value, seen.judgement.reason[:40]
    target.due_at = next_due_at(
        track,
        at=at,
        since=target.since,
        failures=target.failures,
        interval=dt.timedelta(minutes=settings.recheck_interval_minutes),
        confirm=confirm,
        not_before=seen.not_before,
    )
    target.lease = target.lease_until = None
    return event


def apply_event(event: Event | None, target: RecheckTarget, at: dt.datetime) -> None:
    """Tell the notice, and whoever else it concerns, what changed at an address."""
    url = target.notice_url
    if event is Event.GONE_ONCE:
        mark_gone_once(url)
    elif event is Event.STILL_THERE:
        mark_still_there(url)
    elif event is Event.MOVED:
        mark_moved(url)
        visit_soon(url.pages, at)
    elif event is Event.OFFLINE and target.offline_since is not None:
        mark_offline(url, target.offline_since, at)
    elif event is Event.ANSWERING:
        mark_answering(url, at)
    elif event is Event.REMOVED and target.offline_since is not None:
        confirm_removal(url, target.offline_since, at)
    elif event is Event.REAPPEARED:
        mark_reappeared(url, at)
        provider = Notice.objects.values_list("provider_id", flat=True).get(pk=url.notice_id)
        Return.objects.get_or_create(
            url=url,
            times=url.reappearances,
            defaults={"removed": url, "provider_id": provider, "kind": Return.Kind.SAME_URL, "at": at},
        )
