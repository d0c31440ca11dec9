"""What the public pages of figures are tried with, and how a test reads one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from tests.integration.conftest import World

if TYPE_CHECKING:
    from django.test import Client

DAY = dt.timedelta(days=1)
PAGES = ("", "responses/", "removal/", "providers/", "countries/", "coverage/", "reports/")
FILES = (
    "months",
    "survival",
    "milestones",
    "distribution",
    "responses",
    "providers",
    "countries",
    "returns",
    "coverage",
    "held",
    "answered",
    "removal",
)


def page_of(client: Client, path: str) -> str:
    answer = client.get(f"/public/{path}")
    assert answer.status_code == 200, path
    return answer.content.decode()


def make_history(now: dt.datetime) -> World:
    """Two providers: one removed 24 of 30 addresses after a day, one 3 of 30 after 50 days.

    What made them goes on with other pictures.
    """
    from orbweaver.follow.conduct.services import assess_due
    from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage
    from orbweaver.notify.notices.routing.issuing import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    start, world = now - 60 * DAY, World()
    for name, removed, after in (("Good Host", 24, 1), ("Bad Host", 3, 50)):
        host = name.split()[0].lower() + ".example"
        add_contact(add_provider(name, domains=[host], country="CA", now=start), f"abuse@{host}", now=start)
        age = "pubescent" if removed == 24 else "prepubescent"
        world.verdict(*[f"https://{host}/secret/{n}.png" for n in range(30)], age_class=age, decided_at=start)
        issue_notices(start)
        pks = NoticeUrl.objects.filter(host=host).values_list("pk", flat=True)[:removed]
        NoticeUrl.objects.filter(pk__in=list(pks)).update(state="removed", removed_at=start + after * DAY)
    OutboxMessage.objects.update(state="sent", sent_at=start)
    Notice.objects.update(first_sent_at=start, last_sent_at=now, occasions=9)
    assess_due(now)
    return world
