"""The site of the crawl's benchmark is what the figures claim: distinct pictures of the size said, all pages linked."""

from __future__ import annotations

import hashlib

import pytest

from orbweaver.detect.extraction.extract import extract
from orbweaver.fingerprints import fingerprint
from orbweaver.platform.network.urls import parse
from orbweaver_trials.bench.crawl_site import PICTURES_A_PAGE, Site

PAGES = 40


def body(site: Site, path: str) -> bytes:
    head, _, rest = b"".join(site.answer(path)).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(rest)}".encode() in head
    return rest


@pytest.mark.sweep
def test_every_page_and_picture_is_reached_and_no_two_pictures_are_the_same() -> None:
    site = Site(PAGES)
    to_read, pages, pictures = ["/page/0"], set[str](), set[str]()
    while to_read:
        path = to_read.pop()
        if path not in pages:
            pages.add(path)
            page = extract(body(site, path), parse(f"http://site.example{path}"))
            to_read += [link.path for link in page.links]
            pictures |= {medium.url.path for medium in page.media}
    assert len(pages) == PAGES
    assert len(pictures) == PAGES * PICTURES_A_PAGE
    assert len({hashlib.sha256(body(site, path)).digest() for path in pictures}) == len(pictures)


def test_a_picture_is_a_jpeg_of_the_size_that_is_said() -> None:
    data = body(Site(1), "/img/2.jpg")
    prints = fingerprint(data)
    assert (prints.mime, prints.width, prints.height, prints.error) == ("image/jpeg", 640, 480, None)
    assert 33_000 < len(data) < 42_000
