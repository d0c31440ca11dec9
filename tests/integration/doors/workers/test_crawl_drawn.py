"""Pages that need a script, drawn by a real Chromium behind the filtering proxy."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.settings_given import settings_given
from warcio.archiveiterator import ArchiveIterator

from orbweaver.detect.captures.models import Capture
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.drawing.browser import CannotDraw, Drawn, PageBrowser
from orbweaver.detect.evidence.services import read
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.workers.crawl import Crawler, CrawlSummary
from orbweaver.errors import ConfigurationError
from orbweaver.fingerprints import pdq
from orbweaver.platform.clock import now
from orbweaver.platform.network.guard import Guard
from orbweaver.platform.network.urls import parse

from .conftest import Answer, WebSite, picture
from .socks import onion, socks_proxy

pytestmark = pytest.mark.browser

MakeSite = Callable[..., WebSite]
WITHOUT_WINDOWS, WHOLE = "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"
"""The same engine, first as it takes half the processor time to start; ``test_hijacked.py`` has the whole one."""
CHROMIUM = os.environ.get("CHROMIUM") or (WITHOUT_WINDOWS if Path(WITHOUT_WINDOWS).exists() else WHOLE)
SHELL = "<!doctype html><title>Shell</title><div id=root></div><script src=/app.js></script>"
GALLERY = """
fetch('/list.json').then(answer => answer.json()).then(list => {
  document.title = list.title
  for (const place of list.pictures) {
    const picture = document.createElement('img')
    picture.src = place
    picture.alt = 'by script'
    document.getElementById('root').append(picture)
  }
})
"""


@pytest.fixture(autouse=True)
def _chromium() -> None:
    if not Path(CHROMIUM).exists():
        message = f"Chromium is not at {CHROMIUM}: drawing pages was NOT tested."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@cache
def sandbox() -> bool:
    """Whether this machine lets Chromium have its sandbox (user namespaces for an ordinary user)."""
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    return subprocess.run([*drop, "unshare", "--user", "true"], capture_output=True, check=False).returncode == 0


def browser(allow: str = "127.0.0.1:*", **more: Any) -> PageBrowser:
    limits: dict[str, Any] = {"timeout_s": 60.0, "max_bytes": 4 * 2**20, "sandbox": sandbox()}
    return PageBrowser(CHROMIUM, guard=Guard(allow), user_agent="Orbweaver/test", **(limits | more))


def draw(url: str, **more: Any) -> Drawn:
    """One page, with a browser of its own."""
    may_fetch = more.pop("may_fetch", lambda target: True)

    async def go() -> Drawn:
        async with browser(**more) as drawing:
            return await drawing.draw(parse(url), may_fetch)

    return asyncio.run(go())


def script(site: WebSite, text: str) -> None:
    site.page("/", SHELL)
    site.answers["/app.js"] = Answer(text, "text/javascript")


def crawled_with_a_browser(site: WebSite) -> CrawlSummary:
    """A crawl that draws pages; the second picture is on a list."""
    known = get_or_create_list("Known", "NCMEC", now())
    value = bytes.fromhex(pdq(picture(2))[0])
    upsert_entries(known, [EntryRow("pdq", value, "csam", "unidentified", "", "NCMEC", False)], now())
    lead = add_lead(site.url(), source=Lead.Source.OPERATOR, now=now())
    crawling: dict[str, Any] = {"network_allow": "127.0.0.1:*", "crawl_host_delay_s": 0.0, "decode_workers": 1}
    drawing = {"crawl_browser": CHROMIUM, "crawl_browser_timeout_s": 60, "crawl_browser_sandbox": sandbox()}

    async def go() -> CrawlSummary:
        async with asyncio.timeout(120):
            return await Crawler(lead_ids=[lead.pk], once=True).run()

    with settings_given(**crawling, **drawing):
        return asyncio.run(go())


@pytest.mark.django_db(transaction=True)
def test_a_gallery_that_a_script_builds_is_crawled_like_any_other(make_site: MakeSite) -> None:
    site = make_site()
    script(site, GALLERY)
    site.answers["/list.json"] = Answer(
        '{"title": "Filled", "pictures": ["/known.jpg", "/other.jpg"]}', "application/json"
    )
    site.picture("/known.jpg", picture(2))
    site.picture("/other.jpg", picture(3))
    summary = crawled_with_a_browser(site)
    assert (summary.pages, summary.drawn, summary.images, summary.matches) == (1, 1, 2, 1)
    sighting = Sighting.objects.get()
    assert (sighting.url, sighting.page_url) == (site.url("/known.jpg"), site.url("/"))
    assert (sighting.context["title"], sighting.context["alt"]) == ("Filled", "by script")
    assert site.asked.count("/known.jpg") == 1  # by the crawler, with its fingerprints; never by the browser


@pytest.mark.django_db(transaction=True)
def test_how_a_page_looked_is_in_the_capture_of_what_was_found_on_it(
    hotline: None, make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orbweaver.detect.drawing.browser.PICTURE_S", 20.0)  # a machine that runs other tests is slow
    site = make_site()
    script(site, GALLERY)
    site.answers["/list.json"] = Answer('{"title": "Filled", "pictures": ["/known.jpg"]}', "application/json")
    site.picture("/known.jpg", picture(2))
    crawled_with_a_browser(site)
    records = list(ArchiveIterator(io.BytesIO(read(Capture.objects.get().stored))))
    [looked] = [each for each in records if each.rec_type == "resource"]
    assert looked.rec_headers.get_header("WARC-Target-URI") == f"urn:view:{site.url('/')}"
    assert looked.content_type == "image/jpeg"


@pytest.mark.sweep
def test_a_picture_of_a_page_that_hangs_costs_the_picture_alone(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    site.page("/", "<!doctype html><p>Some words</p>")
    assert draw(site.url(), pictured=True).picture.startswith(b"\xff\xd8")

    async def hangs(*_: Any, **__: Any) -> bytes:
        await asyncio.sleep(3600)
        return b""

    monkeypatch.setattr("orbweaver.detect.drawing.browser.PICTURE_S", 0.2)
    monkeypatch.setattr("playwright.async_api.Page.screenshot", hangs)
    drawn = draw(site.url(), pictured=True)
    assert "Some words" in drawn.html
    assert drawn.picture == b""


def test_a_script_reaches_nothing_that_the_crawler_may_not_reach(make_site: MakeSite) -> None:
    site, inside = make_site(), make_site("127.0.0.2")
    inside.page("/", "secret")
    ways = [f"fetch('{inside.url()}')", f"fetch('http://localhost:{inside.port}/')", "fetch('http://169.254.169.254/')"]
    frames = (
        f"document.body.innerHTML += '<iframe src={inside.url()}></iframe><script src={inside.url()}><' + '/script>'"
    )
    sockets = f"new WebSocket('ws://127.0.0.2:{inside.port}/')"
    channel = (
        f"new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.2:{inside.port}'}}]}}).createDataChannel('x')"
    )
    script(site, ";".join([*(f"{way}.catch(() => 0)" for way in ways), frames, sockets, channel]))
    drawn = draw(site.url(), allow=f"127.0.0.1:{site.port}")
    assert inside.asked == []
    assert drawn.traffic.refused > 0
    assert drawn.traffic.addresses == {"127.0.0.1"}


def test_a_script_changes_nothing_and_robots_txt_holds_for_it(make_site: MakeSite) -> None:
    site = make_site()
    script(site, "fetch('/post', {method: 'POST', body: 'x'}).catch(() => 0); navigator.sendBeacon('/beacon', 'x');"
                 "fetch('/private/list').catch(() => 0); fetch('/list')")  # fmt: skip
    drawn = draw(site.url(), may_fetch=lambda target: not target.path.startswith("/private/"))
    assert set(site.asked) == {"/", "/app.js", "/list"}
    assert {headers["User-Agent"] for headers in site.headers} == {"Orbweaver/test"}
    assert drawn.media == ()


def test_pictures_are_noted_never_loaded_even_those_that_are_not_shown(make_site: MakeSite) -> None:
    site = make_site()
    script(site, "new Image().src = '/unseen.jpg'; document.body.style.background = 'url(/ground.png)'")
    drawn = draw(site.url())
    assert {each.normal for each in drawn.media} == {site.url("/unseen.jpg"), site.url("/ground.png")}
    assert set(site.asked) == {"/", "/app.js"}


@pytest.mark.sweep
def test_a_page_that_goes_elsewhere_stays_and_says_where(make_site: MakeSite) -> None:
    site, other = make_site(), make_site("127.0.0.2")
    script(site, f"location = '{other.url('/there')}'")
    drawn = draw(site.url(), allow="127.0.0.1:*,127.0.0.2:*")
    assert (drawn.url, drawn.elsewhere, other.asked) == (parse(site.url()), (parse(other.url("/there")),), [])


def test_more_is_loaded_as_one_goes_down_the_page(make_site: MakeSite) -> None:
    site = make_site()
    script(site, """
      let shown = 0
      const more = () => { if (shown < 3) document.getElementById('root').insertAdjacentHTML(
        'beforeend', `<div style="height: 2400px"><img src="/${shown++}.jpg"></div>`) }
      addEventListener('scroll', more); more()
    """)  # fmt: skip
    assert {each.normal for each in draw(site.url()).media} == {site.url(f"/{number}.jpg") for number in range(3)}


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files that every account may pass through, as Chromium runs as nobody."""
    with tempfile.TemporaryDirectory(prefix="orbweaver-tests-") as name:
        Path(name).chmod(0o711)
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def test_a_page_that_never_ends_costs_its_time_and_the_next_is_drawn(make_site: MakeSite, open_folder: Path) -> None:
    site = make_site()
    script(site, GALLERY)
    site.answers["/list.json"] = Answer('{"title": "Filled", "pictures": ["/a.jpg"]}', "application/json")
    site.page("/loop", "<script>for (;;);</script>")

    async def go() -> Drawn:
        async with browser() as drawing:
            await drawing.draw(parse(site.url()), lambda target: True)
            assert list(open_folder.iterdir())
            drawing.timeout_s = 3.0
            with pytest.raises(CannotDraw):
                await drawing.draw(parse(site.url("/loop")), lambda target: True)
            drawing.timeout_s = 60.0
            return await drawing.draw(parse(site.url()), lambda target: True)

    assert asyncio.run(go()).media == (parse(site.url("/a.jpg")),)
    assert not list(open_folder.iterdir())


def test_nothing_is_kept_from_one_page_to_the_next(make_site: MakeSite) -> None:
    site = make_site()
    script(site, "document.title = document.cookie + localStorage.length; localStorage.a = document.cookie = 'a=b'")

    async def go() -> list[str]:
        async with browser() as drawing:
            return [(await drawing.draw(parse(site.url()), lambda target: True)).html for _ in range(2)]

    first, second = asyncio.run(go())
    assert "<title>0</title>" in first
    assert "<title>0</title>" in second


def test_an_onion_page_is_drawn_through_the_tor_client(make_site: MakeSite) -> None:
    site = make_site()
    script(site, "document.title = 'drawn'")
    with socks_proxy({onion(1): site.port}) as tor:
        drawn = draw(f"http://{onion(1)}/", allow="", tor_proxy=tor.url)
    assert "<title>drawn</title>" in drawn.html
    assert drawn.traffic.addresses == set()


def test_a_browser_that_is_not_there_is_said_at_once() -> None:
    with settings_given(crawl_browser="/nowhere/chromium"), pytest.raises(ConfigurationError, match="CRAWL_BROWSER"):
        PageBrowser.from_settings()
