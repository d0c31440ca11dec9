"""A picture as this room looks at it: decoded once, of a working size, in colour and in grey."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.pdq_hash import Hashes, hashes_of
from orbweaver.fingerprints.pieces import Piece, pieces_of
from orbweaver.fingerprints.plane import Plane
from orbweaver.fingerprints.result import Sized, View
from orbweaver.fingerprints.views import views

LONGEST = 640
"""Pixels of the longer side of what is kept of a picture."""
PLANE = 512
"""Pixels of the longer side of the plane that is hashed and cut into pieces."""

QUALITIES = (55, 40, 25)
"""Of a small JPEG; the next where the one before takes too many bytes."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """A decoded picture; see :func:`picture_of`. Its planes and hashes are made when first asked for."""

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

    def grey_at(self, longest: int) -> Pixels:
        """Its luma with the longer side of just so many pixels."""
        hashed = self._plane.luma
        return hashed if longest == max(hashed.shape) else resized(self.grey, longest)

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


def picture_of(view: View) -> Picture:
    """The picture whose pixels these are, of the working size."""
    pixels = np.frombuffer(view.pixels, np.uint8).reshape(view.height, view.width, 3)
    return Picture(np.array(shrunk(pixels, LONGEST)))


def decoded(data: bytes) -> Picture:
    """The first picture of a file that nobody else has made: it is decoded in this process, without any protection.

    Raises CannotFingerprint with the reason. For files of others there is ``decoding.Decoders``.
    """
    seen = views(data, Sized(LONGEST))
    if not seen.views:
        raise CannotFingerprint(seen.error or "no_picture")
    return picture_of(seen.views[0])


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
