"""What a hotline needs before it can work, and what of it is there: a page shows it, ``orbweaver doctor`` says it.

``STEPS`` is the order in which somebody new sets an installation up.
The command line loads this for its words before Django is set up, so models are loaded only when they are asked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.settings import HotlineSettings, MailServerSettings

MAIL_TRIED = "mail.tried"
"""The audit event of a test message that the mail server took."""
PROMISES_CONFIRMED = "promises.confirmed"
"""The audit event of a hotline that keeps what its pages promise survivors; its subject is which promises."""
PROMISES = "survivors-7"
"""Which promises the pages make (``web/administration/promises.html``). Others are to be confirmed again."""


class Need(StrEnum):
    """One thing that is needed."""

    IDENTITY = "identity"
    AUTHORITY = "authority"
    MAIL = "mail"
    LISTS = "lists"
    PEOPLE = "people"
    PRIVACY = "privacy"
    PROMISES = "promises"
    LEAD = "lead"


@dataclass(frozen=True)
class Step:
    """Whether a need is met. ``settings`` are to be given, ``there`` of ``wanted`` are there where that is counted."""

    need: Need
    done: bool
    settings: tuple[str, ...] = ()
    there: int = 0
    wanted: int = 1


def steps(now: dt.datetime) -> list[Step]:
    """Each need in order, as it stands."""
    return [_identity(), _authority(), _mail(), _lists(), _people(now), _privacy(), _promises(), _lead()]


def _identity() -> Step:
    gaps = HotlineSettings.current().letter_gaps
    return Step(Need.IDENTITY, not gaps, gaps)


def _authority() -> Step:
    settings = EvidenceSettings.current()
    if not settings.authorised_hotline:
        return Step(Need.AUTHORITY, False, ("ORBWEAVER_AUTHORISED_HOTLINE", "ORBWEAVER_LEGAL_AUTHORITY"))
    return Step(Need.AUTHORITY, not settings.archive_gaps, settings.archive_gaps)


def _mail() -> Step:
    """A server, and a message that it took: that one is set says little."""
    from orbweaver.people.audit.selectors import last_time_of

    if not MailServerSettings.current().smtp_host:
        return Step(Need.MAIL, False, ("ORBWEAVER_SMTP_HOST",))
    return Step(Need.MAIL, last_time_of(MAIL_TRIED, "mail") is not None)


def _lists() -> Step:
    from orbweaver.detect.hashlists.models import HashList, HashListEntry

    others = HashList.objects.exclude(kind=HashList.Kind.OWN).exclude(doors__contains=[HashList.Door.TESTS])
    return Step(Need.LISTS, HashListEntry.objects.filter(hash_list__in=others).exists())


def _people(now: dt.datetime) -> Step:
    """As many who may assess today as must agree."""
    from orbweaver.people.accounts.models import User
    from orbweaver.people.accounts.selectors import why_not_assess

    active = User.objects.filter(is_active=True).select_related("organisation")
    people = active.prefetch_related("role_grants", "trainings")
    may = [each for each in people if each.may(Permission.ITEM_ASSESS) and why_not_assess(each, now) is None]
    wanted = ReviewSettings.current().review_required_assessments
    return Step(Need.PEOPLE, len(may) >= wanted, there=len(may), wanted=wanted)


def _privacy() -> Step:
    """Who is responsible for what is kept of people, as the pages for survivors say it."""
    gaps = HotlineSettings.current().privacy_gaps
    return Step(Need.PRIVACY, not gaps, gaps)


def _promises() -> Step:
    """What the pages promise survivors only people can keep: somebody of the hotline has said that they do."""
    from orbweaver.people.audit.selectors import last_time_of

    return Step(Need.PROMISES, last_time_of(PROMISES_CONFIRMED, PROMISES) is not None)


def _lead() -> Step:
    from orbweaver.detect.crawl.models import Lead

    return Step(Need.LEAD, Lead.objects.exists())
