"""What every page may name: the hotline, whether this is a demonstration, the time, and where the person may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orbweaver.assess.linking.selectors import referrals_waiting
from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.doors.alerting import waiting_in_bar
from orbweaver.doors.web.frame.keys import changes_of
from orbweaver.notify.notices.models import SendingSwitch
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import agreement_has_ended, may_now
from orbweaver.people.changes.selectors import counts as change_counts
from orbweaver.people.settings import HotlineSettings, SignInSettings
from orbweaver.platform.clock import now
from orbweaver.platform.settings import PlatformSettings

AREAS: tuple[tuple[str | Promise, tuple[tuple[str, Permission, str | Promise], ...]], ...] = (
    ("", (("queue", Permission.ITEM_READ, _("Queue")),)),
    ("", (("my-day", Permission.ITEM_READ, _("My day")),)),
    ("", (("urgent", Permission.URGENT_HANDLE, _("Urgent")),)),
    (
        _("Notices"),
        (
            ("notices", Permission.NOTICE_READ, _("Notices")),
            ("inbox", Permission.NOTICE_ANSWER, _("Inbox")),
            ("trends", Permission.IGNORED_EXPORT, _("Trends")),
            ("appeals", Permission.APPEAL_READ, _("Reviews")),
        ),
    ),
    (
        _("Series"),
        (
            ("survivor-requests", Permission.SURVIVOR_HANDLE, _("Requests")),
            ("series-list", Permission.SERIES_READ, _("Series")),
        ),
    ),
    ("", (("providers", Permission.PROVIDER_READ, _("Providers")),)),
    (
        _("Sources"),
        (
            ("lists", Permission.LIST_READ, _("Lists")),
            ("leads", Permission.LEAD_READ, _("Leads")),
            ("terms", Permission.WATCH_TERM_EDIT, _("Terms")),
        ),
    ),
    (
        _("Administration"),
        (
            ("team", Permission.TEAM_READ, _("Team")),
            ("criteria", Permission.CRITERIA_READ, _("Criteria")),
            ("people", Permission.PEOPLE_EDIT, _("People")),
            ("audit", Permission.AUDIT_READ, _("Audit")),
        ),
    ),
)
"""Pages of the workplace and the desk in their order, by area, with what is needed to see each. What is opened all day
stands alone; the rest opens below the name of its area, so that somebody with every role has one line at 1280 px."""

OF_BOUND: tuple[tuple[str, Permission, str | Promise], ...] = (
    ("queue", Permission.ITEM_READ, _("Queue")),
    ("police", Permission.URGENT_HANDLE, _("Police")),
    ("police-orders", Permission.URGENT_HANDLE, _("Orders, and what is kept")),
)
"""All pages with a link for whoever's role is bound to an organisation, countries or cases."""

BELOW: dict[str, tuple[str, ...]] = {
    "queue": ("/items/",),
    "survivor-requests": ("/records/", "/proofs/"),
    "my-day": ("/my-keys/",),
    "appeals": ("/verdicts/",),
    "providers": ("/hosts/",),
    "leads": ("/sites/",),
    "criteria": ("/draft-criteria/",),
    "people": ("/setting-up/",),
}
"""Where pages below a link have addresses that do not begin with the link's own."""


@dataclass(frozen=True)
class NavigationLink:
    """A link of the navigation; ``here`` when the page shown lies below it."""

    name: str | Promise
    url: str
    here: bool
    count: int = 0
    """What waits there, shown beside the name."""


@dataclass(frozen=True)
class Area:
    """Links under one heading of the navigation; one alone is its own heading."""

    name: str | Promise
    links: list[NavigationLink]

    @property
    def here(self) -> bool:
        """Whether the page shown lies below one of its links."""
        return any(link.here for link in self.links)


def areas_for(user: User, path: str) -> list[Area]:
    """The areas that this person may open, in order, each with at least one link."""
    areas = []
    shown = tuple((page[2], (page,)) for page in OF_BOUND) if user.bounds else AREAS
    for heading, members in shown:
        links = [_link(name, label, path) for name, permission, label in members if may_now(user, permission, now())]
        if links:
            areas.append(Area(heading if len(links) > 1 else links[0].name, links))
    return areas


def links_for(user: User, path: str) -> list[NavigationLink]:
    """The pages that this person may open, in order."""
    return [link for area in areas_for(user, path) for link in area.links]


def _link(name: str, label: str | Promise, path: str) -> NavigationLink:
    url = reverse(name)
    here = path.startswith((url, *BELOW.get(name, ())))
    return NavigationLink(label, url, here, referrals_waiting() if name == "urgent" else 0)


def installation(request: HttpRequest) -> dict[str, Any]:
    """Name of the hotline, the marker of a demonstration, domain time now and the navigation, for templates."""
    user = getattr(request, "user", None)
    waiting, alone = change_counts(now(), user) if isinstance(user, User) and _sees_changes(user) else (0, 0)
    return {
        "alerts_waiting": waiting_in_bar(user, now()) if isinstance(user, User) else 0,
        "changes_waiting": waiting,
        "changes_alone": alone,
        "idle_minutes": SignInSettings.current().idle_minutes,
        "hotline_name": HotlineSettings.current().hotline_name,
        "hotline_contact": HotlineSettings.current().hotline_contact,
        "is_demonstration": PlatformSettings.current().demonstration,
        "letter_gaps": ", ".join(HotlineSettings.current().letter_gaps),
        "archive_gaps": ", ".join(EvidenceSettings.current().archive_gaps),
        "is_administrator": isinstance(user, User) and user.may(Permission.PEOPLE_EDIT),
        "sending_paused": _sending_paused(user) if isinstance(user, User) else None,
        "now": now(),
        "areas": areas_for(user, request.path) if isinstance(user, User) else [],
        "own_keys": changes_of(user) if isinstance(user, User) else "",
    }


def _sees_changes(user: User) -> bool:
    return not user.bounds and not agreement_has_ended(user, now())


def _sending_paused(user: User) -> SendingSwitch | None:
    """The pause of all sending, for those whose work waits for it."""
    if user.bounds or not user.may(Permission.NOTICE_READ):
        return None
    return SendingSwitch.objects.filter(paused=True).first()
