"""Pages that show nothing without a script are drawn with a browser, where one is set, and read as they look then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from orbweaver.detect.drawing.browser import CannotDraw, Drawn, PageBrowser
from orbweaver.detect.extraction.extract import MAX_HTML, FoundMedia, Page
from orbweaver.detect.extraction.page_reader import PageReader
from orbweaver.detect.extraction.scripted import needs_script
from orbweaver.detect.fetching.errors import FetchFailed
from orbweaver.detect.visiting.inside import look_inside
from orbweaver.detect.visiting.outcome import Outcome
from orbweaver.detect.visiting.visit import Decode
from orbweaver.platform.network.urls import parse


async def draw_if_needed(
    outcome: Outcome, browser: PageBrowser, reader: PageReader, decode: Decode, may_fetch: Callable[[str], bool]
) -> None:
    """Replace what a page holds by what it holds once drawn. A page that cannot be drawn stays as it was sent."""
    if outcome.page is None or not outcome.result.ok or not needs_script(outcome.result.body, outcome.page):
        return
    with suppress(CannotDraw, FetchFailed):
        url = parse(outcome.result.final_url)
        drawn = await browser.draw(url, lambda target: may_fetch(target.normal))
        html = drawn.html.encode("utf-8", "replace")[:MAX_HTML]
        page = await reader.read(html, drawn.url, "text/html; charset=utf-8")
        outcome.inside, outcome.left = await look_inside(html, None, drawn.url, decode)
        outcome.page = with_requests(page, drawn)
        outcome.drawn = True


def with_requests(page: Page, drawn: Drawn) -> Page:
    """The page with the media that its scripts asked for without showing them, and where it wanted to go instead."""
    known = {medium.url.normal for medium in page.media}
    asked_for = [parse(url) for url in drawn.media if url not in known]
    media = [FoundMedia(url, len(page.media) + place) for place, url in enumerate(asked_for)]
    linked = {link.normal for link in page.links}
    links = [parse(url) for url in drawn.elsewhere if url not in linked]
    return replace(page, media=(*page.media, *media), links=(*page.links, *links))
