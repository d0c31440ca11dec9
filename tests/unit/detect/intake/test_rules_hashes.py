from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.intake.rules import MOST_FRAMES, AskedFor, read_hashes

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


def frame(time_s: str, length_s: str = "61.000", quality: int = 80, digits: str = LONG) -> str:
    return f"frame:{digits}@{time_s}/{length_s},{quality}"


def test_pictures_out_of_videos_bring_their_times_and_their_quality() -> None:
    text = [f"md5:{MD5}", frame("0.010"), frame("0.510"), f"sha256:{LONG}", frame("0.010"), frame("3.000", "4.000")]
    found, bad = read_hashes("\n".join(text))
    assert bad == []
    assert [(each.time_s, each.quality) for each in found if each.is_frame] == [(0.01, 80), (0.51, 80), (3.0, 80)]


@pytest.mark.parametrize(
    "line",
    [
        frame("61.001"),
        frame("-1.000"),
        frame("nan"),
        frame("inf", "inf"),
        frame("1e3"),
        frame("1.0"),
        frame("１.000"),
        frame("90000.000", "90000.000"),
        frame("1.000", quality=49),
        frame("1.000", quality=101),
        frame("1.000", digits=MD5),
        frame("1.000") + ",",
        f"pdq:{LONG}@1.000/2.000,80",
        f"@{LONG}",
    ],
)
def test_a_picture_whose_numbers_cannot_be_is_named_by_its_line(line: str) -> None:
    assert read_hashes(f"{MD5}\n{line}") == ([AskedFor("md5", bytes.fromhex(MD5))], [2])


def test_pictures_of_one_video_stand_in_the_order_of_time_and_are_not_more_than_our_page_sends() -> None:
    assert read_hashes(f"{frame('2.000')}\n{frame('2.000')}\n{frame('1.000')}\n{frame('3.000')}")[1] == [2, 3]
    many = [frame(f"{number}.000", digits=f"{number:064x}") for number in range(MOST_FRAMES + 1)]
    found, bad = read_hashes("\n".join(many))
    assert (len(found), bad) == (MOST_FRAMES, [MOST_FRAMES + 1])


@given(st.lists(st.sampled_from(["@", "frame:", LONG, "1.000", "/", ",", "80", "\n", " ", "-"])).map("".join))
def test_no_line_that_is_nearly_one_of_a_video_is_too_odd_to_be_read(text: str) -> None:
    found, _ = read_hashes(text)
    assert all(each.time_s is None or 0 <= each.time_s <= 86_400 for each in found)
