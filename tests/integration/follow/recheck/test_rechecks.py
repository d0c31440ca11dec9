"""Rechecks of a real web server on loopback, from notice to removal and back."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from PIL import Image

from orbweaver.follow.recheck.leasing import LEASE_S, PER_SITE, give_back, lease_due, renew
from orbweaver.follow.recheck.models import Observation, RecheckTarget
from orbweaver.follow.recheck.recording import record_observation
from orbweaver.follow.recheck.rules import CheckOutcome, Event, Judgement
from orbweaver.follow.recheck.selectors import observations_of, overdue, removal_times
from orbweaver.follow.recheck.services import check_soon
from orbweaver.notify.notices.handovers import RecheckWanted
from orbweaver.notify.notices.letters.tokens import answer_token
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage
from orbweaver.notify.notices.services import answer, issue_notices, mark_gone_once
from orbweaver.platform.clock import real_now

from .hosts import Site, picture

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
Check = Callable[[dt.datetime], list[Event | None]]


def test_a_notified_url_is_followed_from_the_transaction_of_its_notice(
    check: Check, url: NoticeUrl, site: Site
) -> None:
    target = RecheckTarget.objects.get()
    assert (target.notice_url, target.due_at, target.site) == (url, NOW + HOUR, f"127.0.0.1:{site.port}")
    assert url.verdict.public_id in target.authority
    assert check(NOW) == []
    assert site.asked == []


def test_gone_twice_apart_in_time_is_removed_at_the_first_and_closes_the_notice(
    check: Check, url: NoticeUrl, site: Site
) -> None:
    assert check(NOW + HOUR) == [None]
    del site.answers["/1.png"]
    gone_at = NOW + 3 * HOUR
    assert check(gone_at) == [Event.GONE_ONCE]
    url.refresh_from_db()
    assert (url.state, url.removed_at) == ("gone_once", None)
    assert check(gone_at + dt.timedelta(minutes=29)) == []
    assert check(gone_at + dt.timedelta(minutes=30)) == [Event.REMOVED]
    url.refresh_from_db()
    assert (url.state, url.removed_at) == ("removed", gone_at)
    notice = Notice.objects.get()
    assert (notice.state, notice.closed_at) == ("closed", gone_at + dt.timedelta(minutes=30))
    assert OutboxMessage.objects.get().state == "cancelled"
    [time] = removal_times()
    assert (time.since_notice_s, time.since_verdict_s) == (3 * 3600, 4 * 3600)
    assert [(each.vantage, each.outcome) for each in observations_of(notice)] == [
        ("visitor", "gone"),
        ("visitor", "gone"),
        ("direct", "gone"),
        ("visitor", "gone"),
        ("visitor", "gone"),
        ("direct", "gone"),
        ("direct", "present"),
    ]


def test_the_picture_in_another_size_and_format_is_still_there(check: Check, url: NoticeUrl, site: Site) -> None:
    site.answers["/1.png"] = (200, picture(3, size=400, form="JPEG"))
    assert check(NOW + HOUR) == [None]
    seen = Observation.objects.get()
    assert (seen.outcome, seen.status) == ("present", 200)
    assert seen.distance is not None
    assert 0 <= seen.distance <= 31


def test_the_picture_turned_is_still_there(check: Check, url: NoticeUrl, site: Site, known: bytes) -> None:
    turned = io.BytesIO()
    Image.open(io.BytesIO(known)).transpose(Image.Transpose.ROTATE_90).save(turned, "PNG")
    site.answers["/1.png"] = (200, turned.getvalue())
    check(NOW + HOUR)
    assert Observation.objects.get().outcome == "present"


@pytest.mark.parametrize("answer_of_site", [(200, picture(7)), (200, b""), (200, b"%PDF-1.7")])
def test_another_content_in_its_place_is_no_removal_while_nothing_else_says_so(
    check: Check, url: NoticeUrl, site: Site, answer_of_site: tuple[int, bytes]
) -> None:
    site.answers["/1.png"] = answer_of_site
    assert check(NOW + HOUR) == [None]
    assert check(NOW + 3 * HOUR) == [None]
    assert set(Observation.objects.values_list("outcome", flat=True)) == {"unclear"}


def test_a_redirect_to_the_picture_is_moved_not_gone(check: Check, url: NoticeUrl, site: Site, known: bytes) -> None:
    site.answers = {"/1.png": (302, b"/elsewhere.png"), "/elsewhere.png": (200, known)}
    assert check(NOW + HOUR) == [None]
    assert Observation.objects.get().outcome == "moved"


@pytest.mark.parametrize(("status", "outcome"), [(403, "blocked"), (429, "blocked"), (500, "unreachable")])
def test_a_server_that_refuses_or_fails_is_no_removal_however_often(
    check: Check, url: NoticeUrl, site: Site, status: int, outcome: str
) -> None:
    site.answers["/1.png"] = (status, b"no")
    for day in range(1, 6):
        assert check(NOW + day * 24 * HOUR) == [None]
    assert set(Observation.objects.values_list("outcome", flat=True)) == {outcome}
    url.refresh_from_db()
    assert url.state == "live"


def test_a_host_that_is_away_is_no_removal_and_is_asked_less_and_less(check: Check, url: NoticeUrl, site: Site) -> None:
    site.close()
    check(NOW + HOUR)
    check(NOW + 3 * HOUR)
    seen = Observation.objects.latest("pk")
    assert (seen.outcome, seen.reason, seen.status) == ("unreachable", "refused", None)
    target = RecheckTarget.objects.get()
    assert (target.failures, target.due_at) == (2, NOW + 7 * HOUR)


def test_an_address_that_may_not_be_dialled_is_not_and_says_so(
    check: Check, url: NoticeUrl, site: Site, set_config: Any
) -> None:
    set_config(network_allow="")
    check(NOW + HOUR)
    assert Observation.objects.get().reason == "address_blocked"
    assert site.asked == []


def test_a_picture_that_is_back_is_counted_and_its_notice_open_again(
    check: Check, url: NoticeUrl, site: Site, known: bytes
) -> None:
    del site.answers["/1.png"]
    check(NOW + HOUR)
    check(NOW + 2 * HOUR)
    site.answers["/1.png"] = (200, known)
    back = NOW + 26 * HOUR
    assert check(back) == [Event.REAPPEARED]
    url.refresh_from_db()
    assert (url.state, url.reappearances, url.reappeared_at) == ("reappeared", 1, back)
    assert Notice.objects.get().state == "open"
    del site.answers["/1.png"]
    check(back + HOUR)
    assert check(back + 2 * HOUR) == [Event.REMOVED]


def test_marking_and_asking_soon_find_their_rows_by_indexes_however_large_the_table(url: NoticeUrl) -> None:
    with CaptureQueriesContext(connection) as seen:
        mark_gone_once(url)
        check_soon(RecheckWanted([url], NOW))
    updates = [query["sql"] for query in seen.captured_queries if query["sql"].startswith("UPDATE")]
    assert len(updates) == 2
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for update in updates:
            cursor.execute(f"EXPLAIN {update}")
            assert "Seq Scan" not in "".join(row[0] for row in cursor.fetchall())


def test_an_answer_that_it_is_removed_brings_the_check_forward(check: Check, url: NoticeUrl, site: Site) -> None:
    del site.answers["/1.png"]
    soon = NOW + dt.timedelta(minutes=5)
    assert check(soon) == []
    answer(answer_token(url.notice.public_id), "removed", "", soon)
    assert check(soon) == [Event.GONE_ONCE]


def test_two_workers_never_check_the_same_url_and_a_dead_one_is_replaced(url: NoticeUrl) -> None:
    [first] = lease_due(NOW + HOUR, 10)
    assert lease_due(NOW + HOUR, 10) == []
    RecheckTarget.objects.update(lease_until=real_now() - dt.timedelta(seconds=LEASE_S))
    [second] = lease_due(NOW + HOUR, 10)
    assert record_observation(first, Judgement(CheckOutcome.GONE), status=404, at=NOW + HOUR) is None
    assert not Observation.objects.exists()
    assert record_observation(second, Judgement(CheckOutcome.GONE), status=404, at=NOW + HOUR) is Event.GONE_ONCE


def test_a_heartbeat_keeps_urls_that_take_long(url: NoticeUrl) -> None:
    due = lease_due(NOW + HOUR, 10)
    RecheckTarget.objects.update(lease_until=real_now())
    renew(due)
    assert lease_due(NOW + HOUR, 10) == []
    give_back(due)
    renew(due)
    assert RecheckTarget.objects.get().lease_until is None
    assert len(lease_due(NOW + HOUR, 10)) == 1


def test_one_large_site_does_not_hold_up_the_others(world: Any) -> None:
    world.verdict(*[f"http://big.example/{n}.png" for n in range(40)])
    world.verdict("http://small.example/1.png")
    issue_notices(NOW)
    sites = [due.site for due in lease_due(NOW + HOUR, 64)]
    assert sites.count("big.example:80") == PER_SITE
    assert "small.example:80" in sites
    assert overdue(NOW + HOUR) == 41


def test_finding_what_is_due_does_not_read_the_whole_table(world: Any) -> None:
    from django.db import connection

    world.verdict(*[f"http://big.example/{n}.png" for n in range(300)])
    issue_notices(NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE recheck_rechecktarget")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")  # they lie on a few pages
        cursor.execute("EXPLAIN SELECT id FROM recheck_rechecktarget WHERE due_at <= now() ORDER BY due_at, id LIMIT 9")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "recheck_due" in plan
    assert "Sort" not in plan
