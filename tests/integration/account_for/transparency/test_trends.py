"""What became of each month's notices, counted here from the rows by hand."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR_S, DAY = 3600.0, dt.timedelta(days=1)

pytestmark = pytest.mark.django_db


def address(number: int, sent_at: dt.datetime, status: str, removed_s: float | None = None) -> None:
    from orbweaver.account_for.transparency.models import NotifiedAddress

    facts: dict[str, Any] = dict.fromkeys(
        ("identified", "straddles", "questioned", "baseline", "self_generated", "live_stream"), False
    )
    NotifiedAddress.objects.create(
        url_key=number.to_bytes(32, "big"), status=status, sent_at=sent_at, decided_at=sent_at, removed_s=removed_s,
        provider_id=0, country="CA", notice_type="csam", reappearances=0, site_kind="forum", children=1,
        advertises_set=False, flagged=False, **facts,
    )  # fmt: skip


def test_each_month_counts_its_own_addresses_and_times_count_what_is_still_there() -> None:
    from orbweaver.account_for.transparency.trends import trends

    october = dt.datetime(2026, 10, 2, tzinfo=dt.UTC)
    hours = [1, 2, 3, 30, 50, 70]
    for number, each in enumerate(hours):
        address(number, october, "removed", each * HOUR_S)
    for number in range(10, 14):
        address(number, october, "open")
    address(20, NOW - DAY, "open")
    address(21, NOW - DAY, "offline", 4 * HOUR_S)
    address(22, dt.datetime(2024, 11, 30, 23, 59, tzinfo=dt.UTC), "removed", HOUR_S)  # before the first month
    months = trends(NOW)
    assert [months[0].month, months[-1].month, len(months)] == ["2024-12", "2026-11", 24]
    found = {each.month: each for each in months}
    told = found["2026-10"]
    assert (told.notified, told.removed, told.still_there, told.offline) == (10, 6, 4, 0)
    assert told.median_s is not None
    assert math.isclose(told.median_s, 50 * HOUR_S, rel_tol=0.03), (
        "five of ten within fifty hours; four are there still"
    )
    assert told.p90_s is None, "not even 90 % are gone"
    now = found["2026-11"]
    assert (now.notified, now.removed, now.still_there, now.offline, now.median_s) == (2, 0, 1, 1, None)
    assert sum(each.notified for each in months) == 12


def test_notices_and_those_that_are_ignored_stand_in_the_month_in_which_they_were_first_sent() -> None:
    from orbweaver.account_for.transparency.folding import bring_up_to_date
    from orbweaver.account_for.transparency.ignored import ignored_notices
    from orbweaver.account_for.transparency.trends import trends
    from orbweaver.notify.notices.models import Notice

    for days, occasions, state in ((200, 40, "open"), (201, 40, "open"), (200, 40, "closed"), (5, 1, "open")):
        at = NOW - days * DAY
        Notice.objects.create(
            notice_type="csam", state=state, identified=False, occasions=occasions, created_at=at, first_sent_at=at
        )
    bring_up_to_date()
    found = {each.month: each for each in trends(NOW)}
    assert (found["2026-05"].notices, found["2026-05"].ignored) == (3, 2)
    assert (found["2026-11"].notices, found["2026-11"].ignored) == (1, 0)
    assert sum(each.ignored for each in found.values()) == ignored_notices(NOW).count() == 2
