"""Whom a notice goes to next when mail came back: its provider's contacts in turn, then who is beside or behind it."""

from __future__ import annotations

import datetime as dt

from django.db.models import Max

from orbweaver.notify.notices.models import Bounce, Notice, NoticeUrl
from orbweaver.notify.notices.routing.router import hosting_of
from orbweaver.notify.notices.routing.steps import live_rows, open_step
from orbweaver.notify.providers.models import Contact, Provider
from orbweaver.notify.providers.selectors import contact_for, contacts_in_order


def next_contact(notice: Notice) -> Contact | None:
    """The strongest contact that this notice did not come back from; else the one that it came back from first."""
    if notice.provider is None:
        return None
    came_back = _came_back(notice)
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    return min(contacts_in_order(notice.provider), key=lambda each: came_back.get(each.pk, never), default=None)


def is_anybody_left(notice: Notice) -> bool:
    """Whether the provider has a contact that this notice did not come back from."""
    came_back = _came_back(notice)
    return notice.provider is not None and any(each.pk not in came_back for each in contacts_in_order(notice.provider))


def _came_back(notice: Notice) -> dict[int, dt.datetime]:
    """When it last came back for good, by contact; one that a person has entered again since counts as new."""
    rows = Bounce.objects.filter(
        message__notice=notice, kind=Bounce.Kind.HARD, doubt="", message__contact__bounced_at__isnull=False
    )
    return dict(rows.values_list("message__contact").annotate(last=Max("at")))


def tell_past(notice: Notice, now: dt.datetime) -> None:
    """Nobody of its provider can be told: others who host the places are, and a referral's provider is told directly.

    Who carries the provider's traffic comes by the policy of escalation, which looks at ``unreached``. In the caller's
    transaction, with the notice locked.
    """
    if notice.route == Notice.Route.REFERRAL:
        notice.deadline_at = min(notice.deadline_at or now, now)
        notice.save(update_fields=["deadline_at"])
    if notice.route != Notice.Route.PROVIDER:
        return
    beside: dict[int, tuple[Provider, list[NoticeUrl]]] = {}
    for url in live_rows(notice):
        for other in hosting_of(url.host, url.address).origins:
            if other.pk != notice.provider_id and contact_for(other) is not None:
                beside.setdefault(other.pk, (other, []))[1].append(url)
                break
    for provider, urls in beside.values():
        open_step(notice, Notice.Route.PROVIDER, provider, urls, now)
