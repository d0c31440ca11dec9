"""Which addresses end by themselves, when, and which others are the same file."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.platform.network.signed import expires_at, file_key, is_same_file, is_signed, path_key, varies
from orbweaver.platform.network.urls import parse

HOST = "https://cdn.example"
END = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
AT = int(END.timestamp())

SIGNED = [
    ("/1.png?X-Amz-Date=20261125T110000Z&X-Amz-Expires=3600&X-Amz-Signature=ab12", END),
    ("/1.png?X-Goog-Date=20261125T110000Z&X-Goog-Expires=3600&X-Goog-Signature=ab12", END),
    (f"/1.png?Expires={AT}&Signature=ab~12&Key-Pair-Id=K1", END),
    ("/1.png?sv=2024-11-04&se=2026-11-25T12%3A00%3A00Z&sr=b&sp=r&sig=ab%2F12", END),
    (f"/1.png?hdnea=exp={AT}~acl=/*~hmac=ab12", END),
    (f"/1.png?token=abcdef&expires={AT}", END),
    (f"/1.png?token=abcdef&expires={AT}000", END),
    (f"/1.png?e={AT}&st=ab12", END),
    (f"/1.png?md5=ab12&expires={AT}", END),
    (f"/attachments/1/2/1.png?ex={AT:x}&is=6560f000&hm=ab12", END),
    (f"/v/1.jpg?oh=ab12&oe={AT:X}", END),
    (f"/exp={AT}~hmac=ab12/1.png", END),
    (f"/abcdefghij0123456789ab/{AT}/1.png", END),
    ("/1.png?sig=ab12", None),
    ("/1.png?token=ab12", None),
]


@pytest.mark.parametrize(("path", "ends"), SIGNED)
def test_signed_addresses_are_known_with_their_end(path: str, ends: dt.datetime | None) -> None:
    assert is_signed(parse(HOST + path))
    assert expires_at(parse(HOST + path)) == ends


@pytest.mark.parametrize(
    "path",
    [
        "/1.png",
        "/1.png?v=1764072000",
        "/1.png?w=300&h=200",
        "/image.php?id=5",
        "/image.php?id=5d41402abc4b2a76b9719d911017c592",
        "/2026/11/1.png",
        "/1764072000/1.png",
        "/src/1764072000123.png",
        "/abcdefghij0123456789ab/1.png",
        "/1.png?token=",
    ],
)
def test_plain_addresses_are_not_taken_for_signed_ones(path: str) -> None:
    assert not is_signed(parse(HOST + path))
    assert expires_at(parse(HOST + path)) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/1.png?token=a&expires=1764072000", "/1.png?token=b&expires=1764075600", True),
        ("/1.png", "/1.png?token=b", True),
        ("/1.png", "/1.png?v=2", True),
        ("/1.png?token=a", "/2.png?token=a", False),
        ("/full/1.png", "/thumbs/1.png", False),
        ("/image.php?id=5&sig=a", "/image.php?sig=b&id=5", True),
        ("/image.php?id=5&sig=a", "/image.php?id=6&sig=a", False),
        ("/image.php?id=5&sp=r&se=2026-11-25&sig=a", "/image.php?id=5&sp=r&se=2026-11-26&sig=b", True),
        ("/exp=1764072000~hmac=a/1.png", "/exp=1764079999~hmac=b/1.png", True),
        ("/abcdefghij0123456789ab/1764072000/1.png", "/zyxwvutsrq0123456789ab/1764079999/1.png", True),
    ],
)
def test_the_same_file_is_known_under_another_signature_alone(one: str, other: str, same: bool) -> None:
    assert is_same_file(parse(HOST + one), parse(HOST + other)) is same
    assert is_same_file(parse(HOST + other), parse(HOST + one)) is same
    assert not is_same_file(parse(HOST + one), parse("https://other.example" + other))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/1.png?token=a&expires=1764072000", "/1.png?token=b&expires=1764075600", True),
        ("/1.png?Expires=1764072000&Signature=a", "/1.png", True),
        ("/1.png?w=3&sig=a", "/1.png?sig=b&w=3", True),
        ("/1?X-Amz-Date=20261125T110000Z&X-Amz-Signature=a", "/1?X-Amz-Date=20261125T120000Z&X-Amz-Signature=b", True),
        ("/image.php?id=5&sig=a", "/image.php?id=5&sig=b", True),
        ("/exp=1764072000~hmac=a/1.png", "/exp=1764079999~hmac=b/1.png", True),
        ("/1.png?w=3&sig=a", "/1.png?w=4&sig=a", False),
        ("/1.png?sig=a", "/2.png?sig=a", False),
        ("/image.php?id=5&sig=a", "/image.php?id=6&sig=a", False),
        ("/image.php?token=a", "/image.php?token=b", False),
        ("/image.php?token=a&w=300", "/image.php?token=b&w=300", False),
        ("/image.php?token=a&f=cat.jpg", "/image.php?token=b&f=cat.jpg", True),
        ("/dl?token=a", "/dl?token=b", False),
        ("/media/82711?token=a", "/media/82711?token=b", True),
        ("/media/82711?token=a", "/media/82712?token=a", False),
        ("/media/3f9a0c1d-77aa-4e21?sig=a", "/media/3f9a0c1d-77aa-4e21?sig=b", True),
        ("/download/file.php?id=42&sid=" + "a1" * 16, "/download/file.php?id=42&sid=" + "b2" * 16, True),
        ("/download/file.php?id=42&sid=" + "a1" * 16, "/download/file.php?id=42", True),
        ("/download/file.php?id=42&sid=" + "a1" * 16, "/download/file.php?id=43&sid=" + "a1" * 16, False),
        ("/show.php?s=5", "/show.php?s=6", False),
        ("/show.php?sid=" + "a1" * 16, "/show.php?sid=" + "b2" * 16, False),
        ("/1.png", "/1.png?v=2", False),
        ("/abcdefghij0123456789ab/1764072000/1.png", "/zyxwvutsrq0123456789ab/1764079999/1.png", False),
    ],
)
def test_a_file_has_one_key_under_all_its_signatures(one: str, other: str, same: bool) -> None:
    assert (file_key(parse(HOST + one)) == file_key(parse(HOST + other))) is same
    assert file_key(parse(HOST + one)) != file_key(parse("https://other.example" + one))


@pytest.mark.parametrize("path", ["", "/1.png", "/1.png?", "/1.png?b=2&a=1", "/1.png?token=", "/a?b&c==&d=%20+"])
def test_the_key_of_a_plain_address_is_that_of_its_normal_form(path: str) -> None:
    assert file_key(parse(HOST + path)) == parse(HOST + path).key


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/image.php?token=a", "/image.php?token=b", True),
        ("/image.php?token=a&w=300", "/image.php?w=300&token=b", True),
        ("/image.php?token=a", "/other.php?token=a", False),
        ("/image.php?token=a&w=300", "/image.php?token=b&w=600", False),
    ],
)
def test_of_a_token_alone_the_path_is_what_its_addresses_share(one: str, other: str, same: bool) -> None:
    assert (path_key(parse(HOST + one)) == path_key(parse(HOST + other))) is same
    assert path_key(parse(HOST + one)) != path_key(parse("https://other.example" + one))


@pytest.mark.parametrize("path", ["/1.png", "/image.php?id=5", "/image.php?id=5&token=a", "/1.png?token=a", "/a/b?w=3"])
def test_where_the_file_is_told_or_nothing_signs_it_the_path_is_not_asked(path: str) -> None:
    assert path_key(parse(HOST + path)) is None


@given(st.text(alphabet="abcdefx-=&?/~.%0123456789", max_size=60))
def test_no_address_makes_it_fail(text: str) -> None:
    url = parse(f"{HOST}/{text}")
    assert is_same_file(url, url)
    assert varies(url) or file_key(url) == url.key
    assert path_key(url) is None or file_key(url) == url.key
    assert expires_at(url) is None or is_signed(url)
