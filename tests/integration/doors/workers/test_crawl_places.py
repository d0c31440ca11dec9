"""Each site that shows something known is a place of its own (R32), whenever it is read, with neighbours of its own."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

import pytest
from tests.settings_given import settings_given

from orbweaver.assess.linking.models import Neighbour
from orbweaver.detect.crawl.models import FrontierUrl, Lead, OtherPage
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.workers.crawl import Crawler, CrawlSummary
from orbweaver.platform.clock import now

from .conftest import Answer, WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]
BODY = picture(2)


def crawl(*urls: str, source: Lead.Source = Lead.Source.OPERATOR) -> CrawlSummary:
    for url in urls:
        add_lead(url, source=source, now=now())
    leads = list(Lead.objects.values_list("pk", flat=True))  # what an earlier one found may be asked for once more

    async def go() -> CrawlSummary:
        async with asyncio.timeout(240):
            return await Crawler(lead_ids=leads, once=True).run()

    with settings_given(network_allow="127.0.0.1:*", crawl_host_delay_s=0.0, decode_workers=1):
        return asyncio.run(go())


def know(body: bytes = BODY) -> None:
    row = EntryRow("sha256", hashlib.sha256(body).digest(), "csam", "unidentified", "", "test", False)
    upsert_entries(get_or_create_list("Test list", "test", now()), [row], now())


def album_and_forum(make_site: MakeSite) -> tuple[WebSite, WebSite]:
    """The forum shows the album's picture at the album's address; the album's page leads there."""
    album, forum = make_site(), make_site()
    album.page("/", f'<img src="/a.jpg" alt="of ours"><a href="{forum.url("/")}">forum</a>')
    album.answers["/a.jpg"] = Answer(BODY, "image/jpeg")
    forum.page("/", f'<title>Thread</title><img src="{album.url("/a.jpg")}" alt="look">')
    return album, forum


def pages_seen() -> set[str]:
    return {each.page_url for each in Sighting.objects.all()}


def fetches(site: WebSite, path: str) -> int:
    return sum(asked == path for asked in site.asked)


def test_pages_that_are_read_while_it_waits_are_places(make_site: MakeSite) -> None:
    album, forum = album_and_forum(make_site)
    know()
    crawl(album.url("/"))
    assert {each.page_url: each.context["alt"] for each in Sighting.objects.all()} == {
        album.url("/"): "of ours",
        forum.url("/"): "look",
    }
    assert not OtherPage.objects.exists()


def test_further_pages_of_a_site_are_no_further_places(make_site: MakeSite) -> None:
    """Who answers for them is the same: each would be one more look for nothing."""
    album, forum = album_and_forum(make_site)
    links = "".join(f'<a href="/t{number}">more</a>' for number in range(4))
    album.page("/", f'<img src="/a.jpg">{links}<a href="{forum.url("/")}">forum</a>')
    for number in range(4):
        album.page(f"/t{number}", '<img src="/a.jpg">')
    know()
    crawl(album.url("/"))
    assert pages_seen() == {album.url("/"), forum.url("/")}
    before = fetches(album, "/a.jpg")
    crawl(album.url("/"))
    assert pages_seen() == {album.url("/"), forum.url("/")}
    assert fetches(album, "/a.jpg") == before + 1
    assert not OtherPage.objects.exists()


def test_a_page_that_shows_it_later_is_a_place(make_site: MakeSite) -> None:
    album, forum = album_and_forum(make_site)
    album.page("/", '<img src="/a.jpg">')
    know()
    crawl(album.url("/"))
    assert pages_seen() == {album.url("/")}
    crawl(forum.url("/"))
    assert pages_seen() == {album.url("/"), forum.url("/")}
    before = fetches(album, "/a.jpg")
    crawl(forum.url("/"))
    assert fetches(album, "/a.jpg") == before + 1, "asked whether it changed, and not in full"


@pytest.mark.sweep
def test_crawlers_beside_each_other_lose_no_place(make_site: MakeSite) -> None:
    album, forums = make_site(), [make_site() for _ in range(6)]
    names = [f"/{number}.jpg" for number in range(4)]
    links = "".join(f'<a href="{forum.url("/")}">forum</a>' for forum in forums)
    album.page("/", "".join(f'<img src="{name}">' for name in names) + links)
    for number, name in enumerate(names):
        album.answers[name] = Answer(picture(number), "image/jpeg", wait_s=0.2)
        know(picture(number))
    for forum in forums:
        forum.page("/", "".join(f'<img src="{album.url(name)}">' for name in names))
    leads = [add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now()).pk for site in (album, forums[0])]

    async def go() -> None:
        async with asyncio.timeout(240):
            await asyncio.gather(*(Crawler(lead_ids=[lead], once=True).run() for lead in leads))

    with settings_given(network_allow="127.0.0.1:*", crawl_host_delay_s=0.0, decode_workers=1):
        asyncio.run(go())
    places = {(each.url, each.page_url) for each in Sighting.objects.all()}
    assert len(places) == len(names) * (1 + len(forums))
    assert not OtherPage.objects.exists()


def test_of_what_is_not_known_no_page_is_kept(make_site: MakeSite) -> None:
    album, forum = album_and_forum(make_site)
    crawl(album.url("/"), forum.url("/"))
    assert not Sighting.objects.exists()
    assert not OtherPage.objects.exists()


def test_pages_follow_a_picture_that_moved_to_another_address(make_site: MakeSite) -> None:
    album, forum = album_and_forum(make_site)
    store = make_site()
    store.answers["/kept.jpg"] = album.answers["/a.jpg"]
    leads_on = {"Location": store.url("/kept.jpg")}
    album.answers["/a.jpg"] = Answer(b"", "text/html", status=302, headers=leads_on, wait_s=2)
    know()
    crawl(album.url("/"))
    assert {(each.url, each.page_url) for each in Sighting.objects.all()} == {
        (store.url("/kept.jpg"), album.url("/")),
        (store.url("/kept.jpg"), forum.url("/")),
    }
    assert not OtherPage.objects.exists()


@pytest.mark.parametrize("source", [Lead.Source.LIST, Lead.Source.OPERATOR])
@pytest.mark.parametrize("hops", [1, 3])
@pytest.mark.sampled(1)
def test_a_page_that_shows_later_what_redirects_to_something_known_is_a_place(
    make_site: MakeSite, source: Lead.Source, hops: int
) -> None:
    """Where a lead wants nothing fetched anew, too: that the address was fetched before is no reason to forget it."""
    album, forum = make_site(), make_site()
    stores = [make_site() for _ in range(hops)]
    redirect(album, "/r", stores[0].url("/0.jpg"))
    for number, store in enumerate(stores[:-1]):
        redirect(store, f"/{number}.jpg", stores[number + 1].url(f"/{number + 1}.jpg"))
    stores[-1].answers[f"/{hops - 1}.jpg"] = Answer(BODY, "image/jpeg")
    album.page("/", '<img src="/r" alt="of ours">')
    forum.page("/", f'<img src="{album.url("/r")}" alt="look">')
    know()
    crawl(album.url("/"))
    assert pages_seen() == {album.url("/")}
    crawl(forum.url("/"), source=source)
    kept = stores[-1].url(f"/{hops - 1}.jpg")
    assert {(each.url, each.page_url, each.context["alt"]) for each in Sighting.objects.all()} == {
        (kept, album.url("/"), "of ours"),
        (kept, forum.url("/"), "look"),
    }
    assert not OtherPage.objects.exists()
    before = fetches(stores[-1], f"/{hops - 1}.jpg")
    crawl(forum.url("/"), source=Lead.Source.LIST)
    assert fetches(stores[-1], f"/{hops - 1}.jpg") == before, "it was seen on both by now"


def test_what_redirected_to_something_known_and_does_so_no_more_brings_no_place(make_site: MakeSite) -> None:
    album, forum, store = make_site(), make_site(), make_site()
    redirect(album, "/r", store.url("/0.jpg"))
    store.answers["/0.jpg"] = Answer(BODY, "image/jpeg")
    album.page("/", '<img src="/r">')
    forum.page("/", f'<img src="{album.url("/r")}">')
    know()
    crawl(album.url("/"))
    album.answers["/r"] = Answer(picture(5), "image/jpeg")
    crawl(album.url("/"))
    before = fetches(store, "/0.jpg")
    crawl(forum.url("/"), source=Lead.Source.LIST)
    assert pages_seen() == {album.url("/")}
    assert fetches(store, "/0.jpg") == before


def test_media_that_redirect_to_one_another_hold_nothing_up(make_site: MakeSite) -> None:
    album, forum = make_site(), make_site()
    redirect(album, "/r", forum.url("/r"))
    redirect(forum, "/r", album.url("/r"))
    album.page("/", '<img src="/r">')
    forum.page("/", f'<img src="{album.url("/r")}">')
    know()
    crawl(album.url("/"))
    crawl(forum.url("/"), source=Lead.Source.LIST)
    assert not Sighting.objects.exists()
    assert not OtherPage.objects.exists()


def redirect(site: WebSite, path: str, to: str) -> None:
    site.answers[path] = Answer(b"", "text/html", status=302, headers={"Location": to})


def test_a_server_that_is_busy_for_now_loses_no_page(make_site: MakeSite) -> None:
    album, forum = album_and_forum(make_site)
    album.answers["/a.jpg"] = Answer(b"", "text/html", status=503)
    know()
    crawl(album.url("/"))
    waits = FrontierUrl.objects.get(url=album.url("/a.jpg"))
    assert waits.state in (FrontierUrl.State.LATER, FrontierUrl.State.WAITING)
    album.answers["/a.jpg"] = Answer(BODY, "image/jpeg")
    FrontierUrl.objects.filter(pk=waits.pk).update(state=FrontierUrl.State.WAITING, due_at=None)
    crawl(album.url("/"))
    assert pages_seen() == {album.url("/"), forum.url("/")}


def test_neighbours_of_each_page_are_wanted(make_site: MakeSite, hotline: None) -> None:
    album, forum = album_and_forum(make_site)
    beside = {"/b.jpg": picture(3), "/c.jpg": picture(4)}
    album.page("/", f'<img src="/a.jpg"><img src="/b.jpg"><a href="{forum.url("/")}">forum</a>')
    album.answers["/b.jpg"] = Answer(beside["/b.jpg"], "image/jpeg")
    forum.page("/", f'<img src="{album.url("/a.jpg")}"><img src="/c.jpg">')
    forum.answers["/c.jpg"] = Answer(beside["/c.jpg"], "image/jpeg")
    know()
    crawl(album.url("/"))
    assert {(each.sighting.page_url, each.url) for each in Neighbour.objects.select_related("sighting")} == {
        (album.url("/"), album.url("/b.jpg")),
        (forum.url("/"), forum.url("/c.jpg")),
    }
