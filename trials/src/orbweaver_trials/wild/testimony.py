"""What the program says, as a hotline manager reads it on the pages: of addresses, of answers, of tasks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin, urlsplit

from orbweaver_trials.demo.browser import Browser, Page, PageProblem
from orbweaver_trials.wild.parties import place_of, refanged
from orbweaver_trials.wild.plan import Plan

NOTICE: Final = re.compile(r"/notices/(ntc_[a-z0-9]+)/$")
REMOVED: Final = re.compile(r"\b(removed|gone)\b", re.IGNORECASE)
OFFLINE: Final = re.compile(r"\b(offline|host)\b", re.IGNORECASE)
NOT_YET: Final = re.compile(r"\b(once|confirm\w*)\b", re.IGNORECASE)
"""What is not a statement yet."""
MOST_PAGES: Final = 400


@dataclass(frozen=True)
class Reading:
    """What a notice's page says of one address."""

    host: str
    path: str
    state: str
    """The state as the page has it."""
    outcome: str
    """``removed``, ``offline`` or ``there``."""
    came_back: bool
    notice: str


@dataclass
class Testimony:
    """All that a manager read."""

    readings: list[Reading] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    """Address of a page of the desk → its text."""
    states: dict[str, str] = field(default_factory=dict)
    """Notice → the state at the head of its page."""
    unread: list[str] = field(default_factory=list)
    """Why the page of a notice could not be read: what it says is known to nobody, right or wrong."""

    def of(self, host: str, path: str) -> list[Reading]:
        """What was said of an address."""
        return [each for each in self.readings if (each.host, each.path) == (host, path)]

    def pages_with(self, marker: str) -> list[str]:
        """The pages that show this word."""
        return [url for url, text in self.texts.items() if marker in text]


def read_notices(browser: Browser, base: str, plan: Plan) -> Testimony:
    """Every notice's page."""
    testimony = Testimony()
    for url in _notices(browser, base):
        try:
            page = browser.get(url)
        except PageProblem as problem:
            testimony.unread.append(str(problem))
            continue
        testimony.texts[url] = page.text
        testimony.readings += readings_of(page, plan)
        badge, found = page.tree.css_first(".page-head .badge"), NOTICE.search(urlsplit(url).path)
        if badge is not None and found is not None:
            testimony.states[found.group(1)] = badge.text(strip=True)
    return testimony


def _notices(browser: Browser, base: str) -> list[str]:
    found: dict[str, None] = {}
    for number in range(1, 40):
        page = browser.get(f"{base}/notices/?page={number}")
        fresh = [url for url in _links(page) if NOTICE.search(url) and url not in found]
        found.update(dict.fromkeys(fresh))
        if not fresh:
            break
    return list(found)


def _links(page: Page) -> list[str]:
    targets = [node.attributes.get("href") or "" for node in page.tree.css("a[href]")]
    return [urljoin(page.url, target) for target in targets]


def readings_of(page: Page, plan: Plan) -> list[Reading]:
    """What this notice's page says of its addresses."""
    found = NOTICE.search(urlsplit(page.url).path)
    table = page.tree.css_first("section:has(> #addresses) table")
    if found is None or table is None:
        return []
    readings = []
    for row in table.css("tbody tr"):
        url, state = row.css_first("td.url"), row.css("td")[1:2]
        if url is None or not state:
            continue
        address = refanged(url.text(strip=True)).partition(" (")[0]  # the host in its other form comes after it
        place, parts = place_of(plan, address), urlsplit(address)
        badge = state[0].css_first(".badge")
        label = " ".join((badge or state[0]).text(separator=" ").split())
        whole = " ".join(state[0].text(separator=" ").split())
        host = place.host if place else (parts.hostname or "")
        readings.append(Reading(host, parts.path, whole, _outcome_of(label), " back " in f" {whole} ", found.group(1)))
    return readings


def _outcome_of(label: str) -> str:
    if OFFLINE.search(label):
        return "offline"
    return "removed" if REMOVED.search(label) and not NOT_YET.search(label) else "there"


def read_desk(browser: Browser, base: str, testimony: Testimony) -> None:
    """Every page that the navigation leads to, and one step further, as somebody who looks for what is unread."""
    start = browser.get(f"{base}/notices/")
    areas = [url for url in _links(start) if _ours(url, base)]
    for area in dict.fromkeys(areas):
        page = _open(browser, area, testimony)
        if page is None:
            continue
        for url in dict.fromkeys(_links(page)):
            if len(testimony.texts) < MOST_PAGES and _ours(url, base) and _is_desk(url):
                _open(browser, url, testimony)


def _ours(url: str, base: str) -> bool:
    return url.startswith(base) and "sign-out" not in url and "/public/" not in url and "/audit/" not in url


def _is_desk(url: str) -> bool:
    path = urlsplit(url).path
    return not path.startswith(("/providers/", "/lists/", "/sites/", "/people/", "/series/", "/criteria/", "/hosts/"))


def _open(browser: Browser, url: str, testimony: Testimony) -> Page | None:
    plain = url.partition("#")[0]
    if plain in testimony.texts:
        return None
    try:
        page = browser.get(plain)
    except PageProblem:
        return None
    if page.mime == "text/html":
        testimony.texts[plain] = page.text
        return page
    return None
