"""How notices stand, and what was done about silence."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.db.models import Max, QuerySet

from orbweaver.errors import ConfigurationError
from orbweaver.follow.escalation.messages import POLICY_UNREADABLE
from orbweaver.follow.escalation.models import Step
from orbweaver.follow.escalation.rules import (
    ESCALATION,
    NoticeProgress,
    Policy,
    PolicyStep,
    due_at,
    next_step,
    parse_policy,
    policy_in_force,
)
from orbweaver.follow.escalation.settings import EscalationSettings
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.rules import DONE_WITH, Meaning, NoticeState, OutboxState
from orbweaver.notify.notices.selectors import unread_about
from orbweaver.notify.providers.models import Provider


def policy() -> Policy:
    """The policy: what two people agreed to, else the file that ``escalation_policy`` names, or the packaged one.

    Raises ConfigurationError for a file that cannot be used.
    """
    file = EscalationSettings.current().escalation_policy
    return policy_in_force() if file is None or ESCALATION.is_agreed else _read(file)


@cache
def _read(path: Path) -> Policy:
    try:
        return parse_policy(path.read_text("utf-8"))
    except OSError:
        raise ConfigurationError(POLICY_UNREADABLE) from None


def round_of(notice: Notice) -> int:
    """How often what is there now has come back; each return begins the steps anew."""
    live = notice.urls.exclude(state__in=DONE_WITH)
    return live.aggregate(most=Max("reappearances"))["most"] or 0


def progress_of(notice: Notice) -> NoticeProgress:
    """How a notice stands that was sent, or that no contact of its provider could be sent."""
    is_unreached = notice.unreached == Notice.Unreached.NOBODY
    if is_unreached:
        first = notice.first_sent_at or notice.created_at
    elif notice.told_at is not None:
        first = notice.told_at
    else:
        raise ValueError("a notice of which nobody was told is not escalated")
    urls = list(notice.urls.values_list("removed_at", "reappeared_at", "state"))
    answered_at = notice.incoming.exclude(meaning__in=("", Meaning.AUTOMATIC)).values_list("came_at", flat=True)
    answers = [
        *answered_at,
        *notice.replies.values_list("at", flat=True),
        *notice.push_backs.values_list("made_at", flat=True),
    ]
    removed = [at for at, _, _ in urls if at is not None]
    sent = notice.messages.filter(sent_at__isnull=False, state=OutboxState.SENT, push_back=None)
    return NoticeProgress(
        first_sent_at=first,
        sent=tuple(at for at in sent.values_list("sent_at", flat=True) if at is not None),
        reactions=tuple(at for at in (*answers, *removed) if at >= first),
        returns=tuple(at for _, at, _ in urls if at is not None),
        taken=frozenset(notice.escalation_steps.filter(round=round_of(notice)).values_list("name", flat=True)),
        live=any(state not in DONE_WITH for _, _, state in urls),
        unreached=is_unreached,
        unread=unread_about(notice).exists(),
    )


@dataclass(frozen=True)
class StepTaken:
    """A step with the notices that it made."""

    step: Step
    notices: list[Notice]


@dataclass(frozen=True)
class Timeline:
    """Steps past a provider, and the next one with the earliest moment at which it can be due."""

    taken: list[StepTaken]
    following: PolicyStep | None
    following_at: dt.datetime | None


def steps_of(notice: Notice) -> Timeline:
    """The timeline of a notice; empty for one that is no provider's or was not sent."""
    made = list(notice.steps.select_related("provider").order_by("pk"))
    taken = [
        StepTaken(step, [each for each in made if each.route == step.route])
        for step in notice.escalation_steps.order_by("at", "pk")
    ]
    watched = notice.route == Notice.Route.PROVIDER and notice.state == NoticeState.OPEN
    if not watched or not (notice.told_at or notice.unreached == Notice.Unreached.NOBODY):
        return Timeline(taken, None, None)
    progress = progress_of(notice)
    step = next_step(policy(), progress)
    return Timeline(taken, step, due_at(step, progress) if step else None)


def steps_past(provider: Provider) -> QuerySet[Step]:
    """Steps that were taken past a provider, newest first."""
    return Step.objects.filter(notice__provider=provider).select_related("notice").order_by("-at", "-pk")
