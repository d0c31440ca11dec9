"""What is recorded with a verdict, in a browser: children, the baseline, self-generation, and where it shows.

A sweep; `test_review_journey.py` holds a sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import shoot, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from tests.e2e.conftest import Hotline

pytestmark = [pytest.mark.sweep, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def assess(page: Page) -> None:
    page.get_by_role("button", name="Take the next item").click()
    page.wait_for_url("**/items/**")
    page.locator("input[name=is_child][value=yes]").check()
    page.locator("input[name=is_harmed][value=yes]").check()
    page.locator("input[name=category][value=csam]").check()
    page.fill("#age-min", "4")
    page.fill("#age-max", "7")
    page.fill("#others_pubescent", "2")
    page.locator("input[name=self_generated]").check()
    page.locator("input[name=interpol_baseline]").check()
    page.locator("input[name=category][value=csam_related]").check()
    assert page.locator("input[name=interpol_baseline]").is_hidden()  # asked of csam alone
    page.locator("input[name=category][value=csam]").check()
    shoot(page, "recorded-form")
    page.get_by_role("button", name="Save my answers").click()
    page.wait_for_url("**/queue/")


def test_two_analysts_record_what_decides_nothing(hotline: Hotline, open_page: Callable[..., Page]) -> None:
    from orbweaver.assess.review.models import Verdict

    sighting = hotline.find(1)
    page = open_page("/queue/")
    sign_in(page, "Ann")
    assess(page)
    other = open_page("/queue/?known=listed")
    sign_in(other, "Ben")
    shoot(other, "recorded-queue")
    assert other.locator("select[name=known]").input_value() == "listed"  # the filter lasts in the address
    assess(other)
    verdict = Verdict.objects.get()
    assert (verdict.baseline, verdict.self_generated, verdict.children) == (True, True, 3)
    page.goto(f"/items/{sighting.review_items.get().public_id}/")
    assert page.get_by_text("3 children are shown").is_visible()
    assert page.get_by_text("on the Interpol baseline").is_visible()
    shoot(page, "recorded-item")
    page.goto("/public/responses/")
    shoot(page, "recorded-figures")
    assert page.get_by_role("heading", name="What is recorded with a verdict").is_visible()
