"""Reads about people."""

from __future__ import annotations

import datetime as dt

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from orbweaver.errors import Message
from orbweaver.people.accounts.agreements import assesses_until, may_assess_under, scopes_of
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import (
    ALL_SCOPES,
    Permission,
    Scope,
    agreement_lapses_on,
    is_covered,
    is_soon,
    training_lapses_on,
)
from orbweaver.people.accounts.rules import why_not_assess as _why_not_assess
from orbweaver.people.accounts.services import administrator_exists
from orbweaver.platform.days import day_in_words


def with_rights(user: User) -> User:
    """The same person with what their right to assess hangs on read once, for a page that says it in several places."""
    prefetch_related_objects([user], "trainings", "organisation__agreements")
    return user


def why_not_assess(user: User, now: dt.datetime) -> Message | None:
    """The reason why this person may not assess now; None when they may (R36, R65)."""
    current = may_assess_under(user.organisation, now)
    return _why_not_assess(user.permissions, user.training_completed_on(), current, now)


def agreement_has_ended(user: User, now: dt.datetime) -> bool:
    """Whether this person's organisation has no agreement any more, so that no page lets them in. Never where nobody
    administrates, nor in the hotline's own organisation."""
    return not agreed_scopes(user, now)


def agreed_scopes(user: User, now: dt.datetime) -> frozenset[Scope]:
    """What the agreements of this person's organisation cover today. Read once per object and day."""
    cached: tuple[dt.date, frozenset[Scope]] | None = user.__dict__.get("_agreed")
    if cached is None or cached[0] != now.date():
        found = scopes_of(user.organisation, now)
        cached = (now.date(), found if found or administrator_exists() else ALL_SCOPES)
        user.__dict__["_agreed"] = cached
    return cached[1]


def may_now(user: User, permission: Permission, now: dt.datetime) -> bool:
    """Whether this person's roles and the agreements of their organisation allow it."""
    return user.may(permission) and is_covered(permission, agreed_scopes(user, now))


def warnings_for(user: User, now: dt.datetime) -> list[str]:
    """What will end this person's right to assess within thirty days, in sentences with the day; empty if nothing."""
    if not user.may(Permission.ITEM_ASSESS) or why_not_assess(user, now) is not None:
        return []
    found = []
    completed_on, ends_on = user.training_completed_on(), assesses_until(user.organisation)
    if completed_on is not None and is_soon(training_lapses_on(completed_on), now):
        found.append(
            _("Your sexual-maturation training lapses on %(day)s. From that day on you cannot assess: renew it before.")
            % {"day": _day(training_lapses_on(completed_on))}
        )
    if ends_on is not None and is_soon(agreement_lapses_on(ends_on), now):
        found.append(
            _("The agreement of your organisation ends on %(day)s. After that day its people cannot assess.")
            % {"day": _day(ends_on)}
        )
    return found


def _day(day: dt.date) -> str:
    return day_in_words(day, _("j M Y"))
