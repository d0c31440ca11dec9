"""The headers of a browser: for a picture on a page, and for an address that somebody opens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orbweaver.platform.network.urls import InvalidUrl, ParsedUrl, parse

_PICTURE = {
    "Accept": "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5",
    "Accept-Language": "en-US,en;q=0.5",
    "Sec-Fetch-Dest": "image",
    "Sec-Fetch-Mode": "no-cors",
}
_DOCUMENT = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "none",
    "Upgrade-Insecure-Requests": "1",
}


@dataclass(frozen=True)
class BrowserHeaders:
    """The headers of a browser that calls itself ``agent`` ("" for our own name)."""

    agent: str

    def picture(self, url: ParsedUrl, page: ParsedUrl) -> dict[str, str]:
        """What a browser sends for a picture on this page."""
        same = (page.scheme, page.site) == (url.scheme, url.site)
        sent = _PICTURE | {"Sec-Fetch-Site": "same-origin" if same else "cross-site"}
        if same:
            sent["Referer"] = page.normal
        elif not (page.scheme == "https" and url.scheme == "http"):
            sent["Referer"] = front(page).normal
        return sent | self._name()

    def document(self) -> dict[str, str]:
        """What a browser sends where somebody opens an address itself."""
        return _DOCUMENT | self._name()

    def _name(self) -> dict[str, str]:
        return {"User-Agent": self.agent} if self.agent else {}


def front(url: ParsedUrl) -> ParsedUrl:
    """The front page of a host."""
    return parse("/", base=url)


def known_pages(url: ParsedUrl, pages: Iterable[str]) -> list[ParsedUrl]:
    """The pages in the order in which they are looked at: those of the address's own host first."""
    known: list[ParsedUrl] = []
    for page in pages:
        try:
            parsed = parse(page)
        except InvalidUrl:
            continue
        if parsed.normal != url.normal:
            known.append(parsed)
    return sorted(known, key=lambda page: page.site != url.site)
