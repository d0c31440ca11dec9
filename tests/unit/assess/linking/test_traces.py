"""What two sightings have in common, as keys."""

from __future__ import annotations

from typing import Any

import pytest

from orbweaver.assess.linking.traces import TraceKind, numbered, traces_of

PAGE = "https://forum.example/album/12?page=2"


def keys(url: str = "", page_url: str = "", **context: Any) -> dict[TraceKind, bytes]:
    return {each.kind: each.key for each in traces_of(url, page_url, context)}


@pytest.mark.parametrize(
    ("name", "stem", "place"),
    [
        ("set07_012.jpg", "set07_#", 12),
        ("IMG_0099 (2).jpeg", "img_0099 (#)", 2),
        ("a%20b-3-big.png", "a b-#-big", 3),
        ("portrait.jpg", "", None),
        ("", "", None),
    ],
)
def test_the_last_number_of_a_name_is_its_place(name: str, stem: str, place: int | None) -> None:
    assert numbered(name) == (stem, place)


def test_the_pages_of_a_gallery_are_one_gallery_and_others_are_not() -> None:
    one, two = keys(page_url=PAGE), keys(page_url=PAGE.replace("page=2", "page=3"))
    assert one[TraceKind.GALLERY] == two[TraceKind.GALLERY]
    assert one[TraceKind.PAGE] != two[TraceKind.PAGE]
    assert keys(page_url="https://forum.example/album/12/page/7")[TraceKind.GALLERY] == one[TraceKind.GALLERY]
    assert keys(page_url="https://forum.example/album/13?page=2")[TraceKind.GALLERY] != one[TraceKind.GALLERY]


def test_a_sequence_is_the_same_elsewhere_only_when_its_name_means_something() -> None:
    here, there = keys("https://a.example/x/lake01.jpg"), keys("https://b.example/y/lake02.jpg")
    assert here[TraceKind.SEQUENCE] == there[TraceKind.SEQUENCE]
    assert here[TraceKind.SEQUENCE_HERE] != there[TraceKind.SEQUENCE_HERE]
    assert TraceKind.SEQUENCE not in keys("https://a.example/x/012.jpg")
    assert TraceKind.SEQUENCE_HERE in keys("https://a.example/x/012.jpg")


def test_titles_without_their_numbers_and_uploaders_however_written() -> None:
    assert keys(title="Lake album 1")[TraceKind.TITLE] == keys(title="LAKE Album 22")[TraceKind.TITLE]
    assert TraceKind.TITLE not in keys(title="Album")
    one, two = keys(after="uploaded by Fisher_9"), keys(before="Posted by: @fisher_9 yesterday")
    assert one[TraceKind.UPLOADER] == two[TraceKind.UPLOADER]


def test_nothing_is_made_of_what_is_no_address() -> None:
    assert traces_of("nonsense", "ftp://x/", {}) == []
