"""Archives of pictures (zip, and what is built on it such as cbz), opened within limits.

What an archive says of itself is not believed: sizes are counted while a member is unpacked, into memory alone; names
are context and never paths. Encrypted members are left closed, and so are methods other than deflate: bzip2 and LZMA
unpack without bound. What is left out is said (``Left``): a member that was not unpacked may be a picture whatever its
name, so only what is empty and what was seen to be something else counts as none.
"""

from __future__ import annotations

import io
import lzma
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from orbweaver.detect.extraction.extractors.protocol import InnerFile, Left
from orbweaver.fingerprints.sniff import HEAD, sniff

MAX_ENTRIES: Final = 10_000
"""Entries of the directory; an archive with more is not opened, as the directory alone takes 500 bytes for each. Those
of archives in it count with it."""
MAX_FILES: Final = 1000
"""Pictures and videos of one archive, those of archives in it included."""
MAX_MEMBER: Final = 32 * 2**20
"""Bytes of one member, unpacked."""
MAX_TOTAL: Final = 256 * 2**20
"""Bytes of all members that are unpacked, by what the archive says of them: damaged ones take as long."""
MAX_RATIO: Final = 50
"""Bytes unpacked for each byte packed, beyond ``FREE``; pictures hardly shrink, bombs are 1,000."""
FREE: Final = 64 * 1024
MAX_NESTING: Final = 2
"""An archive in an archive is opened, one in that is not."""

EMPTY: Final = 14
"""Bytes that nothing at all takes when it is packed and encrypted, at most."""

_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1
FAULTS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # NotImplementedError is one
    IndexError,
    OverflowError,
)
"""What opening and reading a damaged archive raises."""

warnings.filterwarnings("ignore", "Overlapped entries", UserWarning)
"""Newer Pythons say so with a member's name, which belongs in no log. What is unpacked is bounded anyway."""


class ZipArchive:
    """Members that are pictures or videos by their own bytes, labelled with their names in the archive."""

    name = "zip"

    def opens(self, body: bytes, mime: str | None) -> bool:
        """By the first bytes."""
        return mime == "application/zip"

    def files(self, body: bytes) -> Iterator[tuple[InnerFile, bytes] | Left]:
        """In the order of the directory. What cannot be unpacked within the limits is left out, which is said last."""
        budget = _Budget()
        for position, (label, path, data) in enumerate(_walk(body, (), budget, "")):
            if position >= MAX_FILES:
                budget.left.add(Left.CUT)
                break
            yield InnerFile(label, position, partial(_load, body, path)), data
        yield from budget.left


@dataclass(slots=True)
class _Budget:
    """What may still be unpacked of an archive and of those in it: bytes, and entries of directories. ``left`` is why
    something in them was not."""

    size: int = field(default_factory=lambda: MAX_TOTAL)
    entries: int = field(default_factory=lambda: MAX_ENTRIES)
    left: set[Left] = field(default_factory=set)


_Found = tuple[str, tuple[int, ...], bytes]


def _walk(body: bytes, path: tuple[int, ...], budget: _Budget, prefix: str) -> Iterator[_Found]:
    """Label, position and bytes of every picture and video; the budget goes down by what is opened."""
    archive = _opened(body, budget)
    if archive is None:
        return
    members = archive.infolist()
    budget.entries -= len(members)
    for number, info in enumerate(members):
        data = _unpacked(archive, info, budget)
        kind = sniff(data[:HEAD]) or ""
        label = f"{prefix}{info.filename}".encode("utf-8", "replace").decode().replace("\x00", "")[:1000]
        position = (*path, number)
        if kind.startswith(("image/", "video/")):
            yield label, position, data
        elif kind == "application/zip" and len(position) < MAX_NESTING:
            yield from _walk(data, position, budget, f"{label}/")
        elif kind == "application/zip":
            budget.left.add(Left.CUT)


def _opened(body: bytes, budget: _Budget) -> zipfile.ZipFile | None:
    """The archive, or None with the reason noted."""
    if body.count(b"PK\1\2") > budget.entries:
        budget.left.add(Left.CUT)
        return None
    try:
        return zipfile.ZipFile(io.BytesIO(body))
    except FAULTS:
        budget.left.add(Left.DAMAGED)
        return None


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget) -> bytes:
    """The bytes of a member; none when it has none, or when it cannot be opened, with the reason noted."""
    if not info.file_size:
        if info.CRC or info.compress_size > EMPTY:  # it says that it is empty, and is not
            budget.left.add(Left.DAMAGED)
        return b""
    closed = _closed(info, budget.size)
    if closed is not None:
        budget.left.add(closed)
        return b""
    budget.size -= info.file_size  # before, as no more than that is unpacked, also of one that proves to be damaged
    try:
        with archive.open(info) as member:
            return member.read(info.file_size)  # a call for more would unpack as much of one that says it is small
    except FAULTS:
        budget.left.add(Left.DAMAGED)
        return b""


def _closed(info: zipfile.ZipInfo, size: int) -> Left | None:
    """Why a member is not unpacked when so many bytes may still be."""
    if info.flag_bits & _ENCRYPTED:
        return Left.LOCKED
    limit = min(MAX_MEMBER, size, FREE + max(0, info.compress_size) * MAX_RATIO)
    return Left.CUT if info.compress_type not in _METHODS or not 0 < info.file_size <= limit else None


def _load(body: bytes, path: tuple[int, ...]) -> bytes:
    for number in path:
        archive = _opened(body, _Budget())
        body = _unpacked(archive, archive.infolist()[number], _Budget(MAX_MEMBER)) if archive else b""
    return body
