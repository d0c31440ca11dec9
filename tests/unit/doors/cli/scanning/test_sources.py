"""What a scan is given: members of archives, and what listings name."""

from __future__ import annotations

import io
import os
import random
import zipfile
from pathlib import Path

import pytest

from orbweaver.doors.cli.scanning import sources
from orbweaver.errors import InvalidInput
from orbweaver.fingerprints.decode import fingerprint
from orbweaver.fingerprints.files import FileResult, Fingerprint

PICTURE = (
    b"GIF87a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


def fetch(url: str, one: Fingerprint) -> FileResult:
    return FileResult(url.encode(), one(PICTURE))


def read(items: list[sources.Item]) -> list[tuple[str, str | None]]:
    """Names with their errors, of what is not passed over."""
    results = [item.read(fingerprint) for item in items]
    return [
        (each.name, each.fingerprints.error if each.fingerprints else each.error)
        for each in results
        if not isinstance(each, sources.NoPicture)
    ]


def listing(tmp_path: Path, text: bytes, base: str = "") -> list[str]:
    path = tmp_path / "listing"
    path.write_bytes(text)
    return [os.fsdecode(item.name) for item in sources.listed([path], base, fetch)]


def test_pictures_in_an_archive_are_read_and_the_rest_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/a.gif", PICTURE)
        archive.writestr("in/", b"")
        archive.writestr("notes.txt", b"no picture")
    found = read(list(sources.everything([path])))
    assert found == [(str(path), "not_an_image"), (f"{path}!in/a.gif", None)]


def packed(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def test_archives_within_archives_are_looked_into_and_what_is_too_deep_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(packed("b.zip", packed("c.docx", packed("picture.gif", PICTURE))))
    found = read(list(sources.everything([path])))
    assert found[-1] == (f"{path}!b.zip!c.docx!picture.gif", None)
    path.write_bytes(packed("b.zip", packed("c.zip", packed("d.zip", packed("picture.gif", PICTURE)))))
    assert read(list(sources.everything([path])))[-1] == (f"{path}!b.zip!c.zip!d.zip!", "unreadable")


def test_a_damaged_archive_within_another_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(packed("b.zip", packed("picture.gif", PICTURE)[:-30]))
    assert read(list(sources.everything([path])))[-1] == (f"{path}!b.zip!", "damaged")


def test_an_archive_within_another_that_unpacks_without_end_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_DECODED", 1000)
    path = tmp_path / "a.zip"
    path.write_bytes(packed("b.zip", b"PK\3\4" + bytes(1_000_000)))
    assert read(list(sources.everything([path])))[-1] == (f"{path}!b.zip", "too_large")


def test_a_folder_that_cannot_be_read_is_reported_and_not_taken_for_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("closed", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.gif").write_bytes(PICTURE)
    listed_by_system = os.scandir

    def scandir(path: str) -> object:
        if Path(path) == tmp_path / "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return listed_by_system(path)

    monkeypatch.setattr(os, "scandir", scandir)  # who runs the tests may be allowed everything
    found = read(list(sources.everything([tmp_path])))
    assert found == [(f"{tmp_path}/open/a.gif", None), (f"{tmp_path}/closed", "unreadable")]


def test_a_damaged_archive_is_said_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.gif", PICTURE)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(PICTURE, PICTURE[:-1] + b"?", 1))
    assert read(list(sources.everything([path])))[-1] == (f"{path}!a.gif", "unreadable")
    path.write_bytes(whole[:60])
    assert read(list(sources.everything([path])))[-1] == (f"{path}!", "damaged")


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_no_damage_to_an_archive_ends_a_scan(tmp_path: Path, packed: int) -> None:
    """However it is packed: whoever sends one broken file must not keep all behind it from being looked at."""
    path, chosen = tmp_path / "a.zip", random.Random(packed)
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name in ("a.gif", "é", "in/"):
            archive.writestr(name, PICTURE * 20)
    whole = path.read_bytes()
    for _ in range(100):
        body = bytearray(whole)
        for _ in range(chosen.randint(1, 4)):
            body[chosen.randrange(len(body))] = chosen.choice((0, 255, chosen.randrange(256)))
        path.write_bytes(body)
        assert read(list(sources.everything([path])))


def test_a_member_without_a_name_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.zip"
    nameless = zipfile.ZipInfo("x")
    nameless.filename = ""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(nameless, PICTURE)
    monkeypatch.setattr(zipfile.ZipInfo, "is_dir", lambda info: info.filename[-1] == "/")  # as in Python 3.11
    assert read(list(sources.everything([path])))[-1] == (f"{path}!", None)


def test_a_member_that_unpacks_without_end_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_DECODED", 1000)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(1_000_000))
    assert read(list(sources.everything([path])))[-1] == (f"{path}!a", "too_large")


def test_a_listing_is_of_paths_addresses_or_keys(tmp_path: Path) -> None:
    assert listing(tmp_path, b"\n a.jpg\r\nhttps://example.org/b.jpg\n") == [" a.jpg", "https://example.org/b.jpg"]
    keys = b'{"Contents": [{"Key": "x/"}, {"Key": "x/a b.jpg", "Size": 3}], "KeyCount": 2}'
    assert listing(tmp_path, keys, "https://b.example/") == ["https://b.example/x/a%20b.jpg"]
    xml = b'<?xml version="1.0"?><ListBucketResult><Contents><Key>x/a&amp;b.jpg</Key></Contents></ListBucketResult>'
    assert listing(tmp_path, xml, "https://b.example") == ["https://b.example/x/a%26b.jpg"]
    (item,) = sources.listed([tmp_path / "listing"], "https://b.example", fetch)
    assert read([item]) == [("https://b.example/x/a%26b.jpg", None)]


def test_names_that_are_no_utf_8_end_no_scan(tmp_path: Path) -> None:
    """A listing written on an older machine, or by whoever chose the names."""
    latin = "é.jpg\nhttps://cdn.example/è\nlast.jpg\n".encode("latin-1")
    assert listing(tmp_path, latin) == ["\udce9.jpg", "https://cdn.example/%E8", "last.jpg"]
    assert listing(tmp_path, latin, "https://b.example") == [
        "https://b.example/%E9.jpg", "https://cdn.example/%E8", "https://b.example/last.jpg"
    ]  # fmt: skip
    halves = b'{"Contents": [{"Key": "\\ud800"}, {"Key": "last.jpg"}]}'
    assert listing(tmp_path, halves) == ["?", "last.jpg"]
    assert listing(tmp_path, halves, "https://b.example") == ["https://b.example/%3F", "https://b.example/last.jpg"]


def test_a_listing_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="none"):
        list(sources.listed([tmp_path / "none"], "", fetch))
    for wrong in (b"{", b'{"Contents": 3}'):
        with pytest.raises(InvalidInput):
            listing(tmp_path, wrong)
