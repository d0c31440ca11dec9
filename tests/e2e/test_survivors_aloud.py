"""What a screen reader is given on the pages for survivors: names, roles, languages, what is said by itself, the focus.

It is read from Chromium's accessibility tree, as a screen reader reads it.

A sweep; `test_survivor_journey.py` holds a sample.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .hashing_pictures import pictures

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.e2e.conftest import OpenPage

pytestmark = [pytest.mark.sweep, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ACTS = {"button", "link", "textbox", "checkbox", "radio", "DisclosureTriangle", "progressbar", "radiogroup"}
"""Roles of which each has a name that can be said."""
UNNAMED = "all => all.filter(each => !each.querySelector(':scope > legend')?.innerText.trim()).length"
"""How many groups of fields have no name. What can be opened is a group, too, and is named by its summary."""
MARKED = "document.activeElement.matches('[role=alert]')"
HEADED = "document.activeElement.matches('h1')"


def tree(page: Page) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Role, name and properties of all that a screen reader is given."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    for node in nodes:
        if not node["ignored"]:
            properties = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
            name = node.get("name", {}).get("value", "")
            yield (
                node["role"]["value"],
                name.strip(),
                {**properties, "says": node.get("description", {}).get("value", "")},
            )


def nameless(page: Page) -> list[str]:
    """Roles of what can be used, or begins a part, and has no name."""
    groups = page.locator("fieldset").evaluate_all(UNNAMED)
    return [role for role, name, _ in tree(page) if role in ACTS and not name] + ["fieldset"] * groups


def named(page: Page, role: str) -> dict[str, dict[str, Any]]:
    return {name: properties for each, name, properties in tree(page) if each == role}


def fill(page: Page) -> None:
    page.get_by_label("I am 18 or older, and it is about me").check()
    page.get_by_label("Pictures or videos").check()
    page.get_by_label("No, or I do not know").check()
    page.get_by_label("What do you want to tell us?").fill("My own words")


def test_all_that_can_be_used_has_a_name_and_its_hint_and_each_page_one_heading_of_its_own(open_page: OpenPage) -> None:
    page = open_page("/info/")
    for path in ("/info/", "/info/help/", "/info/ask/", "/info/follow/", "/info/proof/", "/info/privacy/"):
        page.goto(path)
        assert nameless(page) == [], path
        assert page.locator("h1").count() == 1
        levels = [int(each) for each in page.locator("main").evaluate(
            "main => [...main.querySelectorAll('h1,h2,h3')].map(each => each.tagName[1])"
        )]  # fmt: skip
        assert all(after <= before + 1 for before, after in pairwise(levels)), path
    page.goto("/info/ask/")
    page.locator("#hash-pictures").wait_for(state="visible")
    fields = named(page, "textbox")
    assert "Please do not go looking for the picture" in fields["Where did you see it?"]["says"]
    assert "We write or call only if you tell us how" in fields["Is there a safe way to reach you?"]["says"]
    [chooser] = [(name, said) for name, said in named(page, "button").items() if "Make fingerprints" in name]
    assert "The pictures stay here. Your device makes the fingerprints." in chooser[1]["says"]
    assert [name for name in named(page, "group") if name.startswith("Who are you?")]


def test_each_part_is_in_a_language_that_is_said(open_page: OpenPage) -> None:
    page = open_page("/info/?language=fr")
    for path in ("/info/", "/info/ask/", "/info/help/"):
        page.goto(f"{path}?language=fr")
        assert page.locator("html").get_attribute("lang") == "fr"
        others = page.locator(".languages [lang]").evaluate_all("all => all.map(each => [each.lang, each.innerText])")
        assert others == [["en", "English"], ["de", "Deutsch"]]
    assert (
        page.locator(".help-lines [lang]").count() >= page.locator(".help-lines li a.to-call[href^=tel]").count() // 2
    )


def test_how_far_the_hashing_is_and_what_came_of_it_are_said_by_themselves(open_page: OpenPage, tmp_path: Path) -> None:
    [(name, body), *_] = pictures(range(1, 2))
    (tmp_path / name).write_bytes(body)
    page = open_page("/info/ask/")
    page.locator("#hash-pictures").wait_for(state="visible")
    for place in ("#hashing-words", "#sent-later"):
        assert page.locator(place).get_attribute("role") == "status"
    page.evaluate(
        """() => { window.said = [];
        new MutationObserver(() => said.push(document.querySelector("#hashing-words").innerText))
          .observe(document.querySelector("#hashing-words"), { childList: true }); }"""
    )
    page.locator("#pictures").set_input_files(tmp_path / name)
    page.locator("#hashing-words", has_text="Done").wait_for()
    said = page.evaluate("said")
    assert said[0] == "Making fingerprints: file 1 of 1"
    assert said[-1] == "Done. The fingerprints are in the field below. No file has left your device."
    assert len(said) == 2, "nothing is said twice"
    assert page.locator("#hashing-bar").get_attribute("aria-label") == "How far it is"


def test_each_step_is_read_on_from_what_is_not_clear_or_from_its_heading(open_page: OpenPage) -> None:
    page = open_page("/info/ask/")
    page.get_by_role("button", name="Send").click()
    page.locator("#ask [role=alert]").wait_for()
    assert page.evaluate(MARKED)
    missing = [name for name in named(page, "group") if "Please choose one." in name]
    assert len(missing) == 3, "the error is a part of the name of its group"
    fill(page)
    page.get_by_role("button", name="Send").click()
    page.locator("#secret").wait_for()
    assert page.evaluate(HEADED)
    assert nameless(page) == []
    keys = {name: page.locator(f"#{name}").inner_text() for name in ("reference", "secret")}
    page.get_by_role("link", name="Check your request").click()
    for name, value in keys.items():
        page.locator(f"#id_{name}").fill(value)
    page.get_by_role("button", name="Show").click()
    page.get_by_role("heading", name="Your request", exact=True).wait_for()
    assert page.evaluate(HEADED)
    assert nameless(page) == []
    page.get_by_role("button", name="Stop my request").click()
    page.get_by_role("heading", name="Do you really want to stop your request?").wait_for()
    assert page.evaluate(HEADED)
    assert nameless(page) == []
    assert {"Yes, stop", "No, go back"} <= set(named(page, "button"))
    page.get_by_role("button", name="Deutsch").click()
    page.get_by_role("heading", name=re.compile("Möchten Sie Ihre Anfrage wirklich beenden")).wait_for()
    assert page.evaluate(HEADED)
    assert page.locator("html").get_attribute("lang") == "de"


def test_a_form_with_a_document_in_another_language_is_read_from_its_heading(open_page: OpenPage) -> None:
    """What is said only of a document that is too large is there, hidden: it is no place to read on from."""
    page = open_page("/info/proof/")
    page.get_by_label("What do you want to tell us?").fill("It was in 1999.")
    page.get_by_role("button", name="Deutsch").click()
    page.get_by_role("button", name="English").wait_for()
    assert page.evaluate(HEADED)
    assert page.evaluate("window.getSelection().anchorNode.nodeName") == "H1"
    assert page.locator("[name=words]").input_value() == "It was in 1999."
    page.reload()
    assert page.locator("html").get_attribute("lang") == "de", "as it stood there last"


def test_what_is_not_clear_when_somebody_disagrees_is_where_reading_goes_on(open_page: OpenPage) -> None:
    import datetime as dt

    from orbweaver.follow.survivors.models import Request
    from orbweaver.follow.survivors.services import Asked, ask
    from orbweaver.platform.clock import now

    then = now() - dt.timedelta(days=3)
    made, secret = ask(Asked(Request.Capacity.ADULT, Request.Aim.PICTURE, at_risk=False, words="Mine"), then)
    page = open_page("/info/follow/")
    page.locator("#id_reference").fill(made.reference)
    page.locator("#id_secret").fill(secret)
    page.get_by_role("button", name="Show").click()
    page.locator("details:has(#disagree) > summary").click()
    page.locator("#disagree").get_by_role("button", name="Send").click()
    page.locator("#disagree [role=alert]").wait_for()
    assert page.evaluate(MARKED)
    assert nameless(page) == []
