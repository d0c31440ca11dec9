"""A provider's engineer answers a notice with a real browser (sentence 1), and people come back in (sentence 10)."""

from __future__ import annotations

import contextlib
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.acceptance.crew import CSAM, Crew, decide, lead
from tests.acceptance.people import PASSWORD, Person
from tests.acceptance.system import System, wait_for
from tests.acceptance.world import Letter, Mail, Web, contact, still

pytestmark = pytest.mark.browser
LAST = 11


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def letter(web: Web, mail: Mail, crew: Crew) -> Letter:
    """The first notice to this provider, as its mail server got it."""
    host = web.host(LAST)
    host.show(still(LAST))
    lead(crew.people["Max"], host.url + "/")
    decide(crew.people["Ann"], host.address, CSAM)
    return wait_for(lambda: mail.to(contact(LAST)), what="the notice")[0]


@pytest.mark.parametrize("language", ["", "Français"])
def test_an_engineer_answers_with_the_link_of_the_mail(page: Page, letter: Letter, language: str) -> None:
    page.goto(letter.answer_link)
    if language:
        page.get_by_role("button", name=language).click()
    choice = page.get_by_role("radio")
    choice.first.check()
    page.locator("main form").get_by_role("textbox").fill("Ticket 4711 : done – merci")
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.locator("main form").get_by_role("button").click()
    assert sent.value.status < 400, f"{sent.value.status}: {sent.value.text()[:400]}"
    expect(page).to_have_url(re.compile("/thanks/$"))


def test_an_engineer_whose_mail_client_opens_links_without_a_referrer_answers(page: Page, letter: Letter) -> None:
    """Webmail opens links in a new window with rel=noreferrer, from another site, and the person comes back later."""
    page.set_content(f'<a rel="noreferrer noopener" target="_blank" href="{letter.answer_link}">the link</a>')
    with page.context.expect_page() as opened:
        page.get_by_role("link").click()
    form = opened.value
    form.wait_for_url(letter.answer_link)
    form.reload()
    form.get_by_role("radio").last.check()
    form.get_by_label(re.compile("why", re.I)).select_option("already_gone")
    with form.expect_response(lambda answer: answer.request.method == "POST") as sent:
        form.locator("main form").get_by_role("button").click()
    assert sent.value.status < 400, f"{sent.value.status}: {sent.value.text()[:400]}"
    expect(form).to_have_url(re.compile("/thanks/$"))


def test_the_answers_reach_the_hotline(crew: Crew, letter: Letter, page: Page) -> None:
    page.goto(letter.answer_link)
    page.get_by_role("radio").first.check()
    page.locator("main form").get_by_role("textbox").fill("Ticket 815")
    page.locator("main form").get_by_role("button").click()
    page.wait_for_load_state()
    shown = crew.people["Max"].open(f"/notices/{letter.reference}/")
    assert "Ticket 815" in shown.words


def test_every_form_that_a_visitor_meets_goes_through(page: Page, hotline: System, web: Web) -> None:
    """The report, the language and the sign-in, with what a browser really sends along."""
    page.goto(hotline.address + "/public/report/")
    page.get_by_label("Address of the page").fill(web.host(12).url + "/nothing-here")
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("button", name="Send the report").click()
    assert sent.value.status < 400
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("button", name="Français").click()
    assert sent.value.status < 400


def test_every_form_of_the_workplace_goes_through(page: Page, hotline: System, crew: Crew) -> None:
    """Each page that a person reaches from the navigation; each of its forms that changes nothing for good."""
    page.goto(hotline.address + "/sign-in/")
    page.get_by_label("E-mail address").fill("max@helpline.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto(hotline.address + "/leads/")
    page.get_by_label("Address", exact=True).fill(hotline.address.replace("127.0.0.1", "127.0.0.13") + "/x")
    for path, button in (("/leads/", "Begin here"), ("/notices/", "Pause all sending"), ("/notices/", "Resume")):
        if not page.url.endswith(path):
            page.goto(hotline.address + path)
        with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
            page.get_by_role("button", name=button).first.click()
        assert sent.value.status < 400, f"{path} {button}: {sent.value.status}"
        page.wait_for_load_state()
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("button", name="Sign out").click()
    assert sent.value.status < 400


# --------------------------------------------------------------------------------------- sentence 10: a way back in


def command_for_a_password() -> list[str]:
    """The command that an operator finds on the page of commands when looking for “password”."""
    text = (Path(__file__).parents[2] / "docs" / "operators" / "commands.md").read_text()
    found = [name for name in re.findall(r"^## `orbweaver ([a-z -]+)`", text, re.M) if "password" in name]
    return found[0].split() if found else []


def resets(mail: Mail, address: str) -> list[Letter]:
    """The mails with a link for a forgotten password; invitations are others."""
    return [letter for letter in mail.to(address) if letter.subject == "Set another password"]


def test_a_forgotten_password_is_mended_by_a_link_in_a_mail(
    page: Page, hotline: System, crew: Crew, mail: Mail
) -> None:
    crew.add("Zoe", "analyst", email="zoe@people.test")
    page.goto(hotline.address + "/sign-in/")
    link = page.get_by_role("link", name=re.compile("forgot|password|passwort|cannot sign in", re.I))
    assert link.count() == 1, f"the sign-in page offers no way: {page.locator('main').inner_text()}"
    link.click()
    page.get_by_label(re.compile("mail", re.I)).fill("zoe@people.test")
    page.locator("main form").get_by_role("button").click()
    letter = wait_for(lambda: resets(mail, "zoe@people.test"), seconds=30, what="a mail with a link")[0]
    found = re.search(rf"{re.escape(hotline.address)}/\S+", letter.words)
    assert found, letter.words
    for attempt in ("a wholly new sentence of words", "and yet another try with it"):
        page.goto(found.group(0))
        fields = page.locator("main form input[type=password]")
        if attempt.startswith("and") and fields.count() == 0:
            break  # used up: right
        for number in range(fields.count()):
            fields.nth(number).fill(attempt)
        page.locator("main form").get_by_role("button").first.click()
        page.wait_for_load_state()
    page.context.clear_cookies()
    page.goto(hotline.address + "/sign-in/")
    page.get_by_label("E-mail address").fill("zoe@people.test")
    page.get_by_label("Password").fill("a wholly new sentence of words")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert urlsplit(page.url).path != "/sign-in/"


def test_the_mail_tells_a_stranger_nothing(page: Page, hotline: System, crew: Crew, mail: Mail) -> None:
    """Whether an address has an account is not said, and a stranger's address gets no mail."""
    said = []
    for address in ("ann@helpline.test", "nobody@elsewhere.test"):
        page.goto(hotline.address + "/sign-in/")
        link = page.get_by_role("link", name=re.compile("forgot|password|cannot sign in", re.I))
        assert link.count() == 1, "the sign-in page offers no way"
        link.click()
        page.get_by_label(re.compile("mail", re.I)).fill(address)
        page.locator("main form").get_by_role("button").click()
        page.wait_for_load_state()
        said.append(page.locator("main").inner_text().replace(address, ""))
    assert said[0] == said[1]
    assert not mail.to("nobody@elsewhere.test")


def test_a_sole_administrator_who_is_locked_out_comes_back_by_a_command(
    page: Page, hotline: System, crew: Crew
) -> None:
    """After ten wrong passwords, from a machine that never signed in before, and without a mail."""
    command = command_for_a_password()
    assert command, "no command speaks of a password"
    for _ in range(11):
        Person(hotline.address).sign_in("ada@helpline.test", "was it this one?")
    said = hotline.run(*command, "ada@helpline.test")
    link = re.search(rf"{re.escape(hotline.address)}/\S+", said)
    assert link, said
    page.goto(link.group(0))
    fields = page.locator("main form input[type=password]")
    for number in range(fields.count()):
        fields.nth(number).fill(PASSWORD + " again")
    page.locator("main form").get_by_role("button").first.click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.context.clear_cookies()  # and on to the machine at the desk
    page.goto(hotline.address + "/sign-in/")
    page.get_by_label("E-mail address").fill("ada@helpline.test")
    page.get_by_label("Password").fill(PASSWORD + " again")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert "/sign-in/" in crew.admin.open("/people/").url, "the old sign-in of a stranger's browser still holds"
    crew.admin.sign_in("ada@helpline.test", PASSWORD + " again")


def test_a_link_that_somebody_else_opened_first_still_works(
    page: Page, hotline: System, crew: Crew, mail: Mail
) -> None:
    """Mail gateways open every link in a mail before the person does, some with HEAD, some with a whole browser."""
    assert command_for_a_password(), "there is no way back in"
    crew.add("Uma", "analyst", email="uma@people.test")
    visitor = Person(hotline.address)
    asking = visitor.open("/sign-in/").links("password")
    visitor.send(visitor.open(asking[0]).form(has="email"), email="uma@people.test")
    letter = wait_for(lambda: resets(mail, "uma@people.test"), seconds=30, what="a mail with a link")[0]
    found = re.search(rf"{re.escape(hotline.address)}/\S+", letter.words)
    assert found, letter.words
    for _ in range(2):
        Person(hotline.address).open(found.group(0))
    page.goto(found.group(0))
    fields = page.locator("main form input[type=password]")
    assert fields.count(), page.locator("main").inner_text()
    for number in range(fields.count()):
        fields.nth(number).fill("a long enough new sentence")
    page.locator("main form").get_by_role("button").first.click()
    page.wait_for_load_state()
    Person(hotline.address).sign_in("uma@people.test", "a long enough new sentence")
    assert "/sign-in/" not in Person(hotline.address).sign_in("uma@people.test", "a long enough new sentence").url


def test_a_link_is_made_for_the_address_of_the_installation_whatever_host_is_claimed(
    hotline: System, crew: Crew, mail: Mail
) -> None:
    """Poisoned: somebody asks for a victim's link with a Host header of their own."""
    assert command_for_a_password(), "there is no way back in"
    crew.add("Pia", "analyst", email="pia@people.test")
    visitor = Person(hotline.address)
    form = visitor.open(visitor.open("/sign-in/").links("password")[0]).form(has="email")
    pairs = [(name, value) for name, value in form.values() if name != "email"] + [("email", "pia@people.test")]
    request = urllib.request.Request(form.address, urllib.parse.urlencode(pairs).encode())
    for name, value in {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "Origin": "http://evil.test"}.items():
        request.add_header(name, value)
    with contextlib.suppress(urllib.error.HTTPError), visitor.opener.open(request, timeout=20):
        pass
    time.sleep(6)
    assert not any("evil.test" in letter.all_text for letter in mail.to("pia@people.test"))
