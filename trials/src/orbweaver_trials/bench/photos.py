"""Photographs for the benchmark: one of Meta's public samples, cut, mirrored and enlarged, with fine detail put back.

An enlarged picture alone would be smooth, so that its JPEG decodes faster than a photograph's. Detail of the kind that
photographs have (noise whose strength falls with the frequency) brings the bytes a pixel to those of camera JPEGs.
``bridge.jpg`` is the bridge of Meta's ThreatExchange project at 720 pixels (BSD licence, ``bridge.LICENSE``).
"""

from __future__ import annotations

import io
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from PIL import Image

SIZES = {"1mp": (1152, 864), "2mp": (1632, 1224), "4mp": (2304, 1728)}
"""Width and height: 1.0, 2.0 and 4.0 megapixels, as cameras have them (4:3)."""
QUALITIES = (85, 90)
"""JPEG qualities of the photographs, in turn. The web's usual ones; chroma is halved (4:2:0) in both."""
DETAIL = 5.0
"""Grey levels of the detail's standard deviation: gives 0.17-0.27 bytes a pixel, the sample itself has 0.22."""
TEXTURE_SIDE = 1024


def photographs(size: str, count: int) -> list[bytes]:
    """``count`` different JPEGs of the named size, the same ones in every run."""
    return [_photograph(SIZES[size], number) for number in range(count)]


def _photograph(sides: tuple[int, int], number: int) -> bytes:
    rng = np.random.default_rng(number)
    with Image.open(io.BytesIO((files(__package__) / "bridge.jpg").read_bytes())) as bridge:
        source = bridge.convert("RGB")
    width = int(source.width * rng.uniform(0.6, 0.8))
    height = width * sides[1] // sides[0]
    left, top = int(rng.uniform(0, source.width - width)), int(rng.uniform(0, source.height - height))
    part = source.crop((left, top, left + width, top + height)).resize(sides, Image.Resampling.LANCZOS)
    if number % 2:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    pixels = np.asarray(part, dtype=np.float32) + _detail(sides, rng)[..., None]
    buffer = io.BytesIO()
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    picture.save(buffer, "JPEG", quality=QUALITIES[number % len(QUALITIES)], subsampling="4:2:0")
    return buffer.getvalue()


def _detail(sides: tuple[int, int], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """float32[height, width]: noise with a 1/f spectrum above the frequencies that enlarging left."""
    spectrum = np.fft.rfft2(rng.standard_normal((TEXTURE_SIDE, TEXTURE_SIDE)))
    down = np.fft.fftfreq(TEXTURE_SIDE)[:, None]
    across = np.fft.rfftfreq(TEXTURE_SIDE)[None, :]
    frequency = np.hypot(down, across)
    spectrum *= (frequency > 0.02) / np.maximum(frequency, 0.02)
    texture = np.fft.irfft2(spectrum, s=(TEXTURE_SIDE, TEXTURE_SIDE))
    texture *= DETAIL / texture.std()
    repeats = (-(-sides[1] // TEXTURE_SIDE), -(-sides[0] // TEXTURE_SIDE))
    return np.tile(texture, repeats)[: sides[1], : sides[0]].astype(np.float32)
