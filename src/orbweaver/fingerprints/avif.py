"""AVIF files that hold several still pictures, as collections do. Their reader shows the primary one alone: each other
one is read from the same bytes with its number in the place of the primary one's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from orbweaver.fingerprints.errors import CannotFingerprint

_CODED: Final = frozenset([b"av01", b"grid", b"iovl"])
_PARTS: Final = frozenset([b"dimg", b"thmb", b"auxl"])
"""References by which an item is a tile, a thumbnail or a further plane (depth, alpha) of another one."""
_MOST_BOXES: Final = 4096
_HIDDEN: Final = 1

Box = tuple[bytes, int, int]
"""Name, and where in the file what it holds begins and ends."""


def other_pictures(data: bytes, most: int) -> Iterator[bytes]:
    """The file once for each picture beside the primary one, which each of them shows first; ``most`` at most.

    One after another, as each is as long as the file. None where there is one picture, or where the boxes cannot be
    read. Raises CannotFingerprint for more boxes than are looked at, and for pictures that the file has no room to
    show first: nobody hides one behind them.
    """
    with suppress(IndexError, ValueError):
        yield from _others(data, most)


def _others(data: bytes, most: int) -> Iterator[bytes]:
    meta = next((box for box in _boxes(data, 0, len(data)) if box[0] == b"meta"), None)
    if meta is None:
        return
    inside = {name: (start, end) for name, start, end in _boxes(data, meta[1] + 4, meta[2])}
    if b"pitm" not in inside or b"iinf" not in inside:
        return
    at = inside[b"pitm"][0]
    wide = 2 if data[at] == 0 else 4
    primary = _number(data, at + 4, wide)
    parts = _referred(data, *inside[b"iref"]) if b"iref" in inside else set()
    shown = [item for item in _items(data, *inside[b"iinf"]) if item != primary and item not in parts]
    can_be_first = [item for item in shown if item < 1 << 8 * wide]
    for item in can_be_first[:most]:
        yield data[: at + 4] + item.to_bytes(wide, "big") + data[at + 4 + wide :]
    if len(can_be_first) < len(shown):
        raise CannotFingerprint("damaged")


def _boxes(data: bytes, at: int, end: int) -> Iterator[Box]:
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, head = _number(data, at, 4), 8
        if size == 1:
            size, head = _number(data, at + 8, 8), 16
        stop = at + size if size else end
        if (size and size < head) or stop > end:
            return
        yield data[at + 4 : at + 8], at + head, stop
        at = stop
    if at + 8 <= end:
        raise CannotFingerprint("too_many_frames")


def _items(data: bytes, start: int, end: int) -> Iterator[int]:
    """Numbers of the items that are pictures and not hidden."""
    first = start + (6 if data[start] == 0 else 8)
    for name, at, _ in _boxes(data, first, end):
        version = data[at]
        if name != b"infe" or version < 2 or data[at + 3] & _HIDDEN:
            continue
        wide = 2 if version == 2 else 4
        if data[at + 6 + wide : at + 10 + wide] in _CODED:
            yield _number(data, at + 4, wide)


def _referred(data: bytes, start: int, end: int) -> set[int]:
    """Items that are only a part of another one: what is a tile of it, or its thumbnail or further plane."""
    wide, found = (2 if data[start] == 0 else 4), set()
    for name, at, _ in _boxes(data, start + 4, end):
        if name not in _PARTS:
            continue
        source, count = _number(data, at, wide), _number(data, at + wide, 2)
        if name == b"dimg":  # from the picture to its tiles; the others from the part to the picture
            begin = at + wide + 2
            found |= {_number(data, begin + number * wide, wide) for number in range(count)}
        else:
            found.add(source)
    return found


def _number(data: bytes, at: int, wide: int) -> int:
    value = data[at : at + wide]
    if len(value) < wide:
        raise ValueError("the file ends within a box")
    return int.from_bytes(value, "big")
