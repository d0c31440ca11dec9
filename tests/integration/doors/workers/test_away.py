"""A list entry finds what left the frontier: a real site, real PostgreSQL, the worker's duties."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import F

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.visiting import putting_away
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.doors.workers.due import Worker
from orbweaver.platform.clock import now

from .conftest import WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]


@pytest.fixture(autouse=True)
def settings(set_config: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    set_config(data_dir=tmp_path / "data", network_allow="127.0.0.1:*", crawl_host_delay_s=0, decode_workers=1)
    monkeypatch.setattr(putting_away, "LEAST", 1)
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class ON oid = inhparent"
                       " WHERE relname LIKE 'crawl_away%' AND relkind = 'p'")  # fmt: skip
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {name}")


def crawl() -> None:
    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(once=True).run()

    asyncio.run(go())


def crawled_long_ago(make_site: MakeSite) -> WebSite:
    """A page behind the one where a lead began, with two pictures; 40 days pass, and all but the first page leaves."""
    site = make_site()
    site.page("/", '<title>Start</title><a href="/album">album</a>')
    site.page("/album", '<title>Album</title><img src="/one.jpg" alt="an alt"><img src="/two.jpg">')
    for number, path in enumerate(("/one.jpg", "/two.jpg"), 1):
        site.picture(path, picture(number))
    add_lead(site.url(), source=Lead.Source.OPERATOR, now=now())
    crawl()
    assert sorted(site.asked) == ["/", "/album", "/one.jpg", "/robots.txt", "/two.jpg"]
    FrontierUrl.objects.update(fetched_at=F("fetched_at") - dt.timedelta(days=40))
    for left in (2, 1):
        assert Worker().run_once()["what is done put away"] == left
    assert FrontierUrl.objects.get().url == site.url()
    return site


def test_an_entry_that_comes_later_finds_it_with_its_page_and_its_words(make_site: MakeSite) -> None:
    site = crawled_long_ago(make_site)
    known = get_or_create_list("Known", "NCMEC", now())
    value = hashlib.sha256(picture(1)).digest()
    upsert_entries(known, [EntryRow("sha256", value, "csam", "unidentified", "", "NCMEC", False)], now())
    assert Worker().run_once()["new entries met with what was seen"] == 1
    crawl()
    sighting = Sighting.objects.get()
    assert (sighting.url, sighting.page_url) == (site.url("/one.jpg"), site.url("/album"))
    assert (sighting.context["title"], sighting.context["alt"]) == ("Album", "an alt")
    assert ReviewItem.objects.get().media.sha256 == value
    assert site.asked.count("/one.jpg") == 2


def test_a_crawl_that_comes_by_again_a_moment_later_fetches_nothing_that_left(make_site: MakeSite) -> None:
    site = crawled_long_ago(make_site)
    site.page("/new", '<title>New</title><a href="/album">album</a><img src="/one.jpg"><img src="/three.jpg">')
    site.picture("/three.jpg", picture(3))
    lead = add_lead(site.url("/new"), source=Lead.Source.LIST, now=now())
    Lead.objects.filter(pk=lead.pk).update(revisit_before=now() - dt.timedelta(days=60))
    crawl()
    assert (site.asked.count("/album"), site.asked.count("/one.jpg"), site.asked.count("/three.jpg")) == (1, 1, 1)
    add_lead(site.url("/new"), source=Lead.Source.OPERATOR, now=now())
    crawl()
    assert (site.asked.count("/album"), site.asked.count("/one.jpg"), site.asked.count("/two.jpg")) == (2, 2, 2)
