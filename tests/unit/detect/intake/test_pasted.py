"""What people paste into the form of reports."""

from __future__ import annotations

import pytest

from orbweaver.detect.intake.pasted import addresses_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://forum.example/thread/1", ["https://forum.example/thread/1"]),
        ("  forum.example/thread/1 ", ["https://forum.example/thread/1"]),
        ("forum.example", ["https://forum.example"]),
        ("www.forum.example", ["https://www.forum.example"]),
        ("forum.example:8080/a", ["https://forum.example:8080/a"]),
        (
            "https://a.example/1\nhttp://b.example/2\nc.example/3",
            ["https://a.example/1", "http://b.example/2", "https://c.example/3"],
        ),
        ("I saw it at https://a.example/x. Please look!", ["https://a.example/x"]),
        ("Hier: www.a.example, und (b.example/wiki_(x)).", ["https://www.a.example", "https://b.example/wiki_(x)"]),
        ("hxxps://a[.]example/x", ["https://a.example/x"]),
        ("twice https://a.example/x and https://a.example/x", ["https://a.example/x"]),
        ("a link <https://a.example/x?b=1&c=2>", ["https://a.example/x?b=1&c=2"]),
        ("https://faß.example/ü", ["https://faß.example/ü"]),
        ("write to me@mail.example about https://a.example/x", ["https://a.example/x"]),
        ("I was there.It was at https://a.example/x", ["https://a.example/x"]),
        ("not an address", ["not an address"]),
        ("ftp://a.example/x", ["ftp://a.example/x"]),
        ("", []),
    ],
)
def test_addresses_are_found_as_people_paste_them(text: str, found: list[str]) -> None:
    assert addresses_in(text) == found
