"""Harmless pictures drawn by code: landscapes that no camera saw. The same seed gives the same pixels everywhere.

They are made like photographs as far as a perceptual hash is concerned: a sky with clouds, ridges, water, a few solid
shapes in light and shade, so that PDQ finds enough gradients (quality of 80 and more) and two seeds have nothing in
common (distances around 128 of 256 bits; 31 is the radius of a match). Seed 0 is a real photograph of a bridge, from
the public samples of Meta's ThreatExchange (BSD licence, ``samples/LICENSE``).
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from importlib import resources

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 400, 300
"""Pixels of every picture as drawn."""

SAMPLE = 0
"""The seed that stands for the sample photograph (256 x 256)."""

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
"""File extension → Pillow's name of the format."""

MIMES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}

_Plane = npt.NDArray[np.float64]


def draw(seed: int) -> Image.Image:
    """The picture of this seed: RGB, 400 x 300; the sample photograph for ``SAMPLE``."""
    if seed == SAMPLE:
        with resources.files("orbweaver_trials.demo").joinpath("samples/bridge.jpg").open("rb") as file:
            return Image.open(file).convert("RGB")
    rng = np.random.default_rng(seed)
    clouds = _cloud(rng, roughness=1.9)
    sky = _blend(_colour(rng, 0.45, 0.75), _colour(rng, 0.6, 0.95), clouds)
    horizon = int(HEIGHT * rng.uniform(0.35, 0.65))
    land = _blend(_colour(rng, 0.1, 0.4), _colour(rng, 0.35, 0.6), _cloud(rng, roughness=1.4))
    picture = np.where((np.arange(HEIGHT) < horizon)[:, None, None], sky, land)
    texture = 0.75 + 0.5 * _cloud(rng, roughness=1.1)
    for nearness in (0.35, 0.6, 1.0):
        _ridge(picture, rng, texture, horizon, nearness)
    image = Image.fromarray((picture.clip(0, 1) * 255).astype(np.uint8), "RGB")
    for _ in range(int(rng.integers(4, 8))):
        _solid(image, rng)
    return image.filter(ImageFilter.GaussianBlur(0.8))


def _colour(rng: np.random.Generator, low: float, high: float) -> _Plane:
    return rng.uniform(low, high, 3)


def _cloud(rng: np.random.Generator, roughness: float) -> _Plane:
    """Noise of 0 to 1 whose spectrum falls with frequency, as in photographs: float64[HEIGHT, WIDTH]."""
    across, down = np.fft.rfftfreq(WIDTH)[None, :], np.fft.fftfreq(HEIGHT)[:, None]
    frequency = np.hypot(across, down)
    frequency[0, 0] = np.inf
    phases = np.exp(2j * np.pi * rng.random(frequency.shape))
    field = np.fft.irfft2(phases / frequency**roughness, s=(HEIGHT, WIDTH))
    return np.asarray((field - field.min()) / (field.max() - field.min()))


def _blend(one: _Plane, other: _Plane, share: _Plane) -> _Plane:
    return np.asarray(one + (other - one) * share[..., None])


def _ridge(picture: _Plane, rng: np.random.Generator, texture: _Plane, horizon: int, nearness: float) -> None:
    """A line of hills across the picture, darker the nearer."""
    steps = np.cumsum(rng.normal(0, 1, 33))
    line = np.interp(np.linspace(0, 32, WIDTH), np.arange(33), steps - np.linspace(0, steps[-1], 33))
    top = horizon - 15 - line * 11 * nearness + (nearness - 0.35) * rng.uniform(45, 125)
    below = np.arange(HEIGHT)[:, None] > top[None, :]
    colour = _colour(rng, 0.15, 0.8) * (1.25 - 0.7 * nearness)
    picture[below] = (colour[None, None, :] * texture[..., None])[below]


def _solid(image: Image.Image, rng: np.random.Generator) -> None:
    """A boulder, a house or a sail, half of it in the light."""
    brush = ImageDraw.Draw(image)
    size = rng.uniform(0.08, 0.3) * HEIGHT
    left, top = rng.uniform(0, WIDTH - size), rng.uniform(0.15 * HEIGHT, HEIGHT - size)
    light = tuple(int(value) for value in rng.integers(90, 250, 3))
    shade = tuple(value // 3 for value in light)
    kind = int(rng.integers(3))
    if kind == 0:
        brush.ellipse((left, top, left + size, top + size), fill=shade)
        brush.pieslice((left, top, left + size, top + size), 120, 300, fill=light)
    elif kind == 1:
        brush.rectangle((left, top, left + size / 2, top + size), fill=light)
        brush.rectangle((left + size / 2, top, left + size, top + size), fill=shade)
    else:
        middle = (left + size / 2, top)
        brush.polygon([middle, (left, top + size), (left + size / 2, top + size)], fill=light)
        brush.polygon([middle, (left + size, top + size), (left + size / 2, top + size)], fill=shade)


def encode(image: Image.Image, extension: str = "jpg", quality: int = 90) -> bytes:
    """The file: ``extension`` of ``FORMATS``; ``quality`` 1-100, without meaning for PNG."""
    buffer = io.BytesIO()
    options = {} if extension == "png" else {"quality": quality}
    image.save(buffer, FORMATS[extension], **options)
    return buffer.getvalue()


def _reencoded(image: Image.Image) -> bytes:
    return encode(image, quality=30)


def _half_size(image: Image.Image) -> bytes:
    return encode(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS), "png")


def _png(image: Image.Image) -> bytes:
    return encode(image, "png")


def _webp(image: Image.Image) -> bytes:
    return encode(image, "webp", 80)


def _mirrored(image: Image.Image) -> bytes:
    return encode(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "webp", 85)


EDITS: dict[str, tuple[str, Callable[[Image.Image], bytes]]] = {
    "copy": ("jpg", encode),
    "reencoded": ("jpg", _reencoded),
    "half": ("png", _half_size),
    "mirrored": ("webp", _mirrored),
    "png": ("png", _png),
    "webp": ("webp", _webp),
}
"""Name of an edit → extension of its file and how it is made from the picture; ``copy`` is the file on the list."""


@functools.lru_cache(maxsize=256)
def edited(seed: int, edit: str = "copy") -> bytes:
    """The file of this seed's picture after an edit of ``EDITS``; the last ones are kept, some 10 MB of them."""
    return EDITS[edit][1](draw(seed))
