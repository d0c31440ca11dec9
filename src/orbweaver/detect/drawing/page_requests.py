"""What a page that is drawn asks for: decided one by one, before anything leaves.

Pictures and films are noted for the crawler and answered with one transparent pixel; what else may be asked is up to
the page's own site, robots.txt and a bound.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from orbweaver.platform.network.filter_proxy import METHODS
from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Request, Route, WebSocketRoute

MAX_REQUESTS: Final = 300
"""Requests of one page."""
_MEDIA: Final = frozenset({"image", "media"})
_PIXEL: Final = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
"""A transparent GIF of one pixel, so that scripts which wait for pictures go on."""

MayFetch = Callable[[ParsedUrl], bool]


class PageRequests:
    """What the page asks for: decided one by one, before anything leaves."""

    def __init__(self, origin: ParsedUrl, may_fetch: MayFetch) -> None:
        self._origin = origin
        self._may_fetch = may_fetch
        self._count = 0
        self.media: dict[str, ParsedUrl] = {}
        self.elsewhere: dict[str, ParsedUrl] = {}

    async def watch(self, context: BrowserContext) -> None:
        """Have every request of these pages asked about."""
        await context.route("**/*", self._decide)
        await context.route_web_socket("**/*", _hang_up)

    async def _decide(self, route: Route) -> None:
        from playwright.async_api import Error

        with contextlib.suppress(Error):  # the page has gone meanwhile
            if route.request.resource_type in _MEDIA:
                self._note(self.media, route.request.url)
                await route.fulfill(status=200, content_type="image/gif", body=_PIXEL)
            elif self._may_ask(route.request):
                await route.continue_()
            else:
                await route.abort("aborted")  # not "blocked": that would put an error in the page's place

    def _may_ask(self, request: Request) -> bool:
        self._count += 1
        if self._count > MAX_REQUESTS or request.method not in METHODS or request.resource_type == "font":
            return False
        try:
            target = parse(request.url)
        except InvalidUrl:
            return False
        if target.site == self._origin.site:
            return self._may_fetch(target)
        if request.is_navigation_request() and request.frame.parent_frame is None:
            self._note(self.elsewhere, request.url)
            return False
        return True

    @staticmethod
    def _note(into: dict[str, ParsedUrl], url: str) -> None:
        with contextlib.suppress(InvalidUrl):
            if len(into) < MAX_REQUESTS:
                target = parse(url)
                into.setdefault(target.normal, target)


async def _hang_up(socket: WebSocketRoute) -> None:
    await socket.close()
