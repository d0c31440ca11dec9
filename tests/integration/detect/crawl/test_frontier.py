"""The frontier: nothing twice, nothing lost, no host asked too often, over any number of workers."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from orbweaver.detect.crawl import frontier, leases, leasing, other_pages
from orbweaver.detect.crawl.frontier import Done, Leased, NewUrl
from orbweaver.detect.crawl.models import CrawlWorker, FrontierUrl, Lead, OtherPage, Site
from orbweaver.detect.crawl.selectors import totals, unfinished
from orbweaver.detect.crawl.services import add_lead, count, site_ids
from orbweaver.detect.crawl.settings import LEASE_S
from orbweaver.detect.crawl.site_settings import By, switch_site
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.platform.network.urls import parse

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
State = FrontierUrl.State


@pytest.fixture(autouse=True)
def real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.detect.crawl.services.shared_now", lambda: NOW)


def lead(url: str = "http://site.example/", **more: Any) -> Lead:
    return add_lead(url, source=more.pop("source", Lead.Source.LIST), now=more.pop("now", NOW), **more)


def new(url: str, of: Lead, **more: Any) -> NewUrl:
    parsed = parse(url)
    site = site_ids([(parsed.host, parsed.port)])[parsed.host, parsed.port]
    fields = {"kind": FrontierUrl.Kind.PAGE, "hops": 1, "priority": 21} | more
    return NewUrl(key=parsed.key, url=url, site_id=site, lead_id=of.pk, **fields)


def add(*urls: NewUrl) -> int:
    changes = SiteChanges()
    added = frontier.add_urls(urls, max_hops=4, changes=changes)
    apply_changes(changes, now=NOW)
    return added


def complete(number: int, *results: Done) -> dict[int, int]:
    changes = SiteChanges()
    ids = frontier.complete(number, results, at=NOW, changes=changes)
    apply_changes(changes, now=NOW)
    return ids


def worker() -> int:
    return leases.enlist("test", now=NOW)


def lease(number: int, want: int = 100, *, at: float = 0, delay: float = 0, **more: Any) -> list[Leased]:
    now = NOW + dt.timedelta(seconds=at)
    return leasing.lease(number, want=want, now=now, default_delay_s=delay, **more)


def done(url: Leased, **more: Any) -> Done:
    return Done(id=url.id, report_id=url.report_id, **more)


def row(url: str) -> FrontierUrl:
    return FrontierUrl.objects.get(url_key=parse(url).key)


def test_a_lead_waits_once_and_is_leased_once() -> None:
    lead()
    first, second = worker(), worker()
    taken = lease(first)
    assert [url.url for url in taken] == ["http://site.example/"]
    assert lease(second) == []


def test_a_url_is_added_once_however_often_it_is_found() -> None:
    begin = lead()
    assert add(new("http://site.example/a", begin), new("http://site.example/a#x", begin)) == 1
    assert add(new("http://site.example/a", begin)) == 0
    assert FrontierUrl.objects.count() == 2


def test_what_comes_first_is_leased_first() -> None:
    begin = lead()
    add(new("http://site.example/far", begin, priority=25), new("http://site.example/near", begin, priority=5))
    taken = lease(worker(), 2)
    assert [url.url for url in taken] == ["http://site.example/near", "http://site.example/"]


def test_a_host_is_not_asked_more_often_than_its_delay_by_any_number_of_workers() -> None:
    begin = lead()
    add(*(new(f"http://site.example/{number}", begin) for number in range(40)))
    moments: list[float] = []
    for at in range(10):
        for number in (worker(), worker(), worker()):
            moments.extend(at + url.wait_s for url in lease(number, at=at, delay=0.5))
    moments.sort()
    assert len(moments) > 15
    assert all(later - earlier >= 0.499 for earlier, later in itertools.pairwise(moments))


def test_the_crawl_delay_of_a_site_counts_when_it_is_longer_and_the_sites_own_setting_before_all() -> None:
    begin = lead()
    add(*(new(f"http://site.example/{number}", begin) for number in range(9)))
    Site.objects.update(robots_delay_s=5)
    assert len(lease(worker(), delay=1)) == 1
    assert Site.objects.get().next_fetch_at == NOW + dt.timedelta(seconds=5)
    Site.objects.update(delay_s=0.25, next_fetch_at=NOW)
    assert len(lease(worker(), delay=1)) == 8


def test_hosts_share_what_is_wanted() -> None:
    begin = lead()
    urls = [f"http://{host}.example/{number}" for host in "abcd" for number in range(50)]
    add(*(new(url, begin) for url in urls))
    taken = lease(worker(), 40)
    counts = {url.site_id: sum(other.site_id == url.site_id for other in taken) for url in taken}
    assert sorted(counts.values()) == [1, 8, 8, 8, 8]


def test_a_site_that_is_switched_off_is_left_alone() -> None:
    lead()
    switch_site(Site.objects.get(), off=True, by=By(), now=NOW)
    assert lease(worker()) == []
    switch_site(Site.objects.get(), off=False, by=By(), now=NOW)
    assert len(lease(worker())) == 1


def test_a_site_found_empty_wakes_up_when_something_is_added() -> None:
    begin = lead()
    number = worker()
    lease(number)
    assert lease(number) == []
    assert not Site.objects.get().waiting
    add(new("http://site.example/a", begin))
    assert len(lease(number)) == 1


def test_only_what_the_named_leads_led_to_is_taken_when_leads_are_named() -> None:
    mine, other = lead("http://a.example/"), lead("http://b.example/")
    assert [url.lead_id for url in lease(worker(), lead_ids=[mine.pk])] == [mine.pk]
    assert unfinished([mine.pk])
    assert [url.lead_id for url in lease(worker())] == [other.pk]


def test_media_alone_can_be_asked_for() -> None:
    begin = lead()
    add(new("http://site.example/a.jpg", begin, kind=FrontierUrl.Kind.MEDIA))
    taken = lease(worker(), lead_ids=[begin.pk], media_only=True)
    assert [url.url for url in taken] == ["http://site.example/a.jpg"]
    FrontierUrl.objects.filter(kind=FrontierUrl.Kind.MEDIA).update(state=State.DONE)
    assert not unfinished([begin.pk], media_only=True)
    assert unfinished([begin.pk])


def test_a_result_is_kept_and_the_url_is_done() -> None:
    begin = lead()
    number = worker()
    [url] = lease(number)
    result = done(url, status=200, kind=FrontierUrl.Kind.MEDIA, sha256=b"s" * 32, pdq=b"p" * 32, pdq_quality=90)
    assert complete(number, result) == {url.id: 0}
    kept = row(url.url)
    assert (kept.state, kept.status, bytes(kept.sha256 or b""), kept.attempts) == (State.DONE, 200, b"s" * 32, 1)
    assert kept.fetched_at == NOW
    assert not unfinished([begin.pk])


def test_a_result_that_comes_after_the_lease_was_lost_changes_nothing() -> None:
    lead()
    late, next_one = worker(), worker()
    [url] = lease(late)
    leases.take_back(now=NOW + dt.timedelta(seconds=LEASE_S + 1))
    assert complete(late, done(url, status=200)) == {}
    assert row(url.url).state == State.WAITING
    assert len(lease(next_one)) == 1


def test_leases_of_a_worker_that_lives_are_not_taken_back() -> None:
    lead()
    number = worker()
    lease(number)
    later = NOW + dt.timedelta(seconds=LEASE_S - 1)
    assert leases.heartbeat(number, now=later)
    assert leases.take_back(now=NOW + dt.timedelta(seconds=LEASE_S + 1)) == 0
    assert leases.take_back(now=later + dt.timedelta(seconds=LEASE_S + 1)) == 1
    assert not leases.heartbeat(number, now=later)
    assert not CrawlWorker.objects.exists()


def test_what_is_to_be_tried_later_waits_until_then() -> None:
    lead()
    number = worker()
    [url] = lease(number)
    due = NOW + dt.timedelta(seconds=30)
    complete(number, done(url, error="dns", due_at=due))
    assert leases.promote(now=NOW) == 0
    assert leases.promote(now=due) == 1
    [again] = lease(number, at=31)
    assert again.attempts == 2


def test_released_urls_wait_again() -> None:
    lead()
    number = worker()
    [url] = lease(number)
    assert leases.release(number, [url.id]) == 1
    assert [again.attempts for again in lease(worker())] == [1]


def finish_all(number: int, **more: Any) -> None:
    urls = lease(number)
    complete(number, *(done(url, status=200, **more) for url in urls))


def test_a_report_of_a_url_that_was_done_has_it_fetched_again() -> None:
    lead("http://site.example/x.jpg")
    number = worker()
    finish_all(number, etag='"a"')
    lead("http://site.example/x.jpg", source=Lead.Source.REPORT, report_id=7)
    [url] = lease(number)
    assert (url.report_id, url.past_robots, url.etag) == (7, True, "")


def test_a_report_that_comes_while_the_url_is_fetched_is_not_lost() -> None:
    lead("http://site.example/x.jpg")
    number = worker()
    [url] = lease(number)
    lead("http://site.example/x.jpg", source=Lead.Source.REPORT, report_id=7)
    complete(number, done(url, status=200))
    assert [again.report_id for again in lease(number)] == [7]


def test_a_new_lead_has_old_pages_fetched_again_and_fresh_ones_not() -> None:
    begin = lead()
    number = worker()
    add(new("http://site.example/a", begin))
    finish_all(number)
    soon, late = NOW + dt.timedelta(hours=1), NOW + dt.timedelta(days=8)
    assert add(new("http://site.example/a", lead("http://b.example/", now=soon))) == 0
    assert add(new("http://site.example/a", lead("http://c.example/", now=late))) == 1


def test_a_page_at_the_end_of_its_trail_is_fetched_again_when_it_is_nearer_than_thought() -> None:
    begin = lead()
    number = worker()
    add(new("http://site.example/end", begin, hops=4), new("http://site.example/middle", begin, hops=2))
    finish_all(number)
    nearer = [new(f"http://site.example/{name}", begin, hops=1) for name in ("end", "middle")]
    assert add(*nearer) == 1
    assert [url.url for url in lease(number)] == ["http://site.example/end"]


def shown(begin: Lead, *pages: FrontierUrl) -> set[int]:
    """One picture on all these pages, read in one batch; its number where it was found on another page before."""
    picture = "http://site.example/a.jpg"
    changes, also = SiteChanges(), set[int]()
    urls = [new(picture, begin, kind=FrontierUrl.Kind.MEDIA, parent_id=page.pk, context="{}") for page in pages]
    frontier.add_urls(urls, max_hops=4, changes=changes, shown_too=also)
    apply_changes(changes, now=NOW)
    return also


@pytest.fixture
def pages() -> list[FrontierUrl]:
    begin, number = lead(), worker()
    urls = [f"http://{name}.example/" for name in ("site", "a", "b")] + ["http://a.example/2"]
    add(*[new(url, begin) for url in urls[1:]])
    finish_all(number)
    return [row(url) for url in urls]


def places() -> set[int]:
    return set(OtherPage.objects.values_list("page_id", flat=True))


def test_a_medium_that_waits_keeps_every_page_that_shows_it(pages: list[FrontierUrl]) -> None:
    begin = lead()
    assert shown(begin, pages[0]) == set()
    [waits] = shown(begin, pages[0], pages[1])
    newer = lead("http://b.example/", now=NOW + dt.timedelta(days=30))
    assert shown(newer, pages[2]) == {waits}
    picture = row("http://site.example/a.jpg")
    assert (picture.pk, picture.parent_id, picture.lead_id) == (waits, pages[0].pk, newer.pk)
    assert places() == {pages[1].pk, pages[2].pk}


def test_of_pages_that_are_read_at_once_none_is_forgotten(pages: list[FrontierUrl]) -> None:
    shown(lead(), *pages[:3])
    assert places() | {row("http://site.example/a.jpg").parent_id} == {page.pk for page in pages[:3]}


def test_further_pages_of_a_site_are_no_further_place(pages: list[FrontierUrl]) -> None:
    for page in pages:
        shown(lead(), page)
    assert places() == {pages[1].pk, pages[2].pk}


@pytest.mark.parametrize("matched", [True, False])
def test_of_what_is_done_only_the_known_keeps_pages(pages: list[FrontierUrl], matched: bool) -> None:
    begin, number = lead(), worker()
    shown(begin, pages[0])
    finish_all(number, kind=FrontierUrl.Kind.MEDIA, matched=matched)
    assert bool(shown(begin, pages[1])) == matched
    assert places() == ({pages[1].pk} if matched else set())


def test_pages_kept_of_one_medium_are_bounded(pages: list[FrontierUrl], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_pages, "MOST", 1)
    for page in pages:
        shown(lead(), page)
    assert places() == {pages[1].pk}


def renew(url: str) -> None:
    changes = SiteChanges()
    frontier.renew([row(url).pk], max_hops=4, changes=changes)
    apply_changes(changes, now=NOW)


def test_a_known_sighting_brings_what_its_page_links_to_nearer() -> None:
    begin = lead()
    number = worker()
    add(new("http://site.example/a", begin, hops=2))
    finish_all(number)
    add(new("http://site.example/b", begin, hops=3, priority=23, parent_id=row("http://site.example/a").pk))
    renew("http://site.example/a")
    renew("http://site.example/a")
    [url] = lease(number)
    assert (url.url, url.hops, row(url.url).priority) == ("http://site.example/b", 1, 21)
    assert row("http://site.example/a").hops == 0


def test_a_known_sighting_has_pages_fetched_again_whose_links_were_cut_off() -> None:
    begin = lead()
    number = worker()
    add(new("http://site.example/a", begin, hops=4))
    finish_all(number)
    renew("http://site.example/a")
    assert [(url.url, url.hops) for url in lease(number)] == [("http://site.example/a", 0)]


def test_a_page_in_hand_is_recorded_with_the_distance_it_has_by_then() -> None:
    begin = lead()
    number = worker()
    add(new("http://site.example/a", begin, hops=2))
    finish_all(number)
    add(new("http://site.example/b", begin, hops=3, parent_id=row("http://site.example/a").pk))
    [url] = lease(number)
    renew("http://site.example/a")
    assert complete(number, done(url, status=200)) == {url.id: 1}


def test_an_unchanged_answer_keeps_what_is_known() -> None:
    lead(source=Lead.Source.OPERATOR)
    number = worker()
    finish_all(number, kind=FrontierUrl.Kind.MEDIA, sha256=b"s" * 32, matched=True, etag='"a"')
    lead(source=Lead.Source.OPERATOR, now=NOW + dt.timedelta(hours=1))
    [url] = lease(number)
    assert url.etag == '"a"'
    complete(number, done(url, status=304, unchanged=True))
    kept = row(url.url)
    assert (kept.status, bytes(kept.sha256 or b""), kept.matched, kept.etag) == (304, b"s" * 32, True, '"a"')


def test_the_counts_of_a_day_add_up() -> None:
    for _ in range(5):
        with transaction.atomic():
            count(pages=1, images=2, failures=3, size=4, now=NOW)
    count(pages=1, images=0, failures=0, size=0, now=NOW + dt.timedelta(days=1))
    found = totals(last_day=NOW.date())
    assert (found.pages, found.images, found.failures, found.bytes) == (5, 10, 15, 20)
    assert totals().pages == 6


@pytest.mark.django_db(transaction=True)
def test_links_to_what_another_crawler_is_recording_do_not_wait_for_it() -> None:
    """Each waits for the other where both link to what the other has recorded: with many crawlers, again and again."""
    begin, number = lead(), worker()
    [leased] = lease(number)
    waited: list[str] = []

    def link() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            try:
                add(new("http://site.example/", begin), new("http://site.example/other", begin))
            except OperationalError as error:
                waited.append(type(error).__name__)
        connection.close()

    with transaction.atomic():
        frontier.complete(number, [done(leased)], at=NOW, changes=SiteChanges())
        other = threading.Thread(target=link)
        other.start()
        other.join(30)
    assert not waited
    assert FrontierUrl.objects.filter(url="http://site.example/other").exists()
