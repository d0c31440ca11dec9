from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.sending.timing import median_verdict_to_notice_s
from orbweaver.notify.notices.services import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


def test_the_time_from_verdict_to_notice_is_the_median_over_verdicts_whose_message_left(world: Any) -> None:
    provider = add_provider("Host", domains=["images.example"], now=NOW)
    add_contact(provider, "abuse@host.example", now=NOW)
    assert median_verdict_to_notice_s(NOW) is None
    for number, seconds in enumerate((60, 90, 600)):
        verdict = world.verdict(f"https://images.example/{number}.png")
        issue_notices(NOW)
        sent_at = verdict.decided_at + dt.timedelta(seconds=seconds)
        Notice.objects.filter(first_sent_at=None).update(first_sent_at=sent_at)
    assert median_verdict_to_notice_s(NOW + dt.timedelta(hours=1)) == 90
    assert median_verdict_to_notice_s(NOW + dt.timedelta(seconds=70)) == 60
    assert median_verdict_to_notice_s(NOW + dt.timedelta(days=31)) is None, (
        "what was slow or fast long ago says nothing"
    )
