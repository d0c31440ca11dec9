"""Photographs for these tests: parts of Meta's public sample, which the benchmarks ship, and what is drawn."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.resources import files

import numpy as np
import pytest
from PIL import Image, ImageDraw

from orbweaver.detect.copies.picture import Picture, decoded
from orbweaver.detect.copies.references import Reference, reference_of
from orbweaver_trials.bench import copies_edits

SIZE = (960, 720)


def photograph(number: int) -> Image.Image:
    """One of four corners of the bridge, or drawn noise like a photograph's for higher numbers."""
    if number < 4:
        with Image.open(io.BytesIO((files("orbweaver_trials.bench") / "bridge.jpg").read_bytes())) as bridge:
            wide, tall = bridge.width // 2, bridge.height // 2
            left, top = (number % 2) * wide, (number // 2) * tall
            return bridge.convert("RGB").crop((left, top, left + wide, top + tall)).resize(SIZE)
    rng = np.random.default_rng(number)
    total = np.zeros((SIZE[1], SIZE[0], 3))
    for octave in range(2, 9):
        noise = rng.integers(0, 256, (2**octave, 2**octave, 3), dtype=np.uint8)
        total += np.asarray(Image.fromarray(noise).resize(SIZE, Image.Resampling.BICUBIC), np.float64) / 1.6**octave
    low, high = np.percentile(total, (1, 99))
    return Image.fromarray(np.clip((total - low) / (high - low) * 255, 0, 255).astype(np.uint8))


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


def as_jpeg(image: Image.Image, quality: int = 88) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def picture(image: Image.Image) -> Picture:
    return decoded(as_jpeg(image))


@pytest.fixture(scope="session")
def originals() -> list[Image.Image]:
    return [photograph(number) for number in range(9)]


@pytest.fixture(scope="session")
def held(originals: list[Image.Image]) -> list[Reference]:
    return [reference_of(str(number), picture(image)) for number, image in enumerate(originals)]


Draw = Callable[[int], Image.Image]
