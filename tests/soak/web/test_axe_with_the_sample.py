"""Every page with the sample in it is clean by axe-core, at 1280 and 390 px, light and dark; so are refusals.

``tests/e2e/test_axe.py`` looks at one width, with little on the pages. Addresses are those of ``bench pages``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import chromium
from tests.e2e.roles import PASSWORD
from tests.e2e.test_axe import FILES, problems_of
from tests.e2e.test_role_journeys import NARROW, WIDE, sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import Browser, Page

__all__ = ["chromium", "sample"]
pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(1800)]

REFUSALS = ("/nothing-here/", "/queue/next/")
"""A page that is not there, and one that takes a form alone."""
SIGN_OUT = {"sign-out"}
DOWNLOADS = ("list-imports", "list-record", "list-refused", "public-data")
"""Names of what comes as a file."""


def addresses() -> tuple[list[str], list[str]]:
    """Those of the public, and those of whoever signs in; of pages that are opened, no forms and files."""
    from tests.integration.doors.web.test_access import ALLOWED, OPEN_TO_ALL

    from orbweaver_trials.bench.pages_addresses import NOBODY, pages

    opened = {name for name, (method, _, _) in ALLOWED.items() if method == "get"} | OPEN_TO_ALL - FILES - SIGN_OUT
    found = [page for page in pages()[0] if page.name in opened and not page.name.endswith(("-file", *DOWNLOADS))]
    public = {address for page in found if page.role == NOBODY for address in page.addresses[:1]}
    staff = {address for page in found if page.role != NOBODY for address in page.addresses[:1]}
    return sorted(public), sorted(staff)


def problems(page: Page, paths: Iterable[str]) -> tuple[dict[str, list[str]], set[str]]:
    """What is wrong with each page that has something wrong; and the pages that were looked at."""
    found, seen = {}, set()
    for path in paths:
        answer = page.goto(path)
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        page.emulate_media(color_scheme="light")
        wrong = problems_of(page)
        beyond = page.locator("html").evaluate("each => each.scrollWidth - each.clientWidth")
        wrong += [f"{beyond} px too wide"] if beyond > 0 else []
        page.emulate_media(color_scheme="dark")
        wrong += [f"dark: {each}" for each in problems_of(page, "color-contrast")]
        if answer.status == 200:
            seen.add(path)
        if wrong:
            found[path] = wrong
    return found, seen


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_every_page_with_the_sample_in_it_is_clean(sample: str, chromium: Browser, size: tuple[int, int]) -> None:
    public, staff = addresses()
    wrong: dict[str, list[str]] = {}
    for email, paths in (("", [*public, *REFUSALS]), ("everything", staff), ("industry-client", ["/inbox/"])):
        viewport = {"width": size[0], "height": size[1]}
        context = chromium.new_context(base_url=sample, viewport=viewport, locale="en-GB", reduced_motion="reduce")  # type: ignore[arg-type]
        context.set_default_timeout(60_000)
        page = context.new_page()
        if email:
            page.goto("/sign-in/")
            page.locator("input[name=email]").fill(f"{email}@sample.example")
            page.locator("input[name=password]").fill(PASSWORD)
            with page.expect_navigation():
                page.keyboard.press("Enter")
        found, seen = problems(page, paths)
        context.close()
        wrong |= found
        assert len(seen) > len(paths) * 0.8, sorted(set(paths) - seen)
    assert wrong == {}
