"""Taking the steps that are due. Each in one transaction with the notices it makes."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from orbweaver.follow.escalation.models import Escalation, Step
from orbweaver.follow.escalation.rules import NoticeProgress, PolicyStep, StepOutcome, due_at, is_due, next_step
from orbweaver.follow.escalation.selectors import policy, progress_of, round_of
from orbweaver.follow.escalation.targets import Target, targets
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.routing.steps import live_rows, open_step
from orbweaver.notify.notices.rules import DONE_WITH, NoticeState
from orbweaver.people.audit.services import record
from orbweaver.platform.steps import about

logger = logging.getLogger(__name__)

BATCH = 100


def escalate_due(now: dt.datetime, limit: int = BATCH) -> int:
    """Take the steps that are due; returns how many. Must run outside any transaction: it may ask RDAP."""
    watch_new(now)
    told = Q(notice__told_at__isnull=False) | Q(notice__unreached=Notice.Unreached.NOBODY)
    due = Escalation.objects.filter(told, due_at__lte=now, notice__state=NoticeState.OPEN).order_by("due_at", "pk")
    taken = 0
    for pk in list(due.values_list("notice_id", flat=True)[:limit]):
        try:
            taken += _escalate(pk, now)
        except Exception as error:  # this one is put off; the others go on
            with about(Notice.objects.values_list("public_id", flat=True).filter(pk=pk).get):
                logger.warning("Notice number %d could not be escalated: %s", pk, type(error).__name__)
            Escalation.objects.filter(notice_id=pk).update(due_at=now + dt.timedelta(hours=1))
    return taken


def watch_new(now: dt.datetime, limit: int = 1_000) -> int:
    """Begin to watch notices to providers that nobody has reacted to for the shortest time of the policy, or can."""
    steps = policy().steps
    if not steps:
        return 0
    shortest = dt.timedelta(days=min(*(each.quiet_days for each in steps), steps[0].latest_days))
    unreached = Q(unreached=Notice.Unreached.NOBODY)
    told = Notice.objects.filter(state=NoticeState.OPEN, route=Notice.Route.PROVIDER)
    told = told.filter(Q(told_at__isnull=False) | unreached)
    silent = told.filter(Q(told_at__lte=now - shortest) | unreached, escalation=None)
    rows = [Escalation(notice_id=pk, due_at=now) for pk in silent.values_list("pk", flat=True)[:limit]]
    Escalation.objects.bulk_create(rows, ignore_conflicts=True)
    waited_for = Escalation.objects.filter(notice__in=told.filter(unreached), due_at__gt=now)
    waited_for.exclude(notice__escalation_steps__isnull=False).update(due_at=now)
    return len(rows)


def _escalate(pk: int, now: dt.datetime) -> int:
    notice = Notice.objects.select_related("provider").get(pk=pk)
    progress = progress_of(notice)
    step = next_step(policy(), progress)
    if step is None or not is_due(step, progress, now):
        Escalation.objects.filter(notice=notice).update(due_at=_next_step_at(progress, step, now))
        return 0
    return _take(pk, step, targets(notice, step.route, live_rows(notice), now), now)


@transaction.atomic
def _take(pk: int, wanted: PolicyStep, found: Sequence[Target], now: dt.datetime) -> int:
    """The step, unless things have changed meanwhile; and when to look again."""
    notice = Notice.objects.select_for_update(of=("self",)).select_related("provider").get(pk=pk)
    row = Escalation.objects.select_for_update().get(notice=notice)
    progress = progress_of(notice)
    step = next_step(policy(), progress)
    took = 0
    if step is not None and step == wanted and notice.state == NoticeState.OPEN and is_due(step, progress, now):
        _record(notice, step, _tell(notice, step, found, now), bool(found), now)
        took = 1
        progress = progress_of(notice)
        step = next_step(policy(), progress)
    row.due_at = _next_step_at(progress, step, now)
    row.save(update_fields=["due_at"])
    return took


def _next_step_at(progress: NoticeProgress, step: PolicyStep | None, now: dt.datetime) -> dt.datetime | None:
    """When the next step can be due; in a day where it waits for messages, or for the material to come back."""
    if step is not None:
        earliest = due_at(step, progress)
        return earliest if earliest > now else now + dt.timedelta(days=1)
    return now + dt.timedelta(days=1) if policy().steps else None


def _tell(notice: Notice, step: PolicyStep, found: Sequence[Target], now: dt.datetime) -> int:
    told = 0
    route = Notice.Route(step.route.value)
    for target in found:
        live = [url for url in target.urls if notice.urls.filter(pk=url.pk).exclude(state__in=DONE_WITH).exists()]
        if live and open_step(notice, route, target.provider, live, now) is not None:
            told += 1
    return told


def _record(notice: Notice, step: PolicyStep, told: int, known: bool, now: dt.datetime) -> None:
    outcome = StepOutcome.TOLD if told else StepOutcome.TOLD_BEFORE if known else StepOutcome.NOBODY
    Step.objects.create(
        notice=notice,
        name=step.name,
        route=step.route,
        round=round_of(notice),
        outcome=outcome,
        told=told,
        policy_version=policy().version,
        at=now,
    )
    details = {"step": step.name, "outcome": outcome.value, "told": told, "policy": policy().version}
    record("escalation.step", notice.public_id, details=details, at=now)
