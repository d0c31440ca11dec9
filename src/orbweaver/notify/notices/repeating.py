"""How often a notice is repeated: by a written policy, rarer the longer its addressee was told (R48)."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from orbweaver.errors import ConfigurationError
from orbweaver.notify.notices.messages import REMINDERS_NOT_TOML, REMINDERS_UNREADABLE, REMINDERS_UNUSABLE
from orbweaver.notify.notices.settings import NoticeSettings
from orbweaver.platform.rule_tables import Body, RuleTable, without_head

MOST: Final = 3650
"""Of days, and of shortest intervals: ten years of days. A day that no calendar has would stop every notice."""


class ReminderStep(BaseModel):
    """From so many days (of 24 hours) after the first message: a reminder after so many shortest intervals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_day: float = Field(ge=0, le=MOST)
    every: float = Field(ge=1, le=MOST)


class ReminderPolicy(BaseModel):
    """The steps in their order; the first begins with the first message, and none is more frequent than before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    steps: tuple[ReminderStep, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> ReminderPolicy:
        days, every = [step.from_day for step in self.steps], [step.every for step in self.steps]
        if days[0] != 0:
            raise ValueError("the first step begins on day 0")
        if days != sorted(set(days)):
            raise ValueError("a step begins no later than the one before it")
        if every != sorted(every):
            raise ValueError("reminders become more frequent")
        return self

    def interval(self, told_for: dt.timedelta, shortest: dt.timedelta) -> dt.timedelta:
        """The time to the next reminder of a notice whose addressee has been told for so long."""
        days = told_for / dt.timedelta(days=1)
        return shortest * max((step for step in self.steps if step.from_day <= days), key=_begins).every


def _begins(step: ReminderStep) -> float:
    return step.from_day


def parse_reminders(text: str) -> ReminderPolicy:
    """A policy from TOML, with or without day, source and owner. Raises ConfigurationError that says what is wrong."""
    try:
        return ReminderPolicy.model_validate(without_head(tomllib.loads(text), keep={"version"}))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(REMINDERS_NOT_TOML.of(error=str(error))) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(REMINDERS_UNUSABLE.of(where=where, why=first["msg"])) from None


def _steps(body: Body) -> tuple[ReminderStep, ...]:
    return ReminderPolicy.model_validate({"version": "1", **body}).steps


CADENCE: Final = RuleTable(
    "cadence", "notify/notices/reminders.toml", _steps, keys={"steps": ("from_day",)}, sorted_by="from_day"
)


def reminder_policy() -> ReminderPolicy:
    """The policy in force: what two people agreed to, else the hotline's file. Raises ConfigurationError for a file
    that cannot be used.
    """
    file = NoticeSettings.current().reminder_policy
    if file is not None and not CADENCE.is_agreed:
        return _of_file(file)
    return ReminderPolicy(version=CADENCE.version(), steps=CADENCE.in_force())


def _of_file(file: Path) -> ReminderPolicy:
    try:
        return parse_reminders(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(REMINDERS_UNREADABLE.of(kind=type(error).__name__)) from None


def next_reminder_at(told_since: dt.datetime | None, left_at: dt.datetime) -> dt.datetime:
    """R48: a whole interval after the last message that left, so that no window ever holds two."""
    return left_at + interval_of(told_since, left_at)


def shortest_interval() -> dt.timedelta:
    """The shortest time between two reminders to the same addressee."""
    return dt.timedelta(hours=NoticeSettings.current().notice_reminder_hours)


def interval_of(told_since: dt.datetime | None, now: dt.datetime) -> dt.timedelta:
    """The time to the next reminder after a message that leaves now; ``told_since`` is when the first one arrived."""
    told_for = max(now - told_since, dt.timedelta(0)) if told_since else dt.timedelta(0)
    return reminder_policy().interval(told_for, shortest_interval())
