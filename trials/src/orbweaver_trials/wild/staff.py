"""The hotline's people, in front of the pages: they look before they answer, and answer what they saw."""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode

from orbweaver.people.accounts.rules import Role
from orbweaver_trials.demo.browser import Browser, Form, NoAnswer, Page, PageProblem, Values, read_form
from orbweaver_trials.demo.people import PASSWORD, add_person, sign_in, train
from orbweaver_trials.wild.eyes import recognised
from orbweaver_trials.wild.parties import place_of, refanged
from orbweaver_trials.wild.plan import Finding, Place, Plan, Way

ADMINISTRATOR: Final = "admin@wild.example"
STAFF: Final[dict[str, str]] = {
    "ada": "analyst",
    "ben": "analyst",
    "cleo": "analyst",
    "sena": "senior_analyst",
    "mia": "hotline_manager",
    "leo": "law_enforcement_liaison",
}
"""Who works here → role."""
VISITORS: Final = {
    f"{role.value.replace('_', '-')}@wild.example": role
    for role in Role
    if role is not Role.ADMINISTRATOR and role not in STAFF.values()
}
"""Who is entered besides when the world stays, so that every role can be looked at: address → role."""
IDLE_S: Final = 1.5
STARTS: Final = {"ben": 1, "cleo": 2}
"""Who begins where in the queue, in thirds of it."""
LOOKS: Final = 14
"""Pictures that one person asks for at one item, at most."""
LINKED: Final = "put into the series"
NEIGHBOUR_S, NEIGHBOUR_TRIES = 4.0, 8
"""Seconds between two looks for what stands beside a picture, and how often, before it is judged without."""
LOOKING: Final = re.compile(r"/(look|still|stills|strip|frame|frames)(/|\?|$)")

_YES: Final[dict[str, str | bool]] = {"is_child": "yes", "is_harmed": "yes", "age_min": "6", "age_max": "8"}
_NO: Final[dict[str, str | bool]] = {"is_child": "no"}
_HERE_NOT: Final[dict[str, str | bool]] = {"is_child": "yes", "is_harmed": "no", "age_min": "6", "age_max": "8"}
_SUB_B: Final[dict[str, str | bool]] = {
    **_YES,
    "category": "other_harmful",
    "nude": True,
    "sexualised_context": True,
}


def address_of(name: str) -> str:
    """The address with which somebody signs in."""
    return f"{name}@wild.example"


def set_up(link: str, base: str, today: dt.date) -> Browser:
    """The administrator, and by the administrator all others; returns the administrator's browser."""
    browser = Browser()
    first = {
        "organisation": "Wild Hotline",
        "country": "CA",
        "display_name": "Wild Administrator",
        "email": ADMINISTRATOR,
        "password": PASSWORD,
    }
    browser.submit(browser.get(link), "#setup", first)
    for name, role in STAFF.items():
        person = add_person(browser, base, address_of(name), name.capitalize(), Role(role))
        if "analyst" in role:
            train(browser, person, today)
    return browser


@dataclass
class Seen:
    """What the staff together were shown, by place."""

    items: set[tuple[str, str]] = field(default_factory=set)
    """Places that an item showed."""
    again: set[str] = field(default_factory=set)
    """Addresses on these items, as they are written."""
    scenes: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    blind: dict[tuple[str, str], str] = field(default_factory=dict)
    """Places at whose item nothing could be recognised, and why."""
    neighbours: dict[tuple[str, str], str] = field(default_factory=dict)
    """Neighbours that were wanted in a series → what became of them."""
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Analyst:
    """One analyst; ``name`` decides what they think of what is disputed."""

    base: str
    name: str
    plan: Plan
    seen: Seen
    browser: Browser = field(default_factory=Browser)
    answered: int = 0
    setbacks: list[str] = field(default_factory=list)
    _left: set[str] = field(default_factory=set)
    _waited: dict[str, int] = field(default_factory=dict)
    _queue: Page | None = None
    """The queue as it was shown after the last answer."""

    def work(self, stop: threading.Event) -> None:
        """Answer what waits until told to stop."""
        signed_in = False
        while not stop.is_set():
            try:
                if not signed_in:
                    self.browser = sign_in(self.base, address_of(self.name))
                    signed_in = True
                if self.review_next():
                    continue
            except PageProblem as problem:
                self.setbacks.append(str(problem))
            stop.wait(IDLE_S)

    def review_next(self) -> bool:
        """Take the first item that this person may judge; False when there is none."""
        queue, self._queue = self._queue or self.browser.get(f"{self.base}/queue/"), None
        rows = queue.tree.css("tbody tr")
        start = len(rows) * STARTS.get(self.name, 0) // 3  # colleagues do not reach for the same item
        for row in [*rows[start:], *rows[:start]]:
            link = row.css_first("th a")
            target = urljoin(queue.url, link.attributes.get("href") or "") if link else ""
            if target and target not in self._left and self._mine(row) and self._review(target):
                return True
        return False

    def _mine(self, row: LexborNode) -> bool:
        text = row.text().lower()
        disputed = "disagree" in text or "senior" in text
        return "colleague" not in text and disputed == (self.name == "sena")

    def _review(self, target: str) -> bool:
        """Take this item and answer; False when it is not to be had."""
        page = self._taken(target)
        if page is None:
            return False
        places = self._places(page)
        not_mine = self.name == "cleo" and any("disagree" in place.finding for place in places)
        if not_mine or not self._look(page, places):
            self._left.add(target)
            self._give_back(page)
            return True
        if any(place.series for place in places):
            if not self._neighbours(page, target, places):
                self._give_back(page)
                time.sleep(NEIGHBOUR_S)
                return True
            page = self.browser.get(target)
        done = self.browser.submit(page, "#assessment", self._answers(page, places))
        self._left.add(target)
        if done.tree.css_first("#assessment-errors") is not None:
            raise PageProblem("The answers were refused.")
        self.answered += 1
        self._queue = done if "/queue/" in done.url else None
        return True

    def _taken(self, target: str) -> Page | None:
        """The item in hand, with its form; None where a colleague was faster."""
        page = self.browser.get(target)
        if page.tree.css_first("#assessment") is None and page.tree.css_first('form[action$="/take/"]') is not None:
            try:
                page = self.browser.submit(page, 'form[action$="/take/"]', {})
            except NoAnswer:
                raise
            except PageProblem:
                return None
        return page if page.tree.css_first("#assessment") is not None else None

    def _give_back(self, page: Page) -> None:
        self.browser.press(page, "button[formaction$='/release/']")

    def _places(self, page: Page) -> list[Place]:
        shown = [refanged(node.text(strip=True)) for node in page.tree.css("article.sighting > .url")]
        urls = [each.partition(" (")[0] for each in shown]  # the host in its other form comes after it
        places = [found for url in urls if (found := place_of(self.plan, url)) is not None]
        with self.seen.lock:
            self.seen.items |= {place.key for place in places}
            self.seen.again |= set(urls)
        return places

    # ------------------------------------------------------------------------------------------------ looking

    def _look(self, page: Page, places: Sequence[Place]) -> bool:
        """See what there is to see; False when the person could not recognise what they are asked about."""
        shown, problem = self._pictures(page)
        if not places:
            return True
        found: set[int] = set()
        for place in places:
            found |= recognised(place, shown)
        with self.seen.lock:
            for place in places:
                self.seen.scenes.setdefault(place.key, set()).update(found)
        enough = bool(found & {place.seed for place in places}) or (
            bool(found) and all(not place.finding.removed for place in places)
        )
        if not enough:
            reason = problem or f"{len(shown)} pictures shown, none of them what is known"
            with self.seen.lock:
                self.seen.blind.update({place.key: reason for place in places})
        return enough

    def _pictures(self, page: Page) -> tuple[list[bytes], str]:
        """Every picture that the page of the item offers, pressed one by one."""
        shown, problem = [], ""
        for form, values in looks_of(page)[:LOOKS]:
            try:
                shown.append(self._picture(page, form, values))
            except NoAnswer:
                raise
            except PageProblem as refused:
                problem = str(refused)
        return shown, problem or ("" if shown else "no picture is offered")

    def _picture(self, page: Page, form: Form, values: Mapping[str, str]) -> bytes:
        pairs = {**{name: held for name, held in form.fields.items() if held}}
        sent = [(name, each) for name, held in pairs.items() if name not in values for each in held]
        answer = self.browser.post(page, form.action, [*sent, *values.items()])
        if answer.mime.startswith("image/"):
            return answer.body
        picture = answer.tree.css_first("main img[src], img[src]")
        source = picture.attributes.get("src") if picture else None
        if not source:
            raise PageProblem("The answer to a look holds no picture.")
        return self.browser.get(urljoin(answer.url, source)).body

    # --------------------------------------------------------------------------------------------- neighbours

    def _neighbours(self, page: Page, target: str, places: Sequence[Place]) -> bool:
        """Put the picture of before, which stands beside this one, into the series; False where it is not there yet."""
        here = {(place.host, place.page) for place in places}
        wanted = [each for each in self.plan.places if each.way is Way.NEIGHBOUR and (each.host, each.page) in here]
        if not wanted or any(self.seen.neighbours.get(each.key) == LINKED for each in wanted):
            return True
        for tile in page.tree.css("li.tile"):
            if self._is_wanted(page, tile, wanted):
                self._into_series(page, tile)
                self.seen.neighbours.update({each.key: LINKED for each in wanted})
                return True
        tries = self._waited.get(target, 0) + 1
        self._waited[target] = tries
        if tries < NEIGHBOUR_TRIES:
            return False
        tiles = "; ".join(" ".join(tile.text().split()) for tile in page.tree.css("section li.tile")) or "nothing"
        self.seen.neighbours.update({each.key: f"not among what is shown beside it: {tiles}" for each in wanted})
        return True

    def _is_wanted(self, page: Page, tile: LexborNode, wanted: Sequence[Place]) -> bool:
        """Look at a neighbour and say whether it is the picture of before."""
        for form in tile.css('form[action*="/beside/"]'):
            action = form.attributes.get("action") or ""
            if tile.css_first('form[action*="/neighbours/"]') is not None:
                shown = self._picture(page, page.form(f'form[action="{action}"]'), {})
                return any(recognised(place, [shown]) for place in wanted)
        return False

    def _into_series(self, page: Page, tile: LexborNode) -> None:
        for form in tile.css("form"):
            action = form.attributes.get("action") or ""
            if "/neighbours/" in action:
                self.browser.submit(page, f'form[action="{action}"]', {})
                return

    # ---------------------------------------------------------------------------------------------- answering

    def _answers(self, page: Page, places: Sequence[Place]) -> Values:
        judged = next((place for place in places if place.finding is Finding.SUB_B), None)
        if judged is not None:
            return {**_SUB_B, **self._only(page, judged)}
        if not places:
            return _NO
        place = places[0]
        return self._of(place)

    def _of(self, place: Place) -> Values:
        known = {
            Finding.CSAM: {**_YES, "category": "csam"},
            Finding.RELATED: {**_YES, "category": "csam_related"},
            Finding.HARMLESS: _HERE_NOT if place.listed else _NO,
        }
        if place.finding in known:
            return known[place.finding]
        if self.name == "ada":
            return {**_YES, "category": "csam_related"}
        yes = self.name == "sena" and place.finding is Finding.DISPUTED_YES
        return {**_YES, "category": "csam"} if yes else _NO

    def _only(self, page: Page, judged: Place) -> dict[str, str]:
        """Where the form asks which place is meant, the one that was judged."""
        for label in page.tree.css("#assessment label.choice"):
            box = label.css_first("input[name=place]")
            url = label.css_first(".url")
            if box is None or url is None:
                continue
            words = refanged(url.text(separator=" ")).split()
            if words and (found := place_of(self.plan, words[0])) is not None and found.key == judged.key:
                return {"place": box.attributes.get("value") or ""}
        return {}


def looks_of(page: Page) -> list[tuple[Form, dict[str, str]]]:
    """Each way in which the page of an item offers to show its picture, or one of its stills."""
    found: list[tuple[Form, dict[str, str]]] = []
    for node in page.tree.css("form"):
        action = node.attributes.get("action") or ""
        if not LOOKING.search(action) or "/beside/" in action:
            continue
        form = read_form(node, page.url)
        named = [{name: value} for name, value in form.buttons if name]
        choices = [
            {name: value} for name, offered in form.offered.items() for value in sorted(offered) if name in TIMES
        ]
        found += [(form, each) for each in (named or choices or [{}])]
    return found


TIMES: Final = frozenset({"still", "time", "at", "second", "moment", "frame"})
"""Names that a choice among stills may have."""
