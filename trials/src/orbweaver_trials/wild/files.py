"""The files of the world: harmless drawings in every kind of file, cut, collated, filmed."""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Callable, Sequence

import pillow_heif
from PIL import Image, ImageDraw

from orbweaver_trials.demo.films import film
from orbweaver_trials.demo.pictures import EDITS, draw, encode
from orbweaver_trials.wild.plan import Place

MIMES = {
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "png": "image/png",
    "heic": "image/heic",
    "tiff": "image/tiff",
    "avif": "image/avif",
    "svg": "image/svg+xml",
    "gif": "image/gif",
    "mp4": "video/mp4",
}
"""Suffix → type."""


@functools.lru_cache(maxsize=4_096)
def file_of(place: Place) -> bytes:
    """The bytes at a place while the picture is there."""
    return file(place.make, place.seed, place.scenes)


@functools.lru_cache(maxsize=4_096)
def filler(seed: int) -> bytes:
    """A picture that stands for nothing."""
    return file("copy", seed)


def file(make: str, seed: int, scenes: Sequence[int] = ()) -> bytes:
    """A file of this kind with the picture of this seed in it."""
    if make in EDITS:
        return EDITS[make][1](draw(seed))
    moving = {"gif": "GIF", "webp_moving": "WEBP"}
    if make in moving:
        return _moving(moving[make], [draw(each) for each in scenes])
    if make == "film":
        return film([draw(each) for each in scenes])
    if make == "svg":
        return _svg(draw(seed))
    return _MAKERS.get(make, encode)(draw(seed))


def _crop(image: Image.Image) -> bytes:
    width, height = image.size
    return encode(image.crop((width // 4, height // 5, width // 4 + width * 11 // 20, height * 4 // 5)))


def _collage(image: Image.Image) -> bytes:
    sheet = Image.new("RGB", (820, 620), "white")
    for number, part in enumerate([draw(9_001), image, draw(9_002), draw(9_003)]):
        sheet.paste(part, (5 + 410 * (number % 2), 5 + 310 * (number // 2)))
    return encode(sheet)


def _saved(image: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def _heic(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    pillow_heif.from_pillow(image).save(stream, quality=85)
    return stream.getvalue()


_MAKERS: dict[str, Callable[[Image.Image], bytes]] = {
    "crop": _crop,
    "collage": _collage,
    "heic": _heic,
    "tiff": lambda image: _saved(image, "TIFF"),
    "avif": lambda image: _saved(image, "AVIF"),
}


def _svg(image: Image.Image) -> bytes:
    held = base64.b64encode(encode(image)).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{image.width}" height="{image.height}">'
        f'<image width="{image.width}" height="{image.height}" href="data:image/jpeg;base64,{held}"/></svg>'
    ).encode()


def _moving(kind: str, frames: Sequence[Image.Image]) -> bytes:
    stream = io.BytesIO()
    frames[0].save(stream, kind, save_all=True, append_images=list(frames[1:]), duration=1_500, loop=0)
    return stream.getvalue()


@functools.cache
def sign(words: str) -> bytes:
    """A picture with words on it, such as a placeholder."""
    image = Image.new("RGB", (400, 300), (236, 236, 240))
    brush = ImageDraw.Draw(image)
    brush.rectangle((20, 20, 380, 280), outline=(120, 120, 130), width=3)
    brush.ellipse((170, 60, 230, 120), outline=(190, 60, 60), width=6)
    brush.text((60, 160), words, fill=(60, 60, 70))
    return encode(image, "png")
