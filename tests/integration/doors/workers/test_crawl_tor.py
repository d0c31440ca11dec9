"""Onion hosts over a real SOCKS proxy: they are reached through it alone, and no name server hears of them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from tests.settings_given import settings_given

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.fetching.fetch import Fetcher, FetchResult
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.fingerprints import pdq
from orbweaver.platform.clock import now
from orbweaver.platform.network.guard import Guard

from .conftest import Answer, WebSite, picture
from .socks import DOMAIN, onion, socks_proxy

MakeSite = Callable[..., WebSite]
HIDDEN, OTHER = onion(1), onion(2)


def fetch(url: str, **more: Any) -> FetchResult:
    async def go() -> FetchResult:
        guard = Guard("127.0.0.1:*")
        async with Fetcher(guard=guard, user_agent="test/1", total_timeout_s=10, **more) as fetcher:
            return await fetcher.fetch(url)

    return asyncio.run(go())


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every name that this machine was asked to resolve."""
    names: list[str] = []
    real = socket.getaddrinfo

    def listening(host: Any, *args: Any, **more: Any) -> Any:
        names.append(host.decode() if isinstance(host, bytes) else str(host))
        return real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", listening)
    return names


def test_an_onion_host_is_reached_through_the_tor_proxy_which_resolves_its_name(
    make_site: MakeSite, looked_up: list[str]
) -> None:
    site = make_site()
    site.page("/", "hello")
    with socks_proxy({HIDDEN: site.port}) as tor:
        result = fetch(f"http://{HIDDEN}/", tor_proxy=tor.url)
    assert (result.ok, result.body, result.address) == (True, b"hello", None)
    assert tor.asked == [(DOMAIN, HIDDEN, 80)]
    assert not [name for name in looked_up if "onion" in name]


def test_a_name_below_a_service_belongs_to_it(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", "hello")
    with socks_proxy({f"www.{HIDDEN}": site.port}) as tor:
        assert fetch(f"http://www.{HIDDEN}/", tor_proxy=tor.url).ok


def test_a_host_of_the_clear_web_never_goes_through_tor(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", "hello")
    with socks_proxy({}) as tor:
        result = fetch(site.url(), tor_proxy=tor.url)
    assert (result.ok, result.address) == (True, "127.0.0.1")
    assert tor.asked == []


@pytest.mark.parametrize(
    ("host", "proxied", "error"),
    [
        (HIDDEN, False, "no_tor"),
        (OTHER, True, "refused"),
        ("a" * 56 + ".onion", True, "invalid_url"),
        ("expyuzz4wqqyqhjn.onion", True, "invalid_url"),
    ],
    ids=["no proxy is set", "the service is gone", "the checksum is wrong", "version 2, which ended in 2021"],
)
@pytest.mark.sampled(2)
def test_an_onion_host_that_cannot_be_reached_gives_a_reason(
    host: str, proxied: bool, error: str, looked_up: list[str]
) -> None:
    with socks_proxy({}) as tor:
        assert fetch(f"http://{host}/", tor_proxy=tor.url if proxied else "").error == error
    assert not [name for name in looked_up if "onion" in name]


def test_a_tor_proxy_that_is_not_there_is_named(make_site: MakeSite) -> None:
    with socks_proxy({}) as tor:
        gone = tor.url
    assert fetch(f"http://{HIDDEN}/", tor_proxy=gone).error == "proxy"


def test_a_second_vantage_point_fetches_through_its_proxy(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", "hello")
    with socks_proxy({"pictures.example": site.port}) as proxy:
        result = fetch("http://pictures.example/", proxy=proxy.url)
    assert (result.ok, result.address) == (True, None)
    assert proxy.asked == [(DOMAIN, "pictures.example", 80)]


@pytest.mark.parametrize("host", ["10.0.0.1", "[::1]", "0x7f.1", "2130706433", "a.localhost", "169.254.169.254"])
@pytest.mark.sampled(2)
def test_a_proxy_is_never_asked_for_an_address_that_may_not_be_dialled(host: str) -> None:
    async def go(proxy: str) -> FetchResult:
        async with Fetcher(guard=Guard(), user_agent="test/1", proxy=proxy) as fetcher:
            return await fetcher.fetch(f"http://{host}/")

    with socks_proxy({}) as proxy:
        assert asyncio.run(go(proxy.url)).error == "address_blocked"
    assert proxy.asked == []


@pytest.mark.django_db(transaction=True)
def test_known_pictures_of_an_onion_site_are_found_and_go_to_review(make_site: MakeSite) -> None:
    site = make_site()
    site.page("/", f'<title>Hidden</title><img src="/known.jpg"><a href="http://{OTHER}/">elsewhere</a>')
    site.answers["/known.jpg"] = Answer(picture(2), "image/jpeg")
    known = get_or_create_list("Known", "NCMEC", now())
    value = bytes.fromhex(pdq(picture(2))[0])
    upsert_entries(known, [EntryRow("pdq", value, "csam", "unidentified", "", "NCMEC", False)], now())
    lead = add_lead(f"http://{HIDDEN}/", source=Lead.Source.OPERATOR, now=now())
    with socks_proxy({HIDDEN: site.port}) as tor:

        async def go() -> None:
            async with asyncio.timeout(240):
                await Crawler(lead_ids=[lead.pk], max_pages=1, once=True).run()

        with settings_given(network_allow="", crawl_host_delay_s=0.0, decode_workers=1, tor_proxy=tor.url):
            asyncio.run(go())
    sighting = Sighting.objects.get()
    assert (sighting.url, sighting.host, sighting.address) == (f"http://{HIDDEN}/known.jpg", HIDDEN, None)
    assert ReviewItem.objects.count() == 1
    assert FrontierUrl.objects.filter(url__startswith=f"http://{OTHER}/").exists()
    assert {port for _, _, port in tor.asked} == {80}
