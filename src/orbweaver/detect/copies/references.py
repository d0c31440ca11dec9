"""What is kept of a held picture so that its copies are found: hashes, points and a small picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image

from orbweaver.detect.copies.embedding import Codes, Model, tiles_of
from orbweaver.detect.copies.fitting import Size
from orbweaver.detect.copies.picture import Picture, Pixels, thumbnail
from orbweaver.detect.copies.points import NONE, Packed, Points, packed, points_of
from orbweaver.detect.copies.proposing import BYTES_A_POINT
from orbweaver.fingerprints.pdq_hash import Hashes
from orbweaver.fingerprints.pieces import Piece

BYTES_KEPT = 38
COUNT = 250
"""Points of a reference. With 51 bytes each and the thumbnail it stays below 16 kB."""
DECAY = 0.78
LONGEST = 576
"""Pixels of the longer side at which its points are found."""
THUMBNAIL = 160
THUMBNAIL_BYTES = 2_900
WHOLE = 0.9
"""Share of a picture that its pieces fill at least, if it is a picture itself and no page or collage on a ground."""
LIKE_A_PICTURE = 0.04
"""Share of a page that a piece has, if it is held by itself."""
MIN_QUALITY = 50
"""PDQ's quality from which a hash may match."""
PATTERN = 0.8
"""How much a picture is like itself elsewhere, from which it is a pattern."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in shares."""


@dataclass(frozen=True)
class Reference:
    """A held picture, without its bytes."""

    name: str
    hashes: Hashes
    piece_hashes: tuple[tuple[Box, Hashes], ...]
    """Of the pieces that it is held by; none for a plain picture."""
    kept: Packed
    """Its points."""
    small: bytes
    """A JPEG of at most ``THUMBNAIL`` pixels."""
    pattern: bool
    """It is like itself elsewhere: nothing about it is proved."""
    plain: bool
    """Most of it is of one colour, as in a page of text or a drawing: it takes a closer look."""
    tiles: Codes | None = None
    """Codes of its parts by a model, where there is one."""

    @property
    def bytes(self) -> int:
        """Bytes that it takes in memory, the inverted file's included."""
        points = len(self.kept.bits) * (BYTES_KEPT + BYTES_A_POINT)
        tiles = 0 if self.tiles is None else self.tiles.nbytes
        return points + len(self.small) + 8 * 32 * (1 + len(self.piece_hashes)) + tiles

    @property
    def points(self) -> Points:
        """Its points, unpacked."""
        return self.kept.points()

    @property
    def colour(self) -> Pixels:
        """uint8[height, width, 3]: the small picture."""
        with Image.open(io.BytesIO(self.small)) as image:
            return np.asarray(image.convert("RGB"))

    @cached_property
    def size(self) -> Size:
        """Width and height of the small picture."""
        height, width, _, _ = simplejpeg.decode_jpeg_header(self.small)
        return Size(width, height)

    def held(self, height: int, width: int) -> npt.NDArray[np.bool_] | None:
        """Where a picture of this size is held, or None for all of it."""
        if not self.piece_hashes:
            return None
        mask = np.zeros((height, width), np.bool_)
        for (left, top, right, bottom), _ in self.piece_hashes:
            mask[round(top * height) : round(bottom * height), round(left * width) : round(right * width)] = True
        return mask


def reference_of(name: str, picture: Picture, model: Model | None = None) -> Reference:
    """All that is kept of a picture."""
    parts = parts_held(picture)
    return Reference(
        name=name,
        hashes=picture.hashes,
        piece_hashes=tuple(((piece.left, piece.top, piece.right, piece.bottom), piece.hashes) for piece in parts),
        kept=packed(_points(picture, parts)),
        small=thumbnail(picture, THUMBNAIL, THUMBNAIL_BYTES),
        pattern=is_pattern(picture.grey),
        plain=is_plain(picture.grey),
        tiles=None if model is None else tiles_of(picture, model),
    )


def parts_held(picture: Picture) -> list[Piece]:
    """The pieces that a page or a collage on a ground is held by; none for a picture."""
    leaves = [piece for piece in picture.pieces if not any(_inside(other, piece) for other in picture.pieces)]
    filled = sum((piece.right - piece.left) * (piece.bottom - piece.top) for piece in leaves)
    if not leaves or filled >= WHOLE:
        return []
    return [
        piece
        for piece in leaves
        if (piece.right - piece.left) * (piece.bottom - piece.top) >= LIKE_A_PICTURE
        and piece.hashes.quality >= MIN_QUALITY
    ]


def _inside(one: Piece, other: Piece) -> bool:
    """Whether ``one`` is another piece that lies in ``other``."""
    return (
        one is not other
        and one.left >= other.left
        and one.top >= other.top
        and one.right <= other.right
        and one.bottom <= other.bottom
    )


def _points(picture: Picture, parts: list[Piece]) -> Points:
    if not parts:
        return points_of(picture, COUNT, DECAY, LONGEST)
    each = max(40, COUNT // len(parts))
    return joined([part_points(picture, part, each, DECAY, LONGEST) for part in parts])


def part_points(picture: Picture, piece: Piece, count: int, decay: float, longest: int) -> Points:
    """The points of a piece, as points of the whole picture."""
    box = (piece.left, piece.top, piece.right, piece.bottom)
    part = picture.part(*box)
    longer = max(part.width, part.height) / max(picture.width, picture.height)
    return points_of(part, count, decay, longest).moved(*box, longer)


def joined(parts: list[Points]) -> Points:
    """The points of all."""
    if not parts:
        return NONE
    return Points(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def is_pattern(grey: Pixels) -> bool:
    """Whether a picture is like itself elsewhere: stripes, dots, checks, lines of text.

    Its details agree with themselves a tenth of its side away or more, at a place that no ridge joins to the middle: a
    single straight edge makes one ridge, stripes make many.
    """
    small = np.asarray(cv2.resize(grey, (128, 128), interpolation=cv2.INTER_AREA), dtype=np.float32)
    detail = small - cv2.GaussianBlur(small, (0, 0), 6)
    if float(detail.std()) < 1.0:
        return False
    spectrum = np.fft.rfft2(detail - detail.mean(), (256, 256))
    about = np.fft.irfft2(abs(spectrum) ** 2)[:128, :]
    about = np.roll(about, 128, axis=1)
    overlap = (128.0 - np.arange(128))[:, None] * np.maximum(128.0 - abs(np.arange(256) - 128.0), 1)[None, :] / 128**2
    like = about / about[0, 128] / np.maximum(overlap, 0.3)
    _, ridges = cv2.connectedComponents(((like > PATTERN) & (overlap >= 0.3)).astype(np.uint8))
    down, across = np.mgrid[:128, -128:128]
    apart = (ridges > 0) & (ridges != ridges[0, 128]) & (np.hypot(down, across) >= 12)
    return bool(apart.any())


def is_plain(grey: Pixels) -> bool:
    """Whether half of a picture or more is of one level, as pages are."""
    counts = np.bincount(grey.ravel()[::3], minlength=256)
    near = np.convolve(counts, np.ones(9, np.int64), "same")
    return bool(near.max() > 0.5 * counts.sum())
