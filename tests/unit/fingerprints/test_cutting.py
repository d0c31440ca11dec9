"""One cut of a picture: what falls off, where it is parted, and what of its page is known then."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from orbweaver.fingerprints.cutting import cut


def noise(height: int, width: int, seed: int = 0, levels: int = 140) -> npt.NDArray[np.uint8]:
    """Without flat lines, as no two pixels belong together."""
    return np.random.default_rng(seed).integers(60, 60 + levels, (height, width), np.uint8)


def cut_once(luma: npt.NDArray[np.uint8], page: float | None = None) -> tuple[list[list[int]], float | None]:
    height, width = luma.shape
    found: Any = cut(luma, 0, height, 0, width, page is not None, np.float32(page or 0.0))
    parts, known, level = found
    return parts.tolist(), float(level) if known else None


def test_nothing_is_cut_off_a_picture_without_edges_bands_or_seams() -> None:
    assert cut_once(noise(160, 200)) == ([], None)


def test_flat_edges_fall_off_and_the_thickest_says_what_the_page_is() -> None:
    page = np.full((200, 240), 250, np.uint8)
    page[20:180, 8:200] = noise(160, 192)
    assert cut_once(page) == ([[20, 180, 8, 200]], 250.0)
    page[20:, :] = noise(180, 240)
    page[190:] = 30
    assert cut_once(page) == ([[20, 190, 0, 240]], 250.0)


def test_bands_part_before_seams_and_the_thicker_before_the_thinner() -> None:
    page = np.full((200, 220), 90, np.uint8)
    for top, bottom in ((0, 96), (100, 200)):
        for left, right in ((0, 100), (120, 220)):
            page[top:bottom, left:right] = noise(bottom - top, right - left, left + top)
    assert cut_once(page) == ([[0, 200, 0, 100], [0, 200, 120, 220]], 90.0)


@pytest.mark.parametrize("turned", [False, True])
def test_a_seam_parts_and_says_nothing_of_a_page(turned: bool) -> None:
    page = np.vstack([noise(88, 400, levels=19), 100 + noise(96, 400, levels=19)])
    expected = [[0, 88, 0, 400], [88, 184, 0, 400]]
    if turned:
        page, expected = np.ascontiguousarray(page.T), [[0, 400, 0, 88], [0, 400, 88, 184]]
    assert cut_once(page) == (expected, None)


def test_bands_of_the_known_page_part_before_flat_edges_of_another_colour_fall_off() -> None:
    page = np.full((210, 200), 255, np.uint8)
    page[:100] = noise(100, 200)
    page[:30] = 120
    page[110:] = noise(100, 200, 1)
    assert cut_once(page, 255.0) == ([[0, 100, 0, 200], [110, 210, 0, 200]], 255.0)
    assert cut_once(page) == ([[30, 210, 0, 200]], 120.0)


def test_of_what_is_too_small_after_its_edges_nothing_is_left() -> None:
    page = np.full((100, 100), 255, np.uint8)
    page[40:70, 10:90] = noise(30, 80)
    assert cut_once(page) == ([], None)
