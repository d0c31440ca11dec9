"""robots.txt (RFC 9309) over real sockets: what each answer means, how long it holds, the sitemaps that it names."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gzip
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from tests.settings_given import settings_given

from orbweaver.detect.crawl.models import FrontierUrl, Lead, Site
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.crawl.site_settings import By, SiteSettings, change_site
from orbweaver.detect.fetching.robots import MAX_BYTES, SITEMAPS_A_SITE
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.platform.clock import now, real_now
from orbweaver.platform.network.urls import parse

from .conftest import Answer, WebSite

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.detect.crawl.rules.RETRY_S", 0.1)


def crawl(url: str, **settings: Any) -> None:
    begin = add_lead(url, source=Lead.Source.OPERATOR, now=now())
    fields: dict[str, Any] = {"network_allow": "127.0.0.1:*", "crawl_host_delay_s": 0.0, "decode_workers": 1}

    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(lead_ids=[begin.pk]).run()

    with settings_given(**(fields | settings)):
        asyncio.run(go())


def rules(text: str | bytes, **more: Any) -> Answer:
    return Answer(text, "text/plain", **more)


def error(url: str) -> str:
    return FrontierUrl.objects.get(url_key=parse(url).key).error


def pages(site: WebSite) -> list[str]:
    return sorted(path for path in site.asked if path != "/robots.txt")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
@pytest.mark.sampled(2)
def test_where_there_is_no_robots_txt_all_is_allowed(make_site: MakeSite, status: int) -> None:
    site = make_site()
    site.answers["/robots.txt"] = rules("User-agent: *\nDisallow: /", status=status)
    site.page("/", "x")
    crawl(site.url())
    assert pages(site) == ["/"]


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.sampled(1)
def test_while_robots_txt_cannot_be_had_nothing_is_fetched_and_then_it_is(make_site: MakeSite, status: int) -> None:
    site = make_site()
    site.answers["/robots.txt"] = rules("", status=status)
    site.page("/", "x")
    crawl(site.url())
    assert (pages(site), error(site.url())) == ([], "robots_unreachable")
    site.answers["/robots.txt"] = rules("User-agent: *\nDisallow: /private")
    crawl(site.url())
    assert pages(site) == ["/"]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("status", [429, 503])
def test_a_site_that_asks_for_patience_instead_of_its_robots_txt_gets_it(make_site: MakeSite, status: int) -> None:
    site = make_site()
    site.answers["/robots.txt"] = rules("", status=status, headers={"Retry-After": "60"})
    site.page("/", "x")
    add_lead(site.url(), source=Lead.Source.OPERATOR, now=now())

    async def go() -> None:
        crawler = Crawler(once=True)
        asyncio.get_running_loop().call_later(7.0, crawler.stop.set)  # longer than a failure is remembered
        await crawler.run()

    with settings_given(network_allow="127.0.0.1:*", crawl_host_delay_s=0.0, decode_workers=1):
        asyncio.run(go())
    assert site.asked == ["/robots.txt"]
    waits = FrontierUrl.objects.get(url_key=parse(site.url()).key)
    assert (waits.error, waits.state) == ("robots_unreachable", FrontierUrl.State.LATER)
    for moment in (Site.objects.get().next_fetch_at, waits.due_at):
        assert moment is not None
        assert 40 < (moment - real_now()).total_seconds() <= 60


def test_five_redirects_lead_to_robots_txt_also_to_another_host_and_endless_ones_to_none(make_site: MakeSite) -> None:
    site, other, endless = make_site(), make_site(), make_site()
    for number in range(4):
        target = f"/r{number + 1}" if number < 3 else other.url("/robots.txt")
        path = f"/r{number}" if number else "/robots.txt"
        site.answers[path] = Answer(status=301, headers={"Location": target})
    other.answers["/robots.txt"] = Answer(status=302, headers={"Location": "/rules"})
    other.answers["/rules"] = rules("User-agent: *\nDisallow: /")
    crawl(site.url())
    assert error(site.url()) == "robots"
    endless.answers["/robots.txt"] = Answer(status=302, headers={"Location": "/robots.txt"})
    endless.page("/", "x")
    crawl(endless.url())
    assert "/" in endless.asked


def test_the_first_half_megabyte_of_a_huge_robots_txt_holds(make_site: MakeSite) -> None:
    site = make_site()
    start = b"User-agent: *\nDisallow: /early\n"
    filler = b"# nothing to say\n" * (600 * 1024 // 17)
    site.answers["/robots.txt"] = rules(start + filler + b"Disallow: /late\n")
    site.page("/", '<a href="/early">x</a><a href="/late">x</a>')
    site.page("/late", "x")
    crawl(site.url())
    assert pages(site) == ["/", "/late"]
    assert error(site.url("/early")) == "robots"


def test_a_robots_txt_that_is_a_bomb_is_read_as_far_as_any_other(make_site: MakeSite) -> None:
    site = make_site()
    start = b"User-agent: *\nDisallow: /early\n"
    bomb = gzip.compress(start + b"# nothing to say\n" * 4_000_000 + b"Disallow: /late\n", 9)
    site.answers["/robots.txt"] = rules(bomb, headers={"Content-Encoding": "gzip"})
    site.page("/", '<a href="/early">x</a><a href="/late">x</a>')
    site.page("/late", "x")
    crawl(site.url())
    assert pages(site) == ["/", "/late"]
    assert len(Site.objects.get().robots_text) <= MAX_BYTES


@dataclass
class Dripping(WebSite):
    """robots.txt comes letter by letter, and never all of it."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path != "/robots.txt":
            return await super().handle(request)
        self.asked.append(request.path)
        answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await answer.write(b"#")
                await asyncio.sleep(0.05)
        return answer


def test_a_robots_txt_that_drips_ends_at_the_deadline_and_other_sites_are_crawled_meanwhile(
    make_site: MakeSite,
) -> None:
    site, other = make_site(kind=Dripping), make_site()
    other.page("/", f'<a href="{site.url()}">x</a><a href="/next">x</a>')
    other.page("/next", "x")
    crawl(other.url(), crawl_total_timeout_s=3.0)
    assert pages(other) == ["/", "/next"]
    assert (pages(site), error(site.url())) == ([], "robots_unreachable")


def test_a_sitemap_index_that_names_itself_is_read_once(make_site: MakeSite) -> None:
    site = make_site()
    site.answers["/robots.txt"] = rules(f"Sitemap: {site.url('/index.xml')}\n")
    places = "".join(f"<sitemap><loc>{site.url(path)}</loc></sitemap>" for path in ("/index.xml", "/index.xml#x"))
    site.answers["/index.xml"] = Answer(f"<sitemapindex>{places}</sitemapindex>", "application/xml")
    site.page("/", "x")
    crawl(site.url())
    assert pages(site) == ["/", "/index.xml"]


def test_the_longest_match_wins_and_wildcards_are_understood(make_site: MakeSite) -> None:
    site = make_site()
    site.answers["/robots.txt"] = rules(
        "User-agent: *\nDisallow: /a\nAllow: /a/open\nDisallow: /*.php$\nAllow: /same\nDisallow: /same\n"
        "User-agent: OtherBot\nDisallow: /\n"
    )
    allowed = ["/a/open/x", "/x.php5", "/same"]
    refused = ["/a/closed", "/x.php", "/dir/y.php"]
    site.page("/", "".join(f'<a href="{path}">x</a>' for path in allowed + refused))
    crawl(site.url())
    assert pages(site) == sorted(["/", *allowed])
    assert {error(site.url(path)) for path in refused} == {"robots"}


def test_robots_txt_is_asked_for_again_after_a_day(make_site: MakeSite) -> None:
    site = make_site()
    site.answers["/robots.txt"] = rules("User-agent: *\nDisallow: /x")
    site.page("/", "x")
    crawl(site.url())
    Site.objects.update(robots_fetched_at=real_now() - dt.timedelta(hours=23))
    crawl(site.url())
    assert site.asked.count("/robots.txt") == 1
    Site.objects.update(robots_fetched_at=real_now() - dt.timedelta(hours=25))
    crawl(site.url())
    assert site.asked.count("/robots.txt") == 2


def test_a_crawl_delay_is_kept_as_the_server_sees_it(make_site: MakeSite) -> None:
    site = make_site()
    site.answers["/robots.txt"] = rules("User-agent: *\nCrawl-delay: 0.4")
    site.page("/", "".join(f'<a href="/{number}">x</a>' for number in range(4)))
    for number in range(4):
        site.page(f"/{number}", "x")
    crawl(site.url(), crawl_host_delay_s=0.01)
    times = [at for at, path in zip(site.asked_at, site.asked, strict=True) if path != "/robots.txt"]
    assert len(times) == 5
    assert all(later - earlier > 0.3 for earlier, later in itertools.pairwise(times))


def test_a_recorded_authority_goes_past_the_robots_txt_of_a_whole_site(make_site: MakeSite) -> None:
    site = make_site()
    site.answers["/robots.txt"] = rules("User-agent: *\nDisallow: /")
    site.page("/", '<a href="/more">x</a>')
    site.page("/more", "x")
    crawl(site.url())
    assert pages(site) == []
    settings = SiteSettings(robots_authority="The hotline's mandate, decided today.")
    change_site(Site.objects.get(), settings, by=By(), now=now())
    crawl(site.url())
    assert pages(site) == ["/", "/more"]


def test_sitemaps_that_robots_txt_names_are_read_last_and_lead_to_pages(make_site: MakeSite) -> None:
    site, stranger = make_site(), make_site(host="127.0.0.2")
    site.answers["/robots.txt"] = rules(
        f"User-agent: *\nDisallow:\nSitemap: {site.url('/index.xml')}\nSitemap: /packed.xml.gz\n"
        f"Sitemap: {stranger.url('/theirs.xml')}\nSitemap: nonsense://x\n"
    )
    site.page("/", '<a href="/linked">x</a>')
    for path in ("/linked", "/listed", "/packed", "/beyond"):
        site.page(path, '<a href="/beyond">x</a>' if path == "/packed" else "x")
    index = f"<sitemapindex><sitemap><loc>{site.url('/sub.xml')}</loc></sitemap></sitemapindex>"
    site.answers["/index.xml"] = Answer(index, "application/xml")
    site.answers["/sub.xml"] = Answer(f"<urlset><url><loc>{site.url('/listed')}</loc></url></urlset>", "text/xml")
    packed = gzip.compress(f"<urlset><url><loc>{site.url('/packed')}</loc></url></urlset>".encode())
    site.answers["/packed.xml.gz"] = Answer(packed, "application/gzip")
    crawl(site.url(), network_allow="127.0.0.1:*,127.0.0.2:*")
    assert {"/index.xml", "/sub.xml", "/packed.xml.gz", "/listed", "/packed", "/linked"} <= set(site.asked)
    assert stranger.asked == []
    row = FrontierUrl.objects.get(url=site.url("/index.xml"))
    assert row.priority > FrontierUrl.objects.get(url=site.url("/linked")).priority
    assert FrontierUrl.objects.get(url=site.url("/listed")).hops == 4


def test_where_robots_txt_names_none_no_sitemap_is_guessed_and_of_many_some_are_read(make_site: MakeSite) -> None:
    site, many = make_site(), make_site()
    site.page("/", "x")
    crawl(site.url())
    assert pages(site) == ["/"]
    many.answers["/robots.txt"] = rules("".join(f"Sitemap: {many.url(f'/{n}.xml')}\n" for n in range(500)))
    many.page("/", "x")
    crawl(many.url())
    assert len(pages(many)) == 1 + SITEMAPS_A_SITE
