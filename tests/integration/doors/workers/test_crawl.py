"""The crawler, end to end: real HTTP on loopback, real decoders, real lists, real PostgreSQL."""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import hashlib
import io
import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from aiohttp import web
from django.db import connection
from PIL import Image
from tests.settings_given import settings_given

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import services
from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.messages import REPORT_ASKS
from orbweaver.detect.crawl.models import CrawlWorker, FrontierUrl, Lead, Site
from orbweaver.detect.crawl.rules import QUICK_ATTEMPTS, RETRY_AFTER_MAX_S
from orbweaver.detect.crawl.selectors import lead_outcome, progress, totals, unfinished
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.crawl.site_settings import By, switch_site
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import CrawledFilm, Media
from orbweaver.doors.workers.crawl import Crawler, CrawlSummary
from orbweaver.fingerprints import pdq
from orbweaver.fingerprints.sniff import sniff
from orbweaver.people.accounts.models import User
from orbweaver.platform.clock import now
from orbweaver.platform.network.urls import parse
from orbweaver.platform.settings import PlatformSettings

from .conftest import Answer, WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]


def given(**more: Any) -> AbstractContextManager[None]:
    fields: dict[str, Any] = {"network_allow": "127.0.0.1:*", "crawl_host_delay_s": 0.0, "decode_workers": 1}
    return settings_given(**(fields | more))


def crawl(*leads: Lead, **more: Any) -> CrawlSummary:
    bounded = {name: more.pop(name) for name in ("max_pages",) if name in more}

    async def go() -> CrawlSummary:
        crawler = Crawler(lead_ids=[lead.pk for lead in leads] or None, once=True, **bounded)
        async with asyncio.timeout(240):
            return await crawler.run()

    with given(**more):
        return asyncio.run(go())


def lead(url: str, source: Lead.Source = Lead.Source.OPERATOR) -> Lead:
    return add_lead(url, source=source, now=now())


def know(kind: str, value: bytes) -> None:
    known = get_or_create_list("Known", "NCMEC", now())
    upsert_entries(known, [EntryRow(kind, value, "csam", "unidentified", "", "NCMEC", False)], now())


def know_picture(body: bytes) -> None:
    know("pdq", bytes.fromhex(pdq(body)[0]))


def row(url: str) -> FrontierUrl:
    return FrontierUrl.objects.get(url_key=parse(url).key)


def test_a_known_picture_is_found_on_a_page_and_goes_to_review_with_its_context(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", '<title>Home</title><a href="/gallery">gallery</a><img src="/other.jpg">')
    site.page(
        "/gallery",
        "<title>Gallery</title><h1>Album</h1><p>words before</p><a href='/full'>see <img src='/known.jpg' alt='an alt'>"
        "</a><p>words after</p>",
    )
    site.picture("/other.jpg", picture(1))
    site.picture("/known.jpg", picture(2, quality=60))
    know_picture(picture(2))
    summary = crawl(lead(site.url()))
    assert (summary.pages, summary.images, summary.matches) == (2, 2, 1)
    sighting = Sighting.objects.get()
    assert (sighting.url, sighting.page_url) == (site.url("/known.jpg"), site.url("/gallery"))
    assert (sighting.address, sighting.origin) == ("127.0.0.1", "crawl")
    assert sighting.context["title"] == "Gallery"
    assert sighting.context["headings"] == ["Album"]
    assert (sighting.context["alt"], sighting.context["link_text"]) == ("an alt", "see")
    assert sighting.context["before"].endswith("words before see")
    assert sighting.context["after"].startswith("words after")
    assert ReviewItem.objects.get().media.sha256 == hashlib.sha256(picture(2, quality=60)).digest()
    assert row(site.url("/known.jpg")).matched
    assert not row(site.url("/other.jpg")).matched
    assert (totals().images, totals().pages) == (2, 2)
    assert not CrawlWorker.objects.exists()


def animation(*seeds: int) -> bytes:
    """A picture that moves, each part for a second."""
    first, *others = [Image.open(io.BytesIO(picture(seed))).convert("P") for seed in seeds]
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others, duration=1_000)
    return out.getvalue()


def test_of_what_matched_nothing_only_the_ends_of_films_are_kept(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", "<img src=/still.jpg><img src=/moving.gif><img src=/known.gif>")
    site.picture("/still.jpg", picture(1))
    site.picture("/moving.gif", animation(2, 3))
    site.picture("/known.gif", animation(4, 5))
    know("sha256", hashlib.sha256(animation(4, 5)).digest())
    crawl(lead(site.url()))
    kept = CrawledFilm.objects.get()
    assert bytes(kept.sha256) == hashlib.sha256(animation(2, 3)).digest()
    assert len(kept.pictures) == 2 * 32
    assert [bytes(each.sha256) for each in Media.objects.all()] == [hashlib.sha256(animation(4, 5)).digest()]


def test_crawling_again_changes_nothing_and_asks_for_changes_only(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", '<img src="/known.jpg">')
    site.answers["/known.jpg"] = Answer(picture(2), "image/jpeg", headers={"ETag": '"v1"'})
    know_picture(picture(2))
    crawl(lead(site.url()))
    summary = crawl(lead(site.url()))
    assert (summary.pages, summary.images, summary.unchanged) == (1, 0, 1)
    assert row(site.url("/known.jpg")).status == 304
    assert row(site.url("/known.jpg")).matched
    assert Sighting.objects.count() == 1


def test_an_unchanged_picture_is_found_when_it_is_on_a_list_since(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", '<img src="/known.jpg">')
    site.answers["/known.jpg"] = Answer(picture(2), "image/jpeg", headers={"ETag": '"v1"'})
    crawl(lead(site.url()))
    know_picture(picture(2))
    assert crawl(lead(site.url())).matches == 1
    assert Sighting.objects.get().url == site.url("/known.jpg")


def test_a_medium_is_known_by_its_bytes_whatever_the_server_calls_it(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", '<img src="/a"><a href="/b">page</a><img src="/c.jpg">')
    site.answers["/a"] = Answer(picture(2), "text/html")
    site.answers["/b"] = Answer(picture(3), "application/octet-stream")
    site.answers["/c.jpg"] = Answer("<title>x</title><img src='/d.jpg'>", "image/jpeg")
    site.picture("/d.jpg", picture(4))
    know_picture(picture(2))
    know("md5", hashlib.md5(picture(3)).digest())
    know_picture(picture(4))
    crawl(lead(site.url()))
    assert sorted(Sighting.objects.values_list("url", flat=True)) == [site.url(path) for path in ("/a", "/b", "/d.jpg")]


def test_a_picture_behind_a_redirect_to_another_site_is_found_there_with_its_page(make_site: MakeSite) -> None:
    site, host = make_site(), make_site()
    site.page("/", '<title>T</title><img src="/go" alt="the alt">')
    site.answers["/go"] = Answer(status=302, headers={"Location": host.url("/x.jpg")})
    host.picture("/x.jpg", picture(2))
    know_picture(picture(2))
    crawl(lead(site.url()))
    sighting = Sighting.objects.get()
    assert (sighting.url, sighting.page_url) == (host.url("/x.jpg"), site.url("/"))
    assert (sighting.context["title"], sighting.context["alt"]) == ("T", "the alt")
    assert "/robots.txt" in host.asked


def test_a_confirmed_sighting_leads_the_crawler_back_to_what_was_added_beside_it(
    make_site: MakeSite, hotline: None, make_person: Callable[..., User]
) -> None:
    site = make_site()
    site.page("/album", '<img src="/known.jpg">')
    site.picture("/known.jpg", picture(2))
    know_picture(picture(2))
    crawl(lead(site.url("/album"), Lead.Source.LIST))
    site.page("/album", '<img src="/known.jpg"><img src="/added.jpg"><a href="/next">x</a>')
    site.page("/next", "x")
    site.picture("/added.jpg", picture(3))
    know_picture(picture(3))
    FrontierUrl.objects.update(fetched_at=now() - dt.timedelta(days=8))
    item = ReviewItem.objects.get()
    for person in (make_person("Ann"), make_person("Bea")):
        taken = services.take(item.public_id, person, now())
        answers = Answers(True, True, Category.CSAM, 3, 5)
        services.record_assessment(item.public_id, person, answers, taken.version, now())
    begun = Lead.objects.get(source=Lead.Source.SIGHTING)
    assert (begun.url, begun.note) == (site.url("/album"), item.public_id)
    assert crawl().matches >= 1
    assert Sighting.objects.filter(url=site.url("/added.jpg"), page_url=site.url("/album")).exists()
    assert "/next" in site.asked


def test_the_trail_ends_where_nothing_known_is_found_and_goes_on_where_something_is(make_site: MakeSite) -> None:
    site = make_site()
    for number in range(12):
        site.page(f"/{number}", f'<a href="/{number + 1}">next</a>')
    crawl(lead(site.url("/0")), crawl_max_hops=3)
    assert [path for path in site.asked if path != "/robots.txt"] == ["/0", "/1", "/2", "/3"]
    site.asked.clear()
    site.page("/3", '<a href="/4">next</a><img src="/known.jpg">')
    site.picture("/known.jpg", picture(2))
    know_picture(picture(2))
    crawl(lead(site.url("/0")), crawl_max_hops=3)
    assert row(site.url("/6")).state == FrontierUrl.State.DONE
    assert not FrontierUrl.objects.filter(url=site.url("/7")).exists()


@pytest.mark.sweep
def test_a_trap_of_endless_pages_is_left_and_one_with_something_known_is_not(make_site: MakeSite) -> None:
    site = make_site()
    for number in range(2_000):
        links = (f'<a href="/{number * 3 + more}">x</a>' for more in (1, 2, 3) if number * 3 + more < 2_000)
        site.page(f"/{number}", "".join(links))
    bounds = {"crawl_max_hops": 50, "crawl_max_fruitless_pages": 60}
    # A batch is judged as a whole: what its pages lead to, three times as much, may still be fetched.
    assert crawl(lead(site.url("/0")), **bounds).pages < 1_000
    for number in range(133, 2_000):
        site.page(f"/{number}", "")
    for number in range(400):
        site.page(f"/{number}", str(site.answers[f"/{number}"].body) + f'<img src="/{number}.jpg">')
        site.picture(f"/{number}.jpg", picture(2, size=(64, 64)))
    know_picture(picture(2, size=(64, 64)))
    crawl(lead(site.url("/0")), **bounds)
    assert Sighting.objects.count() == 400


def test_one_lead_into_a_site_without_end_brings_in_so_many_addresses_and_a_report_is_looked_at_all_the_same(
    make_site: MakeSite,
) -> None:
    site = make_site()
    for number in range(60):
        pictures = "".join(f'<img src="/{number}/{each}.jpg">' for each in range(20))
        site.page(f"/{number}", f'<a href="/{number + 1}">next</a>{pictures}')
    with settings_given(crawl_max_hops=100, crawl_lead_addresses=100, crawl_host_addresses=150):
        crawl(lead(site.url("/0")))
        assert 100 <= FrontierUrl.objects.count() < 140  # the batch that reaches the bound is taken in whole
        crawl(lead(site.url("/20")))
        assert 150 <= FrontierUrl.objects.count() < 190
        known = FrontierUrl.objects.count()
        crawl(lead(site.url("/30")))
        assert FrontierUrl.objects.count() == known + 1
        submit_report(site.url("/40"), source=Report.Source.PUBLIC, now=now())
        crawl()
    assert FrontierUrl.objects.filter(url=site.url("/40/19.jpg"), state=FrontierUrl.State.DONE).exists()


@pytest.mark.parametrize("shape", ["/trap?day={day}&amp;sid={sid:x}", "/trap/{sid:032x}/2026/{day}/"])
def test_pages_that_only_a_session_or_a_calendar_tells_apart_do_not_keep_others_from_being_read(
    make_site: MakeSite, shape: str
) -> None:
    """Each page links to itself under a new session and to the next day, without end; the album is found anyway."""

    class Trap(WebSite):
        async def handle(self, request: web.Request) -> web.StreamResponse:
            if not request.path.startswith("/trap"):
                return await super().handle(request)
            self.asked.append(request.path_qs)
            number = len(self.asked)
            again, following = shape.format(day=0, sid=number), shape.format(day=number, sid=number)
            links = f'<a href="{again}">today</a><a href="{following}">next</a>'
            return web.Response(text=f"{links}<title>{number}</title>", content_type="text/html")

    site = make_site(kind=Trap)
    site.page("/", '<a href="/trap">x</a><a href="/a">album</a>')
    site.page("/a", '<a href="/b">x</a>')
    site.page("/b", '<img src="/known.jpg">')
    site.picture("/known.jpg", picture(2))
    know_picture(picture(2))
    crawl(lead(site.url()), crawl_max_hops=1000, crawl_max_fruitless_pages=40)
    trapped = sum(path.startswith("/trap") for path in site.asked)
    assert Sighting.objects.count() == 1
    assert trapped < 400  # 40 without anything known, twice as a find renews the lead, and those that were leased


def test_robots_txt_is_kept_and_asked_for_once(make_site: MakeSite) -> None:
    site = make_site()
    site.answers["/robots.txt"] = Answer("User-agent: Orbweaver\nDisallow: /private", "text/plain")
    site.page("/", '<a href="/private/a">a</a><a href="/open">b</a><a href="/go">c</a>')
    site.page("/open", "open")
    site.answers["/go"] = Answer(status=302, headers={"Location": "/private/b"})
    crawl(lead(site.url()))
    assert sorted(site.asked) == ["/", "/go", "/open", "/robots.txt"]
    assert row(site.url("/private/a")).error == "robots"
    assert row(site.url("/private/b")).error == "robots"
    assert {headers["User-Agent"] for headers in site.headers} == {PlatformSettings.current().user_agent_text}
    crawl(lead(site.url()))
    assert site.asked.count("/robots.txt") == 1


def test_a_site_whose_robots_txt_fails_is_not_fetched(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.detect.crawl.rules.RETRY_S", 0.1)
    site = make_site()
    site.answers["/robots.txt"] = Answer(status=500)
    site.page("/", "x")
    begin = lead(site.url())
    crawl(begin)
    assert set(site.asked) == {"/robots.txt"}
    assert lead_outcome(begin) == (None, "robots_unreachable")


def test_a_report_goes_past_robots_txt_with_its_authority_but_its_links_do_not(make_site: MakeSite) -> None:
    site = make_site()
    site.answers["/robots.txt"] = Answer("User-agent: *\nDisallow: /", "text/plain")
    site.page("/bad", '<img src="/a.jpg"><a href="/next">next</a>')
    site.picture("/a.jpg", picture(2))
    report = submit_report(site.url("/bad"), source=Report.Source.PUBLIC, now=now())
    crawl()
    report.refresh_from_db()
    assert report.state == Report.State.FETCHED
    assert sorted(path for path in site.asked if path != "/robots.txt") == ["/a.jpg", "/bad"]
    assert Lead.objects.get().authority == REPORT_ASKS
    sighting = Sighting.objects.get()
    assert (sighting.origin, sighting.report_id, sighting.url) == ("report", report.pk, site.url("/a.jpg"))
    assert ReviewItem.objects.get().reason == "report"


def test_a_reported_picture_is_assessed_even_if_it_was_seen_before(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", '<title>T</title><img src="/a.jpg">')
    site.picture("/a.jpg", picture(2))
    crawl(lead(site.url()))
    assert not Sighting.objects.exists()
    report = submit_report(site.url("/a.jpg"), source=Report.Source.PUBLIC, now=now())
    crawl()
    report.refresh_from_db()
    assert report.state == Report.State.FETCHED
    assert Sighting.objects.get().report_id == report.pk


def test_at_most_fifty_pictures_of_a_reported_page_are_assessed(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", "".join(f'<img src="/{number}.jpg">' for number in range(60)))
    for number in range(60):
        site.picture(f"/{number}.jpg", picture(number, size=(64, 64)))
    submit_report(site.url("/"), source=Report.Source.PUBLIC, now=now())
    summary = crawl()
    assert summary.images == 60
    assert Sighting.objects.count() == 50


@pytest.mark.parametrize(("status", "words"), [(404, "answered with an error"), (302, "redirects to an address")])
def test_a_report_that_leads_nowhere_is_unreachable(make_site: MakeSite, status: int, words: str) -> None:
    site = make_site()
    site.answers["/x"] = Answer(status=status, headers={"Location": "ftp://x/"})
    report = submit_report(site.url("/x"), source=Report.Source.PUBLIC, now=now())
    crawl()
    report.refresh_from_db()
    assert report.state == Report.State.UNREACHABLE
    assert words in report.state_reason


def test_what_fails_for_a_while_is_tried_again(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.detect.crawl.rules.RETRY_S", 0.1)
    site = make_site()
    site.page("/", '<img src="/a.jpg"><img src="/b.jpg">')
    site.answers["/a.jpg"] = Answer(status=503)
    site.answers["/b.jpg"] = Answer(status=404)
    summary = crawl(lead(site.url()))
    assert (site.asked.count("/a.jpg"), site.asked.count("/b.jpg")) == (3, 1)
    assert (row(site.url("/a.jpg")).status, row(site.url("/a.jpg")).error) == (503, "http_error")
    assert (summary.failures, summary.put_off) == (1, 1)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first attempts follow each other within a second."""
    monkeypatch.setattr("orbweaver.detect.crawl.rules.RETRY_S", 0.1)


def wait_s(url: FrontierUrl) -> float:
    """Seconds until it is tried again."""
    assert url.due_at is not None
    return (url.due_at - dt.datetime.now(dt.UTC)).total_seconds()


def come_true() -> None:
    """The hour or the day is over for all that is put off."""
    put_off = FrontierUrl.objects.filter(state=FrontierUrl.State.LATER)
    assert put_off.update(due_at=dt.datetime.now(dt.UTC)) > 0


def test_what_is_out_of_order_is_put_off_and_found_when_it_is_back(make_site: MakeSite, quick: None) -> None:
    site = make_site()
    site.page("/", '<img src="/a.jpg">')
    site.answers["/a.jpg"] = Answer(status=502)
    begin = lead(site.url())
    summary = crawl(begin)
    assert (summary.failures, summary.put_off, summary.images) == (0, 1, 0)
    away = row(site.url("/a.jpg"))
    assert (away.state, away.attempts, away.error) == (FrontierUrl.State.LATER, 3, "http_error")
    assert 3500 < wait_s(away) <= 3600
    counted = progress([begin])
    assert (counted.waiting, counted.put_off, counted.failed) == (1, 1, 0)
    come_true()
    summary = crawl(begin)
    assert (site.asked.count("/a.jpg"), summary.put_off) == (4, 1)
    assert 86_000 < wait_s(row(site.url("/a.jpg"))) <= 86_400
    come_true()
    site.picture("/a.jpg", picture(2))
    summary = crawl(begin)
    assert (summary.images, summary.failures, progress([begin]).put_off) == (1, 0, 0)


def test_what_is_still_out_of_order_after_a_day_has_failed(make_site: MakeSite, quick: None) -> None:
    site = make_site()
    site.answers["/"] = Answer(status=500)
    report = submit_report(site.url(), source=Report.Source.PUBLIC, now=now())
    for tried in (3, 4):
        crawl()
        report.refresh_from_db()
        assert (report.state, report.state_reason) == (Report.State.RECEIVED, "The host answered with an error.")
        assert site.asked.count("/") == tried
        come_true()
    summary = crawl()
    report.refresh_from_db()
    assert (report.state, site.asked.count("/")) == (Report.State.UNREACHABLE, 5)
    assert (summary.failures, summary.put_off, row(site.url()).state) == (1, 0, FrontierUrl.State.DONE)


def test_a_report_of_what_was_put_off_is_assessed_when_it_is_back(make_site: MakeSite, quick: None) -> None:
    site = make_site()
    site.answers["/"] = Answer(status=502)
    report = submit_report(site.url(), source=Report.Source.PUBLIC, now=now())
    crawl()
    site.page("/", '<img src="/a.jpg">')
    site.picture("/a.jpg", picture(2))
    come_true()
    crawl()
    report.refresh_from_db()
    assert (report.state, report.state_reason) == (Report.State.FETCHED, "")
    assert Sighting.objects.get().report_id == report.pk


@pytest.mark.sampled(2)
@pytest.mark.parametrize("who", ["operator", "analyst", "list", "report", "the same report"])
def test_what_was_put_off_is_tried_at_once_when_somebody_asks_for_it(
    make_site: MakeSite, quick: None, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setattr("orbweaver.doors.workers.crawl.TIDY_S", 0.2)
    site = make_site()
    site.answers["/"] = Answer(status=502)
    if who == "the same report":
        submit_report(site.url(), source=Report.Source.PUBLIC, now=now())
    else:
        lead(site.url())
    crawl()
    site.page("/", "here again")
    if who in ("operator", "analyst", "list"):
        crawl(add_lead(site.url(), source=Lead.Source(who), now=now()))
    else:
        submit_report(site.url(), source=Report.Source.PUBLIC, now=now())
        crawl()
    found = row(site.url())
    assert (found.state, found.error, found.attempts, found.due_at) == (FrontierUrl.State.DONE, "", 1, None)


@pytest.mark.parametrize("back", [True, False])
def test_a_report_that_another_one_overtakes_while_it_is_put_off_comes_to_its_end(
    make_site: MakeSite, quick: None, make_person: Any, back: bool
) -> None:
    """Somebody reports a picture that cannot be reached, then somebody else the page that shows it."""
    site = make_site()
    site.page("/", '<img src="/a.jpg">')
    site.answers["/a.jpg"] = Answer(status=502)
    of_picture = submit_report(site.url("/a.jpg"), source=Report.Source.PUBLIC, now=now())
    crawl()
    of_page = submit_report(site.url("/"), source=Report.Source.PUBLIC, now=now())
    if back:
        site.picture("/a.jpg", picture(2))
    crawl()
    for _ in range(0 if back else 2):
        come_true()
        crawl()
    of_picture.refresh_from_db()
    if not back:
        assert of_picture.state == Report.State.UNREACHABLE
        return
    assert of_picture.state == Report.State.FETCHED
    assert Sighting.objects.get().report_id == of_page.pk
    item = ReviewItem.objects.get()
    for name in ("Ann", "Ben"):
        analyst = make_person(name)
        services.take(item.public_id, analyst, now())
        item.refresh_from_db()
        services.record_assessment(
            item.public_id, analyst, Answers(is_child=False, is_harmed=False), item.version, now()
        )
    states = set(Report.objects.values_list("state", flat=True))
    assert states == {Report.State.ASSESSED}


class ReportedMeanwhile(WebSite):
    """A site whose picture is reported while the crawler asks for it the first time, and is there from then on."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/a.jpg" and "/a.jpg" not in self.asked:
            self.asked.append("/a.jpg")
            await asyncio.to_thread(self.report)
            self.picture("/a.jpg", picture(2))
            return web.Response(status=404)
        return await super().handle(request)

    def report(self) -> None:
        submit_report(self.url("/a.jpg"), source=Report.Source.PUBLIC, now=now())
        connection.close()


def test_a_report_made_while_its_url_is_fetched_waits_for_the_next_fetch(make_site: MakeSite) -> None:
    site = make_site(kind=ReportedMeanwhile)
    site.page("/", '<img src="/a.jpg">')
    submit_report(site.url("/"), source=Report.Source.PUBLIC, now=now())
    crawl()
    assert site.asked.count("/a.jpg") == 2
    assert [report.state for report in Report.objects.order_by("pk")] == [Report.State.FETCHED] * 2


def test_a_link_to_what_was_put_off_does_not_bring_it_forward(make_site: MakeSite, quick: None) -> None:
    site = make_site()
    site.page("/", '<a href="/away">x</a>')
    site.page("/other", '<a href="/away">x</a>')
    site.answers["/away"] = Answer(status=502)
    crawl(lead(site.url()))
    listed = add_lead(site.url("/other"), source=Lead.Source.LIST, now=now())
    crawl(listed)
    assert (site.asked.count("/away"), row(site.url("/away")).state) == (3, FrontierUrl.State.LATER)


def test_a_crawl_beside_a_running_crawler_shows_the_work_that_it_caused(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", '<a href="/more">more</a><img src="/1.jpg"><img src="/gone.jpg">')
    site.page("/more", "<p>more</p>")
    site.picture("/1.jpg", picture(1))
    begun = lead(site.url())

    def at_work() -> bool:
        try:
            return unfinished([begun.pk])
        finally:
            connection.close()

    async def go() -> CrawlSummary:
        running = Crawler()  # as `orbweaver up` has one; it is quicker to lease
        beside = asyncio.create_task(running.run())
        while await asyncio.to_thread(at_work):
            await asyncio.sleep(0.05)
        summary = await Crawler(lead_ids=[begun.pk]).run()
        running.stop.set()
        await beside
        return summary

    with given():
        summary = asyncio.run(go())
    assert (summary.pages, summary.images, summary.failures) == (2, 1, 1)
    assert summary.helped  # what others read, in bytes, nobody knows here
    assert not summary.interrupted


@pytest.mark.parametrize("asked", ["60", "315360000", "9" * 300, "Fri, 31 Dec 2100 23:59:59 GMT"])
@pytest.mark.sampled(2)
def test_a_site_that_asks_for_patience_gets_it(make_site: MakeSite, asked: str) -> None:
    site = make_site()
    site.answers["/"] = Answer(status=429, headers={"Retry-After": asked})
    lead(site.url())

    async def go() -> None:
        crawler = Crawler(once=True)
        asyncio.get_running_loop().call_later(1.5, crawler.stop.set)
        await crawler.run()

    with given():
        asyncio.run(go())
    assert site.asked.count("/") == 1
    assert 50 < (Site.objects.get().next_fetch_at - dt.datetime.now(dt.UTC)).total_seconds() <= RETRY_AFTER_MAX_S


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "asked",
    ["soon", "-1", "Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 2100 23:59:59 +99999999999999999999", "1e9", "²"],
)
def test_a_site_that_asks_for_patience_in_nonsense_is_tried_again_as_any_other(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setattr("orbweaver.detect.crawl.rules.RETRY_S", 0.1)
    monkeypatch.setattr("orbweaver.detect.crawl.rules.FIRST_PACE_S", 0.1)
    site = make_site()
    site.answers["/"] = Answer(status=503, headers={"Retry-After": asked})
    crawl(lead(site.url()))
    assert site.asked.count("/") == 3
    assert (row(site.url()).status, row(site.url()).error) == (503, "http_error")


def test_a_server_that_says_not_modified_though_nobody_asked_has_answered_with_an_error(make_site: MakeSite) -> None:
    """Else what somebody reported would count as looked at, and nobody has seen it."""
    site = make_site()
    site.page("/", '<img src="/a.jpg">')
    site.answers["/a.jpg"] = Answer(status=304)
    report = submit_report(site.url("/b.jpg"), source=Report.Source.PUBLIC, now=now())
    site.answers["/b.jpg"] = Answer(status=304)
    crawl(lead(site.url()))
    crawl()
    report.refresh_from_db()
    assert report.state == Report.State.UNREACHABLE
    assert {row(site.url(path)).error for path in ("/a.jpg", "/b.jpg")} == {"http_error"}


def test_a_host_is_asked_no_more_often_than_its_delay(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", "".join(f'<a href="/{number}">x</a>' for number in range(8)))
    crawl(lead(site.url()), crawl_host_delay_s=0.2)
    pages = [at for at, path in zip(site.asked_at, site.asked, strict=True) if path != "/robots.txt"]
    assert len(pages) == 9
    assert all(later - earlier > 0.1 for earlier, later in itertools.pairwise(pages))


def test_no_more_pages_are_fetched_than_asked_for_but_all_their_pictures(make_site: MakeSite) -> None:
    site = make_site()
    for number in range(30):
        links = "".join(f'<a href="/{other}">x</a>' for other in range(30))
        site.page(f"/{number}", f'{links}<img src="/{number}.jpg">')
        site.picture(f"/{number}.jpg", picture(number, size=(64, 64)))
    summary = crawl(lead(site.url("/0")), max_pages=5)
    assert (summary.pages, summary.images) == (5, 5)


def test_a_site_that_is_switched_off_is_not_asked(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", "x")
    lead(site.url())
    switch_site(Site.objects.get(), off=True, by=By(), now=now())
    crawl()
    assert site.asked == []
    begin = lead(site.url())
    crawl(begin)
    assert lead_outcome(begin) == (None, "switched_off")


def test_private_addresses_are_not_crawled_unless_they_are_named(make_site: MakeSite) -> None:
    site, inner = make_site(), make_site()
    site.page("/", f'<img src="{inner.url("/a.jpg")}"><a href="http://169.254.169.254/latest">x</a>')
    crawl(lead(site.url()), network_allow=f"127.0.0.1:{site.port}")
    assert inner.asked == []
    assert row(inner.url("/a.jpg")).error == "address_blocked"
    assert row("http://169.254.169.254/latest").error == "address_blocked"


def test_a_fault_of_the_crawler_stops_neither_the_crawl_nor_comes_back_for_ever(
    make_site: MakeSite, quick: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site = make_site()
    site.page("/", '<img src="/a.jpg">')
    site.picture("/a.jpg", picture(1))

    def broken(body: bytes) -> None:
        if body.startswith(b"\xff\xd8"):
            raise ZeroDivisionError(site.url())

    monkeypatch.setattr("orbweaver.detect.visiting.reading.sniff", broken)
    begin = lead(site.url())
    assert crawl(begin).pages == 1
    assert row(site.url("/a.jpg")).error == "crawler_fault"
    assert "ZeroDivisionError" in caplog.text
    assert str(site.port) not in caplog.text
    assert row(site.url("/a.jpg")).attempts == QUICK_ATTEMPTS


def test_what_a_passing_fault_of_the_crawler_befell_is_fetched_again(
    make_site: MakeSite, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    site.page("/", '<img src="/a.jpg">')
    site.picture("/a.jpg", picture(1))
    faults = iter([OSError(errno.ENOSPC, "full")])

    def once_broken(body: bytes) -> str | None:
        if body.startswith(b"\xff\xd8"):
            for fault in faults:
                raise fault
        return sniff(body)

    monkeypatch.setattr("orbweaver.detect.visiting.reading.sniff", once_broken)
    assert crawl(lead(site.url())).images == 1
    assert row(site.url("/a.jpg")).error == ""


def test_a_page_is_known_by_its_first_tag_when_nothing_else_tells(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", '<a href="/a">a</a>')
    site.answers["/a"] = Answer("<!--x--><a href='/b'>b</a>", "application/x-unknown")
    site.answers["/b"] = Answer("body { color: red }", "text/css")
    crawl(lead(site.url()))
    assert row(site.url("/a")).kind == FrontierUrl.Kind.PAGE
    assert row(site.url("/b")).sha256 is None


def test_files_that_cannot_be_decoded_are_recorded_and_the_crawl_goes_on(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", '<img src="/broken.jpg"><img src="/short.jpg"><img src="/empty.jpg"><img src="/good.jpg">')
    site.picture("/broken.jpg", b"\xff\xd8\xff" + b"rubbish" * 100)
    site.picture("/short.jpg", picture(1)[:6000])
    site.picture("/empty.jpg", b"")
    site.picture("/good.jpg", picture(2))
    know_picture(picture(2))
    assert crawl(lead(site.url())).matches == 1
    assert row(site.url("/broken.jpg")).sha256 is not None
    assert row(site.url("/broken.jpg")).pdq is None
    assert row(site.url("/empty.jpg")).state == FrontierUrl.State.DONE
