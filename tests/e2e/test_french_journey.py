"""A person switches to French, assesses an item and meets no English text of ours on the way.

A sample, each page's language as it is asked for and without a browser, is `test_language.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .conftest import shoot

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Hotline, OpenPage

pytestmark = [pytest.mark.sweep, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ENGLISH = re.compile(
    r"\b(the|you|your|with|what|which|this|nothing|answers?|picture|queue|sign out|save)\b", re.IGNORECASE
)
FOUND = ".context-text, .url, pre, [lang=en]"
"""What was found on other people's pages, and the name of the other language, are not ours to translate."""


def english_in(page: Page) -> list[str]:
    words = page.evaluate(
        """skipped => { const copy = document.body.cloneNode(true);
        const skip = skipped + ', script, section.sighting, [aria-labelledby=sightings]';
        copy.querySelectorAll(skip).forEach(e => e.remove());
        return copy.querySelector('main, #main').textContent + copy.querySelector('header').textContent; }""",
        FOUND,
    )
    return ENGLISH.findall(words)


def test_an_analyst_works_in_french_without_script(hotline: Hotline, open_page: OpenPage) -> None:
    from tests.e2e.conftest import PASSWORD

    from orbweaver.assess.review.models import Assessment
    from orbweaver.people.accounts.models import User

    hotline.find(1)
    page = open_page("/queue/", script=False)
    page.get_by_role("button", name="Français").click()
    page.get_by_label("Adresse de courriel").fill("ann@hotline.example")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Ouvrir une session").click()
    page.wait_for_url("**/queue/")
    assert page.locator("html").get_attribute("lang") == "fr"
    assert english_in(page) == []
    shoot(page, "french-queue")
    page.get_by_role("button", name="Prendre l’élément suivant").click()
    page.wait_for_url(re.compile("/items/itm_"))
    shoot(page, "french-item")
    page.locator("[name=is_child][value=no]").check()
    page.get_by_role("button", name="Enregistrer mes réponses").click()
    page.wait_for_url("**/queue/")
    assert "Vos réponses sont enregistrées" in page.locator(".messages").inner_text()
    assert Assessment.objects.get().outcome == "no_action"
    for address in ("/account/", "/my-day/", "/public/", "/public/report/", "/nothing/"):
        page.goto(address)
        assert english_in(page) == [], address
    page.goto("/account/")
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Français").click()
    assert User.objects.get(email="ann@hotline.example").language == "fr"
