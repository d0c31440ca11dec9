"""A host that answers nobody for days is offline: counted apart, watched, asked about again when it is back (R81)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orbweaver.account_for.transparency import datasets
from orbweaver.account_for.transparency.selectors import figures
from orbweaver.follow.conduct.evidence import behaviour_of
from orbweaver.follow.conduct.rules import thresholds
from orbweaver.follow.recheck.models import HeardNetwork, RecheckTarget, SilentHost
from orbweaver.follow.recheck.rules import Event
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.people.audit.models import Event as AuditEvent
from orbweaver.platform.clock import real_now

from .hosts import Site, picture

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
Check = Callable[[dt.datetime], list[Event | None]]


@pytest.fixture
def another(world: Any, site: Site, url: NoticeUrl, set_config: Any) -> Iterator[Site]:
    """A second host with a picture, which goes on answering."""
    from orbweaver.notify.notices.services import issue_notices

    other = Site()
    set_config(network_allow=f"127.0.0.1:{site.port},127.0.0.1:{other.port}")
    other.answers["/2.png"] = (200, picture(5))
    world.verdict(f"{other.base}/2.png", media=world.media(picture(5)), decided_at=NOW - HOUR)
    issue_notices(NOW)
    Notice.objects.update(first_sent_at=NOW)
    yield other
    other.close()


def silent(site: Site, check: Check, days: int = 5) -> list[Event]:
    """The host goes, and is looked at each day; what that changed."""
    site.close()
    return [event for day in range(days + 1) for event in check(NOW + 2 * HOUR + day * DAY) if event]


def test_a_silent_host_is_offline_and_no_removal(site: Site, url: NoticeUrl, another: Site, check: Check) -> None:
    assert silent(site, check) == [Event.OFFLINE]
    url.refresh_from_db()
    assert (url.state, url.removed_at, url.offline_at) == ("offline", None, NOW + 2 * HOUR)
    assert url.notice.__class__.objects.get(pk=url.notice_id).state == "closed"
    assert RecheckTarget.objects.get(notice_url=url).due_at <= NOW + 7 * DAY
    assert AuditEvent.objects.filter(kind="host.offline").count() == 1


def test_it_is_counted_apart_from_what_is_removed(site: Site, url: NoticeUrl, another: Site, check: Check) -> None:
    silent(site, check)
    at = NOW + 6 * DAY
    found = figures(at)
    assert (found.notified_urls, found.removed, found.open_urls, found.offline) == (2, 0, 1, 1)
    assert found.median_removal_s is None
    assert figures(NOW + HOUR).offline == 0
    figures(max(at, real_now()))  # of a moment that has passed they are counted anew, and the summaries stay behind
    assert {row["time"]: row["addresses"] for row in datasets.distribution(at).rows}["offline"] == "<5"
    for name in ("providers", "countries", "responses"):
        assert "offline" in datasets.ALL[name](at).keys
    provider = Notice.objects.get(pk=url.notice_id).provider
    assert provider is not None
    assert behaviour_of(provider, at + 60 * DAY, thresholds()).removed == 0


def test_it_is_open_again_and_told_again_when_the_host_is_back(
    site: Site, url: NoticeUrl, another: Site, check: Check, known: bytes
) -> None:
    silent(site, check)
    NoticeUrl.objects.filter(pk=url.pk).update(url=f"{another.base}/1.png")
    RecheckTarget.objects.filter(notice_url=url).update(due_at=NOW + 6 * DAY)
    another.answers["/1.png"] = (200, known)
    assert Event.ANSWERING in check(NOW + 7 * DAY)
    url.refresh_from_db()
    notice = Notice.objects.get(pk=url.notice_id)
    assert (url.state, url.offline_at, url.reappearances) == ("live", None, 0)
    assert (notice.state, notice.closed_at) == ("open", None)
    assert notice.remind_at is not None
    assert notice.remind_at <= NOW + 7 * DAY
    assert figures(NOW + 7 * DAY).offline == 0


def test_what_is_gone_when_the_host_is_back_takes_two_looks(
    site: Site, url: NoticeUrl, another: Site, check: Check
) -> None:
    silent(site, check)
    NoticeUrl.objects.filter(pk=url.pk).update(url=f"{another.base}/gone.png")
    events = [event for day in range(7, 11) for event in check(NOW + day * DAY) if event]
    assert events == [Event.ANSWERING, Event.GONE_ONCE, Event.REMOVED]


def test_an_answer_ends_the_silence(site: Site, url: NoticeUrl, another: Site, check: Check, known: bytes) -> None:
    assert silent(site, check, days=3) == []
    assert SilentHost.objects.get().checks >= 3
    NoticeUrl.objects.filter(pk=url.pk).update(url=f"{another.base}/1.png")
    RecheckTarget.objects.filter(notice_url=url).update(due_at=NOW)
    another.answers["/1.png"] = (503, b"")
    check(NOW + 4 * DAY)
    assert SilentHost.objects.count() == 0


def test_no_host_is_offline_while_we_reach_nobody(site: Site, url: NoticeUrl, check: Check) -> None:
    assert silent(site, check, days=9) == []
    assert HeardNetwork.objects.count() == 0
    url.refresh_from_db()
    assert url.state == "live"


def test_with_two_networks_asked_for_one_alone_tells_nothing(
    site: Site, url: NoticeUrl, another: Site, check: Check, set_config: Any
) -> None:
    set_config(recheck_offline_networks=2)
    assert silent(site, check, days=9) == []


def test_what_is_offline_can_be_withdrawn(site: Site, url: NoticeUrl, another: Site, check: Check) -> None:
    from orbweaver.assess.review.handovers import VerdictWithdrawn
    from orbweaver.notify.notices.sending.withdrawing import withdraw

    silent(site, check)
    assert withdraw(VerdictWithdrawn(url.verdict, url.verdict, NOW + 8 * DAY)) == 1
    url.refresh_from_db()
    assert url.state == "withdrawn"
