"""Fingerprints of files on disk, whatever lies there: each problem is told for that file, and the rest goes on."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from orbweaver.fingerprints import fingerprint
from orbweaver.fingerprints.digests import CHUNK, Digests, digest_chunks
from orbweaver.fingerprints.errors import REASONS, CannotFingerprint
from orbweaver.fingerprints.result import Fingerprints
from orbweaver.fingerprints.sniff import HEAD, sniff

Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]
Fingerprint = Callable[[bytes], Fingerprints]

MAX_DECODED = 256 * 2**20
"""Bytes of the longest file that is read into memory to be decoded; a longer one is digested in pieces."""
_ERRNO = {
    errno.ENOENT: "not_found",
    errno.ENOTDIR: "not_found",
    errno.ENAMETOOLONG: "not_found",
    errno.ENXIO: "not_a_file",  # what opening a socket gives
    errno.EISDIR: "not_a_file",
}


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one path: ``fingerprints``, or the ``error`` that says why there are none."""

    path: bytes
    """As the system has it; it need not be UTF-8. ``name`` is fit to be shown."""
    fingerprints: Fingerprints | None = None
    error: str | None = None
    error_text: str | None = None

    @property
    def name(self) -> str:
        """The path as text, with what is not UTF-8 written as ``\\xNN``."""
        return self.path.decode("utf-8", "backslashreplace")


def fingerprint_files(
    paths: Iterable[Path], fingerprint_one: Fingerprint = fingerprint, max_decoded: int = MAX_DECODED
) -> Iterator[FileResult]:
    """A result for each path, in their order. Never raises for what a path leads to.

    For files from outside give ``fingerprint_one`` as ``lambda data: pool.submit(data).result()`` of a DecoderPool.
    """
    for path in paths:
        try:
            yield FileResult(os.fsencode(path), fingerprint_file(path, fingerprint_one, max_decoded))
        except CannotFingerprint as reason:
            yield FileResult(os.fsencode(path), None, reason.code, REASONS[reason.code])


def fingerprint_file(
    path: Path, fingerprint_one: Fingerprint = fingerprint, max_decoded: int = MAX_DECODED
) -> Fingerprints:
    """Fingerprints of one regular file. Raises CannotFingerprint: ``not_found``, ``not_a_file``, ``unreadable`` or
    ``changed`` (it was written to while it was read)."""
    with _opened(path) as file:
        before = os.fstat(file.fileno())
        try:
            result = _read(file, before.st_size, fingerprint_one, max_decoded)
        except OSError:
            raise CannotFingerprint("unreadable") from None
        after = os.fstat(file.fileno())
    if _state(before) != _state(after) or result.size != before.st_size:
        raise CannotFingerprint("changed")
    return result


def fingerprint_stream(
    file: BinaryIO, fingerprint_one: Fingerprint = fingerprint, max_decoded: int = MAX_DECODED
) -> Fingerprints:
    """Fingerprints of all that comes until the end: decoded where it fits in memory, else digested in pieces."""
    begun = b"".join(_chunks(file, max_decoded + 1))
    if len(begun) <= max_decoded:
        return fingerprint_one(begun)
    rest = iter(lambda: file.read(CHUNK), b"")
    return _digests_only(digest_chunks(chain([begun], rest)), sniff(begun[:HEAD]))


def _opened(path: Path) -> BinaryIO:
    """Open without ever waiting: a pipe without a writer, a device or a socket is refused, not read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 (a path may be bytes)
            raise CannotFingerprint("not_a_file")
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise CannotFingerprint(_ERRNO.get(error.errno or 0, "unreadable")) from None
    except ValueError:  # a zero byte in the path
        raise CannotFingerprint("not_found") from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):  # it was swapped in between
            raise CannotFingerprint("not_a_file")
        return os.fdopen(handle, "rb", buffering=0)
    except BaseException:
        with suppress(OSError):
            os.close(handle)
        raise


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _read(file: BinaryIO, size: int, fingerprint_one: Fingerprint, max_decoded: int) -> Fingerprints:
    """Decode what fits in memory; digest the rest in pieces. One byte more than the size shows that it grew."""
    if size <= max_decoded:
        return fingerprint_one(b"".join(_chunks(file, size + 1)))
    head = os.pread(file.fileno(), HEAD, 0)
    return _digests_only(digest_chunks(_chunks(file, size + 1)), sniff(head))


def _chunks(file: BinaryIO, most: int) -> Iterator[bytes]:
    while most > 0 and (chunk := file.read(min(CHUNK, most))):
        most -= len(chunk)
        yield chunk


def _digests_only(digests: Digests, mime: str | None) -> Fingerprints:
    code = "too_large"
    return Fingerprints(
        digests.sha256, digests.sha1, digests.md5, digests.size, mime, error=code, error_text=REASONS[code]
    )
