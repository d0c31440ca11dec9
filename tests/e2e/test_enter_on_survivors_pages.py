"""Enter in any field of the public pages for survivors sends what that form is for, and never changes the language.

The real pages with real keys; written from what the pages promise, without their code.

A sweep; `test_survivor_journey.py` holds a sample.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.e2e.conftest import Hotline, OpenPage

pytestmark = [pytest.mark.sweep, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LISTEN = """() => {
  window.sent = [];
  window.addEventListener("submit", event => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const [form, button] = [event.target, event.submitter];
    window.sent.push(`${form.id} ${button?.name ?? ""} ${button?.getAttribute("formaction") ?? ""}`);
  }, true);
  for (const each of document.querySelectorAll("details")) each.open = true;
}"""
"""Notes form, name and target of the button that is pressed, before anything else hears of it, and keeps the page."""
FIELDS = "main form input:not([type=hidden]):not([type=file]), main form select"


def sent_by_enter(page: Page) -> dict[str, set[str]]:
    """Form, name and target of what Enter pressed, by the visible field in which it was pressed."""
    page.evaluate(LISTEN)
    pressed: dict[str, set[str]] = {}
    for field in page.locator(FIELDS).all():
        if not field.is_visible():
            continue
        name, form = field.evaluate("each => [each.name, each.form.id]")
        field.focus()
        page.evaluate("sent.length = 0")
        page.keyboard.press("Enter")
        pressed[name] = {each.replace(f"{form}  ", "its form") for each in page.evaluate("sent")} or {"nothing"}
    return pressed


def keys_of_a_request() -> tuple[str, str]:
    """Number and secret of a request of which there is news."""
    from orbweaver.follow.survivors.models import Request
    from orbweaver.follow.survivors.services import Asked, ask
    from orbweaver.platform.clock import now

    asked = Asked(Request.Capacity.ADULT, Request.Aim.PICTURE, at_risk=False, words="Mine")
    made, secret = ask(asked, now() - dt.timedelta(days=3))
    return made.reference, secret


def keys_of_a_proof_that_is_not_enough(hotline: Hotline) -> tuple[str, str]:
    """Number and secret of a proof that two people found not to be enough."""
    from tests.e2e.conftest import make_person
    from tests.integration.conftest import World

    from orbweaver.follow.survivors.age_proofs import Brought, answer, bring, tie_removal
    from orbweaver.follow.survivors.models import AgeProof
    from orbweaver.people.accounts.rules import Role
    from orbweaver.platform.clock import now

    then = now() - dt.timedelta(days=3)
    sol = make_person("Sol", hotline.organisation, Role.SURVIVOR_SUPPORT)
    removal = World().verdict("https://images.example/me.png")
    made, secret = bring(
        Brought(AgeProof.BroughtBy.PERSON, "https://images.example/me.png", document=b"%PDF-1.7 mine", form="1"), then
    )
    tie_removal(made, removal.public_id, by=sol, now=then)
    for name, role in (("Sen", Role.SENIOR_ANALYST), ("Max", Role.HOTLINE_MANAGER)):
        answer(
            made, proved=False, why="Blurred", reason="unreadable",
            by=make_person(name, hotline.organisation, role), now=then,
        )  # fmt: skip
    return made.reference, secret


def show(page: Page, keys: tuple[str, str]) -> None:
    """Their state, by Enter alone."""
    page.goto("/info/follow/?language=de")
    for field, value in zip(("reference", "secret"), keys, strict=True):
        page.locator(f"#id_{field}").fill(value)
    page.keyboard.press("Enter")
    page.locator("#id_secret").wait_for(state="detached")


def empty(page: Page, path: str) -> None:
    """The page as it comes back when it was sent with nothing in it."""
    page.goto(f"{path}?language=de")
    page.locator("main .primary").click()
    page.locator("main .error:visible").first.wait_for()


def test_enter_sends_the_form_it_is_pressed_in(open_page: OpenPage) -> None:
    page = open_page("/info/")
    for path in ("/info/ask/", "/info/follow/", "/info/proof/"):
        for sent_before in (False, True):
            if sent_before:
                empty(page, path)
            else:
                page.goto(f"{path}?language=de")
            pressed = sent_by_enter(page)
            assert pressed, path
            assert {each for said in pressed.values() for each in said} == {"its form"}, (path, pressed)


def test_what_is_sent_by_enter_is_answered_in_the_language_it_was_written_in(open_page: OpenPage) -> None:
    page = open_page("/info/ask/?language=de")
    page.locator("[name=words]").fill("Meine eigenen Worte")
    for name, value in (("danger", "no"), ("aim", "picture"), ("capacity", "adult")):
        page.locator(f"[name={name}][value={value}]").check()
    page.keyboard.press("Enter")
    page.locator("#secret").wait_for()
    assert page.locator("html").get_attribute("lang") == "de"
    page.goto("/info/proof/?language=fr")
    page.locator("[name=words]").fill("Mes propres mots")
    page.locator("[name=urls]").fill("https://images.example/me.png")
    page.locator("main form input[type=radio]").first.check()
    page.keyboard.press("Enter")
    page.locator("#secret").wait_for()
    assert page.locator("html").get_attribute("lang") == "fr"


def test_the_state_is_shown_by_enter_and_its_forms_keep_the_language(hotline: Hotline, open_page: OpenPage) -> None:
    page = open_page("/info/")
    for keys in (keys_of_a_request(), keys_of_a_proof_that_is_not_enough(hotline)):
        show(page, keys)
        assert page.locator("html").get_attribute("lang") == "de"
        assert page.locator("main form textarea").count() == 1, "in which Enter begins a line"
        assert {each for said in sent_by_enter(page).values() for each in said} <= {"its form"}
