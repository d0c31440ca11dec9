"""What was seen before a list came is found by the ledger, fetched again and reviewed: real HTTP, real PostgreSQL."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.db import OperationalError

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.ledger import Ledger, LedgerRow
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.index import open_index
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.rematch import Rematched, rematch
from orbweaver.detect.matching.services import Finding, record_each
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.fingerprints import pdq
from orbweaver.platform.clock import now
from orbweaver.platform.network.urls import parse

from .conftest import Answer, WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]
SetConfig = Callable[..., None]


@pytest.fixture(autouse=True)
def settings(set_config: SetConfig, tmp_path: Path) -> None:
    set_config(
        ledger="true",
        data_dir=tmp_path / "data",
        network_allow="127.0.0.1:*",
        crawl_host_delay_s=0,
        decode_workers=1,
    )


def crawl() -> None:
    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(once=True).run()

    asyncio.run(go())


def know(kind: str, value: bytes, *, list_kind: HashList.Kind = HashList.Kind.KNOWN) -> None:
    known = get_or_create_list(f"List {list_kind}", "NCMEC", now(), kind=list_kind)
    upsert_entries(known, [EntryRow(kind, value, "csam", "unidentified", "", "NCMEC", False)], now())


def again() -> Rematched:
    index = open_index()
    try:
        return rematch(ledger(), index, now())
    finally:
        index.close()


def ledger() -> Ledger:
    return Ledger(CrawlSettings.current().ledger_dir)


def rows() -> list[LedgerRow]:
    whole, names = ledger(), ledger().schema.names
    return [
        LedgerRow(**row) for path in whole.files() for table in whole.tables(path, names) for row in table.to_pylist()
    ]


def seen_site(make_site: MakeSite, **headers: str) -> WebSite:
    """A site of two pictures on a page, crawled while nothing was on a list."""
    site = make_site()
    site.page("/", '<title>Album</title><img src="/one.jpg" alt="an alt"><img src="/two.jpg">')
    site.answers["/one.jpg"] = Answer(picture(1), "image/jpeg", headers=headers)
    site.answers["/two.jpg"] = Answer(picture(2), "image/jpeg", headers=headers)
    add_lead(site.url(), source=Lead.Source.OPERATOR, now=now())
    crawl()
    assert not Sighting.objects.exists()
    return site


def test_the_ledger_holds_each_picture_by_its_keys_and_no_address(make_site: MakeSite) -> None:
    site = seen_site(make_site)
    assert {row.url_key for row in rows()} == {parse(site.url(path)).key for path in ("/one.jpg", "/two.jpg")}
    assert {row.page_key for row in rows()} == {parse(site.url()).key}
    assert {row.sha256 for row in rows()} == {hashlib.sha256(picture(seed)).digest() for seed in (1, 2)}
    stored = {bytes(row.pdq) for row in FrontierUrl.objects.filter(kind=FrontierUrl.Kind.MEDIA) if row.pdq}
    assert {row.pdq for row in rows()} == stored
    for path in ledger().files():
        assert b"127.0.0.1" not in path.read_bytes()


@pytest.mark.parametrize("kind", ["pdq", "md5"])
def test_what_was_seen_before_it_was_on_a_list_is_fetched_again_and_reviewed(make_site: MakeSite, kind: str) -> None:
    site = seen_site(make_site, ETag='"v1"')
    body = picture(1)
    know(kind, hashlib.md5(body).digest() if kind == "md5" else bytes.fromhex(pdq(body)[0]))
    assert again().as_json() == {"files": 1, "rows": 2, "matching": 1, "leads": 1, "without_address": 0}
    assert again().leads == 0, "it waits already"
    crawl()
    sighting = Sighting.objects.get()
    assert (sighting.url, sighting.page_url) == (site.url("/one.jpg"), site.url())
    assert (sighting.context["title"], sighting.context["alt"]) == ("Album", "an alt")
    assert ReviewItem.objects.get().media.sha256 == hashlib.sha256(body).digest()
    assert site.asked.count("/one.jpg") == 2
    assert site.asked.count("/two.jpg") == 1
    assert again().leads == 0, "it was looked at"
    assert Lead.objects.filter(source=Lead.Source.LIST).count() == 1


def test_a_place_that_is_empty_by_now_is_asked_once(make_site: MakeSite) -> None:
    site = seen_site(make_site)
    know("sha256", hashlib.sha256(picture(1)).digest())
    del site.answers["/one.jpg"]
    assert again().leads == 1
    crawl()
    assert not Sighting.objects.exists()
    assert again().leads == 0


def test_known_good_bytes_make_no_lead(make_site: MakeSite) -> None:
    seen_site(make_site)
    know("pdq", bytes.fromhex(pdq(picture(1))[0]))
    know("sha256", hashlib.sha256(picture(1)).digest(), list_kind=HashList.Kind.KNOWN_GOOD)
    assert again().matching == 0


def test_what_the_frontier_does_not_know_is_counted(make_site: MakeSite) -> None:
    seen_site(make_site)
    know("sha256", hashlib.sha256(picture(1)).digest())
    FrontierUrl.objects.filter(kind=FrontierUrl.Kind.MEDIA).delete()
    found = again()
    assert (found.matching, found.leads, found.without_address) == (1, 0, 1)


def test_the_ledger_is_off_unless_asked_for(make_site: MakeSite, set_config: SetConfig) -> None:
    set_config(ledger="false")
    seen_site(make_site)
    assert not CrawlSettings.current().ledger_dir.exists()


def test_a_crash_before_the_commit_repeats_rows_and_loses_none(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [OperationalError("the server went away")]

    def fail_once(findings: Sequence[Finding], at: dt.datetime) -> list[Sighting | None]:
        if failures:
            raise failures.pop()
        return record_each(findings, at)

    monkeypatch.setattr("orbweaver.detect.visiting.findings.record_each", fail_once)
    know("sha256", hashlib.sha256(picture(1)).digest())
    site = make_site()
    site.picture("/one.jpg", picture(1))
    add_lead(site.url("/one.jpg"), source=Lead.Source.OPERATOR, now=now())
    crawl()
    assert not failures
    assert Sighting.objects.count() == 1
    assert len(rows()) == 2
    assert len({row.url_key for row in rows()}) == 1
    assert again().leads == 0
