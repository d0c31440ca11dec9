"""Pages are read in processes that may be ended, so that none stops the crawler nor gets into it."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from orbweaver.detect.extraction.extract import extract
from orbweaver.detect.extraction.page import Page
from orbweaver.detect.extraction.page_reader import SMALL, PageReader
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
    assert len(LARGE) > SMALL
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


BROKEN = """
import os, orbweaver.detect.extraction.documents as documents
real = documents.read_document
def broken(body, url, content_type=""):
    if body.startswith(b"kill"):
        os._exit(1)
    while body.startswith(b"hang"):
        pass
    return real(body, url, content_type)
documents.read_document = broken
"""


@pytest.mark.parametrize("harm", [b"kill", b"hang"])
def test_a_small_page_that_ends_or_holds_its_reader_costs_nobody_else_of_its_batch_a_thing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: bytes
) -> None:
    (tmp_path / "sitecustomize.py").write_text(BROKEN)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    bodies = [b"<title>%d</title>" % number for number in range(20)]
    bodies[3] = harm
    pages = read(*bodies, timeout_s=1.5)
    assert isinstance(pages[3], FetchFailed)
    assert [page.title for page in pages if isinstance(page, Page)] == [str(n) for n in range(20) if n != 3]


def test_whoever_stops_waiting_harms_nobody() -> None:
    async def go() -> list[Page]:
        async with PageReader() as reader:
            given_up = asyncio.create_task(reader.read(b"<title>given up</title>", URL, ""))
            await asyncio.sleep(0)
            others = [asyncio.create_task(reader.read(b"<title>s</title>", URL, "")) for _ in range(3)]
            await asyncio.sleep(0)
            given_up.cancel()
            return await asyncio.gather(*others)

    assert [page.title for page in asyncio.run(go())] == ["s"] * 3


def test_pages_that_come_one_by_one_are_each_read() -> None:
    async def go() -> int:
        async with PageReader() as reader:
            read = 0
            for pause in [0.0] * 40 + [0.011] * 40:
                page = await asyncio.wait_for(reader.read(b"<title>s</title>", URL, ""), 20)
                read += page.title == "s"
                await asyncio.sleep(pause)
            return read

    assert asyncio.run(go()) == 80


def test_a_link_that_is_too_long_once_it_is_normal_takes_nothing_else_with_it() -> None:
    long_link = f'<a href="/{"é" * 8000}">link</a>'.encode()
    [page] = read(LARGE + long_link)
    assert isinstance(page, Page)
    assert len(page.links) == 900


def test_a_page_that_a_script_fills_is_told_as_such() -> None:
    [page] = read(b"<title>s</title><div id=root></div><script src=/app.js></script>")
    assert isinstance(page, Page)
    assert page.is_shell


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
