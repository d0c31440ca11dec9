"""Figures, criteria and help lines on the narrowest telephone: four screens at most, and nothing lies beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.conftest import world
from tests.integration.doors.web.conftest import now, organisation
from tests.integration.doors.web.public.test_public_figures import history

from .conftest import shoot

if TYPE_CHECKING:
    from .conftest import OpenPage

__all__ = ["history", "now", "organisation", "world"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ("", "responses/", "removal/", "providers/", "countries/", "coverage/", "reports/", "criteria/")
WIDTH, HEIGHT, SCREENS = 320, 844, 4


@pytest.fixture
def db(transactional_db: None) -> None:
    """The server reads what is there from another connection."""


@pytest.mark.usefixtures("history")
def test_figures_criteria_and_help_lines_are_read_within_four_narrow_screens(open_page: OpenPage) -> None:
    page = open_page("/public/", width=WIDTH)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    found: dict[str, Any] = {}
    for path in (*(f"/public/{each}" for each in PAGES), "/info/help/"):
        page.goto(path)
        tall, beyond = page.locator("html").evaluate("each => [each.scrollHeight, each.scrollWidth - each.clientWidth]")
        found[path] = (round(tall / HEIGHT, 1), beyond)
        cut = page.locator("dl.figures dd").evaluate_all(
            "all => all.filter(each => each.scrollWidth > each.clientWidth).length"
        )
        assert cut == 0, f"{path}: {cut} figures are cut off"
        shoot(page, path.strip("/").replace("/", "-"))
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    assert {path: each for path, each in found.items() if each[0] > SCREENS or each[1] > 0} == {}, found
