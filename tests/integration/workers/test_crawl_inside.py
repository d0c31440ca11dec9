"""The crawler finds pictures beyond HTML elements: in archives, in pages themselves, by sitemaps, feeds and sheets."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.clock import now
from orbweaver.config import Config
from orbweaver.crawl.models import FrontierUrl, Lead, Site
from orbweaver.crawl.services import add_lead
from orbweaver.fingerprints import pdq
from orbweaver.hashlists.rules import EntryRow
from orbweaver.hashlists.services import get_or_create_list, upsert_entries
from orbweaver.matching.models import Sighting
from orbweaver.network.urls import parse
from orbweaver.workers.crawl import Crawler, CrawlSummary

from .conftest import Answer, WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]


def crawl(url: str) -> CrawlSummary:
    lead = add_lead(url, source=Lead.Source.OPERATOR, now=now())

    async def go() -> CrawlSummary:
        fields: dict[str, Any] = {"network_allow": "127.0.0.1:*", "crawl_host_delay_s": 0.0, "decode_workers": 1}
        async with asyncio.timeout(60):
            return await Crawler(Config(**fields), lead_ids=[lead.pk], once=True).run()

    return asyncio.run(go())


@pytest.fixture
def known() -> bytes:
    body = picture(2)
    row = EntryRow("pdq", bytes.fromhex(pdq(body)[0]), "csam", "unidentified", "", "NCMEC", False)
    upsert_entries(get_or_create_list("Known", "NCMEC", now()), [row], now())
    return body


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, body in members.items():
            opened.writestr(name, body)
    return buffer.getvalue()


def test_a_picture_in_an_archive_is_found_with_its_name_there(make_site: MakeSite, known: bytes) -> None:
    site = make_site()
    inner = archive({"deep.jpg": known})
    site.answers["/a.zip"] = Answer(archive({"read.txt": b"x", "b/1.jpg": picture(1), "c.zip": inner}), "x/zip")
    site.page("/", "<title>Files</title><a href='/a.zip'>all of them</a>")
    summary = crawl(site.url())
    sighting = Sighting.objects.get()
    assert (sighting.url, sighting.page_url) == (site.url("/a.zip"), site.url("/"))
    assert (sighting.context["alt"], sighting.context["title"]) == ("c.zip/deep.jpg", "Files")
    assert (summary.images, summary.matches) == (2, 1)
    assert FrontierUrl.objects.get(url_key=parse(site.url("/a.zip")).key).matched


def test_a_picture_that_a_page_holds_in_itself_is_found_at_the_page(make_site: MakeSite, known: bytes) -> None:
    site = make_site()
    data = base64.b64encode(known).decode()
    site.page("/", f"<title>Home</title><p>text<img alt='in place' src='data:image/jpeg;base64,{data}'>")
    crawl(site.url())
    sighting = Sighting.objects.get()
    assert (sighting.url, sighting.page_url) == (site.url("/"), site.url("/"))
    assert (sighting.context["title"], sighting.context["alt"]) == ("Home", "in place")


def test_thumbnails_in_the_results_of_a_search_are_no_sightings(make_site: MakeSite, known: bytes) -> None:
    site = make_site()
    data = base64.b64encode(known).decode()
    site.page("/search?q=x", f"<title>Results</title><img src='data:image/jpeg;base64,{data}'>")
    assert crawl(site.url("/search?q=x")).pages == 1
    assert not Sighting.objects.exists()


SITEMAP = '<?xml version="1.0"?><urlset><url><loc>/page</loc><image:image><image:loc>/p.jpg</image:loc></image:image>'
FEED = "<rss version='2.0'><channel><item><title>An entry</title><enclosure url='/p.jpg' type='image/jpeg'/></item>"


@pytest.mark.parametrize(
    ("body", "kind", "alt"),
    [
        (SITEMAP, "application/xml", ""),
        (gzip.compress(SITEMAP.encode(), mtime=0), "application/gzip", ""),
        (FEED, "application/rss+xml", "An entry"),
        (".x { background: url(/p.jpg) }", "text/css", ""),
    ],
)
def test_documents_other_than_pages_lead_to_pictures(
    make_site: MakeSite, known: bytes, body: str | bytes, kind: str, alt: str
) -> None:
    site = make_site()
    site.answers["/document"] = Answer(body, kind)
    site.picture("/p.jpg", known)
    crawl(site.url("/document"))
    sighting = Sighting.objects.get()
    assert (sighting.url, sighting.page_url) == (site.url("/p.jpg"), site.url("/document"))
    assert sighting.context["alt"] == alt


def test_an_archive_that_is_a_bomb_is_left_closed_and_the_crawl_goes_on(make_site: MakeSite, known: bytes) -> None:
    site = make_site()
    bomb = archive({"a.bmp": b"BM" + bytes(12) + b"\x28\0\0\0" + bytes(30 * 2**20)})
    site.answers["/bomb.zip"] = Answer(bomb, "application/zip")
    site.picture("/p.jpg", known)
    site.page("/", "<a href='/bomb.zip'>x</a><img src='/p.jpg'>")
    assert crawl(site.url()).images == 1
    assert Sighting.objects.get().url == site.url("/p.jpg")


def test_an_archive_has_its_time_and_the_rest_of_the_crawl_goes_on(
    make_site: MakeSite, known: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orbweaver.workers.crawl_inside.LONGEST_S", 0.0)
    site = make_site()
    site.answers["/a.zip"] = Answer(archive({"1.jpg": picture(1), "2.jpg": known}), "application/zip")
    site.picture("/p.jpg", known)
    site.page("/", "<a href='/a.zip'>x</a><img src='/p.jpg'>")
    assert crawl(site.url()).images == 1
    assert Sighting.objects.get().url == site.url("/p.jpg")


def test_the_kind_of_a_site_is_set_by_what_its_page_shows_unless_a_person_did(make_site: MakeSite) -> None:
    forum, chosen = make_site(), make_site()
    for site in (forum, chosen):
        site.page("/", '<meta name="generator" content="phpBB 3"><p>hello')
    add_lead(chosen.url(), source=Lead.Source.OPERATOR, now=now())
    Site.objects.filter(port=chosen.port).update(kind=Site.Kind.ADULT)
    crawl(forum.url())
    crawl(chosen.url())
    assert Site.objects.get(port=forum.port).kind == "forum"
    assert Site.objects.get(port=chosen.port).kind == "adult"
