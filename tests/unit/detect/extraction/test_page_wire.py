"""What a process says that a page has taken over is not believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orbweaver.detect.extraction.documents import read_document
from orbweaver.detect.extraction.page_wire import answered, as_values
from orbweaver.platform.network.urls import parse

URL = parse("http://a.example/page")
HONEST: list[Any] = ["title", ["heading"], [["http://a.example/i", "a", "b", "c", "d"]], [URL.normal], "near", False]


def said(*pages: Any) -> bytes:
    return json.dumps(pages).encode()


def test_an_honest_answer_is_the_page_that_was_read() -> None:
    html = "<title>té</title><h1>H</h1><p>before</p><a href=/p><img src=/i.jpg alt=x></a><p>after 日本</p>"
    page = read_document(html.encode(), URL, "text/html")
    assert len(page.media) == len(page.links) == 1
    assert answered(said(as_values(page), as_values(page)), 2) == [page, page]


def other(place: int, value: object) -> list[Any]:
    return [value if number == place else each for number, each in enumerate(HONEST)]


LIES = {
    "a title that is a number": other(0, 7),
    "a title that is too long": other(0, "x" * 401),
    "a text that no database keeps": other(0, "a\x00b"),
    "half of a character": other(4, "\ud800"),
    "a heading that is a list": other(1, [[]]),
    "too many headings": other(1, ["x"] * 21),
    "headings that are one text": other(1, "heading"),
    "too many media": other(2, [HONEST[2][0]] * 1001),
    "a medium without texts": other(2, [["http://a.example/i"]]),
    "a medium whose text is a number": other(2, [["http://a.example/i", 1, "", "", ""]]),
    "a link that is none": other(3, [None]),
    "too many links": other(3, [URL.normal] * 2001),
    "near that is too long": other(4, "x" * 70_000),
    "more than there is": [*HONEST, ""],
    "an object": {"title": "t"},
    "nothing": None,
}


@pytest.mark.parametrize("page", LIES.values(), ids=LIES)
def test_what_no_honest_process_says_is_refused(page: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        answered(said(HONEST, page), 2)


@pytest.mark.parametrize("text", [b"", b"\xff", b"[", b"{}", b"[1]", said(HONEST), said(HONEST, HONEST, HONEST)])
def test_an_answer_of_another_shape_is_refused(text: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        answered(text, 2)


@pytest.mark.parametrize("link", ["ftp://a.example/", "javascript:alert()", "http://", "x" * 9000, "/relative"])
def test_an_address_that_cannot_be_fetched_is_left_out(link: str) -> None:
    [page] = answered(said(other(3, [link, "http://b.example/"])), 1)
    assert [each.normal for each in page.links] == ["http://b.example/"]


def test_an_address_has_the_host_that_it_names_whatever_the_process_would_have_it_be() -> None:
    [page] = answered(said(other(2, [["http://b.example:80@127.0.0.1/x", "", "", "", ""]])), 1)
    assert page.media[0].url.host == "127.0.0.1"


@pytest.mark.parametrize("kind", ["text/html", "application/ld+json"])
def test_a_page_may_write_a_nul_and_it_is_read_all_the_same(kind: str) -> None:
    data = r'{"@type": "ImageObject", "name": "a\u0000b", "contentUrl": "/i.jpg"}'
    html = f"<script type=application/ld+json>{data}</script>" if kind == "text/html" else data
    page = read_document(html.encode(), URL, kind)
    assert [each.alt for each in page.media] == ["ab"]
    assert answered(said(as_values(page)), 1) == [page]
