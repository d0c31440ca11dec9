"""URLs: one normal form, whichever way it was reached, and nothing shown that can be clicked."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orbweaver.platform.network import urls
from orbweaver.platform.network.urls import InvalidUrl, defang, parse

BASES = [
    "http://a.example/",
    "https://a.example:8443/dir/page?x=1",
    "http://127.0.0.1:8080/p",
    "http://user:pw@a.example/x",
    "http://[::1]/x",
]
PIECES = ["http:", "https:", "//", "/", "a", "B", ".", "..", "?", "x=1", "%2e", "%20", "a.example", "127.0.0.1", "1"]
PIECES += [":80", ":443", ":8080", "\\", "xn--a", " ", "#f", "é", "'", "|", "~", ";", "@", "-", "_", "0x7f", "&", "^"]

references = st.lists(st.sampled_from(PIECES), max_size=9).map("".join) | st.text(max_size=30)


@settings(max_examples=600)
@given(references, st.sampled_from(BASES))
@example("//b.example/x", "http://a.example/")
@example("/a/./b/../c", "http://a.example/")
@example("http://a.example:80/", "http://a.example/")
@example("http://1.2/", "http://a.example/")
@example("http://a.0x1/", "http://a.example/")
@example("/?", "http://a.example/")
@example("/x?y?z", "http://a.example/")
def test_the_quick_way_gives_what_the_full_parser_gives(reference: str, base: str) -> None:
    parsed_base = parse(base)
    quick = urls._parse_plain(reference, parsed_base)
    if quick is not None:
        assert quick == urls._parse_any(reference, parsed_base.normal)


def test_most_addresses_take_the_quick_way() -> None:
    base = parse("http://a.example/x")
    for text in ("/img/12.jpg", "/", "http://cdn.example.org:8080/a/b.png?w=3", "/a-b/c%C3%A9"):
        assert urls._parse_plain(text, base) is not None


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("HTTP://A.Example:80/x/../y?b=2&a=1#f", "http://a.example/y?b=2&a=1"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0177.0.0.1/", "http://127.0.0.1/"),
        ("http://bücher.example", "http://xn--bcher-kva.example/"),
        (" https://a.example ", "https://a.example/"),
    ],
)
def test_different_spellings_are_one_address(text: str, normal: str) -> None:
    parsed = parse(text)
    assert parsed.normal == normal
    assert parsed.key == parse(normal).key


@pytest.mark.parametrize("text", ["", "a", "ftp://a/", "http://", "javascript:x", "http://a b/", "http://[x/"])
def test_what_is_no_web_address_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidUrl) as caught:
        parse(text)
    assert not text or text not in str(caught.value).split()


@given(st.text(max_size=60))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    try:
        parsed = parse(text)
    except InvalidUrl:
        return
    assert parse(parsed.normal) == parsed
    assert "://" in parsed.normal


def test_a_defanged_address_opens_nothing() -> None:
    assert defang("https://a.example/x.jpg") == "hxxps://a[.]example/x.jpg"
    assert defang("a.example") == "a[.]example"


@pytest.mark.parametrize(
    "text", ["/" + "a/" * 4000 + "^", "/" + "a" * 8000 + "^", "/" + "a." * 4000 + "^", "/x" + "/" * 8000]
)
def test_a_hostile_reference_takes_no_time(text: str) -> None:
    base = parse("http://a.example/x")
    start = time.process_time()
    parse(text, base)
    assert time.process_time() - start < 0.5
