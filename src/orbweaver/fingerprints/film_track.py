"""A film as a track: PDQ of its frames at a steady rate, with times, so that parts of it can be found in other films.

Unlike ``shots``, which keeps what a film shows that is new, a track keeps every frame of its rate: times matter here.
Each frame is hashed within its flat bars, as it is and mirrored, and shrunk to a small picture by which a match can be
proved: two frames of one film agree in it, two patterns whose hashes are alike do not.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from orbweaver.fingerprints.animations import is_animation, planes_of
from orbweaver.fingerprints.compiled import compiled
from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import Limits
from orbweaver.fingerprints.mirroring import MIRRORED
from orbweaver.fingerprints.operator import apply_operators, operator_for
from orbweaver.fingerprints.pdq_hash import COSINES, MIN_SIDE, TURNS, gradient_quality, hash_bits, transform
from orbweaver.fingerprints.plane import Orientation, Plane
from orbweaver.fingerprints.sniff import sniff
from orbweaver.fingerprints.track import FPS, NO_FRAMES, THUMB, Track
from orbweaver.fingerprints.trimming import trimmed
from orbweaver.fingerprints.video import FORMATS, planes_at

DETAIL_LEVELS = 2.0
"""Mean step between neighbouring samples, in grey levels of 255, from which a part shows something. What is flat has
noise below it, and sky or a wall out of focus some tenths more."""
HEADROOM = 0.9
"""What deeper pixels are multiplied by, so that levels above a video's white fit into eight bits."""
_BOTH = TURNS[[0, MIRRORED[1]]]


@compiled
def hash_frame(luma, width, rows, columns, mirrored, scale, cosines, turns):  # type: ignore[no-untyped-def]
    """uint8[2, 32], the hashes as it is and mirrored; quality and detail; uint8[16, 16], the small picture."""
    grids = np.empty((2, 64, 64), np.float32)
    apply_operators(luma, width, rows, columns, mirrored, grids)
    kept = np.empty((2, 2, 16, 16), np.float32)
    for side in range(2):
        kept[0, side] = transform(grids[side], cosines)
        kept[1, side] = kept[0, side]  # upside down is not asked for
    grid = grids[0]
    return hash_bits(kept, turns), gradient_quality(grid, scale), detail_of(grid, scale), small_picture(grid)


@compiled
def small_picture(grid):  # type: ignore[no-untyped-def]
    """uint8[16, 16]: means of 4x4 samples."""
    small = np.empty((16, 16), np.uint8)
    for i in range(16):
        for j in range(16):
            total = np.float32(0.5 * 16)
            for k in range(4):
                for m in range(4):
                    total += grid[4 * i + k, 4 * j + m]
            small[i, j] = np.uint8(min(max(total / np.float32(16.0), np.float32(0.0)), np.float32(255.0)))
    return small


@compiled
def detail_of(grid, scale):  # type: ignore[no-untyped-def]
    """How many of the 64 parts of 8x8 samples have steps of ``DETAIL_LEVELS`` on average."""
    shown = 0
    for down in range(0, 64, 8):
        for across in range(0, 64, 8):
            total = np.float32(0.0)
            for i in range(down, down + 7):
                for j in range(across, across + 7):
                    total += abs(grid[i, j] - grid[i + 1, j]) + abs(grid[i, j] - grid[i, j + 1])
            shown += total * scale > 98.0 * DETAIL_LEVELS
    return shown


def picture_track(grey: npt.NDArray[np.uint8]) -> Track:
    """A picture, uint8[height, width], as a film of one frame. Raises CannotFingerprint."""
    kept = _Kept()
    kept.add(0.0, trimmed(Plane(np.ascontiguousarray(grey), grey.shape[1], grey.shape[0])))
    return kept.track(1.0 / FPS, None)


def track(data: bytes, fps: float, limits: Limits) -> Track:
    """The track of any file. Never raises for what a file holds: ``note`` says why there are no frames."""
    try:
        mime = sniff(data)
        if mime in FORMATS:
            return film_track(data, mime, limits, fps)
        if is_animation(data):
            return _track(planes_of(data, limits), fps)
        raise CannotFingerprint("not_an_image" if data else "empty")
    except CannotFingerprint as reason:
        return NO_FRAMES._replace(note=reason.code)
    except MemoryError:
        return NO_FRAMES._replace(note="out_of_memory")
    except Exception:  # decoders of hostile data may raise anything
        return NO_FRAMES._replace(note="damaged")


def film_track(data: bytes, mime: str, limits: Limits, fps: float = FPS) -> Track:
    """The track of a film at ``fps``. Where it broke off, ``note`` says why; raises CannotFingerprint where nothing
    could be read."""
    return _track(planes_at(data, mime, limits, fps), fps)


def _track(planes: Iterable[tuple[float, Plane]], fps: float) -> Track:
    kept = _Kept()
    note: str | None = None
    try:
        for time_s, plane in planes:
            kept.add(time_s, trimmed(upright(plane)))
    except CannotFingerprint as reason:
        if not kept.times:
            raise
        note = "truncated" if reason.code == "damaged" else reason.code
    return kept.track(1.0 / fps, note)


def upright(plane: Plane) -> Plane:
    """The plane in eight bits, and transposed in memory where it is to be seen so: what is left is to be mirrored at
    most."""
    turn, luma, scale = plane.orientation, plane.luma, plane.scale
    if luma.dtype != np.uint8:
        luma, scale = (luma * np.float32(HEADROOM * scale)).astype(np.uint8), 1.0 / HEADROOM
    if not turn.transpose:
        return plane._replace(luma=luma, scale=scale)
    luma = np.ascontiguousarray(luma[: plane.height, : plane.width].T)
    mirrored = Orientation(flip_rows=turn.flip_columns, flip_columns=turn.flip_rows)
    return Plane(luma, plane.height, plane.width, 1, mirrored, scale)


class _Kept:
    """Frames one after the other."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._hashes: list[npt.NDArray[np.uint8]] = []
        self._marks: list[tuple[int, int]] = []
        self._thumbs: list[npt.NDArray[np.uint8]] = []

    def add(self, time_s: float, plane: Plane) -> None:
        if min(plane.width, plane.height) < MIN_SIDE:
            raise CannotFingerprint("no_picture")
        flip_rows, flip_columns, _ = plane.orientation
        both, quality, detail, small = hash_frame(
            np.require(plane.luma, np.uint8, ("C", "W")),
            plane.width,
            operator_for(plane.height, 1, flip_rows),
            operator_for(plane.width, 1, flip_columns),
            operator_for(plane.width, 1, not flip_columns),
            np.float32(plane.scale),
            COSINES,
            _BOTH,
        )
        self.times.append(time_s)
        self._hashes.append(both)
        self._marks.append((quality, detail))
        self._thumbs.append(small)

    def track(self, step_s: float, note: str | None) -> Track:
        hashes = np.array(self._hashes, np.uint8).reshape(-1, 2, 32)
        marks = np.array(self._marks, np.uint8).reshape(-1, 2)
        return Track(
            np.array(self.times, np.float32),
            np.ascontiguousarray(hashes[:, 0]),
            np.ascontiguousarray(hashes[:, 1]),
            np.ascontiguousarray(marks[:, 0]),
            np.ascontiguousarray(marks[:, 1]),
            np.array(self._thumbs, np.uint8).reshape(-1, THUMB, THUMB),
            self.times[-1] + step_s if self.times else 0.0,
            note,
        )
