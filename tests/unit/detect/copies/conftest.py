"""Photographs for these tests: parts of Meta's public sample, which the benchmarks ship, and what is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from orbweaver.detect.copies.picture import Picture, decoded
from orbweaver.detect.copies.references import Reference, reference_of
from orbweaver_trials.bench import copies_edits
from orbweaver_trials.bench.copies_photos import drawn


def text_page(seed: int) -> Image.Image:
    """A page of text under a menu that all pages of its site have."""
    rng = np.random.default_rng(seed)
    page = Image.new("RGB", (900, 1100), (255, 255, 255))
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 900, 90), fill=(30, 60, 120))
    draw.text((30, 25), "The same menu on every page", fill=(255, 255, 255), font=copies_edits.font(34))
    for line in range(30):
        words = copies_edits.phrase(rng, 12)
        draw.text((40, 120 + line * 31), words, fill=(20, 20, 20), font=copies_edits.font(20))
    return page


def picture(image: Image.Image) -> Picture:
    return decoded(copies_edits.jpeg(image))


@pytest.fixture(scope="session")
def originals() -> list[Image.Image]:
    return [drawn(number) for number in range(9)]


@pytest.fixture(scope="session")
def held(originals: list[Image.Image]) -> list[Reference]:
    return [reference_of(str(number), picture(image)) for number, image in enumerate(originals)]
