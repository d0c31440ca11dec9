"""What programs ask with a key stands in the audit log, in numbers."""

from __future__ import annotations

import datetime as dt

import pytest

from orbweaver.people.accounts.keys import Used, count_usage
from orbweaver.people.accounts.models import ApiKey
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key, create_organisation
from orbweaver.people.audit.key_use import ASKED, note_key_use
from orbweaver.people.audit.models import Event

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def key(db: None) -> ApiKey:
    company = create_organisation(
        name="Company",
        kind="industry",
        country="DE",
        vetted_on=NOW.date(),
        agreement_ends_on=NOW.date() + 99 * HOUR * 24,
    )
    create_api_key(company, "uploads", [Permission.SCAN_USE], NOW)
    return ApiKey.objects.get()


def events() -> list[dict[str, object]]:
    found = Event.objects.filter(kind=ASKED).order_by("pk").values_list("details", flat=True)
    return [{name: value for name, value in each.items() if name != "until_then"} for each in found]


def test_what_was_asked_with_a_key_is_put_into_the_audit_log_once(key: ApiKey) -> None:
    count_usage({(key.prefix, "hma"): Used(requests=7, scans=5, matched=1)}, NOW.date())
    assert note_key_use(NOW) == 1
    assert note_key_use(NOW + HOUR) == 0
    count_usage({(key.prefix, "hma"): Used(requests=2, failed=2), (key.prefix, "ours"): Used(requests=1)}, NOW.date())
    assert note_key_use(NOW + 2 * HOUR) == 2
    day = NOW.date().isoformat()
    assert events() == [
        {"door": "hma", "day": day, "requests": 7, "scans": 5, "matched": 1},
        {"door": "hma", "day": day, "requests": 2, "failed": 2},
        {"door": "ours", "day": day, "requests": 1},
    ]
    event = Event.objects.filter(kind=ASKED).first()
    assert event is not None
    assert (event.subject, event.actor_label) == (key.public_id, key.organisation.public_id)


def test_what_was_asked_late_at_night_is_not_lost(key: ApiKey) -> None:
    count_usage({(key.prefix, "hma"): Used(requests=3)}, NOW.date())
    assert note_key_use(NOW + 30 * HOUR) == 1
    count_usage({(key.prefix, "hma"): Used(requests=3)}, NOW.date() + dt.timedelta(days=1))
    assert note_key_use(NOW + 31 * HOUR) == 1
    assert note_key_use(NOW + 32 * HOUR) == 0
