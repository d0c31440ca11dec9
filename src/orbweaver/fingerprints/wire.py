"""What goes between a decoder pool and its processes.

A decoder works on hostile files, so nothing that it sends is trusted: no pickles, every length and size is checked.

A request is ``u32 count``, ``count`` times what is asked of a body (its ``u64`` length; of which picture a still is
wanted, at which rate a track, which pixels, or that fingerprints are), then the bodies. An answer is ``u32 length`` and
one or more results one after the other, each after a byte that says which of the four it is. All integers are
little-endian.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import NamedTuple

from orbweaver.fingerprints.errors import REASONS
from orbweaver.fingerprints.result import (
    Fingerprints,
    FramePdq,
    Frames,
    PiecePdq,
    Rate,
    Sized,
    Still,
    StillPosition,
    Views,
    Wanted,
)
from orbweaver.fingerprints.track import Track, packed, unpacked
from orbweaver.fingerprints.view_wire import packed_views, unpacked_views

MAX_BATCH = 32
"""Bodies in one request."""
MAX_ANSWER = 64 * 2**20
"""Bytes of the longest answer that is read: the track of a film of four hours has 47 MB."""

COUNT = struct.Struct("<I")
PROGRESS = struct.Struct("<QQQ")
"""In shared memory: number of the batch, place in it of the body being decoded, nanoseconds when that began."""
SHARE = struct.Struct("<d")
"""After it: how much of that body is decoded, 0.0 to 1.0, as far as its kind tells."""
SHARED_BYTES = PROGRESS.size + SHARE.size

_HEAD = struct.Struct("<32s20s16sQ?IIB")
_PDQ = struct.Struct("<IdB")
_PIECE = struct.Struct("<ddddB")
_CODES = ("", *REASONS)
_DIHEDRAL = 8
_PRINTS, _STILL, _TRACK, _VIEWS, _FRAMES = 0, 1, 2, 3, 4
"""The last one is asked alone: what answers it are views."""
_ASKED = struct.Struct("<QBIdd")
ASKED_BYTES = _ASKED.size
_STILL_HEAD = struct.Struct("<BI")

Result = Fingerprints | Still | Track | Views


class WireError(Exception):
    """The decoder sent something that is not an answer. It is treated as crashed."""


class Ask(NamedTuple):
    """What is wanted of one body."""

    length: int
    wanted: Wanted = None


def request_head(asked: Sequence[Ask]) -> bytes:
    """The bytes before the bodies."""
    return COUNT.pack(len(asked)) + b"".join(map(_pack_ask, asked))


def _pack_ask(ask: Ask) -> bytes:
    match ask.wanted:
        case None:
            return _ASKED.pack(ask.length, _PRINTS, 0, 0.0, 0.0)
        case StillPosition(number, time_s):
            return _ASKED.pack(ask.length, _STILL, number, time_s, 0.0)
        case Rate(fps):
            return _ASKED.pack(ask.length, _TRACK, 0, fps, 0.0)
        case Sized(longest):
            return _ASKED.pack(ask.length, _VIEWS, longest, 0.0, 0.0)
        case Frames(fps, after_s):
            return _ASKED.pack(ask.length, _FRAMES, 0, fps, after_s)


def unpack_ask(head: bytes) -> Ask:
    """What is wanted of one body, out of ``ASKED_BYTES`` bytes."""
    length, kind, number, first, second = _ASKED.unpack(head)
    wanted: dict[int, Wanted] = {
        _STILL: StillPosition(number, first),
        _TRACK: Rate(first),
        _VIEWS: Sized(number),
        _FRAMES: Frames(first, second),
    }
    return Ask(length, wanted.get(kind))


def pack(result: Result) -> bytes:
    """One result."""
    if isinstance(result, Track):
        return bytes([_TRACK, _CODES.index(result.note or "")]) + packed(result)
    if isinstance(result, Still):
        head = _STILL_HEAD.pack(_CODES.index(result.error or ""), len(result.jpeg))
        return bytes([_STILL]) + head + result.jpeg
    if isinstance(result, Views):
        return bytes([_VIEWS, _CODES.index(result.error or "")]) + packed_views(result)
    return bytes([_PRINTS]) + _pack_prints(result)


def _pack_prints(result: Fingerprints) -> bytes:
    parts = [
        _HEAD.pack(
            result.sha256,
            result.sha1,
            result.md5,
            result.size,
            result.width is not None,
            result.width or 0,
            result.height or 0,
            _CODES.index(result.error or ""),
        ),
        _text(result.mime or ""),
    ]
    frames = list(result.frames)
    if result.pdq is not None:
        frames.insert(0, FramePdq(0, 0.0, result.pdq, result.pdq_quality or 0, result.dihedral))
    parts.append(COUNT.pack(len(frames)))
    for frame in frames:
        parts += (_PDQ.pack(frame.index, frame.time_s, frame.quality), b"".join(frame.dihedral))
    parts.append(COUNT.pack(len(result.pieces)))
    for piece in result.pieces:
        parts += (_PIECE.pack(*piece.region, piece.quality), b"".join(piece.dihedral))
    parts.append(COUNT.pack(len(result.extra)))
    for name, value in result.extra:
        parts += (_text(name), COUNT.pack(len(value)), value)
    return b"".join(parts)


def _text(value: str) -> bytes:
    encoded = value.encode("ascii", "replace")[:255]
    return bytes([len(encoded)]) + encoded


class Reader(NamedTuple):
    """The results in one answer."""

    payload: bytes

    def results(self) -> list[Result]:
        """All of them. Raises WireError when the answer is not well formed."""
        found: list[Result] = []
        at = 0
        try:
            while at < len(self.payload):
                result, at = _unpack_any(self.payload, at)
                found.append(result)
        except (struct.error, IndexError, UnicodeDecodeError, ValueError) as error:
            raise WireError("malformed answer") from error
        return found


def _unpack_any(payload: bytes, at: int) -> tuple[Result, int]:
    if payload[at] == _PRINTS:
        return _unpack(payload, at + 1)
    if payload[at] == _STILL:
        return _unpack_still(payload, at + 1)
    if payload[at] == _TRACK:
        return unpacked(payload, at + 2, _CODES[payload[at + 1]] or None)
    if payload[at] == _VIEWS:
        return unpacked_views(payload, at + 2, _CODES[payload[at + 1]] or None)
    raise ValueError("neither fingerprints nor a still, a track or views")


def _unpack_still(payload: bytes, at: int) -> tuple[Still, int]:
    code, length = _STILL_HEAD.unpack_from(payload, at)
    at += _STILL_HEAD.size
    jpeg = payload[at : at + length]
    if len(jpeg) != length or bool(jpeg) == bool(_CODES[code]):
        raise ValueError("a still is cut off, or has neither bytes nor a reason")
    if jpeg and not jpeg.startswith(b"\xff\xd8\xff"):
        raise ValueError("a still is no JPEG")
    return Still(jpeg, _CODES[code] or None), at + length


def _unpack(payload: bytes, at: int) -> tuple[Fingerprints, int]:
    sha256, sha1, md5, size, sized, width, height, code = _HEAD.unpack_from(payload, at)
    mime, at = _unpack_text(payload, at + _HEAD.size)
    frames, at = _unpack_frames(payload, at)
    pieces, at = _unpack_pieces(payload, at)
    extra, at = _unpack_extra(payload, at)
    first = frames[0] if frames else None
    error = _CODES[code] or None
    result = Fingerprints(
        sha256=sha256,
        sha1=sha1,
        md5=md5,
        size=size,
        mime=mime or None,
        width=width if sized else None,
        height=height if sized else None,
        pdq=first.pdq if first else None,
        pdq_quality=first.quality if first else None,
        dihedral=first.dihedral if first else (),
        frames=tuple(frames[1:]),
        pieces=tuple(pieces),
        error=error,
        error_text=REASONS[error] if error else None,
        extra=tuple(extra),
    )
    return result, at


def _unpack_text(payload: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + payload[at]
    return payload[at + 1 : end].decode("ascii"), end


def _unpack_frames(payload: bytes, at: int) -> tuple[list[FramePdq], int]:
    (count,) = COUNT.unpack_from(payload, at)
    at += COUNT.size
    frames = []
    for _ in range(count):
        frame, at = _unpack_frame(payload, at)
        frames.append(frame)
    return frames, at


def _unpack_extra(payload: bytes, at: int) -> tuple[list[tuple[str, bytes]], int]:
    (count,) = COUNT.unpack_from(payload, at)
    at += COUNT.size
    extra = []
    for _ in range(count):
        name, at = _unpack_text(payload, at)
        (length,) = COUNT.unpack_from(payload, at)
        at += COUNT.size
        value = payload[at : at + length]
        if len(value) != length:
            raise ValueError("a value is cut off")
        extra.append((name, value))
        at += length
    return extra, at


def _unpack_pieces(payload: bytes, at: int) -> tuple[list[PiecePdq], int]:
    (count,) = COUNT.unpack_from(payload, at)
    at += COUNT.size
    pieces = []
    for _ in range(count):
        *region, quality = _PIECE.unpack_from(payload, at)
        left, top, right, bottom = region
        if not all(map(math.isfinite, region)) or not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise ValueError("a piece lies outside its picture")
        dihedral, at = _unpack_eight(payload, at + _PIECE.size, quality)
        pieces.append(PiecePdq((left, top, right, bottom), quality, dihedral))
    return pieces, at


def _unpack_frame(payload: bytes, at: int) -> tuple[FramePdq, int]:
    index, time_s, quality = _PDQ.unpack_from(payload, at)
    dihedral, at = _unpack_eight(payload, at + _PDQ.size, quality)
    return FramePdq(index, time_s, dihedral[0], quality, dihedral), at


def _unpack_eight(payload: bytes, at: int, quality: int) -> tuple[tuple[bytes, ...], int]:
    """Eight hashes, and where they end."""
    dihedral = tuple(payload[at + 32 * i : at + 32 * (i + 1)] for i in range(_DIHEDRAL))
    if len(dihedral[-1]) != 32 or quality > 100:
        raise ValueError("a hash is cut off or a quality is above 100")
    return dihedral, at + 32 * _DIHEDRAL
