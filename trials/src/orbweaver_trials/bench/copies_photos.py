"""Photographs for measuring copies: those of a folder, or drawn ones like them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

SIZE = (960, 720)
SAMPLES = 4
COMPARED = 96
"""Pixels of a side of the squares by which pictures of one package are compared with one another."""
SAME = 0.9
"""Correlation of their detail from which two are one picture. Measured among 553 of packages: 0.91 to 1 of a picture
that is shipped twice, marked or saved anew; 0.86 of two drawings of one kind, 0.56 of two photographs of one kind."""


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


def unlike(images: Iterable[Image.Image], known: Sequence[Image.Image] = ()) -> list[Image.Image]:
    """The pictures that are none of ``known`` once more, nor one before them: packages ship some twice, and those are
    copies. Told by the whole originals, pixel by pixel, before anything is edited or matched."""
    details = [_detail(image) for image in known]
    kept: list[Image.Image] = []
    for image in images:
        detail = _detail(image)
        if all(float(other @ detail) < SAME for other in details):
            details.append(detail)
            kept.append(image)
    return kept


def _detail(image: Image.Image) -> npt.NDArray[np.float32]:
    """What is fine in a picture, as a vector of length 1: skies and slopes of light are alike in unlike pictures."""
    grey = np.asarray(image.convert("L").resize((COMPARED, COMPARED)), np.float32)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 4)
    fine = (fine - fine.mean()).ravel()
    return np.asarray(fine / max(float(np.linalg.norm(fine)), 1e-9), np.float32)


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
