"""Stopping a request for somebody who lost its code, on its page: asked for by one, agreed to by another."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from orbweaver.doors.changing import ask_for, carry_out
from orbweaver.doors.web.frame.survivor_forms import StopForm
from orbweaver.follow.survivors import stops
from orbweaver.follow.survivors.models import Request, Stop
from orbweaver.follow.survivors.rules import Surety
from orbweaver.people.accounts.models import User
from orbweaver.people.changes import selectors, services
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.rules import SURVIVOR_STOP
from orbweaver.platform.clock import now

DECIDES: Final = ("stop-agree", "stop-refuse", "stop-off")
"""What another person presses; the last, once it was agreed to, whoever learns that it is not to stop."""


def ask_to_stop(asked: Request, surety: str, *, by: User) -> None:
    """Have it wait for another person. Its title is its number alone: everybody who signs in reads that."""
    ask_for(SURVIVOR_STOP, asked.public_id, asked.public_id, {"surety": Surety(surety).value}, by=by, now=now())


@transaction.atomic
def decide(asked: Request, action: str, number: str, *, by: User) -> None:
    """Agree to it, or refuse it; whoever asked withdraws it so. Raises NotAllowed, Conflict."""
    if action == "stop-off":
        stops.go_on(asked, now(), by=by)
        return
    change = _asked_for(asked).filter(public_id=number).first()
    public_id = change.public_id if change is not None else ""
    if action == "stop-agree":
        services.agree(public_id, by=by, carry_out=carry_out, now=now())
    else:
        services.refuse(public_id, by=by, now=now())


def shown(asked: Request, person: User) -> dict[str, Any]:
    """What the page says of it: what waits, when it stops, and that whoever has the code said that it goes on."""
    sureties = dict(StopForm.base_fields["surety"].choices)  # type: ignore[attr-defined]
    return {
        "stop_changes": [
            {
                "change": change,
                "surety": sureties[change.details["surety"]],
                "is_mine": change.asked_by_id == person.pk,
                "asker_has_lost": services.asker_has_lost(change, now()),
                "why_not": services.why_not_agree(change, person, now()),
            }
            for change in _asked_for(asked)
        ],
        "stop": stops.waiting_of(asked),
        "went_on": asked.stops.filter(outcome=Stop.Outcome.GONE_ON).order_by("pk").last(),
        "stopped_by_us": stops.stopped_by_us(asked),
    }


def _asked_for(asked: Request) -> QuerySet[Change]:
    return selectors.waiting().filter(kind=SURVIVOR_STOP, subject=asked.public_id)
