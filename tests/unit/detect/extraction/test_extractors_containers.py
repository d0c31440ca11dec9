"""Archives and pages that hold pictures in themselves are opened within limits."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib

import pytest

from orbweaver.detect.extraction.extractors import data_uri, zip_archive
from orbweaver.detect.extraction.extractors.data_uri import DataUris
from orbweaver.detect.extraction.extractors.protocol import InnerFile, Left
from orbweaver.detect.extraction.extractors.zip_archive import ZipArchive
from orbweaver.detect.fetching.errors import PARTLY, REASONS, TRANSIENT

PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as opened:
        for name, body in members.items():
            opened.writestr(name, body)
    return buffer.getvalue()


def opened(body: bytes) -> tuple[list[tuple[InnerFile, bytes]], list[Left]]:
    """The files of an archive, and why a part of it was left."""
    files: list[tuple[InnerFile, bytes]] = []
    left: list[Left] = []
    for found in ZipArchive().files(body):
        if isinstance(found, Left):
            left.append(found)
        else:
            files.append(found)
    return files, left


def labels(body: bytes) -> list[str]:
    return [file.label for file, _ in opened(body)[0]]


def said(body: bytes) -> list[Left]:
    return sorted(opened(body)[1])


def encrypted(body: bytes, *names: str) -> bytes:
    """The archive with the flag of encryption set for these members, in the directory and before each."""
    changed = bytearray(body)
    for name in names:
        local, entry = body.index(name.encode()) - 30, body.rindex(name.encode()) - 46
        assert (body[local : local + 4], body[entry : entry + 4]) == (b"PK\3\4", b"PK\1\2")
        changed[local + 6] |= 1
        changed[entry + 8] |= 1
    return bytes(changed)


def test_pictures_are_told_by_their_bytes_and_named_as_in_the_archive() -> None:
    body = archive({"../a.txt": PICTURE, "b.jpg": b"no picture"})
    found, _ = opened(body)
    assert [(file.label, data, file.load()) for file, data in found] == [("../a.txt", PICTURE, PICTURE)]


def test_an_archive_in_an_archive_is_opened_and_one_in_that_is_not() -> None:
    third = archive({"3.jpg": PICTURE})
    second = archive({"2.jpg": PICTURE, "third.zip": third})
    assert labels(archive({"1.jpg": PICTURE, "second.zip": second})) == ["1.jpg", "second.zip/2.jpg"]


def test_limits_of_number_size_and_ratio_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    assert labels(archive({"bomb.jpg": PICTURE + bytes(20 * 2**20), "a.jpg": PICTURE})) == ["a.jpg"]
    many = archive({f"{number}.jpg": PICTURE for number in range(5)})
    monkeypatch.setattr(zip_archive, "MAX_FILES", 3)
    assert len(labels(many)) == 3
    monkeypatch.setattr(zip_archive, "MAX_TOTAL", 2 * len(PICTURE))
    assert len(labels(many)) == 2
    monkeypatch.setattr(zip_archive, "MAX_ENTRIES", 4)
    assert labels(many) == []


def damaged(copies: int, said_size: int = 30_620_000) -> bytes:
    """An archive whose directory names one member so many times, each of 30 MB with a checksum that is wrong."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = random.Random(1).randbytes(620_000) + bytes(30_000_000)
    body = packed.compress(data) + packed.flush()
    sizes = (1, len(body), said_size, 5, 0)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, *sizes) + b"a.jpg" + body
    entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, *sizes, 0, 0, 0, 0, 0) + b"a.jpg"
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, copies, copies, len(entry) * copies, len(local), 0)
    return local + entry * copies + end


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each call for those of a member asks for."""
    asked: list[int] = []

    def counted(member: zipfile.ZipExtFile, size: int = -1) -> bytes:
        asked.append(size)
        return real(member, size)

    real = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    return asked


def test_members_that_prove_to_be_damaged_count_as_unpacked(read: list[int]) -> None:
    """10,000 entries over one member of 600 kB would keep a processor busy for a quarter of an hour."""
    assert labels(damaged(5000)) == []
    assert 0 < len(read) <= zip_archive.MAX_TOTAL // 30_000_000


def test_members_are_unpacked_only_as_far_as_they_say_that_they_reach(read: list[int]) -> None:
    """Those that say they are small count as small, and would be unpacked in full at 30 MB each."""
    assert opened(damaged(50, said_size=1)) == ([], [Left.DAMAGED])
    assert set(read) == {1}  # of the first alone where Python refuses entries that overlap, else of all


def test_a_member_that_says_it_is_empty_and_holds_something_is_no_secret() -> None:
    """Its size is 0 in the directory, and in the second case its checksum too; its bytes are there."""
    body = bytearray(archive({"a.jpg": PICTURE}))
    entry = body.index(b"PK\1\2")
    body[entry + 24 : entry + 28] = bytes(4)
    assert opened(bytes(body)) == ([], [Left.DAMAGED])
    body[entry + 16 : entry + 20] = bytes(4)
    assert opened(bytes(body)) == ([], [Left.DAMAGED])
    assert opened(archive({"empty.jpg": b"", "folder/": b""})) == ([], [])


def test_a_picture_whose_name_is_that_of_a_folder_is_a_picture() -> None:
    assert labels(archive({"folder/": PICTURE})) == ["folder/"]


def test_entries_of_archives_in_an_archive_count_with_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = archive({f"{number}.jpg": PICTURE for number in range(4)})
    outer = archive({"1.zip": inner, "2.zip": inner, "3.jpg": PICTURE})
    assert len(labels(outer)) == 9
    monkeypatch.setattr(zip_archive, "MAX_ENTRIES", 8)
    assert labels(outer) == [*(f"1.zip/{number}.jpg" for number in range(4)), "3.jpg"]


def test_methods_that_unpack_without_bound_are_left_closed() -> None:
    assert labels(archive({"a.jpg": PICTURE}, zipfile.ZIP_LZMA)) == []


def test_a_damaged_archive_yields_what_is_whole() -> None:
    body = archive({"a.jpg": PICTURE, "b.jpg": PICTURE}, zipfile.ZIP_STORED)
    assert labels(body[:60] + b"!!" + body[62:]) == ["b.jpg"]
    assert labels(body[:-30]) == []


def test_reasons_for_what_is_left_are_known_and_never_pass_by_themselves() -> None:
    assert [*Left] == [*PARTLY]
    assert set(PARTLY) <= set(REASONS)
    assert not set(PARTLY) & TRANSIENT


def test_an_archive_that_was_seen_in_full_says_nothing() -> None:
    """Neither do directories, empty members and what by its bytes is no medium."""
    inner = archive({"2.jpg": PICTURE, "readme.txt": b"hello"})
    body = archive({"d/": b"", "d/1.jpg": PICTURE, "readme.txt": b"hello" * 9, "empty.jpg": b"", "inner.zip": inner})
    assert labels(body) == ["d/1.jpg", "inner.zip/2.jpg"]
    assert said(body) == []


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("MAX_FILES", 2),
        ("MAX_ENTRIES", 2),
        ("MAX_MEMBER", len(PICTURE) - 1),
        ("MAX_TOTAL", 3 * len(PICTURE) - 1),
    ],
)
def test_each_limit_that_cuts_an_archive_is_said_and_none_that_just_holds(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    body = archive({f"{number}.jpg": PICTURE for number in range(3)})
    monkeypatch.setattr(zip_archive, limit, value + 1)
    assert (len(labels(body)), said(body)) == (3, [])
    monkeypatch.setattr(zip_archive, limit, value)
    assert len(labels(body)) < 3
    assert said(body) == [Left.CUT]


def test_what_is_left_for_its_ratio_method_or_depth_is_said() -> None:
    assert said(archive({"bomb.jpg": PICTURE + bytes(20 * 2**20), "a.jpg": PICTURE})) == [Left.CUT]
    assert said(archive({"a.jpg": PICTURE}, zipfile.ZIP_LZMA)) == [Left.CUT]
    second = archive({"2.jpg": PICTURE, "third.zip": archive({"3.jpg": PICTURE})})
    assert said(second) == []
    assert said(archive({"1.jpg": PICTURE, "second.zip": second})) == [Left.CUT]


def test_an_encrypted_member_is_said_once_and_the_others_are_found() -> None:
    body = archive({"a.jpg": PICTURE, "b.jpg": PICTURE, "c.bin": b"hidden"})
    assert opened(encrypted(body, "a.jpg", "c.bin"))[1] == [Left.LOCKED]
    assert labels(encrypted(body, "a.jpg", "c.bin")) == ["b.jpg"]
    within = archive({"in.zip": encrypted(body, "b.jpg")}, zipfile.ZIP_STORED)
    assert (labels(within), said(within)) == (["in.zip/a.jpg"], [Left.LOCKED])


def test_damage_is_said_be_it_of_a_member_or_of_the_directory() -> None:
    body = archive({"a.jpg": PICTURE, "b.jpg": PICTURE}, zipfile.ZIP_STORED)
    assert said(body[:60] + b"!!" + body[62:]) == [Left.DAMAGED]
    assert said(body[:-30]) == [Left.DAMAGED]
    assert said(archive({"in.zip": body[:-30]})) == [Left.DAMAGED]


def test_every_reason_of_an_archive_is_said() -> None:
    body = archive({"a.jpg": PICTURE, "b.jpg": PICTURE + bytes(20 * 2**20), "in.zip": b"PK\3\4 no archive"})
    assert said(encrypted(body, "a.jpg")) == sorted(Left)


def test_data_addresses_are_bounded_in_number_and_small_ones_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    text = PICTURE.hex().upper()
    escaped = "".join(f"%{text[at : at + 2]}" for at in range(0, len(text), 2))
    page = f"<img alt='x &amp; y' src='data:image/jpeg,{escaped}'>".encode() * 3
    found = list(DataUris().files(page))
    assert [(file.label, data) for file, data in found] == [("x & y", PICTURE)] * 3
    monkeypatch.setattr(data_uri, "MAX_FILES", 2)
    assert len(list(DataUris().files(page))) == 2
    monkeypatch.setattr(data_uri, "MIN_BYTES", len(PICTURE) + 1)
    assert list(DataUris().files(page)) == []
