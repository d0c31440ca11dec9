"""The demo's people at work: an administrator sets up, three analysts review, all of it through the pages.

Ada looks at every picture. Ben and Cleo read first and look only where the text does not say enough. All of them decide
near-duplicates together, with one look. The third to answer comes after the notice: with it, the hash may act alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from orbweaver.assess.criteria import Answers
from orbweaver.people.accounts.rules import ROLE_PERMISSIONS, Permission, Role
from orbweaver_trials.demo.browser import Browser, Page, PageProblem, Values
from orbweaver_trials.demo.plan import SAMPLE_LABEL, subject_of

PASSWORD = "a calm day by the sea"  # noqa: S105 - of a throw-away installation on loopback, printed for whoever looks
ADMINISTRATOR = "admin@demo.example"
ANALYSTS = {"ada@demo.example": "Ada Demo", "ben@demo.example": "Ben Demo", "cleo@demo.example": "Cleo Demo"}
OTHERS = {
    f"{role.value.replace('_', '-')}@demo.example": role
    for role in Role
    if role not in (Role.ADMINISTRATOR, Role.ANALYST)
}
"""Who is entered when the demonstration stays, so that every role can be looked at."""
ROLES = {
    ADMINISTRATOR: Role.ADMINISTRATOR.value,
    **dict.fromkeys(ANALYSTS, Role.ANALYST.value),
    **{email: role.value for email, role in OTHERS.items()},
}
CLIENT = "Abuse desk of a hosting company"
"""The organisation of the client of industry: a provider that objects, whose notices it sees."""
TEXT_FIRST = frozenset({"ben@demo.example", "cleo@demo.example"})
TOGETHER = "button[formaction$='/together/take/']"
PUT_BACK = "button[formaction$='/release/']"
PASSES = 5
"""How often an item whose look-alikes a colleague has in hand is put back before it is answered by itself."""
STILL = "form.still"
"""Of a film: the first still that is offered is one that matched."""
COURSE = "Sexual maturation, demonstration"
IDLE_S = 1.0
LABEL = re.compile(SAMPLE_LABEL.replace("{}", r"(\d+)"))


def sign_in(base: str, email: str) -> Browser:
    """A browser in which this person is signed in. Raises PageProblem."""
    browser = Browser()
    page = browser.submit(browser.get(f"{base}/sign-in/"), "#sign-in", {"email": email, "password": PASSWORD})
    if page.tree.css_first("#sign-in") is not None:
        raise PageProblem("The sign-in was refused.")
    return browser


def set_up(link: str, base: str, today: dt.date) -> Browser:
    """Make the administrator with the one-time link, then, as the administrator, analysts with their training.

    Returns the administrator's browser.
    """
    browser = Browser()
    first = {
        "organisation": "Demonstration Hotline",
        "country": "CA",
        "display_name": "Demo Administrator",
        "email": ADMINISTRATOR,
        "password": PASSWORD,
    }
    browser.submit(browser.get(link), "#setup", first)
    for email, name in ANALYSTS.items():
        train(browser, add_person(browser, base, email, name, Role.ANALYST), today)
    return browser


def add_others(administrator: Browser, base: str, today: dt.date, others: Mapping[str, Role] = OTHERS) -> None:
    """Enter these people, by address and role, and the client's organisation."""
    home = _organisations(administrator, base)
    organisation = {"name": CLIENT, "kind": "industry", "country": "DE"}
    administrator.submit(administrator.get(f"{base}/people/add-organisation/"), "#add", organisation)
    clients = _organisations(administrator, base) - home
    for email, role in others.items():
        name = role.value.replace("_", " ").capitalize()
        page = add_person(administrator, base, email, name, role, clients if role is Role.INDUSTRY_CLIENT else home)
        if Permission.ITEM_ASSESS in ROLE_PERMISSIONS[role]:
            train(administrator, page, today)


def renew(base: str, today: dt.date) -> None:
    """What an administrator does once a year: everybody who assesses has a course again, every agreement holds on."""
    browser = sign_in(base, ADMINISTRATOR)
    people = browser.get(f"{base}/people/")
    links = {node.attributes.get("href") or "" for node in people.tree.css("main a")}
    for link in sorted(links):
        if link.startswith("/people/usr_"):
            person = browser.get(f"{base}{link}")
            if COURSE in person.text:  # had one before
                train(browser, person, today)
        elif link.startswith("/organisations/"):
            until = today + dt.timedelta(days=365)
            agreement = {
                "vetted_on": today.isoformat(),
                "agreement_ends_on": until.isoformat(),
                "agreement": "Demonstration",
            }
            browser.submit(browser.get(f"{base}{link}"), "#add", agreement)


def invitation(address: str, roles: Mapping[str, str], page: str = "") -> str:
    """Where to look around in an installation that stays, and as whom; ``roles`` by the address to sign in with.

    ``page`` shows the same with where each begins.
    """
    lines = [
        f"\nLook around at [bold]{address}[/] until Ctrl-C; the public figures are at {address}/public/",
        *([f"All sign-ins on one page: {page}"] if page else []),
        f"Sign in, with the password [bold]{PASSWORD}[/], as",
        *(f"  {email:<38} {role.replace('_', ' ')}" for email, role in roles.items()),
    ]
    return "\n".join(lines)


def _organisations(browser: Browser, base: str) -> frozenset[str]:
    return frozenset(browser.get(f"{base}/people/add/").form("#add").offered["organisation"]) - {""}


def add_person(
    browser: Browser, base: str, email: str, name: str, role: Role, organisations: frozenset[str] = frozenset()
) -> Page:
    """Enter somebody, who chooses their password with the printed invitation; returns the administrator's page of them.

    The administrator gives them the link: a mail would have to be fetched from a mailbox that this world has not.
    """
    page = browser.get(f"{base}/people/add/")
    home = next(iter(organisations or page.form("#add").offered["organisation"] - {""}))
    person = {"display_name": name, "email": email, "organisation": home, "roles": [role.value], "invitation": "print"}
    entered = browser.submit(page, "#add", person)
    printed = browser.submit(entered, "#print-invitation", {})
    link = printed.tree.css_first("#invitation")
    if link is None:
        raise PageProblem(f"There is no invitation for {name}.")
    own = Browser()
    own.submit(own.get(link.text().strip()), "#new-password", {"new": PASSWORD, "again": PASSWORD})
    return entered


def train(browser: Browser, person: Page, today: dt.date) -> None:
    """Note a course on the page of somebody who assesses."""
    training = {"course": COURSE, "completed_on": today.isoformat()}
    browser.submit(person, "#training", training)


def add_lead(administrator: Browser, base: str, url: str) -> None:
    """Enter an address at which the crawler is to begin."""
    page = administrator.submit(administrator.get(f"{base}/leads/"), "#lead", {"url": url, "note": "Demonstration"})
    if page.tree.css_first("#lead .errorlist, #lead .error") is not None:
        raise PageProblem("The lead was refused.")


def report_page(base: str, url: str) -> None:
    """Send the public form, as somebody who came across a page would."""
    browser = Browser()
    answer = browser.submit(browser.get(f"{base}/public/report/"), "#report", {"url": url, "comment": "Seen today."})
    if answer.tree.css_first("#report") is not None:
        raise PageProblem("The report was refused.")


def form_values(answers: Answers) -> Values:
    """The fields of the assessment form that say this."""
    values: dict[str, str | bool] = {"is_child": "yes" if answers.is_child else "no"}
    if answers.is_child:
        values |= {"is_harmed": "yes" if answers.is_harmed else "no"}
        values |= {"age_min": str(answers.age_min), "age_max": str(answers.age_max)}
    if answers.category is not None:
        values["category"] = answers.category.value
    ticks = ("nude", "sexualised_context", "clothed_variant", "physical_abuse")
    return values | {name: True for name in ticks if getattr(answers, name)}


def _rows(queue: Page) -> list[tuple[str, bool]]:
    """Each item of the queue's page: its link, and whether others that wait look like it."""
    rows = []
    for row in queue.tree.css("main tbody tr"):
        link, counts = row.css_first("th a"), row.css("td.number")  # sightings, then look-alikes
        if link is not None and counts:
            rows.append((link.attributes.get("href") or "", counts[-1].text(strip=True) != "0"))
    return rows


@dataclass
class Analyst:
    """One analyst at the queue; ``truth`` maps the SHA-256 of each file in the world to its seed."""

    base: str
    email: str
    truth: Mapping[str, int]
    leaves: frozenset[str] = frozenset()
    """Ends of addresses that are left to whoever looks around."""
    browser: Browser = field(default_factory=Browser)
    answered: int = 0
    looks: int = 0
    films_seen: set[int] = field(default_factory=set)
    """Seeds that were recognised in a still of a film."""
    looks_cut: int = 0
    """Looks that were asked for and not answered: the installation may have counted them all the same."""
    setbacks: list[str] = field(default_factory=list)
    """What went wrong on the way, such as a server that was away for a moment; work went on after each."""
    _left: set[str] = field(default_factory=set)
    """Links of items that are left."""
    _passed: Counter[str] = field(default_factory=Counter)
    """How often each was put back, by link."""

    def work(self, stop: threading.Event) -> None:
        """Answer what waits until told to stop."""
        signed_in = False
        while not stop.is_set():
            try:
                if not signed_in:
                    self.browser = sign_in(self.base, self.email)
                    signed_in = True
                if self.review_next():
                    continue
            except PageProblem as problem:
                self.setbacks.append(str(problem))
            stop.wait(IDLE_S)

    def review_next(self) -> bool:
        """Take the next item, find out what it shows and answer; False when nothing waits. Raises PageProblem."""
        queue = self.browser.get(f"{self.base}/queue/")
        if queue.tree.css_first("#take-next") is None or not queue.form("#take-next").buttons:
            return False
        item = self._take(queue)
        if item is None or item.tree.css_first("#assessment") is None:
            return False
        if item.tree.css_first(TOGETHER) is not None:
            item = self.browser.press(item, TOGETHER)
            if item.tree.css_first("#assessment") is None:
                return False
        subject = subject_of(self._seed_of(item))
        answers = subject.answers if subject else Answers(is_child=False, is_harmed=False)
        done = self.browser.submit(item, "#assessment", form_values(answers))
        if done.tree.css_first("#assessment") is not None:
            raise PageProblem("The answers were refused.")
        self.answered += 1
        return True

    def _take(self, queue: Page) -> Page | None:
        """The next item; where some are left to others, the first of the rest."""
        if not self.leaves:
            return self.browser.submit(queue, "#take-next", {})
        for link, has_alike in _rows(queue):
            if link in self._left:
                continue
            item = self.browser.get(f"{self.base}{link}")
            if any(end in sighting.text() for sighting in item.tree.css(".sighting") for end in self.leaves):
                self._left.add(link)
            elif item.tree.css_first("#take") is not None:
                with suppress(PageProblem):  # a colleague was quicker
                    taken = self.browser.submit(item, "#take", {})
                    if not has_alike or not self._is_in_other_hands(taken, link):
                        return taken
        return None

    def _is_in_other_hands(self, taken: Page, link: str) -> bool:
        """Put back what a colleague decides a look-alike of: whoever is *given* an item never gets it, for one look."""
        if taken.tree.css_first(TOGETHER) is not None or self._passed[link] >= PASSES:
            return False
        self._passed[link] += 1
        self.browser.press(taken, PUT_BACK)
        return True

    def _seed_of(self, item: Page) -> int:
        # what is written beside its neighbours on the page says nothing of this one
        own = " ".join(node.text(separator=" ") for node in item.tree.css(".sighting"))
        labels = {int(number) for number in LABEL.findall(own)}
        if self.email in TEXT_FIRST and len(labels) == 1:
            return labels.pop()
        is_film = item.tree.css_first(STILL) is not None
        picture = self._look_at(item, STILL if is_film else "#look")
        digest = hashlib.sha256(picture.body).hexdigest()
        if digest not in self.truth:
            raise PageProblem("The picture that was shown is none of this world.")
        if is_film:
            self.films_seen.add(self.truth[digest])
        return self.truth[digest]

    def _look_at(self, item: Page, selector: str) -> Page:
        try:
            picture = self.browser.submit(item, selector, {})
        except PageProblem:
            self.looks_cut += 1
            raise
        self.looks += 1
        return picture
