"""What every page may name: the hotline, whether this is a demonstration, the time, and where the person may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orbweaver.accounts.models import User
from orbweaver.accounts.rules import Permission
from orbweaver.clock import now
from orbweaver.config import get_config
from orbweaver.linking.selectors import referrals_waiting
from orbweaver.web.keys import changes_of

PLACES: tuple[tuple[str, Permission, str | Promise], ...] = (
    ("queue", Permission.ITEM_READ, _("Queue")),
    ("my-day", Permission.ITEM_READ, _("My day")),
    ("urgent", Permission.URGENT_HANDLE, _("Urgent")),
    ("notices", Permission.NOTICE_READ, _("Notices")),
    ("inbox", Permission.NOTICE_ANSWER, _("Inbox")),
    ("series-list", Permission.SERIES_READ, _("Series")),
    ("providers", Permission.PROVIDER_READ, _("Providers")),
    ("lists", Permission.LIST_READ, _("Lists")),
    ("leads", Permission.LEAD_READ, _("Leads")),
    ("terms", Permission.WATCH_TERM_EDIT, _("Terms")),
    ("appeals", Permission.APPEAL_READ, _("Reviews")),
    ("team", Permission.TEAM_READ, _("Team")),
    ("criteria", Permission.CRITERIA_READ, _("Criteria")),
    ("people", Permission.PEOPLE_EDIT, _("People")),
    ("audit", Permission.AUDIT_READ, _("Audit")),
)
"""Pages of the workplace and the desk in their order, with what is needed to see each."""


@dataclass(frozen=True)
class Place:
    """A link of the navigation; ``here`` when the page shown lies below it."""

    name: str | Promise
    url: str
    here: bool
    count: int = 0
    """What waits there, shown beside the name."""


def places_for(user: User, path: str) -> list[Place]:
    """The pages that this person may open, in order."""
    places = []
    for name, permission, label in PLACES:
        if user.may(permission):
            url = reverse(name)
            below = path.startswith(url) or (name == "queue" and path.startswith("/items/"))
            waiting = referrals_waiting() if name == "urgent" else 0
            places.append(Place(label, url, below, waiting))
    return places


def installation(request: HttpRequest) -> dict[str, Any]:
    """Name of the hotline, the marker of a demonstration, domain time now and the navigation, for templates."""
    config = get_config()
    user = getattr(request, "user", None)
    return {
        "hotline_name": config.hotline_name,
        "hotline_contact": config.hotline_contact,
        "is_demonstration": config.demonstration,
        "now": now(),
        "places": places_for(user, request.path) if isinstance(user, User) else [],
        "own_keys": changes_of(user) if isinstance(user, User) else "",
    }
