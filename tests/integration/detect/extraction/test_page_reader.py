"""Large pages are read in a process that may be ended, so that no page stops the crawler."""

from __future__ import annotations

import asyncio
import time

import pytest

from orbweaver.detect.extraction.extract import extract
from orbweaver.detect.extraction.page import Page
from orbweaver.detect.extraction.page_reader import HERE_BYTES, PageReader
from orbweaver.detect.fetching.errors import FetchFailed
from orbweaver.platform.network.urls import parse

URL = parse("http://a.example/page")
LARGE = (
    "<title>T</title><h1>H</h1>"
    + "".join(f'<p>text {n}</p><a href="/p/{n}">link</a><img src="/i/{n}.jpg" alt="a {n}">' for n in range(900))
).encode()
HOSTILE = {
    "nesting": b"<div>" * 400_000,
    "attributes": b"<a " + b" ".join(b"a%d=b" % n for n in range(300_000)) + b">",
    "formatting": b"".join(b"<b id=%d>" % n for n in range(50_000)) + b"<p>x" * 100_000,
}


def read(*bodies: bytes, timeout_s: float = 10.0) -> list[Page | BaseException]:
    async def go() -> list[Page | BaseException]:
        async with PageReader(timeout_s) as reader:
            return await asyncio.gather(
                *(reader.read(body, URL, "text/html") for body in bodies), return_exceptions=True
            )

    return asyncio.run(go())


def test_a_large_page_is_read_like_a_small_one() -> None:
    assert len(LARGE) > HERE_BYTES
    assert read(LARGE, b"<title>s</title>") == [extract(LARGE, URL, "text/html"), Page(title="s")]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_page_that_takes_too_long_is_given_up_and_the_next_one_is_read(body: bytes) -> None:
    async def go() -> Page:
        async with PageReader(timeout_s=3.0) as reader:
            with pytest.raises(FetchFailed) as caught:
                await reader.read(body, URL, "text/html")
            assert caught.value.code == "page_too_complex"
            return await reader.read(LARGE, URL, "text/html")

    start = time.monotonic()
    assert asyncio.run(go()).title == "T"
    assert time.monotonic() - start < 30


def test_others_are_read_while_a_hostile_page_is() -> None:
    results = read(HOSTILE["nesting"], *[LARGE] * 4, b"<title>s</title>", timeout_s=4.0)
    assert isinstance(results[0], FetchFailed)
    assert all(isinstance(result, Page) for result in results[1:])


def test_a_title_of_ten_megabytes_is_cut() -> None:
    [page] = read(b"<title>" + b"x" * 10_000_000 + b"</title>")
    assert isinstance(page, Page)
    assert page.title == "x" * 400


@pytest.mark.parametrize("charset", ["shift_jis", "windows-1251", "gb18030", "utf-16", "euc-kr"])
def test_large_pages_of_any_charset_are_read(charset: str) -> None:
    text = "<title>日本語</title>" if charset in ("shift_jis", "gb18030", "utf-16") else "<title>title</title>"

    async def go() -> Page:
        async with PageReader() as reader:
            return await reader.read((text + " " * 40_000).encode(charset), URL, f"text/html; charset={charset}")

    assert asyncio.run(go()).title in ("日本語", "title")
