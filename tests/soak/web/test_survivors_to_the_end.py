"""Survivors, and who asks for them, from the first page to "gone", in Chromium and Firefox: a real crawl, real hosts.

A day passes in eight seconds, as what a person is told changes once a day.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.acceptance.conftest import mail, web
from tests.acceptance.crew import CSAM, Crew, decide, lead
from tests.acceptance.people import Person
from tests.acceptance.system import System, installed, wait_for
from tests.acceptance.world import Host, Mail, Web, contact, film, html, image, jpeg, picture, providers_table
from tests.e2e import firefox_bidi
from tests.e2e.conftest import ARGUMENTS, CHROMIUM

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["mail", "web"]
pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(900)]

DAY_S = 8
PATIENCE_MS = 60_000
GONE, ASKED, LOOKING = "It is gone.", "We asked the company to remove it.", "We are looking for it."


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = {"chromium": CHROMIUM, "firefox": Path(firefox_bidi.FIREFOX)}[request.param]
    if not program.exists():
        pytest.skip(f"{program} is not there: survivors' journeys were NOT tried in it.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        if request.param == "chromium":
            opened = playwright.chromium.launch(executable_path=program, args=ARGUMENTS, headless=True)
        else:
            between = tmp_path_factory.mktemp("firefox") / "firefox"
            between.write_text(f'#!/bin/sh\nexec {sys.executable} {firefox_bidi.__file__} "$@"\n')
            between.chmod(0o700)
            opened = playwright.firefox.launch(executable_path=between, channel="moz-firefox", headless=True)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def quick_hotline(mail: Mail, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """An installation whose days are short. No list knows anything."""
    with installed(
        Path(tempfile.mkdtemp(prefix="ow-")),
        unprivileged=True,
        **mail.settings,
        authorised_hotline=True,
        legal_authority="The Act on Helplines, section 1",
        review_required_assessments=1,
        review_acts_alone_assessments=1,
        clock_speed=86_400 / DAY_S,
        clock_epoch=dt.datetime.now(dt.UTC).isoformat(),
        recheck_interval_minutes=60,
        recheck_confirm_minutes=30,
    ) as system:
        system.start()
        system.run("providers", "import", system.give("providers.csv", providers_table(range(11, 100))))
        yield system


@pytest.fixture(scope="module")
def staff(quick_hotline: System, mail: Mail) -> Crew:
    crew = Crew(quick_hotline, mail)
    crew.add("Ann", "analyst")
    crew.add("Max", "hotline_manager")
    crew.add("Sol", "survivor_support")
    crew.add("Lia", "law_enforcement_liaison")
    return crew


@pytest.fixture
def place(web: Web, browser: Browser, request: pytest.FixtureRequest) -> Host:
    """A host that no other journey uses."""
    journeys = [each for each in globals() if each.startswith("test_")]
    number = journeys.index(request.node.originalname) + len(journeys) * (browser.browser_type.name == "firefox")
    return web.host(40 + number)


class Visitor:
    """Somebody in front of the pages for survivors."""

    def __init__(self, browser: Browser, system: System, **context: Any) -> None:
        self.context = browser.new_context(base_url=system.address, **{"locale": "en-GB", **context})
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.page.on("request", lambda asked: self.requests.append(asked.url))

    def hash_files(self, *files: Path) -> list[str]:
        """Make fingerprints with the network cut; nothing is asked for meanwhile."""
        self.page.locator("#hash-pictures").wait_for(state="visible")
        self.context.set_offline(True)
        before = len(self.requests)
        self.page.locator("#pictures").set_input_files(list(files))
        self.page.locator("#hashing-words", has_text="Done").wait_for()
        assert {url.partition(":")[0] for url in self.requests[before:]} <= {"blob"}
        self.context.set_offline(False)
        return self.page.locator("#ask [name=hashes]").input_value().split("\n")

    def send(self) -> tuple[str, str]:
        self.page.get_by_role("button", name="Send").click()
        return self.page.locator("#reference").inner_text(), self.page.locator("#secret").inner_text()

    def told(self, reference: str, secret: str) -> str:
        """What the page says that follows a request."""
        self.page.goto("/info/follow/")
        self.page.locator("[name=reference]").fill(reference)
        self.page.locator("[name=secret]").fill(secret)
        self.page.get_by_role("button", name="Show").click()
        self.page.get_by_role("heading", name="Your request", exact=True).wait_for()
        return self.page.locator("main").inner_text()

    def waits_until_told(self, words: str, pair: tuple[str, str]) -> str:
        """What the page says once these words are among it; fails when they never are."""
        said = ""
        for _ in range(100):
            said = self.told(*pair)
            if words in said:
                return said
            time.sleep(DAY_S / 8)
        raise AssertionError(f"never told {words!r}, last: {said}")

    def leaves(self) -> None:
        """Nothing is kept, and nobody else was asked."""
        kept = self.page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert [*kept, *self.context.cookies()] == []
        ours = self.page.evaluate("location.origin")
        assert [url for url in self.requests if not url.startswith((ours, "blob:"))] == []
        self.context.close()


def take_down(place: Host) -> None:
    """All that it showed is gone, and it goes on answering: else the checks could not tell."""
    place.files.clear()
    place.files["/"] = html("<h1>Welcome</h1>")


def at_home(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def test_from_a_picture_at_home_to_gone(
    browser: Browser, quick_hotline: System, staff: Crew, mail: Mail, place: Host, tmp_path: Path
) -> None:
    number = int(place.address.rpartition(".")[2])
    child = Visitor(browser, quick_hotline, viewport={"width": 390, "height": 844})
    child.page.goto("/info/")
    child.page.get_by_role("link", name="Ask us to get it removed").click()
    lines = child.hash_files(at_home(tmp_path, "me.jpg", jpeg(picture(7_000 + number).resize((840, 640)), 95)))
    assert {line.partition(":")[0] for line in lines} == {"sha256", "md5", "pdq"}
    child.page.get_by_label("I am under 18, and it is about me").check()
    child.page.get_by_label("Pictures or videos").check()
    child.page.get_by_label("No, or I do not know").check()
    pair = child.send()
    assert "We have your request and are working on it" in child.told(*pair)
    child.waits_until_told(LOOKING, pair)
    place.show(jpeg(picture(7_000 + number), 60), page="/album")
    lead(staff.people["Max"], place.url + "/album")
    decide(staff.people["Ann"], place.address, CSAM)
    wait_for(lambda: mail.to(contact(number)), what="the notice")
    assert place.url in mail.to(contact(number))[0].all_text
    child.waits_until_told(ASKED, pair)
    take_down(place)
    child.waits_until_told(GONE, pair)
    child.leaves()


def test_from_a_video_at_home_to_gone(
    browser: Browser, quick_hotline: System, staff: Crew, mail: Mail, place: Host, tmp_path: Path
) -> None:
    number = int(place.address.rpartition(".")[2])
    scenes = [picture(7_000 + 100 * number + scene) for scene in range(4)]
    adult = Visitor(browser, quick_hotline)
    adult.page.goto("/info/ask/")
    lines = adult.hash_files(at_home(tmp_path, "home.mp4", film(scenes)))
    assert [line.partition("@")[2].partition(".")[0] for line in lines if line.startswith("frame:")] == list("0246")
    adult.page.get_by_label("I am 18 or older, and it is about me").check()
    adult.page.get_by_label("Pictures or videos").check()
    adult.page.get_by_label("No, or I do not know").check()
    pair = adult.send()
    place.files["/v/1.mp4"] = image(film([picture(6_000 + number), *scenes[2:]], bit_rate=800_000), "video/mp4")
    place.files["/"] = html('<h1>Videos</h1><video src="/v/1.mp4" controls></video>')
    lead(staff.people["Max"], place.url + "/")
    ann = staff.people["Ann"]
    [item] = wait_for(lambda: ann.open(f"/queue/?host={place.address}").links("/items/itm_"), what="an item")
    assert "At 0:02.0 in this video, as at 0:04.0 in their video" in ann.open(item).words
    decide(ann, place.address, CSAM)
    adult.waits_until_told(ASKED, pair)
    take_down(place)
    adult.waits_until_told(GONE, pair)
    adult.leaves()


def test_text_alone(browser: Browser, quick_hotline: System, staff: Crew, mail: Mail, place: Host) -> None:
    number = int(place.address.rpartition(".")[2])
    place.files["/thread"] = html("<p>She lives in the yellow house.</p>")
    adult = Visitor(browser, quick_hotline)
    adult.page.goto("/info/ask/")
    adult.page.get_by_label("I am 18 or older, and it is about me").check()
    adult.page.get_by_label("Texts, for example a name, where somebody lives, insults").check()
    adult.page.get_by_label("No, or I do not know").check()
    adult.page.get_by_label("Where did you see it?").fill(place.url + "/thread")
    adult.page.get_by_label("What do you want to tell us?").fill(f"It says where I live. ({number})")
    pair = adult.send()
    adult.waits_until_told("Somebody in our team reads the page.", pair)
    sol = staff.people["Sol"]
    request = request_with(sol, f"({number})")
    sol.send(sol.open(request).form(has="number"), action="ask-company")
    wait_for(lambda: mail.to(contact(number)), what="the message")
    said = mail.to(contact(number))[0].all_text
    assert place.url + "/thread" in said
    assert "where I live" not in said
    adult.waits_until_told("We asked the company to remove the texts.", pair)
    take_down(place)
    sol.send(sol.open(request).form(has="number"), action="words-not-there")
    adult.waits_until_told("The texts are gone.", pair)
    assert not place.asked, "nobody assesses what words alone are asked about"
    adult.leaves()


def request_with(sol: Person, words: str) -> str:
    """The page of the open request with these words."""
    return next(link for link in sol.open("/requests/").links("/requests/ask_") if words in sol.open(link).text)


def test_a_mother_for_a_child_of_nine(
    browser: Browser, quick_hotline: System, staff: Crew, mail: Mail, place: Host, tmp_path: Path
) -> None:
    number = int(place.address.rpartition(".")[2])
    [address] = place.show(jpeg(picture(7_000 + number), 70), page="/board")
    mother = Visitor(
        browser, quick_hotline, locale="fr-FR", java_script_enabled=browser.browser_type.name == "chromium"
    )
    page = mother.page
    page.goto("/info/?language=fr")
    page.get_by_role("link", name="Demander le retrait").click()
    page.get_by_label("Il s’agit de mon enfant").check()
    page.locator("[name=danger][value=yes]").check()
    page.get_by_label("Les deux").check()
    page.locator("[name=urls]").fill(f"{place.url}/board\n{address}")
    page.get_by_label("Que voulez-vous nous dire").fill(f"Ma fille a neuf ans. Il vient la chercher demain. ({number})")
    page.locator("[name=safe_contact]").fill("Mon travail, le matin")
    page.get_by_role("button", name="Envoyer").click()
    assert "police" in page.locator("h1 ~ .note").inner_text()
    pair = page.locator("#reference").inner_text(), page.locator("#secret").inner_text()
    urgent = staff.people["Lia"].open("/urgent/")
    assert f"({number})" in urgent.text
    sol = staff.people["Sol"]
    in_danger = sol.open("/requests/").links("/requests/ask_")[:2]  # hers, and that of the journey in the other browser
    assert any(f"({number})" in sol.open(link).text for link in in_danger), "a child in danger does not stand on top"
    decide(staff.people["Ann"], place.address, CSAM)
    wait_for(lambda: mail.to(contact(number)), what="the notice")
    take_down(place)

    def told() -> str:
        page.goto("/info/follow/?language=fr")
        page.locator("[name=reference]").fill(pair[0])
        page.locator("[name=secret]").fill(pair[1])
        page.locator("#progress button").click()
        page.locator("main", has_text="Parler à quelqu’un").wait_for()
        return page.locator("main").inner_text()

    wait_for(lambda: told().count("Cela a disparu.") == 2, pause=1, what="both are gone")
    mother.context.close()


def test_a_lawyer_with_ten_clients(
    browser: Browser, quick_hotline: System, staff: Crew, mail: Mail, place: Host
) -> None:
    number = int(place.address.rpartition(".")[2])
    lawyer = Visitor(browser, quick_hotline)
    page, own_list = lawyer.page, []
    for client in range(10):
        place.show(jpeg(picture(7_000 + 100 * number + client), 70), page=f"/c{client}", names=[f"/i/{client}.jpg"])
        if client == 0:
            page.goto("/info/ask/")
            page.get_by_label("I am helping somebody").check()
            page.locator("#helping summary").click()
            page.get_by_label("What is your name").fill("Lee, of Lee and Partners")
        else:
            page.get_by_role("button", name="Ask for the next person").click()
            page.get_by_label("What is your name").wait_for()
        assert page.get_by_label("What is your name").input_value() == "Lee, of Lee and Partners"
        assert page.get_by_label("Who asked you to help?").input_value() == ""
        page.get_by_label("Pictures or videos").check()
        page.get_by_label("No, or I do not know").check()
        page.get_by_label("Where did you see it?").fill(f"{place.url}/i/{client}.jpg")
        page.get_by_label("Who asked you to help?").fill(f"Client {client}, by her own authority of 3 March ({number})")
        own_list.append(lawyer.send())
    place.files["/"] = html("<h1>Welcome</h1>")
    assert len({reference for reference, _ in own_list}) == len({secret for _, secret in own_list}) == 10
    decide(staff.people["Ann"], place.address, CSAM, items=10)
    wait_for(lambda: mail.to(contact(number)), what="the notices")
    for client in range(0, 10, 2):
        del place.files[f"/i/{client}.jpg"]
    for pair in own_list[::2]:  # a busy machine does not check them all before the same update
        lawyer.waits_until_told(GONE, pair)
    said = [lawyer.told(*pair) for pair in own_list]
    assert [GONE in text for text in said] == [True, False] * 5
    assert [ASKED in text for text in said] == [False, True] * 5
    sol = staff.people["Sol"]
    mandates = [sol.open(link).text for link in sol.open("/requests/").links("/requests/ask_")]
    assert sum(f"authority of 3 March ({number})" in text for text in mandates) == 10
    lawyer.leaves()
