"""From the pictures that a file shows to its list of distinct hashes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import Limits
from orbweaver.fingerprints.pdq_hash import Hashes, hashes_of
from orbweaver.fingerprints.pieces import pieces_of
from orbweaver.fingerprints.plane import Plane
from orbweaver.fingerprints.result import FramePdq, PiecePdq

DISTINCT_BITS = 8
"""A frame is kept when it differs by more bits than this from each one kept before.

Of a list entry at up to 23 bits from a frame that is left out, one that is kept is still within the radius of 31.
"""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture in a file. Decoders yield these; when they raise after the first, what came before still counts."""

    number: int
    """Frame, page or embedded picture, from 0."""
    time_s: float
    plane: Plane


@dataclass(slots=True)
class FileHashes:
    """The hashes of the pictures that a file shows, and how large the first one is."""

    width: int
    height: int
    first: Hashes
    frames: list[FramePdq] = field(default_factory=list)
    pieces: list[PiecePdq] = field(default_factory=list)
    note: str | None = None
    """The code of a reason when only a part could be read."""


def collect(shots: Iterable[Shot], limits: Limits, *, cut: bool = False) -> FileHashes:
    """Hash the shots and keep the distinct ones. Raises CannotFingerprint when there is not even one.

    ``cut``: the pieces of the first one, too.
    """
    deadline = time.monotonic() + limits.max_decode_s
    found: FileHashes | None = None
    values: list[int] = []
    try:
        for shot in shots:
            hashes = hashes_of(shot.plane)
            if found is None:
                found = FileHashes(*shot.plane.shown, hashes, pieces=_pieces(shot.plane, hashes) if cut else [])
                values.append(int.from_bytes(hashes.pdq, "big"))
                continue
            _keep(found, values, shot, hashes, limits)
            if time.monotonic() > deadline:
                raise CannotFingerprint("out_of_time")
    except CannotFingerprint as reason:
        if found is None:
            raise
        found.note = "truncated" if reason.code == "damaged" else reason.code
    if found is None:
        raise CannotFingerprint("no_picture")
    return found


def _keep(found: FileHashes, values: list[int], shot: Shot, hashes: Hashes, limits: Limits) -> None:
    """Add the frame if it shows something new. A flat frame (quality 0) hashes to noise and is left out."""
    value = int.from_bytes(hashes.pdq, "big")
    if hashes.quality == 0 or any((value ^ other).bit_count() <= DISTINCT_BITS for other in values):
        return
    if len(values) >= limits.max_distinct:
        raise CannotFingerprint("too_many_frames")
    values.append(value)
    found.frames.append(FramePdq(shot.number, shot.time_s, hashes.pdq, hashes.quality, hashes.dihedral))


def _pieces(plane: Plane, whole: Hashes) -> list[PiecePdq]:
    """Those that show something else than the whole and than one another."""
    values = [int.from_bytes(whole.pdq, "big")]
    kept = []
    for piece in pieces_of(plane):
        value = int.from_bytes(piece.hashes.pdq, "big")
        if piece.hashes.quality and all((value ^ other).bit_count() > DISTINCT_BITS for other in values):
            values.append(value)
            region = (piece.left, piece.top, piece.right, piece.bottom)
            kept.append(PiecePdq(region, piece.hashes.quality, piece.hashes.dihedral))
    return kept
