"""Photographs for measuring copies: those of a folder, or drawn ones like them."""

from __future__ import annotations

import io
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

SIZE = (960, 720)
SAMPLES = 4


def photographs(folder: Path | None, count: int) -> list[Image.Image]:
    """At most ``count`` pictures of the folder, all subfolders included; or as many drawn ones."""
    if folder is None:
        return [drawn(number) for number in range(count)]
    found: list[Image.Image] = []
    for path in sorted(folder.rglob("*")):
        if len(found) == count:
            break
        try:
            with Image.open(path) as image:
                image.draft("RGB", (SIZE[0] * 2, SIZE[1] * 2))
                image.thumbnail((1280, 1280))
                found.append(image.convert("RGB"))
        except (OSError, UnidentifiedImageError):
            continue
    return found


def drawn(number: int) -> Image.Image:
    """A corner of the bridge that ships with the benchmarks, or noise over several octaves with hard shapes in it."""
    if number < SAMPLES:
        with Image.open(io.BytesIO((files(__package__) / "bridge.jpg").read_bytes())) as bridge:
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
