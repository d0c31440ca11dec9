"""What the readers of a page have that a check has not."""

from __future__ import annotations

from multidict import CIMultiDict

from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.follow.recheck.readers import NOBODY, Readers, headers_of_reader, readers_of
from orbweaver.platform.network.urls import parse

URL = parse("http://host.example/a/1.png")
PAGE, OTHER = parse("http://host.example/topic/1"), parse("http://forum.example/topic/1")


def page(*headers: tuple[str, str], body: bytes = b"") -> FetchResult:
    return FetchResult(PAGE.normal, status=200, headers=CIMultiDict(headers), body=body)


def test_readers_have_the_cookies_that_the_page_set() -> None:
    read = readers_of(
        page(("Set-Cookie", "a=1; Path=/"), ("set-cookie", "b=2"), ("Set-Cookie", "a=3"), ("Set-Cookie", "x"))
    )
    assert read == Readers(("a=3", "b=2"))
    assert readers_of(page(("Set-Cookie", "a=1\r\nHost: other"))).cookies == ("a=1",)
    assert len(readers_of(page(*[("Set-Cookie", f"n{number}=1") for number in range(90)])).cookies) == 20


def test_readers_have_the_language_of_the_page() -> None:
    assert readers_of(page(("Content-Language", "ru, en"))).language == "ru"
    assert readers_of(page(body=b"<!doctype html><HTML class=x lang='pt-BR'>")).language == "pt-br"
    assert readers_of(page(body=b"<p lang=ru>")) == NOBODY


def test_a_host_gets_its_own_cookies_and_the_language_of_the_page() -> None:
    read = Readers(("a=1", "b=2"), "ru")
    language = {"Accept-Language": "ru,en;q=0.3"}
    assert headers_of_reader(URL, [(PAGE, read)]) == {"Cookie": "a=1; b=2"} | language
    assert headers_of_reader(URL, [(OTHER, read)]) == language
    assert headers_of_reader(URL, [(PAGE, Readers((), "en"))]) == {}
