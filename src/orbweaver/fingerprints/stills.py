"""One picture out of a file for a person to see: made anew as a JPEG, so that nothing of the file itself is shown."""

from __future__ import annotations

import io
import time
from contextlib import suppress
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image, ImageFile, ImageOps

from orbweaver.fingerprints import heif, pictures, png, svg, video
from orbweaver.fingerprints.avif import other_pictures
from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import DEFAULT_LIMITS, Limits
from orbweaver.fingerprints.luma import lumas
from orbweaver.fingerprints.result import FIRST, Still, StillPosition
from orbweaver.fingerprints.sniff import sniff

LONGEST = 2048
"""Pixels of the longer side: what is larger is shown smaller."""
QUALITY = 90
GREY = (128, 128, 128)
"""Behind what is transparent, so that neither black nor white drawings vanish."""

Pixels = npt.NDArray[np.uint8]


def still(data: bytes, at: StillPosition = FIRST, limits: Limits = DEFAULT_LIMITS) -> Still:
    """The picture at a position of the file. Never raises for what a file holds: ``error`` says it."""
    try:
        return Still(simplejpeg.encode_jpeg(np.ascontiguousarray(_pixels(data, at, limits)), QUALITY))
    except CannotFingerprint as reason:
        return Still(error=reason.code)
    except MemoryError:
        return Still(error="out_of_memory")
    except Exception:  # decoders of hostile data may raise anything
        return Still(error="damaged")


def _pixels(data: bytes, at: StillPosition, limits: Limits) -> Pixels:
    """Red, green and blue, uint8[height, width, 3]. Raises CannotFingerprint."""
    if not data:
        raise CannotFingerprint("empty")
    mime = sniff(data)
    if mime in video.FORMATS:
        return smaller(Image.fromarray(video.frame_at(data, mime, at.time_s, limits)))
    if mime is not None and heif.has_track(data, mime):
        return _of_track(data, mime, at, limits)
    if mime in pictures.FORMATS:
        return _of_picture(data, mime, at.number, limits)
    if mime in {"image/svg+xml", "application/gzip"}:
        return _of_drawing(data, at, limits)
    raise CannotFingerprint("not_an_image")


def _of_track(data: bytes, mime: str, at: StillPosition, limits: Limits) -> Pixels:
    """A still picture of a file that has a track too, by its number; else what its track shows at that time."""
    if not at.time_s or mime == "image/avif":
        with suppress(CannotFingerprint):
            return _of_picture(data, mime, at.number, limits)
    return smaller(Image.fromarray(video.frame_at(data, heif.TRACK, at.time_s, limits)))


def _of_picture(data: bytes, mime: str, number: int, limits: Limits) -> Pixels:
    """A frame or page of a picture; of the first one what can be read, where the file is damaged."""
    with pictures.reasons():
        try:
            return _opened(data, mime, number, limits)
        except (Image.DecompressionBombError, CannotFingerprint, MemoryError):
            raise
        except Exception:
            if number:
                raise
        if mime == "image/png":
            data = png.essential(data)
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            return _opened(data, mime, 0, limits)
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False


def _opened(data: bytes, mime: str, number: int, limits: Limits) -> Pixels:
    deadline = time.monotonic() + limits.max_decode_s
    with Image.open(io.BytesIO(data), formats=pictures.FORMATS[mime]) as image:
        pictures.check(image, limits)
        if number >= limits.max_frames:
            raise CannotFingerprint("too_many_frames")
        if image.format == "AVIF" and number >= (count := pictures.frames_in(image)):
            return _of_collection(data, mime, number - count, limits)
        first = image.tell()
        for index in range(1, number + 1):  # what a frame shows may build on those before it
            pictures.turn_to(image, index, first)
            pictures.check(image, limits)
            if time.monotonic() > deadline:
                raise CannotFingerprint("out_of_time")
        image.load()
        return smaller(coloured(ImageOps.exif_transpose(image)))


def _of_collection(data: bytes, mime: str, number: int, limits: Limits) -> Pixels:
    """A picture beside the primary one of an AVIF file, by its number among them."""
    other = next(islice(other_pictures(data, number + 1), number, None), None)
    if other is None:
        raise CannotFingerprint("no_picture")
    with Image.open(io.BytesIO(other), formats=pictures.FORMATS[mime]) as image:
        pictures.check(image, limits)
        return smaller(coloured(ImageOps.exif_transpose(image)))


def coloured(image: Image.Image) -> Image.Image:
    """As a screen shows it: eight bits of red, green and blue on grey."""
    if image.mode.startswith("I") or image.mode in {"F", "LAB"}:
        levels, scale = next(lumas(image))
        return Image.fromarray(np.clip(levels.astype(np.float32) * scale, 0, 255).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    seen = image.convert("RGBA")
    ground = Image.new("RGBA", seen.size, GREY)
    return Image.alpha_composite(ground, seen).convert("RGB")


def smaller(image: Image.Image) -> Pixels:
    """Its pixels, with a longer side of at most ``LONGEST``."""
    image.thumbnail((LONGEST, LONGEST))
    pixels: npt.NDArray[Any] = np.asarray(image)
    return pixels


def _of_drawing(data: bytes, at: StillPosition, limits: Limits) -> Pixels:
    """A picture that is embedded in an SVG. Its lines are not drawn: nothing of its text is followed or run."""
    text = svg.unpack(data)
    if sniff(text) != "image/svg+xml":
        raise CannotFingerprint("not_an_image")
    for number, raster in enumerate(svg.rasters(text)):
        mime = sniff(raster)
        if number >= at.number and mime in pictures.FORMATS:
            return _of_picture(raster, mime, 0, limits)
    raise CannotFingerprint("no_picture")
