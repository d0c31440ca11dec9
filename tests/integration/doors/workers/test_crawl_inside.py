"""The crawler finds pictures beyond HTML elements: in archives, in pages themselves, by sitemaps, feeds and sheets."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import zipfile
from collections.abc import Callable, Iterator

import pytest
from tests.settings_given import settings_given

from orbweaver.detect.crawl.models import FrontierUrl, Lead, Site
from orbweaver.detect.crawl.selectors import lead_outcome, progress, totals
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.extraction.extractors.protocol import Container, InnerFile
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.workers.crawl import Crawler, CrawlSummary
from orbweaver.fingerprints import pdq
from orbweaver.platform.clock import now
from orbweaver.platform.network.urls import parse

from .conftest import Answer, WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]


def crawl(url: str) -> CrawlSummary:
    lead = add_lead(url, source=Lead.Source.OPERATOR, now=now())

    async def go() -> CrawlSummary:
        async with asyncio.timeout(240):
            return await Crawler(lead_ids=[lead.pk], once=True).run()

    with settings_given(network_allow="127.0.0.1:*", crawl_host_delay_s=0.0, decode_workers=1):
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
@pytest.mark.sampled(2)
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
    monkeypatch.setattr("orbweaver.detect.visiting.reading.LONGEST_S", 0.0)
    site = make_site()
    site.answers["/a.zip"] = Answer(archive({"1.jpg": picture(1), "2.jpg": known}), "application/zip")
    site.picture("/p.jpg", known)
    site.page("/", "<a href='/a.zip'>x</a><img src='/p.jpg'>")
    assert crawl(site.url()).images == 1
    assert Sighting.objects.get().url == site.url("/p.jpg")
    assert row(site.url("/a.zip")).error == "archive_cut"


def row(url: str) -> FrontierUrl:
    return FrontierUrl.objects.get(url_key=parse(url).key)


def encrypted(body: bytes) -> bytes:
    """The archive with the first member's flag of encryption set, in the directory and before it."""
    changed = bytearray(body)
    changed[6] |= 1
    changed[body.index(b"PK\1\2") + 8] |= 1
    return bytes(changed)


LOCKED = "A part of the archive is encrypted, so it was not looked at."
CUT = "Not all that is inside was looked at: it is beyond the limits, or packed in a way that is not opened."
DAMAGED = "The archive is damaged, so a part of it or all of it was not looked at."


def test_what_stays_unseen_in_archives_is_said_of_urls_that_are_done_and_did_not_fail(
    make_site: MakeSite, known: bytes
) -> None:
    site = make_site()
    bomb = b"\xff\xd8\xff" + bytes(30 * 2**20)
    site.answers["/whole.zip"] = Answer(archive({"1.jpg": picture(1)}), "application/zip")
    site.answers["/locked.zip"] = Answer(encrypted(archive({"1.jpg": picture(1), "2.jpg": known})), "application/zip")
    both = encrypted(archive({"1.jpg": picture(1), "b.jpg": bomb, "2.jpg": picture(3)}))
    site.answers["/both.zip"] = Answer(both, "application/zip", headers={"ETag": '"1"'})
    site.answers["/damaged.zip"] = Answer(archive({"1.jpg": picture(1)})[:-30], "application/zip")
    names = ("whole", "locked", "both", "damaged")
    site.page("/", "".join(f"<a href='/{name}.zip'>x</a>" for name in names) + "<img src='/gone.jpg'>")
    summary = crawl(site.url())
    rows = [row(site.url(f"/{name}.zip")) for name in names]
    assert [each.error for each in rows] == ["", "archive_locked", "archive_cut", "archive_damaged"]
    assert {(each.state, each.attempts, each.status) for each in rows} == {(FrontierUrl.State.DONE, 1, 200)}
    assert [site.asked.count(f"/{name}.zip") for name in names] == [1] * 4
    assert Sighting.objects.get().url == site.url("/locked.zip")
    assert rows[1].matched
    assert (summary.images, summary.matches, summary.partly, summary.failures) == (3, 1, 3, 1)
    assert totals().failures == 1
    found = progress([Lead.objects.get()])
    assert (found.done, found.failed) == (6, 1)
    assert [(str(why), urls) for why, urls in found.partly] == [(CUT, 1), (LOCKED, 1), (DAMAGED, 1)]
    assert rows[2].etag == ""  # so that what is opened by then is looked at when it is fetched again


def test_a_reason_goes_once_the_archive_is_seen_in_full(make_site: MakeSite) -> None:
    site = make_site()
    url = site.url("/a.zip")
    site.answers["/a.zip"] = Answer(encrypted(archive({"1.jpg": picture(1)})), "application/zip")
    crawl(url)
    assert lead_outcome(Lead.objects.get()) == (200, "archive_locked")
    site.answers["/a.zip"] = Answer(archive({"1.jpg": picture(1)}), "application/zip")
    assert (crawl(url).partly, row(url).error) == (0, "")


class Bare:
    """A container that knows nothing of reasons for what it leaves, as a plug-in may."""

    name = "bare"

    def opens(self, body: bytes, mime: str | None) -> bool:
        return mime == "application/zip"

    def files(self, body: bytes) -> Iterator[tuple[InnerFile, bytes]]:
        yield InnerFile("", 0, lambda: picture(1)), picture(1)


def test_a_container_that_yields_files_alone_leaves_nothing(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    containers: tuple[Container, ...] = (Bare(),)
    monkeypatch.setattr("orbweaver.detect.extraction.extractors.registry.CONTAINERS", containers)
    site = make_site()
    site.answers["/a.zip"] = Answer(encrypted(archive({"1.jpg": picture(1)})), "application/zip")
    summary = crawl(site.url("/a.zip"))
    assert (summary.images, summary.partly, row(site.url("/a.zip")).error) == (1, 0, "")


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
