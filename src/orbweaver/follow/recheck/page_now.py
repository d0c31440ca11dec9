"""A page where the medium was found, as it is now, and the other files of its host that it shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.follow.recheck.concluding import PageSays
from orbweaver.follow.recheck.pages import GONE_STATUSES, Means, Page, Shape, is_text, read_page
from orbweaver.follow.recheck.readers import NOBODY, Readers
from orbweaver.platform.network.signed import is_same_file
from orbweaver.platform.network.urls import ParsedUrl


@dataclass(frozen=True)
class PageNow:
    """A page as it is now. ``shown`` is what it shows or leads to; ``by_country``: it is not shown in our country."""

    url: ParsedUrl
    says: PageSays
    media: tuple[ParsedUrl, ...] = ()
    shown: tuple[ParsedUrl, ...] = ()
    by_country: bool = False
    readers: Readers = NOBODY
    is_there: bool = False
    """Whether the host gave a page, whatever it says."""
    ways_in: int = 0
    """How many ways to sign in its own part has."""
    accounts: bool = False
    """Whether it shows that one can sign in or register."""


_NUMBERED = re.compile(r"\d{3}|[0-9a-f]{12}")


def _is_upload(other: ParsedUrl, folder: str) -> bool:
    """Whether a file of another folder is named as uploads are, by number: a wall lets logos and such through."""
    elsewhere, _, name = other.path.rpartition("/")
    return bool(elsewhere) and elsewhere != folder and _NUMBERED.search(name) is not None


def others(url: ParsedUrl, pages: Iterable[PageNow], *, same_folder: bool) -> list[tuple[ParsedUrl, PageNow]]:
    """Other files of the host that these pages show, of the very folder or of others: walls stand before folders."""
    folder = url.path.rpartition("/")[0]
    return [
        (each, page)
        for page in pages
        for each in page.media
        if each.site == url.site
        and (each.path.rpartition("/")[0] == folder if same_folder else _is_upload(each, folder))
        and not is_same_file(each, url)
    ]


def page_says(result: FetchResult, page: Page | None, url: ParsedUrl) -> tuple[PageSays, bool]:
    """What a page says before its pictures are looked at, and whether it is not shown in our country."""
    if result.error is not None or result.status is None:
        return PageSays.UNSEEN, False
    rule = page.rule if page is not None else None
    if rule is not None and rule.means is not Means.GONE:
        return PageSays.UNSEEN, rule.means is Means.GEO
    if result.status in GONE_STATUSES or (result.ok and rule is not None):
        return PageSays.GONE, False
    is_itself = result.ok and page is not None and result.target is not None and result.target.path == url.path
    return (PageSays.WITHOUT if is_itself else PageSays.UNSEEN), result.status == 451


def text_of(result: FetchResult) -> Page | None:
    """The answer as a page; None where it is none."""
    if not result.body or not is_text(result.headers.get("Content-Type", ""), result.body):
        return None
    redirected = result.final_url != result.url
    shape = Shape(b"", frozenset(), result.final_url, redirected, result.status or 0)
    return read_page(result.body, result.headers, shape)
