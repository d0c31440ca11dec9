"""Reads about people."""

from __future__ import annotations

import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from orbweaver.errors import Message
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import (
    Permission,
    agreement_is_current,
    agreement_lapses_on,
    is_soon,
    training_lapses_on,
)
from orbweaver.people.accounts.rules import why_not_assess as _why_not_assess
from orbweaver.people.accounts.services import administrator_exists, ended_organisations


def why_not_assess(user: User, now: dt.datetime) -> Message | None:
    """The reason why this person may not assess now; None when they may (R36, R65)."""
    home = user.organisation
    current = agreement_is_current(home.vetted_on, home.agreement_ends_on, now)
    return _why_not_assess(user.permissions, user.training_completed_on(), current, now)


def agreement_has_ended(user: User, now: dt.datetime) -> bool:
    """Whether the agreement of this person's organisation has ended, so that no page lets them in. Never where nobody
    administrates, nor in the hotline's own organisation."""
    ends_on = user.organisation.agreement_ends_on
    if ends_on is None or ends_on >= now.date() or not administrator_exists():
        return False
    return ended_organisations(now).filter(pk=user.organisation_id).exists()


def warnings_for(user: User, now: dt.datetime) -> list[str]:
    """What will end this person's right to assess within thirty days, in sentences with the day; empty if nothing."""
    if not user.may(Permission.ITEM_ASSESS) or why_not_assess(user, now) is not None:
        return []
    found = []
    completed_on, ends_on = user.training_completed_on(), user.organisation.agreement_ends_on
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
    return date_format(day, _("j M Y"))
