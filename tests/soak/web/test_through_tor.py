"""The pages for survivors through a real Tor, with the torrc and the proxy's configuration that the documents give.

Needs Debian's ``tor`` and ``nginx``; the network is this machine's own. Without them it is skipped, loudly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.conftest import ARGUMENTS, CHROMIUM
from tests.onion_proxy import documented, documented_nginx

from orbweaver_trials.demo.pictures import edited

from .tor_network import TorNetwork, missing_programs, tor_network

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.django_db(transaction=True)]

OpenByTor = Callable[..., "Page"]


@pytest.fixture
def programs() -> None:
    missing = missing_programs("nginx")
    if missing:
        pytest.skip(f"No {' and no '.join(missing)} on this machine: the onion service was NOT tested through Tor.")


@pytest.fixture
def behind_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from orbweaver.platform.config import forget

    monkeypatch.setenv("ORBWEAVER_BEHIND_PROXY", "true")
    monkeypatch.setenv("ORBWEAVER_BASE_URL", "https://hotline.example")
    forget()
    yield
    monkeypatch.undo()
    forget()


@pytest.fixture
def proxy_port(programs: None, behind_proxy: None, live_server: Any, tmp_path: Path) -> Iterator[int]:
    """The documented nginx before the pages."""
    with documented_nginx(tmp_path, int(live_server.url.rsplit(":", 1)[1])) as proxy:
        yield proxy.port


@pytest.fixture
def network(proxy_port: int, tmp_path: Path) -> Iterator[TorNetwork]:
    folder = tmp_path / "tor"
    folder.mkdir(mode=0o700)
    service = documented("HiddenServiceDir").replace("/var/lib/tor/survivors", f"{folder}/onion/survivors")
    (folder / "onion").mkdir(mode=0o700)
    with tor_network(folder, service.replace("127.0.0.1:8480", f"127.0.0.1:{proxy_port}")) as found:
        yield found


@pytest.fixture
def by_tor(network: TorNetwork) -> Iterator[OpenByTor]:
    """Chromium whose only way is the client's SOCKS proxy; what it asks for must be the onion service's own."""
    from playwright.sync_api import ProxySettings, sync_playwright

    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        proxy = ProxySettings(server=f"socks5://127.0.0.1:{network.socks_port}")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, proxy=proxy)

        def open_at(path: str, *, script: bool) -> Page:
            context = browser.new_context(
                base_url=f"http://{network.onion}", java_script_enabled=script, viewport={"width": 390, "height": 900}
            )
            page = context.new_page()
            page.set_default_timeout(120_000)
            page.on("request", lambda request: asked.append(request.url))
            page.goto(path)
            return page

        yield open_at
        browser.close()
    assert asked
    assert [each for each in asked if not each.startswith((f"http://{network.onion}/", "blob:"))] == []


def test_a_survivor_asks_and_follows_by_an_onion_service_without_a_script(
    by_tor: OpenByTor, network: TorNetwork
) -> None:
    page = by_tor("/", script=False)
    assert page.url == f"http://{network.onion}/info/", "the way in leads to a port that the onion service has not"
    page.get_by_role("link", name="Ask us to get it removed").click()
    page.locator("[name=capacity][value=child]").check()
    page.locator("[name=aim][value=picture]").check()
    page.locator("[name=danger][value=no]").check()
    page.locator("[name=urls]").fill("https://images.example/me.png")
    page.get_by_role("button", name="Send").click()
    reference, secret = page.locator("#reference").inner_text(), page.locator("#secret").inner_text()
    page.get_by_role("link", name="Check your request").click()
    page.locator("[name=reference]").fill(reference)
    page.locator("[name=secret]").fill(secret)
    page.get_by_role("button", name="Show").click()
    page.locator("main", has_text="We have your request").wait_for()
    assert page.context.cookies() == []
    assert "hotline.example" not in page.content()
    for closed in ("/sign-in/", "/metrics", "/public/", "/api/v1/", "/readyz"):
        answer = page.request.get(closed)
        assert (answer.status, "Orbweaver" in answer.text()) == (404, False), closed


def test_a_picture_is_hashed_at_home_by_an_onion_service(by_tor: OpenByTor) -> None:
    from orbweaver.detect.intake.models import AskedHash

    page = by_tor("/info/ask/", script=True)
    page.locator("[name=capacity][value=adult]").check()
    page.locator("[name=aim][value=picture]").check()
    page.locator("[name=danger][value=no]").check()
    page.locator("input[type=file]").set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": edited(1, "copy")}
    )
    # Playwright's wait_for_function would ask again by "eval", which the page's policy forbids
    page.locator("#hashing-words", has_text="Done").wait_for()
    assert "pdq:" in page.locator("[name=hashes]").input_value()
    page.get_by_role("button", name="Send").click()
    page.locator("#reference").wait_for()
    assert {each.kind for each in AskedHash.objects.all()} == {"sha256", "md5", "pdq"}
