"""What ``scan`` is given: files, folders, archives, standard input and listings of a bucket, as things to read."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, Final, NamedTuple
from urllib.parse import quote
from weakref import finalize

from orbweaver.detect.extraction.extractors.zip_archive import FAULTS
from orbweaver.doors.cli.messages import LISTING_UNUSABLE
from orbweaver.errors import InvalidInput
from orbweaver.fingerprints.errors import REASONS
from orbweaver.fingerprints.files import MAX_DECODED, FileResult, Fingerprint, fingerprint_files, fingerprint_stream

STANDARD_INPUT: Final = Path("-")
MOST_RATIO: Final = 50
"""Bytes unpacked for each byte packed, of a member too long to be decoded: bombs are 1,000, films hardly shrink."""
ZIP: Final = (b"PK\3\4", b"PK\5\6")
"""How an archive begins."""
_ENCRYPTED: Final = 0x1


DEPTH: Final = 3
"""Archives within one another that are looked into: one in another, and that in a backup. A deeper one is reported."""
IN_MEMORY: Final = 2**24
"""Bytes of an archive within another that are held in memory; a longer one lies in a file without a name."""


class Item(NamedTuple):
    """One thing to read."""

    name: bytes
    read: Callable[[Fingerprint], FileResult]


class NoPicture(FileResult):
    """What in an archive is no picture: told of where its bytes are known, else passed over."""


Fetch = Callable[[str, Fingerprint], FileResult]


def files(paths: Iterable[Path]) -> Iterator[Item]:
    """Files, each by its path."""
    return (Item(os.fsencode(path), _of_file(path)) for path in paths)


def everything(paths: Iterable[Path]) -> Iterator[Item]:
    """All files below the paths, with the pictures and films in archives; ``-`` is the bytes of standard input."""
    for path in paths:
        if path == STANDARD_INPUT:
            yield Item(b"-", lambda one: _streamed(b"-", sys.stdin.buffer, one))
            continue
        closed: list[Path] = []
        for found in walk([path], closed.append):
            yield Item(os.fsencode(found), _of_file(found))
            if _is_archive(found):
                yield from _members(os.fsencode(found), found, DEPTH)
        for folder in closed:  # what lies in it was not looked at, which nobody is to take for "nothing known"
            yield _unreadable(os.fsencode(folder))


def listed(listings: Iterable[Path], base: str, fetch: Fetch) -> Iterator[Item]:
    """What listings name: a path or an address a line, or the answer of S3's ListObjects (XML, or JSON as of ``aws``),
    whose keys stand below ``base``. Raises InvalidInput."""
    for listing in listings:
        if listing == STANDARD_INPUT:
            yield from _named(sys.stdin.buffer, base, fetch)
            continue
        try:
            file = listing.open("rb")
        except OSError as error:
            raise InvalidInput(LISTING_UNUSABLE.of(name=str(listing), reason=str(error.strerror))) from None
        with file:
            yield from _named(file, base, fetch)


def walk(paths: Iterable[Path], closed: Callable[[Path], None] = lambda folder: None) -> Iterator[Path]:
    """All files below the paths, in a fixed order; links to folders are not followed. What is no file is kept, so that
    it is reported. ``closed`` is told of each folder that cannot be read."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path, onerror=lambda error: closed(Path(error.filename))):
            folders.sort()
            for name in sorted(names):
                yield Path(folder, name)


def _of_file(path: Path) -> Callable[[Fingerprint], FileResult]:
    return lambda one: next(fingerprint_files([path], one))


def _unreadable(name: bytes) -> Item:
    return Item(name, lambda one: failed(name, "unreadable"))


def _streamed(name: bytes, file: BinaryIO, one: Fingerprint) -> FileResult:
    try:
        return FileResult(name, fingerprint_stream(file, one))
    except FAULTS:
        return failed(name, "unreadable")


def failed(name: bytes, code: str) -> FileResult:
    """A result for what could not be read."""
    return FileResult(name, None, code, str(REASONS[code]))


def _is_archive(path: Path) -> bool:
    """By its first bytes. What is no regular file is not opened: a pipe would be waited for."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(4) in ZIP
    except (OSError, ValueError):
        return False


def _members(path: bytes, file: Path | IO[bytes], depth: int) -> Iterator[Item]:
    """What is in an archive; ``depth`` is how many may still lie within one another, this one too."""
    prefix = path + b"!"
    try:
        archive = zipfile.ZipFile(file)
    except FAULTS:
        if not isinstance(file, Path):
            file.close()
        yield Item(prefix, lambda one: failed(prefix, "damaged"))
        return
    if not isinstance(file, Path):
        finalize(archive, file.close)  # what was not read yet holds the archive
    for info in archive.infolist():
        if info.filename.endswith("/"):  # not ``is_dir()``: Python 3.11 fails there on one without a name
            continue
        name = prefix + info.filename.encode("utf-8", "replace")
        yield Item(name, _of_member(archive, info, name))
        if _is_archive_within(archive, info):
            yield from _within(archive, info, name, depth - 1)


def _within(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: bytes, depth: int) -> Iterator[Item]:
    """What is in an archive within another, which is unpacked beside it first."""
    if not depth:
        yield _unreadable(name + b"!")
        return
    unpacked = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - what is read later holds it
    try:
        with archive.open(info) as member:
            copyfileobj(member, unpacked)
    except FAULTS:
        unpacked.close()
        yield Item(name + b"!", lambda one: failed(name + b"!", "damaged"))
        return
    yield from _members(name, unpacked, depth)


def _is_archive_within(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    if _unreadable_code(info):
        return False
    try:
        with archive.open(info) as member:
            return member.read(4) in ZIP
    except FAULTS:
        return False


def _unreadable_code(info: zipfile.ZipInfo) -> str:
    """Why a member is not read at all, as it says itself; "" where it is."""
    if info.flag_bits & _ENCRYPTED:
        return "unreadable"
    return "too_large" if info.file_size > max(MAX_DECODED, MOST_RATIO * info.compress_size) else ""


def _of_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: bytes) -> Callable[[Fingerprint], FileResult]:
    def read(one: Fingerprint) -> FileResult:
        if code := _unreadable_code(info):
            return failed(name, code)
        try:
            with archive.open(info) as member:
                result = _streamed(name, member, one)  # type: ignore[arg-type]
        except FAULTS:
            return failed(name, "damaged")
        is_other = result.fingerprints is not None and result.fingerprints.error in ("not_an_image", "empty")
        return NoPicture(name, result.fingerprints) if is_other else result

    return read


def _named(file: BinaryIO, base: str, fetch: Fetch) -> Iterator[Item]:
    for text in _names(file):
        is_address = text.startswith(("http://", "https://"))
        if is_address or base:
            address = _without_bytes(text) if is_address else f"{base.rstrip('/')}/{quote(os.fsencode(text))}"
            yield Item(address.encode(), _of_address(address, fetch))
        else:
            yield Item(os.fsencode(text), _of_file(Path(text)))


def _without_bytes(address: str) -> str:
    """An address whose bytes that are no UTF-8 are escaped, as a key's are: a listing may be in any encoding."""
    return "".join(quote(os.fsencode(each)) if "\udc80" <= each <= "\udcff" else each for each in address)


def _of_address(url: str, fetch: Fetch) -> Callable[[Fingerprint], FileResult]:
    return lambda one: fetch(url, one)


def _names(file: BinaryIO) -> Iterator[str]:
    first = next((line for line in file if line.strip()), b"")
    start = first.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<":
        yield from _keys_of_xml((first + file.read()).decode("utf-8", "replace"))
    elif start == b"{":
        yield from _keys_of_json(first + file.read())
    else:
        for line in chain([first], file):
            if text := os.fsdecode(line.strip(b"\r\n")):
                yield text


def _keys_of_xml(text: str) -> Iterator[str]:
    """The keys of objects that hold something: a folder of a bucket is a key that ends in a slash."""
    from orbweaver.detect.extraction.extractors.xml_tokens import tokens

    element = ""
    for token in tokens(text):
        element = token.name or element
        if not token.name and element.rpartition(":")[2] == "key" and not token.text.endswith("/"):
            yield token.text
            element = ""


def _keys_of_json(body: bytes) -> Iterator[str]:
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(body)
    rows = found.get("Contents", []) if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise InvalidInput(LISTING_UNUSABLE.of(name="JSON", reason="it has no Contents"))
    for row in rows:
        key = row.get("Key") if isinstance(row, dict) else None
        if isinstance(key, str) and not key.endswith("/"):
            yield key.encode("utf-8", "replace").decode()  # JSON can hold halves of characters, no file's name can
