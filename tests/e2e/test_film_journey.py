"""A film is judged by its stills, one press each, hidden until then; the stills that matched come first.

A sweep; `test_films.py` holds a sample.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.conftest import Hotline, OpenPage, shoot, sign_in
from tests.films import film, find_film

pytestmark = pytest.mark.sweep

if TYPE_CHECKING:
    from playwright.sync_api import Page

ITEM = re.compile("/items/itm_[^/]+/$")


def colours(page: Page) -> Any:
    """A few pixels of the picture that is shown, so that two can be told apart."""
    return page.evaluate(
        """() => { const seen = document.querySelector("#frame canvas");
        const small = new OffscreenCanvas(4, 3).getContext("2d"); small.drawImage(seen, 0, 0, 4, 3);
        return Array.from(small.getImageData(0, 0, 4, 3).data); }"""
    )


def take(page: Page) -> None:
    sign_in(page, "Ann")
    page.goto("/queue/")
    page.get_by_role("button", name="Take the next item").click()
    page.wait_for_url(ITEM)


def test_the_stills_of_a_film_are_pressed_one_by_one(hotline: Hotline, open_page: OpenPage, tmp_path: Path) -> None:
    from orbweaver.assess.review.models import Look
    from orbweaver.platform.clock import now

    find_film(film(*range(1, 13)), [3, 9], tmp_path / "index", now())
    page = open_page()
    take(page)
    stills = page.locator("form.still button:visible")
    assert stills.nth(0).inner_text().startswith("0:04")
    assert stills.nth(1).inner_text().startswith("0:16")
    assert page.locator("#frame canvas").count() == 0
    shoot(page, "film-hidden")
    stills.nth(0).click()
    page.wait_for_selector("#frame canvas.grey.blur-2")
    assert stills.nth(0).get_attribute("aria-pressed") == "true"
    first = colours(page)
    shoot(page, "film-shown")
    stills.nth(1).click()
    page.wait_for_function("before => { const c = document.querySelector('#frame canvas'); return c !== null; }", arg=0)
    assert stills.nth(0).get_attribute("aria-pressed") == "false"
    assert colours(page) != first
    assert Look.objects.count() == 2
    stills.nth(1).click()
    page.wait_for_selector("#frame canvas", state="detached")
    assert stills.nth(1).get_attribute("aria-pressed") == "false"
    assert Look.objects.count() == 2
    page.locator(".stills summary").click()
    page.locator(".stills details button").first.click()
    page.wait_for_selector("#frame canvas")
    page.keyboard.press("Shift+V")
    page.wait_for_selector("#frame canvas", state="detached")
    assert Look.objects.count() == 3
    shoot(page, "film-more")
    page.get_by_role("button", name="Français").click()
    page.get_by_role("heading", name="Ses images fixes").wait_for()
    shoot(page, "film-french")


def test_a_look_that_shows_nothing_says_so_on_the_page(hotline: Hotline, open_page: OpenPage, tmp_path: Path) -> None:
    from orbweaver.assess.review.models import Look
    from orbweaver.detect.evidence.stores import evidence_dir
    from orbweaver.platform.clock import now

    item = find_film(film(1, 2), [1], tmp_path / "index", now())
    page = open_page()
    take(page)
    assert item.media.evidence is not None
    (evidence_dir() / item.media.evidence.file_name).unlink()
    page.locator("form.still button").first.click()
    page.get_by_text("The encrypted file cannot be read.").wait_for()
    assert page.locator("#looks").inner_text() == "0"
    assert Look.objects.count() == 0


@pytest.mark.parametrize("name", ["chair-19-sd-bar.mp4", "chair-22-with-large-logo-bar.mp4"])
def test_a_real_clip_is_seen_in_its_middle(hotline: Hotline, open_page: OpenPage, tmp_path: Path, name: str) -> None:
    from orbweaver.platform.clock import now

    folder = Path(os.environ.get("SAMPLE_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
    if not (folder / "vpdq" / name).exists():
        pytest.skip(f"NOT CHECKED: Meta's sample media are not in {folder.name!r}; set SAMPLE_DATA")
    find_film((folder / "vpdq" / name).read_bytes(), [], tmp_path / "index", now())
    page = open_page()
    take(page)
    stills = page.locator("form.still button:visible")
    assert stills.count() > 2
    stills.nth(2).click()
    page.wait_for_selector("#frame canvas")
    shoot(page, f"film-{name}")
