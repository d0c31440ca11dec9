"""Each role's journey in Firefox, wide and narrow, with the keyboard alone; the public side without script, too."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e import firefox_bidi
from tests.e2e.conftest import chromium
from tests.e2e.roles import PUBLIC, STAFF
from tests.e2e.test_role_journeys import NARROW, WIDE, by_link, problems_of, sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["chromium", "sample"]
pytestmark = [pytest.mark.browser, pytest.mark.soak]


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Browser]:
    """Debian's Firefox, by WebDriver BiDi (``firefox_bidi``)."""
    if not Path(firefox_bidi.FIREFOX).exists():
        pytest.skip(f"Firefox is not at {firefox_bidi.FIREFOX}: the journeys were NOT tried there.")
    from playwright.sync_api import sync_playwright

    program = tmp_path / "firefox"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {firefox_bidi.__file__} "$@"\n')
    program.chmod(0o700)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            browser = playwright.firefox.launch(executable_path=program, channel="moz-firefox", headless=True)
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_every_role_does_what_it_came_for_in_firefox(sample: str, firefox: Browser, size: tuple[int, int]) -> None:
    strangers = {**PUBLIC, **by_link()}
    assert problems_of(firefox, sample, {**STAFF, **strangers}, size) == {}
    assert problems_of(firefox, sample, strangers, size, java_script_enabled=False) == {}


def test_every_role_does_what_it_came_for_in_a_narrow_chromium(sample: str, chromium: Browser) -> None:
    assert problems_of(chromium, sample, {**STAFF, **PUBLIC, **by_link()}, NARROW) == {}
