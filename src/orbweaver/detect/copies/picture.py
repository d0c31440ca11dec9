"""A picture as this room looks at it: decoded once, of a working size, in colour and in grey."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image

from orbweaver.fingerprints import stills
from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import DEFAULT_LIMITS, Limits
from orbweaver.fingerprints.markers import read_markers
from orbweaver.fingerprints.pdq_hash import Hashes, hashes_of
from orbweaver.fingerprints.pieces import Piece, pieces_of
from orbweaver.fingerprints.plane import Plane
from orbweaver.fingerprints.sniff import sniff

LONGEST = 640
"""Pixels of the longer side of what is kept of a picture."""
PLANE = 512
"""Pixels of the longer side of the plane that is hashed and cut into pieces."""

QUALITIES = (55, 40, 25)
"""Of a small JPEG; the next where the one before takes too many bytes."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """A decoded picture; see :func:`decoded`. Its planes and hashes are made when first asked for."""

    colour: Pixels
    """uint8[height, width, 3], red, green and blue, the longer side at most ``LONGEST``."""

    @cached_property
    def grey(self) -> Pixels:
        """uint8[height, width]: its luma."""
        return np.asarray(cv2.cvtColor(self.colour, cv2.COLOR_RGB2GRAY))

    @property
    def width(self) -> int:
        """Pixels of the working size."""
        return int(self.colour.shape[1])

    @property
    def height(self) -> int:
        """Pixels of the working size."""
        return int(self.colour.shape[0])

    @cached_property
    def hashes(self) -> Hashes:
        """PDQ of the picture in its eight turns."""
        return hashes_of(self._plane)

    @cached_property
    def pieces(self) -> list[Piece]:
        """Its pieces, hashed."""
        return pieces_of(self._plane)

    @cached_property
    def _plane(self) -> Plane:
        grey = np.ascontiguousarray(shrunk(self.grey, PLANE))
        return Plane(grey, grey.shape[1], grey.shape[0])

    def part(self, left: float, top: float, right: float, bottom: float) -> Picture:
        """A rectangle of it, in shares."""
        rows = slice(round(top * self.height), max(round(bottom * self.height), round(top * self.height) + 1))
        columns = slice(round(left * self.width), max(round(right * self.width), round(left * self.width) + 1))
        return Picture(np.ascontiguousarray(self.colour[rows, columns]))


def shrunk(pixels: Pixels, longest: int) -> Pixels:
    """The picture with its longer side at most so many pixels."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def resized(pixels: Pixels, longest: int) -> Pixels:
    """The picture with its longer side of just so many pixels."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale <= 1:
        return shrunk(pixels, longest)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def decoded(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Picture:
    """The first picture that a file shows. Raises CannotFingerprint with the reason."""
    fast = _fast_jpeg(data, limits)
    if fast is None:
        shown = stills.still(data, limits=limits)
        if shown.error is not None:
            raise CannotFingerprint(shown.error)
        fast = _fast_jpeg(shown.jpeg, limits)
    if fast is None:
        raise CannotFingerprint("damaged")
    return Picture(np.ascontiguousarray(shrunk(fast, LONGEST)))


def _fast_jpeg(data: bytes, limits: Limits) -> Pixels | None:
    """A plain JPEG, decoded no larger than is needed; None for all else."""
    if sniff(data) != "image/jpeg":
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data, strict=False)
        precision, turn = read_markers(data)
        if colours not in {"YCbCr", "Gray"} or precision > 8 or turn != 1 or width * height > limits.max_pixels:
            return None
        scale = min(1.0, LONGEST / max(width, height))
        least = {"min_height": round(height * scale), "min_width": round(width * scale)}
        pixels = simplejpeg.decode_jpeg(data, "RGB", fastdct=True, fastupsample=True, **least)
    except (ValueError, KeyError):
        return None
    return np.asarray(pixels, dtype=np.uint8)


def thumbnail(picture: Picture, longest: int, most_bytes: int) -> bytes:
    """A small JPEG of it, of the best quality that stays within ``most_bytes``, or of the lowest."""
    small = Image.fromarray(shrunk(picture.colour, longest))
    jpeg = b""
    for quality in QUALITIES:
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality, optimize=True)
        jpeg = buffer.getvalue()
        if len(jpeg) <= most_bytes:
            break
    return jpeg
