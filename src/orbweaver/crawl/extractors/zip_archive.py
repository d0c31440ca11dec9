"""Archives of pictures (zip, and what is built on it such as cbz), opened within limits.

What an archive says of itself is not believed: sizes are counted while a member is unpacked, into memory alone; names
are context and never paths. Encrypted members are left closed, and so are methods other than deflate: bzip2 and LZMA
unpack without bound.
"""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from orbweaver.crawl.extractors.protocol import InnerFile
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

_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1
_FAULTS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # NotImplementedError is one
    IndexError,
    OverflowError,
)

warnings.filterwarnings("ignore", "Overlapped entries", UserWarning)
"""Newer Pythons say so with a member's name, which belongs in no log. What is unpacked is bounded anyway."""


class ZipArchive:
    """Members that are pictures or videos by their own bytes, labelled with their names in the archive."""

    name = "zip"

    def opens(self, body: bytes, mime: str | None) -> bool:
        """By the first bytes."""
        return mime == "application/zip"

    def files(self, body: bytes) -> Iterator[tuple[InnerFile, bytes]]:
        """In the order of the directory. What cannot be unpacked within the limits is left out."""
        for position, (label, path, data) in enumerate(_walk(body, (), _Budget(), "")):
            if position >= MAX_FILES:
                return
            yield InnerFile(label, position, partial(_load, body, path)), data


@dataclass(slots=True)
class _Budget:
    """What may still be unpacked of an archive and of those in it: bytes, and entries of directories."""

    size: int = field(default_factory=lambda: MAX_TOTAL)
    entries: int = field(default_factory=lambda: MAX_ENTRIES)


_Found = tuple[str, tuple[int, ...], bytes]


def _walk(body: bytes, path: tuple[int, ...], budget: _Budget, prefix: str) -> Iterator[_Found]:
    """Label, place and bytes of every picture and video; the budget goes down by what is opened."""
    archive = _opened(body, budget.entries)
    members = archive.infolist() if archive else []
    budget.entries -= len(members)
    for number, info in enumerate(members):
        if archive is None or budget.size <= 0:
            return
        data = _unpacked(archive, info, budget)
        kind = sniff(data[:HEAD]) or ""
        label = f"{prefix}{info.filename}".encode("utf-8", "replace").decode().replace("\x00", "")[:1000]
        place = (*path, number)
        if kind.startswith(("image/", "video/")):
            yield label, place, data
        elif kind == "application/zip" and len(place) < MAX_NESTING:
            yield from _walk(data, place, budget, f"{label}/")


def _opened(body: bytes, most: int) -> zipfile.ZipFile | None:
    if body.count(b"PK\1\2") > most:
        return None
    try:
        return zipfile.ZipFile(io.BytesIO(body))
    except _FAULTS:
        return None


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget) -> bytes:
    """The bytes of a member, or none when it is encrypted, damaged or larger than any limit."""
    limit = min(MAX_MEMBER, budget.size, FREE + max(0, info.compress_size) * MAX_RATIO)
    closed = info.is_dir() or info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS
    if closed or not 0 < info.file_size <= limit:
        return b""
    budget.size -= info.file_size  # before, as no more than that is unpacked, also of one that proves to be damaged
    try:
        with archive.open(info) as member:
            data = member.read(limit + 1)
    except _FAULTS:
        return b""
    return data if len(data) <= limit else b""


def _load(body: bytes, path: tuple[int, ...]) -> bytes:
    for number in path:
        archive = _opened(body, MAX_ENTRIES)
        body = _unpacked(archive, archive.infolist()[number], _Budget(MAX_MEMBER)) if archive else b""
    return body
