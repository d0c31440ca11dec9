"""Files of the HEIF family that hold a track beside or instead of still pictures: bursts, live photographs, sequences.

Pillow's readers see the still pictures alone, and fail where there are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from orbweaver.fingerprints import pictures, video
from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import Limits
from orbweaver.fingerprints.shots import Shot

FORMATS: Final = frozenset(["image/heic", "image/heif", "image/avif"])
TRACK: Final = "video/mp4"
"""The format as which a track is read: its boxes are those of MP4."""
_MOST_BOXES: Final = 64


def has_track(data: bytes, mime: str | None) -> bool:
    """Whether the file's outermost boxes name a track."""
    if mime not in FORMATS:
        return False
    at = 0
    for _ in range(_MOST_BOXES):
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if name == b"moov":
            return True
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8 or at + size >= len(data):
            return False
        at += size
    return False


def track_shots(data: bytes, mime: str, limits: Limits) -> Iterator[Shot]:
    """The still pictures of the file, then those of its track. Raises CannotFingerprint when it shows none."""
    stills, failed = 0, None
    try:
        for shot in pictures.picture_shots(data, mime, limits):
            stills = shot.number + 1
            yield shot
    except CannotFingerprint as reason:
        failed = reason
    if mime == "image/avif" and stills > 1:  # its reader has read the track already
        if failed is not None:
            raise failed
        return
    try:
        for shot in video.video_shots(data, TRACK, limits, each=True):  # of a burst each is a picture
            if shot.number >= limits.max_frames:
                raise CannotFingerprint("too_many_frames")
            yield replace(shot, number=stills + shot.number)
    except CannotFingerprint as reason:
        if reason.code != "no_picture" or not stills:
            raise
        if failed is not None:
            raise failed from None
