"""What fingerprinting one file gives. Plain data without NumPy, so that any process may hold it cheaply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class FramePdq:
    """One more distinct picture inside a file: a frame of an animation or video, a page, an embedded raster."""

    index: int
    """Position in the file, from 0: frame number, page number or number of the embedded picture."""
    time_s: float
    """Seconds from the start at which it is shown; 0.0 where the file has no time."""
    pdq: bytes
    """32 bytes, as shown (turned as the file asks)."""
    quality: int
    """0-100 as the reference counts it; below 50 is too flat to match on."""
    dihedral: tuple[bytes, ...] = ()
    """Eight hashes of the turned and mirrored picture, the first one equal to ``pdq``."""


Region = tuple[float, float, float, float]
"""A rectangle of a picture: left, top, right and bottom in shares of its width and height, as it is shown."""


class PiecePdq(NamedTuple):
    """A part of a file's first picture: what a border, a caption or the cells of a collage leave of it.

    No frame: it is never shown alone, and what looks like it is a copy that somebody edited.
    """

    region: Region
    quality: int
    """0-100, of the piece alone."""
    dihedral: tuple[bytes, ...]
    """Eight hashes of the turned and mirrored piece, 32 bytes each, first the one as it is shown."""

    @property
    def pdq(self) -> bytes:
        """As it is shown."""
        return self.dihedral[0]


class StillPosition(NamedTuple):
    """Which picture of a file is meant: of a film by its time, of any other file by its number."""

    number: int = 0
    """Frame, page or embedded picture, from 0."""
    time_s: float = 0.0


class Rate(NamedTuple):
    """That a film's track is wanted, and how many frames of each second."""

    fps: float = 10.0


class Sized(NamedTuple):
    """That the picture which a file shows first is wanted as pixels, with a longer side of about so many."""

    longest: int
    """From this to double of it; fewer where the picture has fewer."""


class Frames(NamedTuple):
    """That pictures of a film are wanted as pixels: how many of each second, and those after which time."""

    fps: float
    after_s: float = -1.0


Wanted = StillPosition | Rate | Sized | Frames | None
"""What is asked of a file: a still, a track, pixels, or its fingerprints (None)."""
MOST_VIEWED = 48 * 2**20
"""Bytes of all pixels of one answer: two frames of 3840 x 2160."""
STEADY = Rate()
FIRST = StillPosition()
"""The picture that a file shows first."""


@dataclass(frozen=True, slots=True)
class Still:
    """One picture of a file, for a person to see."""

    jpeg: bytes = b""
    """Empty where there is none; ``error`` then says why."""
    error: str | None = None
    """A code out of ``orbweaver.fingerprints.errors.REASONS``, or None."""


class View(NamedTuple):
    """One picture as pixels."""

    time_s: float
    """Seconds into a film at which it is shown."""
    width: int
    height: int
    pixels: bytes
    """Red, green and blue of each pixel, row after row from the top: 3 x width x height bytes."""


@dataclass(frozen=True, slots=True)
class Views:
    """Pictures of one file, for comparing."""

    views: tuple[View, ...] = ()
    error: str | None = None
    """Why there are none, or no more: a code out of ``orbweaver.fingerprints.errors.REASONS``."""
    more: bool = False
    """The answer is full: ask again for those after the last."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """All fingerprints of one file.

    ``error`` with ``pdq`` set means that a part could be read (a truncated picture, an animation longer than the
    limit); ``error`` without ``pdq`` means that there are digests only.
    """

    sha256: bytes
    sha1: bytes
    md5: bytes
    size: int
    """Bytes in the file."""
    mime: str | None = None
    """From the file's first bytes, never from what a server says; None when unknown."""
    width: int | None = None
    """Pixels as shown, after turning."""
    height: int | None = None
    pdq: bytes | None = None
    pdq_quality: int | None = None
    dihedral: tuple[bytes, ...] = ()
    """Eight PDQ hashes of the turned and mirrored picture (``pdq`` first); empty when there is no picture."""
    frames: tuple[FramePdq, ...] = ()
    """Further pictures that differ from ``pdq`` and from one another."""
    pieces: tuple[PiecePdq, ...] = ()
    """Parts of the first picture that differ from it and from one another; none of a film."""
    error: str | None = None
    """A stable short code out of ``orbweaver.fingerprints.errors.REASONS``, or None."""
    error_text: str | None = None
    """The same as a sentence for people."""
    extra: tuple[tuple[str, bytes], ...] = ()
    """Values of kinds that are plugged in (``orbweaver.fingerprints.kinds``), by name."""
