"""Two of survivor support stop a request for somebody who lost its code; whoever has the code lets it go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import make_person, shoot, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.e2e.conftest import Hotline, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def follow(page: Page, reference: str, secret: str, language: str) -> None:
    page.goto(f"/info/follow/?language={language}")
    page.locator("[name=reference]").fill(reference)
    page.locator("[name=secret]").fill(secret)
    page.locator("#progress button").click()
    page.locator("#stop").wait_for()


def test_what_one_asks_and_another_agrees_to_the_person_with_the_code_takes_back(
    open_page: OpenPage, hotline: Hotline
) -> None:
    from orbweaver.follow.survivors.models import Request
    from orbweaver.follow.survivors.services import Asked, ask
    from orbweaver.people.accounts.rules import Role
    from orbweaver.platform.clock import now

    for name in ("Sol", "Sam"):
        make_person(name, hotline.organisation, Role.SURVIVOR_SUPPORT)
    urls = ["https://images.example/me.png"]
    said = Asked(Request.Capacity.CHILD, Request.Aim.PICTURE, False, urls, words="At school.", safe_contact="My aunt")
    asked, secret = ask(said, now())
    one = f"/requests/{asked.public_id}/"
    sol = open_page(one)
    sign_in(sol, "Sol")
    sol.get_by_text("The person lost the secret code and asks us to stop").click()
    shoot(sol, "stopping-asked-for")
    sol.get_by_label("They told us what they wrote in the request").check()
    sol.get_by_role("button", name="Ask to stop it").click()
    ada = open_page("/people/changes/")
    sign_in(ada, "Ada")
    assert asked.public_id in ada.locator("main").inner_text()
    assert "school" not in ada.content()
    shoot(ada, "stopping-changes")
    sam = open_page("/requests/")
    sign_in(sam, "Sam")
    shoot(sam, "stopping-list-asked")
    sam.goto(one)
    shoot(sam, "stopping-second")
    sam.get_by_role("button", name="I agree that it stops").click()
    sam.get_by_text("two people agreed").wait_for()
    shoot(sam, "stopping-agreed")
    child = open_page("/info/follow/", width=390)
    for language in ("fr", "de", "en"):
        follow(child, asked.reference, secret, language)
        shoot(child, f"stopping-warned-{language}")
    child.get_by_role("button", name="Go on working on my request").click()
    child.get_by_text("We go on with your request.").wait_for()
    shoot(child, "stopping-gone-on")
    sam.goto(one)
    assert "The person with the code said: go on." in sam.locator(".request > .note").first.inner_text()
    shoot(sam, "stopping-said-go-on")
    sam.goto("/requests/")
    assert "The person with the code said: go on" in sam.locator("tbody").inner_text()
    shoot(sam, "stopping-list-go-on")
