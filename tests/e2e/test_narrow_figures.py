"""Figures, criteria and help lines within four screens, and nothing lies beside them: on a telephone, and at 200 %.

The narrowest telephone's screen is 320 × 640 px. With the sample in them (29 November 2026) the tallest are, in
English, French and German: what is not covered 3.5, 3.7, 3.8; responses 3.4, 3.7, 3.7; time to removal 3.6, 3.7, 3.7;
key figures 3.5, 3.6, 3.7; criteria 2.9, 3.3, 3.4. The day before they had 4.0 to 6.1.

A window of 1280 × 800 px at 200 % is 640 × 400. There the tallest are: time to removal 3.7, 3.9, 3.7; key figures 3.7,
3.9, 3.9; the survivors' first page 3.5, 4.0, 3.8. One of 1366 × 768 is 683 × 384: time to removal 3.8, 4.0, 3.8; key
figures 3.7, 3.9, 3.8.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from tests.integration.doors.web.conftest import now, organisation
from tests.integration.doors.web.public.figures_history import make_history

from .conftest import chromium, shoot
from .test_role_journeys import sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from .conftest import OpenPage

__all__ = ["chromium", "now", "organisation", "sample"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = (
    *("", "responses/", "removal/", "providers/", "countries/", "coverage/", "reports/", "criteria/"),
    *("how/", "industry/", "report/"),
)
NARROWEST, *AT_200_PERCENT = (320, 640), (640, 400), (683, 384)
"""Windows: width and height in CSS pixels; the latter of 1280 × 800 and of 1366 × 768 px."""
SCREENS = 4
LANGUAGES = ("en", "fr", "de")
FOLDED = ("responses/", "removal/", "criteria/")
"""Pages that fold what explains them."""


def too_much(page: Page, size: tuple[int, int], *further: str) -> dict[str, tuple[float, int]]:
    """Address and language → screens and pixels beside the window, where it is more than four or any."""
    found = {}
    width, height = size
    page.goto("/public/")
    for language in LANGUAGES:
        where = {"domain": str(urlsplit(page.url).hostname), "path": "/"}
        page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, **where}])  # type: ignore[typeddict-item]
        for path in (*(f"/public/{each}" for each in PAGES), "/info/", "/info/help/", "/info/privacy/", *further):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(path)
            assert page.locator("html").get_attribute("lang") == language
            tall, beyond = page.locator("html").evaluate(
                "each => [each.scrollHeight, each.scrollWidth - each.clientWidth]"
            )
            found[f"{path} {language}"] = (round(tall / height, 2), beyond)
            cut = page.locator("dl.figures dd, table.of-figures tbody :is(th, td)").evaluate_all(
                "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).length"
            )
            assert cut == 0, f"{path}: {cut} figures are cut off"
            shoot(page, f"{width}-{path.strip('/').replace('/', '-')}-{language}")
    return {path: each for path, each in found.items() if each[0] > SCREENS or each[1] > 0}


@pytest.fixture
def db(transactional_db: None) -> None:
    """The server reads what is there from another connection."""


@pytest.fixture
def history(db: None, now: dt.datetime) -> None:
    make_history(now)


@pytest.mark.usefixtures("history")
@pytest.mark.sampled(1)
@pytest.mark.parametrize("size", [NARROWEST, *AT_200_PERCENT])
def test_figures_criteria_and_help_lines_are_read_within_four_screens(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    assert too_much(open_page("/public/", width=size[0]), size) == {}


@pytest.mark.soak
def test_so_are_they_with_the_sample_in_them(sample: str, chromium: Browser) -> None:
    context = chromium.new_context(base_url=sample)
    page = context.new_page()
    assert [too_much(page, size, "/public/reports/") for size in (NARROWEST, *AT_200_PERCENT)] == [{}, {}, {}]
    context.close()


@pytest.mark.sweep
@pytest.mark.usefixtures("history")
def test_what_is_folded_opens_without_script_and_an_address_leads_into_it(open_page: OpenPage) -> None:
    page = open_page("/public/criteria/#principle-24", width=NARROWEST[0], script=False)
    page.locator("#principle-24").wait_for(state="visible")
    for path in FOLDED:
        page.goto(f"/public/{path}")
        folds = page.locator("main details")
        assert folds.count() > 0
        for fold in folds.all():
            fold.locator("> summary").press("Enter")
        assert page.locator("main details:not([open])").count() == 0
