"""What each role came for, done from the sign-in to the end with the keyboard alone, on pages with the sample in them.

Nothing here knows a browser or a database: the same journeys run in Chromium and Firefox, wide and narrow, and at a
sample that serves anywhere. Each ends by what the pages themselves say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PASSWORD = "a page to work on"
MOST_TABS = 250
WAY_TO = """each => each === document.activeElement ? ""
  : each.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING ? "Shift+Tab" : "Tab" """
"""The key that leads from what has the focus to an element; none where that has it.

Never round by the end of the page: there the focus leaves it for the browser's own buttons. A person's keys go there;
a driver's still come to the page, where Firefox then takes nothing for the focused element: no key presses anything.
"""


@dataclass
class Hands:
    """Somebody's keyboard. Whatever is pressed or filled in is reached with the Tab key, as it has to be reachable."""

    page: Page
    wide: bool = True
    """Whether what stands beside each other has to fit, too; a page never scrolls sideways."""
    seen: list[str] = field(default_factory=list)

    def go(self, address: str) -> None:
        """Open an address; the page fits the window."""
        answer = self.page.goto(address)
        assert answer is None or answer.status < 400, f"{address}: {answer.status if answer else ''}"
        self.fits()

    def fits(self) -> None:
        """Nothing lies beside the window."""
        path = urlsplit(self.page.url).path
        self.seen.append(path)
        beyond = self.page.locator("html").evaluate("each => each.scrollWidth - each.clientWidth")
        assert beyond <= 0, f"{path} is {beyond} px too wide"

    def is_short(self, screens: int) -> None:
        """The page is read within so many screens."""
        tall = self.page.locator("html").evaluate("each => each.scrollHeight / window.innerHeight")
        assert tall <= screens, f"{urlsplit(self.page.url).path} is {tall:.1f} screens"

    def reach(self, wanted: Locator) -> None:
        """Press Tab until it has the focus; what folds it in is opened on the way, the outermost first."""
        folds = wanted.locator("xpath=ancestor::details[not(@open)]")
        while folds.count():
            self._tab_to(folds.first.locator("> summary"))
            self.page.keyboard.press("Enter")
        self._tab_to(wanted)

    def _tab_to(self, wanted: Locator) -> None:
        for _ in range(MOST_TABS):
            key = wanted.evaluate(WAY_TO)
            if not key:
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{self.page.url}: the Tab key never reaches {wanted}")

    def press(self, wanted: Locator | str, *, stays: bool = False) -> None:
        """Press a button or follow a link, by its words or as found; and wait for the page that comes of it."""
        found = self.button(wanted) if isinstance(wanted, str) else wanted.first
        self.reach(found)
        if stays:
            self.page.keyboard.press("Enter")
            return
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.fits()

    def button(self, words: str) -> Locator:
        """The first button or link in the page with these words."""
        main = self.page.locator("main")
        return main.get_by_role("button", name=words).or_(main.get_by_role("link", name=words)).first

    def fill(self, label: str, text: str) -> None:
        """Type into the field with this label, in place of what is there."""
        self.reach(self.page.locator("main").get_by_label(label).first)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def choose(self, label: str) -> None:
        """Choose one of a group with the arrows, or tick a box."""
        one = self.page.locator("main").get_by_label(label).first
        if one.get_attribute("type") == "checkbox":
            self.reach(one)
            self.page.keyboard.press("Space")
        else:
            name = one.get_attribute("name")
            group = self.page.locator(f"main input[type=radio][name={name}]")
            marked = self.page.locator(f"main input[type=radio][name={name}]:checked")
            self.reach(marked if marked.count() else group.first)
            self.page.keyboard.press("Space")
            for _ in range(group.count()):
                if one.is_checked():
                    break
                self.page.keyboard.press("ArrowDown")
        assert one.is_checked(), label

    def pick(self, label: str, words: str) -> None:
        """Choose from a list by the beginning of its words."""
        wanted = self.page.locator("main").get_by_label(label).first
        self.reach(wanted)
        self.page.keyboard.type(words)
        assert wanted.evaluate("each => each.selectedOptions[0].text").startswith(words)

    def says(self, *words: str) -> None:
        """The page says so, or does within seconds."""
        for each in words:
            self.page.locator("main", has_text=each).first.wait_for()

    def sign_in(self, role: str, then: str) -> None:
        """Sign in at the page that asks for it, and come to where the work is."""
        self.page.goto(then)
        self.page.locator("input[name=email]:focus").wait_for()
        self.page.keyboard.type(f"{role}@sample.example")
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(PASSWORD)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        assert urlsplit(self.page.url).path == then
        self.fits()


def analyst(hands: Hands) -> None:
    """Takes what waits, reads, looks for as long as it takes, answers, writes a note, and takes an answer back."""
    page = hands.page
    hands.sign_in("analyst", "/queue/")
    page.keyboard.press("n")
    page.locator("#assessment").wait_for()
    hands.fits()
    assert page.locator("#frame canvas").count() == 0, "the picture arrives uninvited"
    hands.says("Pictures from the lake")
    page.keyboard.press("Shift+V")
    page.locator("#frame canvas").wait_for()
    page.keyboard.press("Shift+V")
    page.locator("#frame canvas").wait_for(state="detached")
    hands.fill("Write a note", "The same boats.")
    hands.press("Keep the note")
    hands.says("The same boats.")
    page.locator("h1").click()  # out of whatever is typed in
    answered = urlsplit(page.url).path
    _answer(page)
    consequence = page.locator("#consequences")
    assert "This sends 1 notice" in consequence.inner_text() or "nobody" in consequence.inner_text()
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    hands.says("Your answers are saved")
    assert page.url.endswith("/queue/") or urlsplit(page.url).path != answered, "saving leads on"
    with page.expect_navigation():
        page.keyboard.press("u")
    hands.says("Your answer is taken back", "This item is yours until")
    assert urlsplit(page.url).path == answered
    assert page.locator("[name=is_child]:checked").count() == 0, "it is asked again from the beginning"
    _answer(page)
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    hands.says("Your answers are saved")
    page.keyboard.press("/")
    page.wait_for_url("**/search/")
    hands.go("/my-day/")
    hands.says("My day")


def _answer(page: Page) -> None:
    """A child, harmed, child sexual abuse material, seven or eight years old; by keys."""
    for key in ("1", "3", "5", "a"):
        page.keyboard.press(key)
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    page.keyboard.type("8")


def senior(hands: Hands) -> None:
    """Sees what colleagues disagree about, and decides a proof of age."""
    hands.sign_in("senior-analyst", "/alerts/")
    hands.go("/queue/")
    hands.says("Queue")
    hands.go("/reviews/")
    hands.go("/proofs/")
    hands.press(hands.page.locator("main table a"))
    hands.choose("It does not prove that")
    hands.choose("We have no document from you.")
    hands.fill("Why", "Nothing is enclosed.")
    hands.press("Give this answer")
    hands.says("Nothing is enclosed.")


def manager(hands: Hands) -> None:
    """Has an objection reviewed, says what a provider is like, and stops and resumes all sending."""
    page = hands.page
    hands.sign_in("hotline-manager", "/alerts/")
    hands.says("objections wait for an answer.")
    hands.press(page.locator("main li", has_text="objection").get_by_role("link"))
    hands.press(page.locator("main li", has_text="Not a child").get_by_role("link"))
    hands.press("Have it reviewed by somebody who was not involved")
    hands.says("asked for, not decided yet")
    hands.press(page.locator("main").get_by_role("link", name="Harbour Cloud"))
    first = page.locator("main section").first
    assert first.locator("h2").inner_text() == "Conduct", "a provider's conduct stands first"
    hands.go("/notices/")
    hands.press("Pause all sending")
    hands.says("Sending is paused")
    hands.press("Resume sending")
    hands.go("/team/")
    hands.says("Agreement")


def observer(hands: Hands) -> None:
    """Reads how providers behave, and takes home what is ignored."""
    hands.sign_in("government-observer", "/providers/")
    hands.press(hands.page.locator("main table a", has_text="Slow Server"))
    hands.says("Conduct")
    assert hands.page.locator("main form[method=post]").count() == 0, "an observer changes nothing"
    hands.go("/trends/")
    hands.says("Half removed within, by month")
    hands.go("/notices/")
    hands.press(hands.page.locator("main thead").get_by_role("link", name="Provider"))
    assert hands.page.url.endswith("?sort=provider"), "the order lasts in the address"
    hands.go("/notices/ignored/")
    hands.reach(hands.button("Download CSV"))
    with hands.page.expect_download() as download:
        hands.page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".csv")
    hands.go("/criteria/")


def liaison(hands: Hands) -> None:
    """Takes on what is urgent, hands it over, and says what police know of a child."""
    hands.sign_in("law-enforcement-liaison", "/urgent/")
    hands.says("He writes that the child stays with him every weekend.")
    hands.press("Take it on")
    hands.fill("Handed over to", "National police, 17/2026")
    hands.press("It is with the police")
    hands.says("National police, 17/2026")
    hands.go("/series/")
    hands.press(hands.page.locator("main").get_by_role("link", name="Lake with boats"))
    hands.says("the older child")
    hands.go("/urgent/police/")


def support(hands: Hands) -> None:
    """Reads a request, promises something, ties a proof of age to its removal, and goes back to the list."""
    page = hands.page
    hands.sign_in("survivor-support", "/requests/")
    hands.press(page.locator("main tbody a"))
    hands.says("It is me. Please take it away.")
    hands.fill("What was promised", "We look again on Friday.")
    hands.press("Keep it")
    hands.says("We look again on Friday.")
    hands.press(page.locator("main .crumbs a"))
    hands.press("Proofs of age")
    hands.press(page.locator("main table a"))
    hands.press(page.locator("#removals button"))
    hands.says("this one")
    hands.go("/records/")


def administrator(hands: Hands) -> None:
    """Sets up, adds a person who chooses their own password, makes a key, and sees that all is well."""
    page = hands.page
    hands.sign_in("administrator", "/setting-up/")
    hands.press("Health")
    hands.says("Newest backup", "Audit log")
    hands.press("Settings in force")
    hands.says("ORBWEAVER_AUTHORISED_HOTLINE")
    hands.go("/people/add/")
    hands.fill("Name", "Nora New")
    hands.fill("E-mail address", "nora@sample.example")
    hands.pick("Organisation", "Sample Hotline")
    hands.choose("Analyst")
    hands.pick("Invitation", "Print")
    hands.press(page.locator("main #add button.primary"))
    hands.press("Print an invitation")
    link = page.locator("#invitation").inner_text().strip()
    assert "/password/" in link
    hands.go("/keys/add/")
    hands.fill("What it is for", "upload filter")
    hands.pick("Organisation", "Harbour Cloud")
    hands.press(page.locator("main #key button.primary"))
    assert "owk_" in page.content()
    hands.go("/account/")
    hands.says("Where you are signed in", "this browser")


def editor(hands: Hands) -> None:
    """Reads the criteria in force, and writes a draft beside them."""
    hands.sign_in("criteria-editor", "/criteria/")
    hands.press(hands.page.locator("main table a"))
    hands.go("/draft-criteria/")
    hands.says("Draft")


def client(hands: Hands) -> None:
    """Somebody of a provider answers a notice to their own company."""
    hands.sign_in("industry-client", "/inbox/")
    hands.press(hands.page.locator("main table a"))
    hands.choose("We removed it")
    hands.press("Send the answer")
    hands.says("Your answer is saved.")


def provider(hands: Hands, link: str) -> None:
    """Whoever has the link of a notice answers it, without an account."""
    hands.go(link)
    hands.choose("We removed it")
    hands.press("Send the answer")
    hands.says("Thank you, your answer is saved")


def reporter(hands: Hands) -> None:
    """Somebody pastes what they have, finds a help line, and follows what becomes of it."""
    page = hands.page
    hands.go("/public/report/")
    hands.says("Is somebody under 18 in danger now?")
    hands.fill("Address", "see forum.example/thread/7, and https://forum.example/thread/8")
    hands.press("Send the report")
    hands.says("Thank you for your report", "Address 2 of 2")
    hands.go(urlsplit(page.url).path)
    hands.says("We have it, and will open the address soon")


def survivor(hands: Hands) -> None:
    """A child asks, is told what happens, follows it, and stops it."""
    page = hands.page
    hands.go("/info/")
    hands.press("Ask us to get it removed")
    hands.choose("I am under 18, and it is about me")
    hands.choose("No, or I do not know")
    hands.choose("Pictures or videos")
    hands.fill("Where did you see it?", "https://images.example/me.png")
    hands.press("Send", stays=True)
    page.locator("#secret").wait_for()
    reference, secret = page.locator("#reference").inner_text(), page.locator("#secret").inner_text()
    hands.go("/info/follow/")
    hands.fill("Your number", reference)
    hands.fill("Your secret code", secret)
    hands.press("Show", stays=True)
    hands.says("We have your request and are working on it")
    hands.press("Stop my request", stays=True)
    hands.says("Do you really want to stop your request?")
    hands.press("Yes, stop", stays=True)
    hands.says("You stopped your request.")


def regulator(hands: Hands) -> None:
    """Reads every public figure, and takes the data home."""
    page = hands.page
    hands.go("/public/")
    hands.is_short(4)
    for name in ("removal", "responses", "providers", "countries", "coverage", "reports"):
        hands.go(f"/public/{name}/")
        hands.is_short(4)
    for name in ("how", "criteria"):
        hands.go(f"/public/{name}/")
    hands.go("/public/providers/")
    link = page.locator("main a[href$='.csv']").first
    hands.reach(link)
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".csv")


STAFF: dict[str, Callable[[Hands], None]] = {
    "analyst": analyst,
    "senior": senior,
    "manager": manager,
    "observer": observer,
    "liaison": liaison,
    "support": support,
    "administrator": administrator,
    "editor": editor,
    "client": client,
}
"""In an order in which none spoils another's work."""
PUBLIC: dict[str, Callable[[Hands], None]] = {"reporter": reporter, "survivor": survivor, "regulator": regulator}
"""These work without script, too."""
