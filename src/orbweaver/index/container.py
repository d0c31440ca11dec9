"""One immutable file of named arrays: a checksummed header, then each array as it is, memory-mapped by all readers.

A file appears under its name complete or not at all: it is written beside it, synced, and renamed.
"""

from __future__ import annotations

import contextlib
import errno
import json
import mmap
import os
import secrets
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from orbweaver.index.errors import IndexCorrupt, IndexDiskFull
from orbweaver.index.messages import CORRUPT, DISK_FULL

MAGIC = b"ORBWIDX1"
PAGE = 4096
WRITE_BYTES = 1 << 25
"""Bytes given to one system call."""


@dataclass(frozen=True)
class Section:
    """Type and shape of one array in a container."""

    dtype: DTypeLike
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of the array without padding."""
        return int(np.dtype(self.dtype).itemsize * int(np.prod(self.shape, dtype=np.int64)))


def corrupt(name: str, why: str) -> IndexCorrupt:
    """The error for a damaged file, which says that it can be rebuilt."""
    return IndexCorrupt(CORRUPT.of(name=name, why=why))


@contextlib.contextmanager
def disk_full_is_clear() -> Iterator[None]:
    """Turn the operating system's "no space" and "quota" into IndexDiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise IndexDiskFull(DISK_FULL) from error
        raise


def sync_directory(path: Path) -> None:
    """Make a rename in ``path`` durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, content: bytes) -> None:
    """Write a small file so that ``path`` holds either the old content or the new, whatever happens."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    with disk_full_is_clear():
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    sync_directory(path.parent)


class Writer:
    """Fills the arrays of a container that is being written. Safe for threads that put different parts."""

    def __init__(self, handle: int, sections: Mapping[str, Section]) -> None:
        self._handle = handle
        self._sections = sections
        self._offsets, self.size = _layout(sections)
        self._sums: dict[str, dict[int, bytes]] = {name: {} for name in sections}

    def put(self, name: str, array: NDArray[Any], at: int = 0) -> None:
        """Write ``array`` into section ``name`` from its byte ``at`` on (a multiple of PAGE)."""
        flat = np.ascontiguousarray(array, dtype=self._sections[name].dtype).reshape(-1).view(np.uint8)
        self._sums[name][at] = _block_sums(flat)
        view, offset = flat.data, self._offsets[name] + at
        while view:
            written = os.pwrite(self._handle, view[:WRITE_BYTES], offset)
            view, offset = view[written:], offset + written

    def finish(self, kind: str, meta: Mapping[str, Any]) -> None:
        """Write the header and sync."""
        entries = {
            name: {
                "dtype": np.dtype(part.dtype).str,
                "shape": list(part.shape),
                "offset": self._offsets[name],
                "sum": zlib.crc32(b"".join(sums for _, sums in sorted(self._sums[name].items()))),
            }
            for name, part in self._sections.items()
        }
        text = json.dumps({"kind": kind, "size": self.size, "meta": dict(meta), "sections": entries}).encode()
        head = MAGIC + len(text).to_bytes(4, "little") + zlib.crc32(text).to_bytes(4, "little") + text
        if len(head) > PAGE:
            raise ValueError("the header does not fit its page")
        os.pwrite(self._handle, head.ljust(PAGE, b"\0"), 0)
        os.fsync(self._handle)


@contextlib.contextmanager
def writing(path: Path, kind: str, meta: Mapping[str, Any], sections: Mapping[str, Section]) -> Iterator[Writer]:
    """Fill the arrays of a new container; on leaving without an error it is synced and appears under ``path``.

    Room is reserved first, so that a full disk is noticed before the work. Written in large pieces rather than through
    a mapping: the page cache then uses large pages, which random reads need. Raises IndexDiskFull.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with disk_full_is_clear():
            handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                writer = Writer(handle, sections)
                os.posix_fallocate(handle, 0, writer.size)
                yield writer
                writer.finish(kind, meta)
            finally:
                os.close(handle)
            temporary.replace(path)
            sync_directory(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


class Container:
    """A container opened for reading. ``arrays`` are read-only views of the shared mapping."""

    def __init__(self, path: Path, kind: str) -> None:
        """Map ``path``. Raises FileNotFoundError, or IndexCorrupt when header or length are wrong."""
        self.path = path
        with path.open("rb") as file:
            self.nbytes = os.fstat(file.fileno()).st_size
            header = _read_header(path.name, file.read(PAGE), kind, self.nbytes)
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        for advice in (mmap.MADV_HUGEPAGE, mmap.MADV_WILLNEED):  # large pages where there are any; read ahead if cold
            with contextlib.suppress(OSError):
                mapping.madvise(advice)
        self.meta: dict[str, Any] = header["meta"]
        self._sums: dict[str, int] = {name: entry["sum"] for name, entry in header["sections"].items()}
        self.arrays: dict[str, NDArray[Any]] = {
            name: _view(mapping, entry["offset"], Section(entry["dtype"], tuple(entry["shape"])))
            for name, entry in header["sections"].items()
        }

    def verify(self) -> None:
        """Read everything and compare the checksums (CRC-32 of the sums of blocks: as fast as memory, and notices
        flipped, zeroed and exchanged blocks); raises IndexCorrupt.
        """
        for name, array in self.arrays.items():
            if zlib.crc32(_block_sums(array.reshape(-1).view(np.uint8))) != self._sums[name]:
                raise corrupt(self.path.name, f"checksum of {name}")


def _layout(sections: Mapping[str, Section]) -> tuple[dict[str, int], int]:
    offsets, end = {}, PAGE
    for name, section in sections.items():
        offsets[name] = end
        end += -(-section.nbytes // PAGE) * PAGE
    return offsets, end


def _view(mapping: mmap.mmap, offset: int, section: Section) -> NDArray[Any]:
    if section.nbytes == 0:
        return np.zeros(section.shape, dtype=section.dtype)
    count = int(np.prod(section.shape, dtype=np.int64))
    return np.frombuffer(mapping, dtype=section.dtype, count=count, offset=offset).reshape(section.shape)


def _block_sums(flat: NDArray[np.uint8]) -> bytes:
    """The sum of each 4 KiB block as eight bytes, and the last, partial block as it is."""
    whole = len(flat) // PAGE * PAGE
    words = flat[:whole].view(np.uint64).reshape(-1, PAGE // 8)
    sums: NDArray[np.uint64] = np.add.reduce(words, axis=1, dtype=np.uint64)
    return sums.tobytes() + flat[whole:].tobytes()


def _read_header(name: str, page: bytes, kind: str, size: int) -> dict[str, Any]:
    if len(page) < PAGE or page[:8] != MAGIC:
        raise corrupt(name, "no header")
    length = int.from_bytes(page[8:12], "little")
    text = page[16 : 16 + length]
    if zlib.crc32(text) != int.from_bytes(page[12:16], "little"):
        raise corrupt(name, "checksum of the header")
    header: dict[str, Any] = json.loads(text)
    if header["kind"] != kind:
        raise corrupt(name, f"holds {header['kind']}, not {kind}")
    if header["size"] != size:
        raise corrupt(name, f"{size} bytes long instead of {header['size']}")
    return header
