"""Who may do what: roles give permissions; assessing also needs current training and a vetted organisation.

Pure: no database here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orbweaver.errors import Message
from orbweaver.people.accounts.messages import MAY_NOT_ASSESS, NO_AGREEMENT, TRAINING_MISSING

TRAINING_VALID = dt.timedelta(days=365)
"""R36: a sexual-maturation course within the last 12 months."""


WARN_BEFORE = dt.timedelta(days=30)
"""How long before the right to assess goes a person is told."""


class Role(StrEnum):
    """The roles of R64."""

    CRITERIA_EDITOR = "criteria_editor"
    ANALYST = "analyst"
    SENIOR_ANALYST = "senior_analyst"
    HOTLINE_MANAGER = "hotline_manager"
    INDUSTRY_CLIENT = "industry_client"
    GOVERNMENT_OBSERVER = "government_observer"
    LAW_ENFORCEMENT_LIAISON = "law_enforcement_liaison"
    SURVIVOR_SUPPORT = "survivor_support"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What can be allowed, as ``resource:action``."""

    ITEM_READ = "item:read"
    ITEM_ASSESS = "item:assess"
    ITEM_ADJUDICATE = "item:adjudicate"
    NOTICE_READ = "notice:read"
    NOTICE_CONTROL = "notice:control"
    NOTICE_ANSWER = "notice:answer"
    NOTICE_LOOK = "notice:look"
    PROVIDER_READ = "provider:read"
    PROVIDER_EDIT = "provider:edit"
    PROVIDER_JUDGE = "provider:judge"
    LIST_READ = "list:read"
    LIST_EDIT = "list:edit"
    LEAD_READ = "lead:read"
    LEAD_EDIT = "lead:edit"
    AUDIT_READ = "audit:read"
    PEOPLE_EDIT = "people:edit"
    KEY_EDIT = "key:edit"
    SCAN_USE = "scan:use"
    REPORT_SUBMIT = "report:submit"
    SERIES_READ = "series:read"
    SERIES_EDIT = "series:edit"
    SERIES_IDENTIFY = "series:identify"
    URGENT_HANDLE = "urgent:handle"
    TERM_EDIT = "term:edit"
    WATCH_TERM_EDIT = "watch_term:edit"
    CRITERIA_READ = "criteria:read"
    CRITERIA_COMPARE = "criteria:compare"
    CRITERIA_EDIT = "criteria:edit"
    CRITERIA_SIGN = "criteria:sign"
    CRITERIA_USE = "criteria:use"
    TEAM_READ = "team:read"
    KNOWN_ANSWER_EDIT = "known_answer:edit"
    APPEAL_READ = "appeal:read"
    APPEAL_OPEN = "appeal:open"
    IGNORED_EXPORT = "ignored:export"
    SURVIVOR_HANDLE = "survivor:handle"
    CHANGE_AGREE = "change:agree"
    AGE_PROOF_READ = "age_proof:read"
    AGE_PROOF_DECIDE = "age_proof:decide"


KEY_SCOPES = (
    Permission.SCAN_USE,
    Permission.REPORT_SUBMIT,
    Permission.NOTICE_ANSWER,
    Permission.LIST_READ,
    Permission.LIST_EDIT,
    Permission.SERIES_IDENTIFY,
)
"""What a key of a program can be allowed."""


_ANALYST = frozenset(
    {Permission.SERIES_READ, Permission.SERIES_EDIT,
     Permission.ITEM_READ, Permission.ITEM_ASSESS, Permission.NOTICE_READ, Permission.PROVIDER_READ,
     Permission.PROVIDER_JUDGE, Permission.NOTICE_LOOK,
     Permission.LIST_READ, Permission.LEAD_READ, Permission.CRITERIA_READ, Permission.APPEAL_READ,
     Permission.APPEAL_OPEN}
)  # fmt: skip

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CRITERIA_EDITOR: frozenset(
        {Permission.CRITERIA_READ, Permission.CRITERIA_COMPARE, Permission.CRITERIA_EDIT,
         Permission.CRITERIA_SIGN}
    ),
    Role.ANALYST: _ANALYST,
    Role.SENIOR_ANALYST: _ANALYST
    | {Permission.ITEM_ADJUDICATE, Permission.LEAD_EDIT, Permission.AGE_PROOF_READ, Permission.AGE_PROOF_DECIDE},
    Role.HOTLINE_MANAGER: frozenset(
        {Permission.PROVIDER_JUDGE, Permission.IGNORED_EXPORT, Permission.NOTICE_LOOK,
         Permission.SERIES_READ, Permission.TERM_EDIT, Permission.WATCH_TERM_EDIT,
         Permission.NOTICE_READ, Permission.NOTICE_CONTROL, Permission.PROVIDER_READ, Permission.PROVIDER_EDIT,
         Permission.LIST_READ, Permission.LIST_EDIT, Permission.LEAD_READ, Permission.LEAD_EDIT,
         Permission.AUDIT_READ, Permission.CRITERIA_READ, Permission.CRITERIA_COMPARE,
         Permission.CRITERIA_USE, Permission.TEAM_READ, Permission.KNOWN_ANSWER_EDIT, Permission.APPEAL_READ,
         Permission.APPEAL_OPEN, Permission.CHANGE_AGREE, Permission.AGE_PROOF_READ,
         Permission.AGE_PROOF_DECIDE}
    ),
    Role.INDUSTRY_CLIENT: frozenset({Permission.SCAN_USE, Permission.NOTICE_ANSWER}),
    Role.GOVERNMENT_OBSERVER: frozenset(
        {Permission.PROVIDER_READ, Permission.NOTICE_READ, Permission.CRITERIA_READ, Permission.IGNORED_EXPORT}
    ),
    Role.LAW_ENFORCEMENT_LIAISON: frozenset(
        {Permission.SERIES_READ, Permission.SERIES_IDENTIFY, Permission.URGENT_HANDLE,
         Permission.NOTICE_READ, Permission.CRITERIA_READ}),
    Role.SURVIVOR_SUPPORT: frozenset(
        {Permission.REPORT_SUBMIT, Permission.WATCH_TERM_EDIT, Permission.SURVIVOR_HANDLE, Permission.AGE_PROOF_READ}
    ),
    Role.ADMINISTRATOR: frozenset(
        {Permission.PEOPLE_EDIT, Permission.KEY_EDIT, Permission.AUDIT_READ, Permission.PROVIDER_READ,
         Permission.PROVIDER_EDIT, Permission.LIST_READ, Permission.LIST_EDIT, Permission.LEAD_READ,
         Permission.LEAD_EDIT, Permission.NOTICE_READ, Permission.NOTICE_CONTROL, Permission.CRITERIA_READ,
         Permission.CRITERIA_COMPARE, Permission.CRITERIA_USE, Permission.CHANGE_AGREE}
    ),
}  # fmt: skip


class Scope(StrEnum):
    """What an agreement may cover (R64, R65, R69, R75)."""

    ASSESS = "assess"
    SHARE = "share"
    SCAN = "scan"
    RECEIVE = "receive"


SCOPES_OF: Final[Mapping[Permission, Scope]] = {
    Permission.ITEM_READ: Scope.ASSESS,
    Permission.ITEM_ASSESS: Scope.ASSESS,
    Permission.ITEM_ADJUDICATE: Scope.ASSESS,
    Permission.SERIES_EDIT: Scope.ASSESS,
    Permission.NOTICE_LOOK: Scope.ASSESS,
    Permission.LEAD_EDIT: Scope.ASSESS,
    Permission.KNOWN_ANSWER_EDIT: Scope.ASSESS,
    Permission.TEAM_READ: Scope.ASSESS,
    Permission.LIST_READ: Scope.SHARE,
    Permission.LIST_EDIT: Scope.SHARE,
    Permission.IGNORED_EXPORT: Scope.SHARE,
    Permission.SCAN_USE: Scope.SCAN,
    Permission.REPORT_SUBMIT: Scope.RECEIVE,
    Permission.NOTICE_ANSWER: Scope.RECEIVE,
    Permission.SERIES_IDENTIFY: Scope.RECEIVE,
    Permission.URGENT_HANDLE: Scope.RECEIVE,
    Permission.SURVIVOR_HANDLE: Scope.RECEIVE,
}
"""What has to be agreed on with an organisation for its people and keys to do this; all else needs any agreement."""

ALL_SCOPES: Final = frozenset(Scope)
USUAL_SCOPES: Final[Mapping[str, tuple[Scope, ...]]] = {
    "hotline": tuple(Scope),
    "industry": (Scope.SHARE, Scope.SCAN, Scope.RECEIVE),
    "government": (Scope.SHARE, Scope.RECEIVE),
    "law_enforcement": (Scope.SHARE, Scope.RECEIVE),
    "survivor_support": (Scope.RECEIVE,),
}
"""What an agreement covers where nobody said: by the kind of organisation."""


def is_covered(permission: Permission, scopes: frozenset[Scope]) -> bool:
    """Whether agreements that cover all this together let an organisation do this."""
    wanted = SCOPES_OF.get(permission)
    return bool(scopes) if wanted is None else wanted in scopes


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a grant is bound to: an organisation (by its number), countries and cases (by their identifiers), all of
    which must fit. Empty: bound by nothing of that kind."""

    organisation: int | None = None
    countries: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.organisation is not None or bool(self.countries) or bool(self.cases)


UNBOUND: Final = Bounds()


def can_be_bound(role: Role, bounds: Bounds) -> bool:
    """Whether what is open to this role narrows what it reads to these: a liaison's to all of them, an analyst's, also
    a senior one's, to an organisation or countries, whose organisations' reports they assess. Others are given whole or
    not at all."""
    if role in (Role.ANALYST, Role.SENIOR_ANALYST):
        return not bounds.cases
    return role is Role.LAW_ENFORCEMENT_LIAISON


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """All that these roles allow together."""
    allowed: frozenset[Permission] = frozenset()
    for role in roles:
        allowed |= ROLE_PERMISSIONS[Role(role)]
    return allowed


def training_is_current(completed_on: dt.date | None, now: dt.datetime) -> bool:
    """Whether a course completed on that day still gives the right to assess."""
    return completed_on is not None and completed_on <= now.date() < completed_on + TRAINING_VALID


def training_lapses_on(completed_on: dt.date) -> dt.date:
    """The day from which a course no longer gives the right to assess (R36)."""
    return completed_on + TRAINING_VALID


def agreement_lapses_on(ends_on: dt.date) -> dt.date:
    """The day from which an agreement no longer holds: the one after its last (R65)."""
    return ends_on + dt.timedelta(days=1)


def is_soon(day: dt.date, now: dt.datetime) -> bool:
    """Whether a day is still to come and no more than thirty days away."""
    return now.date() < day <= now.date() + WARN_BEFORE


def why_not_assess(
    permissions: frozenset[Permission], completed_on: dt.date | None, agreement_current: bool, now: dt.datetime
) -> Message | None:
    """The reason why a person may not assess now; None when they may."""
    if Permission.ITEM_ASSESS not in permissions:
        return MAY_NOT_ASSESS
    if not agreement_current:
        return NO_AGREEMENT
    if not training_is_current(completed_on, now):
        return TRAINING_MISSING
    return None
