"""Which step past a silent provider is due, by the written policy. Pure."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from orbweaver.errors import ConfigurationError
from orbweaver.follow.escalation.messages import POLICY_NOT_TOML, POLICY_UNUSABLE
from orbweaver.platform.rule_tables import Body, RuleTable, without_head


class StepRoute(StrEnum):
    """Whom a step turns to; the same words as in ``Notice.Route``."""

    UPSTREAM = "upstream"
    CDN = "cdn"
    REGISTRAR = "registrar"
    PAYMENT = "payment"


class StepOutcome(StrEnum):
    """What came of a step: somebody was told; nobody is known; or all who are known had been told before."""

    TOLD = "told"
    NOBODY = "nobody"
    TOLD_BEFORE = "told_before"


MOST_DAYS: Final = 3650
"""Ten years: more may end on a day that no calendar has, and then no step is taken at all."""
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]


class PolicyStep(BaseModel):
    """One step. Days are of 24 hours of domain time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    route: StepRoute
    quiet_days: float = Field(ge=1, le=MOST_DAYS)
    messages: int = Field(ge=1)
    latest_days: float = Field(ge=1, le=MOST_DAYS)


class Policy(BaseModel):
    """The steps in their order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    steps: tuple[PolicyStep, ...]

    @model_validator(mode="after")
    def _in_order(self) -> Policy:
        if len({step.name for step in self.steps}) != len(self.steps):
            raise ValueError("a name stands twice")
        days = [step.quiet_days for step in self.steps]
        if days != sorted(days):
            raise ValueError("a step waits less long than the one before it")
        return self


def parse_policy(text: str) -> Policy:
    """A policy from TOML, with or without day, source and owner. Raises ConfigurationError that says what is wrong."""
    try:
        return Policy.model_validate(without_head(tomllib.loads(text), keep={"version"}))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(POLICY_NOT_TOML.of(error=str(error))) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(POLICY_UNUSABLE.of(where=where, why=first["msg"])) from None


def _steps(body: Body) -> tuple[PolicyStep, ...]:
    return Policy.model_validate({"version": "1", **body}).steps


ESCALATION: Final = RuleTable(
    "escalation",
    "follow/escalation/policy.toml",
    _steps,
    keys={"steps": ("name",)},
    ordered=True,
    sorted_by="quiet_days",
)


def policy_in_force() -> Policy:
    """The steps of the table in force, under the name of its version."""
    return Policy(version=ESCALATION.version(), steps=ESCALATION.in_force())


@dataclass(frozen=True)
class NoticeProgress:
    """How far a notice has come. ``reactions``: answers, objections and removals; ``returns``: pictures that came back.

    ``sent``: instants at which its messages left. ``taken``: names of the steps taken since the last return. ``live``:
    whether anything of it is still there.
    """

    first_sent_at: dt.datetime
    sent: tuple[dt.datetime, ...]
    reactions: tuple[dt.datetime, ...]
    returns: tuple[dt.datetime, ...]
    taken: frozenset[str]
    live: bool
    unreached: bool = False
    """Whether its mail came back from every contact: there is nobody whose silence could be waited for."""
    unread: bool = False
    """Whether an answer waits for a person to read it: until then nobody is taken for silent."""

    @property
    def quiet_since(self) -> dt.datetime:
        """Since when nothing was heard."""
        return max((self.first_sent_at, *self.reactions, *self.returns))

    @property
    def pressed_since(self) -> dt.datetime:
        """Since when it has been told of what is there now."""
        return max((self.first_sent_at, *self.returns))


def next_step(policy: Policy, progress: NoticeProgress) -> PolicyStep | None:
    """The first step not taken; none when there is nothing left to remove."""
    if not progress.live:
        return None
    return next((step for step in policy.steps if step.name not in progress.taken), None)


def due_at(step: PolicyStep, progress: NoticeProgress) -> dt.datetime:
    """The earliest instant at which this step can be due, by what is known now."""
    if _nobody_to_wait_for(progress):
        return progress.pressed_since
    quiet = progress.quiet_since + dt.timedelta(days=step.quiet_days)
    latest = progress.pressed_since + dt.timedelta(days=step.latest_days)
    return min(quiet, latest)


def _nobody_to_wait_for(progress: NoticeProgress) -> bool:
    return progress.unreached and not progress.taken


def is_due(step: PolicyStep, progress: NoticeProgress, now: dt.datetime) -> bool:
    """Whether it is time for a step: silence for long enough and through enough messages, or simply too long.

    The first one is due at once where nobody of the provider can be reached. An unread answer is no silence, but does
    not lengthen the longest wait: anybody can write one.
    """
    if _nobody_to_wait_for(progress):
        return True
    if progress.pressed_since + dt.timedelta(days=step.latest_days) <= now:
        return True
    if progress.unread:
        return False
    quiet_since = progress.quiet_since
    unanswered = sum(at >= quiet_since for at in progress.sent)
    return quiet_since + dt.timedelta(days=step.quiet_days) <= now and unanswered >= step.messages
