"""Known bad places and good leads are visited again by themselves: a real site, real PostgreSQL, the worker's duty."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orbweaver.detect.crawl import leases, leasing, revisits
from orbweaver.detect.crawl.models import FrontierUrl, Lead, Revisit
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.duties import DUTIES
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.platform.clock import now, real_now

from .conftest import WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def settings(set_config: Callable[..., None]) -> None:
    set_config(
        network_allow="127.0.0.1:*",
        crawl_host_delay_s=0,
        decode_workers=1,
        crawl_revisit_least_hours=6,
        crawl_revisit_most_hours=48,
    )


def crawl() -> None:
    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(once=True).run()

    asyncio.run(go())


def know(*seeds: int) -> None:
    known = get_or_create_list("List", "NCMEC", now())
    rows = [hashlib.sha256(picture(seed)).digest() for seed in seeds]
    upsert_entries(known, [EntryRow("sha256", row, "csam", "unidentified", "", "NCMEC", False) for row in rows], now())


def known_place(make_site: MakeSite) -> WebSite:
    """A page with a known picture, one link from where its lead begins, and one with nothing known."""
    know(1, 2, 3)
    site = make_site()
    site.page("/", '<a href="/bad">one</a> <a href="/good">two</a>')
    site.page("/bad", '<img src="/1.jpg">')
    site.page("/good", '<img src="/9.jpg">')
    site.picture("/1.jpg", picture(1))
    site.picture("/9.jpg", picture(9))
    add_lead(site.url(), source=Lead.Source.OPERATOR, now=now())
    crawl()
    assert Sighting.objects.count() == 1
    return site


def places() -> dict[str, Revisit]:
    return {str(each.url.url).rpartition("/")[2]: each for each in Revisit.objects.select_related("url")}


def test_the_worker_visits_them() -> None:
    assert "detect.crawl.revisits.visit_again" in {str(each.verb) for each in DUTIES}


def test_what_is_posted_anew_on_a_known_page_is_found_without_anybody_doing_anything(make_site: MakeSite) -> None:
    site = known_place(make_site)
    assert set(places()) == {"", "bad"}, "where its lead began, too, but not the page with nothing known"
    assert revisits.visit_again(now() + 23 * HOUR) == 0
    site.page("/bad", '<img src="/2.jpg">')
    site.picture("/2.jpg", picture(2))
    site.asked.clear()
    assert revisits.visit_again(now() + 25 * HOUR) == 2
    crawl()
    assert set(Sighting.objects.values_list("url", flat=True)) == {site.url("/1.jpg"), site.url("/2.jpg")}
    assert [path for path in site.asked if path != "/robots.txt"].count("/bad") == 1
    assert "/good" not in site.asked, "it was looked at a day ago"


def test_what_is_posted_on_a_new_page_of_a_good_lead_is_found(make_site: MakeSite) -> None:
    site = known_place(make_site)
    site.page("/", '<a href="/bad">one</a> <a href="/new">three</a>')
    site.page("/new", '<img src="/3.jpg">')
    site.picture("/3.jpg", picture(3))
    revisits.visit_again(now() + 25 * HOUR)
    crawl()
    assert Sighting.objects.filter(url=site.url("/3.jpg")).count() == 1
    assert set(places()) == {"", "bad", "new"}


def test_the_trail_of_a_good_lead_is_looked_at_again_after_a_week(make_site: MakeSite) -> None:
    site = known_place(make_site)
    site.page("/good", '<img src="/3.jpg">')
    site.picture("/3.jpg", picture(3))
    revisits.visit_again(now() + dt.timedelta(days=8))
    crawl()
    assert Sighting.objects.filter(url=site.url("/3.jpg")).count() == 1


def test_a_place_is_visited_sooner_while_it_bears_fruit_and_later_while_it_does_not(make_site: MakeSite) -> None:
    known_place(make_site)
    page = places()["bad"].url_id
    hours = []
    for fruitful in (False, True, True, *[False] * 6):
        at = places()["bad"].due_at
        revisits.visit_again(at)
        hours.append(places()["bad"].hours)
        if fruitful:
            revisits.note_found({page}, set(), at + HOUR)
    assert hours[:4] == [24, 36, 18, 9]
    assert hours[-1] == 48, "never later than the setting"
    assert places()["bad"].fruitful_visits == 2


def test_a_page_whose_pictures_are_the_same_bears_no_fruit(make_site: MakeSite) -> None:
    known_place(make_site)
    found_at = places()["bad"].found_at
    revisits.visit_again(now() + dt.timedelta(days=8))  # pictures, too, are asked for again
    crawl()
    assert places()["bad"].found_at == found_at


def test_what_waits_already_is_left_as_it_is(make_site: MakeSite) -> None:
    known_place(make_site)
    FrontierUrl.objects.update(state=FrontierUrl.State.WAITING, attempts=3)
    revisits.visit_again(now() + 25 * HOUR)
    assert set(FrontierUrl.objects.values_list("attempts", flat=True)) == {3}


def test_any_number_of_places_goes_back_in_a_bounded_number_of_statements(make_site: MakeSite) -> None:
    know(1, 2, 3)
    site = make_site()
    for page in range(12):
        site.page(f"/{page}", '<img src="/1.jpg">' if page % 2 else f'<img src="/{page}.jpg">')
        site.picture(f"/{page}.jpg", picture(1))
        add_lead(site.url(f"/{page}"), source=Lead.Source.OPERATOR, now=now())
    crawl()
    assert Revisit.objects.count() > 5
    with CaptureQueriesContext(connection) as queries:
        revisits.visit_again(now() + 25 * HOUR)
    assert len(queries) <= 9
    with CaptureQueriesContext(connection) as queries:
        assert revisits.visit_again(now() + 25 * HOUR) == 0
    assert len(queries) <= 3


def test_a_page_that_is_another_one_each_time_is_visited_as_seldom_as_the_setting_says(make_site: MakeSite) -> None:
    """Known pictures at ever new addresses: each visit bears fruit, and more often than every six hours it is not."""
    site = known_place(make_site)
    hours, visited = [], 0
    for number in range(6):
        site.page("/bad", f'<img src="/1.jpg?{number}"><a href="/bad?{number}">again</a>')
        site.picture(f"/1.jpg?{number}", picture(1))
        at = places()["bad"].due_at
        site.asked.clear()
        revisits.visit_again(at)
        crawl()
        visited += site.asked.count("/bad")
        hours.append(places()["bad"].hours)
        Revisit.objects.filter(url__url=site.url("/bad")).update(found_at=at + HOUR)  # the crawl ran today
    assert min(hours) == 6.0
    assert visited == 6, "once each time, whatever it leads to"


def many_places(count: int) -> int:
    """So many known bad places of one host, all visited and due now; its number."""
    add_lead("http://many.example/", source=Lead.Source.OPERATOR, now=now())
    first = FrontierUrl.objects.get()
    FrontierUrl.objects.bulk_create(
        FrontierUrl(
            url_key=hashlib.sha256(str(number).encode()).digest(),
            url=f"http://many.example/{number}",
            site_id=first.site_id,
            lead_id=first.lead_id,
            kind=FrontierUrl.Kind.PAGE,
            hops=0,
            priority=1,
            state=FrontierUrl.State.DONE,
        )
        for number in range(count)
    )
    due = now() - HOUR
    Revisit.objects.bulk_create(
        Revisit(url=url, due_at=due, hours=24, found_at=due, visited_at=due)
        for url in FrontierUrl.objects.filter(state=FrontierUrl.State.DONE)
    )
    return first.site_id


def test_any_number_of_known_bad_places_of_one_host_is_asked_for_in_its_turn(
    set_config: Callable[..., None],
) -> None:
    set_config(crawl_host_delay_s=5.0)
    site_id = many_places(2 * revisits.BATCH + 1)
    at = now()
    assert [revisits.visit_again(at) for _ in range(4)] == [revisits.BATCH, revisits.BATCH, 1, 0]
    waiting = FrontierUrl.objects.filter(site_id=site_id, state=FrontierUrl.State.WAITING)
    assert waiting.count() == 2 * revisits.BATCH + 2
    worker = leases.enlist("a crawler", now=real_now())
    leased = leasing.lease(worker, want=1000, now=real_now(), default_delay_s=5.0, default_concurrency=2)
    assert 1 <= len(leased) <= 4, "some seconds of the host's time, not all that is due"
    rows = FrontierUrl.objects.count()
    Revisit.objects.update(due_at=at)
    while revisits.visit_again(at):
        pass
    assert FrontierUrl.objects.count() == rows, "what waits still does not wait twice"


def test_a_host_that_is_down_is_left_to_its_attempts_and_asked_ever_more_seldom() -> None:
    many_places(3)
    later = real_now() + dt.timedelta(days=1)
    FrontierUrl.objects.update(state=FrontierUrl.State.LATER, attempts=5, due_at=later, error="connect")
    for _ in range(8):
        at = max(Revisit.objects.values_list("due_at", flat=True))
        assert revisits.visit_again(at) == 3
    kept = FrontierUrl.objects.values_list("state", "attempts", "due_at").distinct()
    assert list(kept) == [(FrontierUrl.State.LATER, 5, later)]
    assert set(Revisit.objects.values_list("hours", flat=True)) == {48.0}
