"""The browser that draws pages which need a script: Chromium, as a user of its own, without pictures.

It reaches the filtering proxy and its own files, nothing else of the machine (``browser_reach``).

Pictures, films and fonts are never loaded by it: what a page would show is noted and fetched by the crawler like any
medium, with robots.txt, politeness and fingerprints. Nothing is kept from one page to the next, nothing but GET is
sent, and a page that takes too long ends the browser, which starts again for the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self
from urllib.parse import urlsplit

from orbweaver.detect.drawing.browser_reach import reach_of
from orbweaver.detect.drawing.messages import (
    BEYOND_LIMITS,
    BROWSER_NEEDS_EXTRA,
    BROWSER_NO_FILE,
    PAGE_GONE,
    WENT_ELSEWHERE,
)
from orbweaver.detect.drawing.page_requests import MayFetch, PageRequests
from orbweaver.detect.drawing.settings import DrawingSettings
from orbweaver.detect.fetching.connectors import onion_dialler
from orbweaver.detect.fetching.settings import FetchingSettings
from orbweaver.errors import ConfigurationError, OrbweaverError
from orbweaver.platform.network.filter_proxy import FilterProxy, Traffic
from orbweaver.platform.network.guard import Guard
from orbweaver.platform.network.settings import NetworkSettings
from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse
from orbweaver.platform.runtime import launch
from orbweaver.platform.settings import PlatformSettings

if TYPE_CHECKING:
    from playwright.async_api import (
        Browser,
        FloatRect,
        Page,
        Playwright,
    )

PAGES_PER_BROWSER: Final = 200
"""Pages after which the browser is started anew, so that what it leaks stays small."""
MAX_SCROLLS: Final = 6
"""Screens scrolled down for what a page loads as one goes."""
SETTLE_MS: Final = 400
"""Milliseconds that a page gets after each step."""
IDLE_MS: Final = 5000
"""Milliseconds that a page may take to stop asking for more, after each step."""
CLOSE_S: Final = 3.0
USER: Final = 65531
"""Whom it runs as under root: neither the database's user nor the decoders' (see ``fingerprints.sandbox``)."""
PROFILE: Final = "profile"
TEMPORARY: Final = "t"
LONGEST_PARENT: Final = 31
"""Characters of the folder for temporary files: Chromium makes a socket below it, whose path has at most 107."""
PID: Final = "pid"
WIDTH: Final = 1280
HEIGHT: Final = 2000
TALLEST: Final = 6000
"""Pixels of a page that its picture shows, from the top."""
PICTURE_S: Final = 3.0
"""Seconds that the picture may take, and that must be left of the page's own: what was read never waits for it."""
PICTURE_BYTES: Final = 2 * 2**20
_NO_OTHER_WAY_OUT: Final = (
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # names are the proxy's to resolve
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
    "--disable-breakpad",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--renderer-process-limit=2",
    "--js-flags=--max-old-space-size=512",
)


class CannotDraw(OrbweaverError):
    """The page could not be drawn; what was sent of it is read as it is."""

    code = "cannot_draw"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page after its scripts have run."""

    url: ParsedUrl
    """Where it ended up."""
    html: str
    media: tuple[ParsedUrl, ...]
    """Addresses of pictures and films that it asked for, in order."""
    elsewhere: tuple[ParsedUrl, ...]
    """Where it wanted to go on other sites instead of showing itself."""
    traffic: Traffic
    picture: bytes = b""
    """How it looked (JPEG), without the pictures on it, which are never loaded; empty where that was not to be had."""


class PageBrowser:
    """Draws one page at a time. Use as an async context manager; the browser starts when first needed."""

    def __init__(
        self,
        program: str,
        *,
        guard: Guard,
        user_agent: str,
        timeout_s: float,
        max_bytes: int,
        tor_proxy: str = "",
        sandbox: bool = True,
        hidden: Sequence[Path] = (),
        pictured: bool = False,
    ) -> None:
        """``timeout_s`` and ``max_bytes`` bound one page, all that it loads included.

        ``hidden`` are folders that it must not reach wherever they lie; ``pictured``: say how pages looked, too.
        """
        self._pictured = pictured
        self._program = program
        self._user_agent = user_agent
        self.timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._sandbox = sandbox
        self._hidden = tuple(hidden)
        self._proxy = FilterProxy(guard, dial_onion=onion_dialler(tor_proxy) if tor_proxy else None)
        self._turn = asyncio.Lock()
        self._driver: Playwright | None = None
        self._browser: Browser | None = None
        self._drawn = 0

    @classmethod
    def from_settings(cls, *, pictured: bool = False) -> PageBrowser:
        """The browser that the settings name; ``pictured`` as above. Raises ConfigurationError when it is not there."""
        if not Path(DrawingSettings.current().crawl_browser).is_file():
            raise ConfigurationError(BROWSER_NO_FILE)
        return cls(
            DrawingSettings.current().crawl_browser,
            guard=Guard(NetworkSettings.current().network_allow),
            user_agent=PlatformSettings.current().user_agent_text,
            timeout_s=DrawingSettings.current().crawl_browser_timeout_s,
            max_bytes=FetchingSettings.current().crawl_max_bytes,
            tor_proxy=FetchingSettings.current().tor_proxy,
            sandbox=DrawingSettings.current().crawl_browser_sandbox,
            hidden=(PlatformSettings.current().data_dir, PlatformSettings.current().keys_path),
            pictured=pictured,
        )

    async def __aenter__(self) -> Self:
        self._stack = contextlib.AsyncExitStack()
        self._folder = Path(self._stack.enter_context(_folder()))
        await self._stack.enter_async_context(self._proxy)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end_browser()
        if self._driver is not None:
            await self._driver.stop()
        await self._stack.aclose()

    async def draw(self, url: ParsedUrl, may_fetch: MayFetch) -> Drawn:
        """Load the page, run its scripts, scroll down. Raises CannotDraw.

        ``may_fetch`` says what robots.txt leaves to us on the page's own site.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(self.timeout_s):
                    return await self._draw(url, may_fetch)
            except CannotDraw:
                raise
            except Exception:  # the browser's errors hold addresses; whatever it was, a new one starts for the next
                await self._end_browser()
                raise CannotDraw(BEYOND_LIMITS) from None

    async def _draw(self, url: ParsedUrl, may_fetch: MayFetch) -> Drawn:
        until = asyncio.get_running_loop().time() + self.timeout_s
        browser = await self._ready()
        self._drawn += 1
        traffic = self._proxy.begin(self._max_bytes)
        context = await browser.new_context(
            user_agent=self._user_agent,
            viewport={"width": WIDTH, "height": HEIGHT},
            accept_downloads=False,
            service_workers="block",
            reduced_motion="reduce",
        )
        try:
            requests = PageRequests(url, may_fetch)
            await requests.watch(context)
            page = await context.new_page()
            page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))
            await _go(page, url)
            await _unroll(page)
            ended, html = parse(page.url), await page.content()
            picture = await self._picture_of(page, until) if self._pictured else b""
            media, elsewhere = tuple(requests.media.values()), tuple(requests.elsewhere.values())
            return Drawn(ended, html, media, elsewhere, traffic, picture)
        except InvalidUrl:
            raise CannotDraw(WENT_ELSEWHERE) from None
        finally:
            if self._browser is not None:
                async with asyncio.timeout(CLOSE_S):
                    await context.close()

    async def _picture_of(self, page: Page, until: float) -> bytes:
        """How the page looks; nothing where it takes too long, and then the browser is started anew."""
        if until - asyncio.get_running_loop().time() < 2 * PICTURE_S + CLOSE_S:
            return b""
        try:
            async with asyncio.timeout(PICTURE_S):
                height = await page.evaluate("document.documentElement ? document.documentElement.scrollHeight : 0")
                part: FloatRect = {"x": 0, "y": 0, "width": WIDTH, "height": max(1, min(height, TALLEST))}
                picture = await page.screenshot(
                    type="jpeg", quality=50, full_page=True, clip=part, animations="disabled"
                )
        except Exception:  # whatever it was: what the page says is in hand already
            await self._end_browser()
            return b""
        return picture if len(picture) <= PICTURE_BYTES else b""

    async def _ready(self) -> Browser:
        if self._browser is not None and self._browser.is_connected() and self._drawn % PAGES_PER_BROWSER:
            return self._browser
        await self._end_browser()
        if self._driver is None:
            self._driver = await _start_driver()
        self._browser = await self._driver.chromium.launch(
            executable_path=self._write_launcher(),
            chromium_sandbox=self._sandbox,
            args=_NO_OTHER_WAY_OUT,
            proxy={"server": self._proxy.address, "username": FilterProxy.USER, "password": self._proxy.password},
            env={
                "HOME": str(self._folder / PROFILE),
                "TMPDIR": str(self._folder / TEMPORARY),
                "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                "LANG": "C.UTF-8",
            },
            timeout=self.timeout_s * 1000,
        )
        return self._browser

    def _write_launcher(self) -> Path:
        """A script that becomes the browser: ended with its parent, with our profile (the last named wins)."""
        script, profile, who = self._folder / "launch", self._folder / PROFILE, _own_user()
        port = urlsplit(self._proxy.address).port
        assert port is not None
        reach = reach_of(Path(self._program), (profile, self._folder / TEMPORARY), port, self._hidden)
        start = shlex.join([sys.executable, "-I", "-S", launch.__file__])
        options = [str(int(signal.SIGKILL)), f"{who.kind}:{who.uid}:{who.gid}", str(profile), reach.option()]
        script.write_text(
            "#!/bin/sh\n"
            f"echo $$ > {shlex.quote(str(self._folder / PID))}\n"
            f'exec {start} "$PPID" {shlex.join([*options, self._program])} "$@" '
            f"--user-data-dir={shlex.quote(str(profile))}\n"
        )
        script.chmod(0o700)
        return script

    async def _end_browser(self) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSE_S):
                    await browser.close()
        _kill(self._folder / PID)


async def _go(page: Page, url: ParsedUrl) -> None:
    """Load the page. One that wants to go elsewhere while it loads may never say that it is complete."""
    answer = await page.goto(url.normal, wait_until="commit", referer="")
    if answer is None or answer.status >= 400:
        raise CannotDraw(PAGE_GONE)
    await _wait_for(page, "domcontentloaded")


async def _wait_for(page: Page, state: Literal["domcontentloaded", "networkidle"]) -> None:
    """Wait until the page is so far, for a while."""
    from playwright.async_api import TimeoutError as TooLong

    with contextlib.suppress(TooLong):
        await page.wait_for_load_state(state, timeout=IDLE_MS)


async def _unroll(page: Page) -> None:
    """Let scripts run, then go down the page as long as it grows."""
    height = await _settled_height(page)
    for _ in range(MAX_SCROLLS):
        await page.mouse.wheel(0, HEIGHT)
        before, height = height, await _settled_height(page)
        if height == before:
            return


async def _settled_height(page: Page) -> float:
    await _wait_for(page, "networkidle")
    await page.wait_for_timeout(SETTLE_MS)
    return float(await page.evaluate("document.documentElement ? document.documentElement.scrollHeight : 0"))


async def _start_driver() -> Playwright:
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        raise ConfigurationError(BROWSER_NEEDS_EXTRA) from None
    return await async_playwright().start()


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder that others may pass through but not list, with the browser's profile and temporary files in it."""
    parent = tempfile.gettempdir()
    shorter = parent if len(parent) <= LONGEST_PARENT else "/tmp"  # noqa: S108 - made by mkdtemp
    folder = Path(tempfile.mkdtemp(prefix="orbweaver-browser-", dir=shorter))
    try:
        folder.chmod(0o711)
        for name in (PROFILE, TEMPORARY):
            (folder / name).mkdir(mode=0o700)
            os.chown(folder / name, *_own_user().owner())
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _own_user() -> launch.Identity:
    """As whom the browser runs: a user that nothing else runs as when we are root, else ourselves."""
    return launch.Identity() if os.geteuid() != 0 else launch.Identity("user", USER, USER)


def _kill(pid_file: Path) -> None:
    """End what is left of a browser that did not close, with all it started."""
    with contextlib.suppress(OSError, ValueError):
        os.killpg(int(pid_file.read_text()), signal.SIGKILL)
    pid_file.unlink(missing_ok=True)
