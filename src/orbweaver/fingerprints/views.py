"""Pictures of a file as plain pixels, for whoever compares them: no other process need decode what it holds."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import simplejpeg

from orbweaver.fingerprints import animations, stills, video
from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import DEFAULT_LIMITS, Limits
from orbweaver.fingerprints.markers import read_markers
from orbweaver.fingerprints.result import MOST_VIEWED, Frames, Sized, View, Views
from orbweaver.fingerprints.sniff import sniff

Pixels = npt.NDArray[np.uint8]


def views(data: bytes, wanted: Sized | Frames, limits: Limits = DEFAULT_LIMITS) -> Views:
    """What a file shows, as it was asked. Never raises for what a file holds: ``error`` says it."""
    try:
        if isinstance(wanted, Frames):
            return _of_film(data, wanted, limits)
        return Views((_view(0.0, _of_picture(data, wanted.longest, limits)),))
    except CannotFingerprint as reason:
        return Views(error=reason.code)
    except MemoryError:
        return Views(error="out_of_memory")
    except Exception:  # decoders of hostile data may raise anything
        return Views(error="damaged")


def _view(time_s: float, pixels: Pixels) -> View:
    """One of at most ``MOST_VIEWED`` bytes: of a larger one every second pixel, every third, and so on."""
    step = math.ceil(math.sqrt(max(pixels.size / MOST_VIEWED, 1.0)))
    kept = np.ascontiguousarray(pixels[::step, ::step])
    return View(time_s, kept.shape[1], kept.shape[0], kept.tobytes())


def _of_film(data: bytes, wanted: Frames, limits: Limits) -> Views:
    """Frames until an answer is full. What came before the damage of a broken film is kept."""
    found: list[View] = []
    size = 0
    try:
        for time_s, pixels in _frames_of(data, wanted, limits):
            view = _view(time_s, pixels)
            size += len(view.pixels)
            if found and size > MOST_VIEWED:
                return Views(tuple(found), more=True)
            found.append(view)
    except CannotFingerprint as reason:
        return Views(tuple(found), reason.code)
    return Views(tuple(found), None if found else "no_picture")


def _frames_of(data: bytes, wanted: Frames, limits: Limits) -> Iterator[tuple[float, Pixels]]:
    mime = sniff(data)
    if mime in video.FORMATS:
        return video.pictures_at(data, mime, limits, wanted.fps, wanted.after_s)
    if animations.is_animation(data):
        return animations.pictures_of(data, limits, wanted.fps, wanted.after_s)
    raise CannotFingerprint("not_an_image" if data else "empty")


def _of_picture(data: bytes, longest: int, limits: Limits) -> Pixels:
    fast = _fast_jpeg(data, longest, limits)
    if fast is None:
        shown = stills.still(data, limits=limits)
        if shown.error is not None:
            raise CannotFingerprint(shown.error)
        fast = _fast_jpeg(shown.jpeg, longest, limits)
    if fast is None:
        raise CannotFingerprint("damaged")
    return fast


def _fast_jpeg(data: bytes, longest: int, limits: Limits) -> Pixels | None:
    """A plain JPEG, decoded no larger than is needed; None for all else."""
    if sniff(data) != "image/jpeg":
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data, strict=False)
        precision, turn, _ = read_markers(data)
        if colours not in {"YCbCr", "Gray"} or precision > 8 or turn != 1 or width * height > limits.max_pixels:
            return None
        scale = min(1.0, longest / max(width, height))
        least = {"min_height": round(height * scale), "min_width": round(width * scale)}
        pixels = simplejpeg.decode_jpeg(data, "RGB", fastdct=True, fastupsample=True, **least)
    except (ValueError, KeyError):
        return None
    return np.asarray(pixels, dtype=np.uint8)
