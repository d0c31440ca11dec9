"""Films of drawn pictures, as cameras write them (MP4 with H.264), and any file of the world by its seed and edit."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import av
import numpy as np
from PIL import Image

from orbweaver.fingerprints import fingerprint
from orbweaver.fingerprints.result import FIRST, StillPosition
from orbweaver.fingerprints.stills import still
from orbweaver_trials.demo.pictures import EDITS, MIMES, draw, edited

CLIP: Final = "clip"
"""The edit that makes a film of a picture: it is one scene among others, neither the first nor the last."""
OPENING, END = (9_011, 9_012), (9_013,)
"""Seeds of the scenes around it, which stand for nothing and are nowhere else."""
FILE_MIMES: Final = MIMES | {"mp4": "video/mp4"}
"""File extension → type, of every file of the world."""
ALIKE: Final = 31
"""Bits of PDQ within which a scene shows the picture."""
SCENE_S: Final = 3
"""Seconds for which each scene is shown."""
RATE: Final = 6
"""Frames of a second."""
FILM_SIZE: Final = (400, 300)
"""Pixels across and down."""


def film(scenes: Sequence[Image.Image]) -> bytes:
    """A film that shows each of these pictures for some seconds, one after another."""
    stream = io.BytesIO()
    with av.open(stream, "w", format="mp4") as container:
        track = container.add_stream("libx264", rate=Fraction(RATE))
        track.width, track.height, track.pix_fmt, track.bit_rate = *FILM_SIZE, "yuv420p", 2_000_000
        for scene in scenes:
            shown = np.asarray(scene.resize(FILM_SIZE))
            for _ in range(SCENE_S * RATE):
                container.mux(track.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        container.mux(track.encode(None))
    return stream.getvalue()


def extension_of(edit: str) -> str:
    """How the name of a file ends that was made so."""
    return "mp4" if edit == CLIP else EDITS[edit][0]


def made(seed: int, edit: str) -> bytes:
    """The file of this seed's picture after an edit: one of ``EDITS``, or ``CLIP``."""
    return _clip(seed) if edit == CLIP else edited(seed, edit)


@functools.lru_cache(maxsize=8)
def _clip(seed: int) -> bytes:
    return film([draw(each) for each in (*OPENING, seed, *END)])


def showing(seed: int, edit: str) -> list[bytes]:
    """What a look at this file shows where it shows the picture (a JPEG): one, or each still of a film that does."""
    data = made(seed, edit)
    if edit != CLIP:
        return [still(data, FIRST).jpeg]
    own = fingerprint(edited(seed)).pdq or b""
    frames = [frame for frame in fingerprint(data).frames if _apart(frame.pdq, own) <= ALIKE]
    return [still(data, StillPosition(frame.index, frame.time_s)).jpeg for frame in frames]


def _apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()
