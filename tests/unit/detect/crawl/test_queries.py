"""Pages that a query makes are told from pages that somebody wrote."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.crawl.queries import is_query_page, query_rules


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/search?tbm=isch&q=x",
        "https://www.google.co.uk/imgres?imgurl=http://a.example/a.jpg",
        "https://lens.google.com/search?p=abc",
        "https://www.bing.com/images/search?view=detailv2",
        "https://yandex.ru/images/search?rpt=imageview",
        "https://duckduckgo.com/?q=x&iax=images",
        "https://image.baidu.com/search/index?word=x",
        "https://ahmia.fi/search/?q=x",
        "https://tineye.com/search/0123abcd",
        "https://saucenao.com/search.php?url=x",
        "https://iqdb.org/?url=http://a.example/a.jpg",
        "https://forum.example/search.php?keywords=x",
        "https://forum.example/en/forum/search/123/",
        "https://shop.example/suche?begriff=x",
        "https://blog.example/?s=word",
        "https://site.example/list?page=2&query=word",
        "https://booru.example/index.php?page=post&s=list&tags=a+b",
    ],
)
def test_a_page_that_a_query_made_is_one(url: str) -> None:
    assert is_query_page(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://site.example/",
        "https://site.example/gallery/1?page=2",
        "https://site.example/viewtopic.php?f=1&t=2&s=abc",
        "https://site.example/research/2020/paper.html",
        "https://site.example/searchlight/",
        "https://blog.example/2020/01/a-post/?s=20",
        "https://blog.example/?s=",
        "https://site.example/list?q=",
        "https://booru.example/index.php?page=post&s=view&id=1",
        "https://sites.google.com/view/album",
        "https://google.com.site.example/imgres",
        "https://i.site.example/full/abc.jpg",
        "ftp://site.example/search?q=x",
        "not an address",
    ],
)
def test_a_page_that_somebody_wrote_is_none(url: str) -> None:
    assert not is_query_page(url)


def test_every_rule_has_a_name_of_its_own() -> None:
    names = [rule.name for rule in query_rules()]
    assert len(names) == len(set(names))


@given(rest=st.text(max_size=300))
def test_no_address_is_too_odd(rest: str) -> None:
    assert is_query_page("https://site.example/" + rest) in (True, False)


def test_long_addresses_are_told_quickly() -> None:
    began = time.process_time()
    for piece in ("/a", "/search", "a", "&q", "?q=1"):
        is_query_page("https://site.example/" + piece * (7000 // len(piece)))
    assert time.process_time() - began < 1.0
