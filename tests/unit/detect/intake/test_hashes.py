from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.intake.rules import AskedFor, read_hashes

MD5, SHA1, LONG = "0f" * 16, "0f" * 20, "0F" * 32


def test_hashes_are_read_with_and_without_the_name_of_their_kind() -> None:
    text = f"md5:{MD5}\nSHA-256 = {LONG}\npdq {LONG}\n\nframe:{LONG}\n{SHA1}\n"
    found, bad = read_hashes(text)
    assert bad == []
    assert [(each.kind, each.is_frame) for each in found] == [
        ("md5", False), ("sha256", False), ("pdq", False), ("pdq", True), ("sha1", False),
    ]  # fmt: skip


def test_64_digits_without_a_name_may_be_either_and_both_are_looked_for() -> None:
    found, _ = read_hashes(LONG)
    assert found == [AskedFor("sha256", bytes.fromhex(LONG)), AskedFor("pdq", bytes.fromhex(LONG))]


def test_what_is_no_hash_is_named_by_its_line_and_the_others_are_kept() -> None:
    found, bad = read_hashes(f"{MD5}\nmy picture.jpg\nmd5:{LONG}\n{SHA1}")
    assert bad == [2, 3]
    assert [each.kind for each in found] == ["md5", "sha1"]


@given(st.text())
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    found, bad = read_hashes(text)
    assert len(bad) <= len(text.splitlines())
    assert all(len(each.value) in (16, 20, 32) for each in found)
