"""Watch terms on crawled pages: where they stood is kept, what stood there is not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core import serializers
from tests.settings_given import settings_given

from orbweaver.assess.terms.models import WatchHit, WatchTerm
from orbweaver.assess.terms.services import watch_for
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.doors.workers.crawl import Crawler, CrawlSummary
from orbweaver.platform.clock import now
from orbweaver.platform.network.urls import parse
from orbweaver.platform.settings import PlatformSettings

from .conftest import WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "Nicolette Brandywine"
PAGE = "<title>Album</title><p>and here is N1colette <b>Brandywine</b>, 4b</p><img src=/a.jpg><a href=/plain>next</a>"


def crawl(lead: Lead) -> CrawlSummary:

    async def go() -> CrawlSummary:
        async with asyncio.timeout(240):
            return await Crawler(lead_ids=[lead.pk], once=True).run()

    with settings_given(network_allow="127.0.0.1:*", crawl_host_delay_s=0.0, decode_workers=1):
        return asyncio.run(go())


def test_a_watch_term_near_imagery_is_noted_and_nothing_else_of_the_page(
    make_site: Callable[..., WebSite],
    set_config: Callable[..., None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    set_config(keys_dir=tmp_path / "keys", data_dir=tmp_path / "data")
    caplog.set_level(logging.DEBUG)
    term = watch_for(NAME, WatchTerm.Kind.NAME, "req_1", by=None, now=now())
    site = make_site()
    site.page("/", PAGE)
    site.page("/plain", f"<title>No picture</title><p>{NAME}</p>")
    site.picture("/a.jpg", picture(1))
    crawl(add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now()))
    hit = WatchHit.objects.get()
    assert (hit.term_id, hit.url, hit.media, hit.times) == (term.pk, site.url("/"), 1, 1)
    assert bytes(hit.url_key) == parse(site.url("/")).key
    kept = serializers.serialize("json", [*WatchHit.objects.all(), *WatchTerm.objects.all()])
    assert "icolette" not in kept.casefold()
    assert "icolette" not in caplog.text.casefold()


def test_without_the_key_the_crawl_goes_on_and_says_so(
    make_site: Callable[..., WebSite],
    set_config: Callable[..., None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    set_config(keys_dir=tmp_path / "keys", data_dir=tmp_path / "data")
    watch_for(NAME, WatchTerm.Kind.NAME, "req_1", by=None, now=now())
    (PlatformSettings.current().keys_path / "watch-term-key").unlink()
    site = make_site()
    site.page("/", PAGE)
    site.picture("/a.jpg", picture(1))
    crawl(add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now()))
    assert not WatchHit.objects.exists()
    assert "without watch terms" in caplog.text
    assert FrontierUrl.objects.filter(state=FrontierUrl.State.DONE).count() >= 2
