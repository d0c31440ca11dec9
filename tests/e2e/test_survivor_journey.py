"""A child asks for a picture to be removed, on a phone, and follows it until it is gone; a parent asks without script.

With ``SHOTS`` naming a folder, the screens stay there to be looked at.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from .conftest import shoot

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.e2e.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def kept(page: Page) -> list[object]:
    """All that the browser keeps of the site."""
    stored = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    return [*stored, *page.context.cookies(), *page.evaluate("indexedDB.databases()"), *page.evaluate("caches.keys()")]


def test_a_child_asks_on_a_phone_and_nothing_stays_in_the_browser(open_page: OpenPage) -> None:
    from orbweaver.follow.survivors.models import Request

    page = open_page("/info/", width=390)
    shoot(page, "survivors-start")
    assert page.title() == "Information"
    page.get_by_role("link", name="Ask us to get it removed").click()
    shoot(page, "survivors-ask")
    page.get_by_label("I am under 18, and it is about me").check()
    page.get_by_label("Pictures or videos").check()
    page.get_by_label("Where did you see it?").fill("https://images.example/me.png\nmy page")
    page.get_by_role("button", name="Send").click()
    shoot(page, "survivors-not-clear")
    assert "line 2" in page.locator("main").inner_text()
    page.get_by_label("Where did you see it?").fill("https://images.example/me.png")
    page.get_by_role("button", name="Send").click()
    shoot(page, "survivors-asked")
    reference, secret = page.locator("#reference").inner_text(), page.locator("#secret").inner_text()
    page.get_by_role("link", name="See how it goes on").click()
    for aged, words in ((0, "We have your request and are working on it"), (3, "We are looking for it.")):
        Request.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=aged))
        page.goto("/info/follow/")
        page.locator("[name=reference]").fill(reference)
        page.locator("[name=secret]").fill(secret)
        page.get_by_role("button", name="Look").click()
        shoot(page, f"survivors-followed-{aged}")
        assert words in page.locator("main").inner_text()
    assert "images" not in page.url
    assert kept(page) == []


def test_the_way_out_leads_elsewhere_and_the_browsers_button_not_back(open_page: OpenPage) -> None:
    page = open_page("/info/ask/", width=390)
    page.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="elsewhere", content_type="text/html"))
    page.get_by_role("link", name="Leave this page now").click()
    page.wait_for_url("https://www.wikipedia.org/")
    assert page.evaluate("history.length") <= 2
    page.goto("/info/help/")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url("https://www.wikipedia.org/")
    assert page.evaluate("document.referrer") == ""


def test_everything_works_without_script_and_in_french(open_page: OpenPage) -> None:
    page = open_page("/info/?language=fr", script=False)
    shoot(page, "survivors-french")
    page.get_by_role("link", name="Demandez-nous de le faire retirer").click()
    page.get_by_label("Il s’agit de mon enfant").check()
    page.get_by_label("Les deux").check()
    page.get_by_label("Que voulez-vous nous dire").fill("Ma fille a neuf ans.")
    page.get_by_role("button", name="Envoyer").click()
    assert "Merci" in page.locator("h1").inner_text()
    reference, secret = page.locator("#reference").inner_text(), page.locator("#secret").inner_text()
    page.get_by_role("link", name="Voir la suite").click()
    page.locator("[name=reference]").fill(reference)
    page.locator("[name=secret]").fill(secret)
    page.get_by_role("button", name="Regarder").click()
    assert "Où en est votre demande" in page.locator("h1").inner_text()
