"""A provider says "not ours": its hosts are looked up again at once, whenever the last look was.

Where somebody else hosts by now, the notice's next message is due at once: the look before it leaves gives its places
to whom they belong, and the provider hears no more of them. Else the desk reads that it is still theirs, as far as is
known.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from orbweaver.notify.notices.answers.push_backs import disputed_urls
from orbweaver.notify.notices.messages import STILL_WITH_PROVIDER
from orbweaver.notify.notices.models import Notice, NoticeUrl, PushBack, ToLookUp
from orbweaver.notify.notices.routing.router import Router
from orbweaver.notify.notices.rules import NoticeState, PushBackOutcome
from orbweaver.people.audit.services import record


def look_again(now: dt.datetime, limit: int = 20) -> int:
    """Look up the hosts of objections that wait for it; returns how many. Must run outside any transaction."""
    from orbweaver.notify.notices.routing.lookup import look_up  # loads HTTP clients, which few who import this need

    ToLookUp.objects.exclude(push_back__outcome=PushBackOutcome.OPEN).delete()  # the desk was quicker
    rows = list(PushBack.objects.exclude(to_look_up=None).select_related("notice__provider").order_by("pk")[:limit])
    for row in rows:
        urls = disputed_urls(row)
        look_up(dict.fromkeys(url.host for url in urls), now, anew=True)
        _note(row, urls, now)
    return len(rows)


@transaction.atomic
def _note(row: PushBack, urls: list[NoticeUrl], now: dt.datetime) -> None:
    notice = Notice.objects.select_for_update(of=("self",)).select_related("provider").get(pk=row.notice_id)
    router = Router(past_deadline=notice.route != Notice.Route.REFERRAL)
    owners = {url.pk: _owner(url, notice, router) for url in urls}
    theirs = sum(owner == notice.provider_id for owner in owners.values())
    row.checked_at = now
    row.finding = STILL_WITH_PROVIDER.of(count=theirs, all=len(urls))
    row.save(update_fields=["checked_at", "finding"])
    ToLookUp.objects.filter(push_back=row).delete()
    details = {"theirs": theirs, "addresses": len(urls)}
    record("push_back.looked_up", row.public_id, details=details, at=now)
    if theirs < len(urls) and notice.state == NoticeState.OPEN and notice.remind_at is not None:
        notice.remind_at = now
        notice.save(update_fields=["remind_at"])


def _owner(url: NoticeUrl, notice: Notice, router: Router) -> int | None:
    """The provider that a place belongs to on the notice's route; None where nobody is known."""
    routes = router.routes(url.host, url.address, notice.notice_type, notice.sub_type)
    found = next((route for route in routes if route.kind == notice.route), routes[0])
    return found.provider.pk if found.provider else None
