"""Saved pages of many shapes, documents of other kinds, broken ones: all that they refer to, nothing unbounded."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orbweaver.detect.extraction.documents import read_document
from orbweaver.detect.extraction.page import MAX_LINKS, MAX_MEDIA, MAX_TEXT, Page
from orbweaver.platform.network.urls import parse

PAGES = Path(__file__).parents[3] / "fixtures" / "pages"
URL = parse("https://site.example/dir/page")


def short(page: Page) -> tuple[list[str], list[str]]:
    media = [found.url.normal.removeprefix("https://site.example") for found in page.media]
    return media, [link.normal.removeprefix("https://site.example") for link in page.links]


@pytest.mark.parametrize(
    ("name", "media", "links"),
    [
        (
            "gallery_lazy",
            [
                "https://cdn.example/og.jpg",
                "/g/clip.mp4",
                "/g/full/1.jpg",
                "/g/t/1.jpg",
                "/g/t/2big.avif",
                "/g/t/2.jpg",
                "/g/hero.jpg",
                "/g/t/3.jpg",
            ],
            ["/g/look.css"],
        ),
        ("shop_json_ld", ["/v1.jpg", "/v2.jpg", "/t.jpg", "/v.mp4", "/bg.png"], ["/embed/1"]),
        (
            "imageboard_thread",
            ["https://img.example/src/1.png", "https://img.example/thumb/1s.jpg", "/p.jpg", "/src/2.webm"],
            [],
        ),
        (
            "amp_article",
            [
                *("/pictures/bridge-1200.jpg", "/pictures/paper.png", "/pictures/bridge-640.jpg"),
                *("/pictures/bridge-1600.jpg", "/pictures/bridge-fallback.jpg", "/pictures/water.gif"),
                *("/films/bridge.mp4", "/pictures/film.jpg", "/films/bridge.webm"),
            ],
            ["/articles/bridge", "https://maps.example/embed"],
        ),
        (
            "gallery_lightbox",
            [
                *("/dir/full/1.jpg", "/dir/t/1.jpg", "/dir/full/2.jpg", "/dir/t/2.jpg", "/dir/t/3.jpg"),
                *("/dir/full/4.jpg", "/dir/full/5.jpg", "/dir/hero.avif", "/dir/hero-2x.avif", "/dir/t/6.jpg"),
                "/dir/t/7.jpg",
            ],
            ["/view/3", "/view/4"],
        ),
        (
            "video_page",
            [
                *("https://cdn.example/film-720.mp4", "/film-480.mp4", "/poster.webp", "/poster-2x.webp"),
                *("/thumb-1.jpg", "/thumb-2.jpg", "/film-1080.mp4", "/poster.jpg", "/poster-lazy.jpg", "/film.webm"),
                *("/film-lazy.mp4", "/film.mov", "/old.flv"),
            ],
            ["/embed/film", "/old.swf", "/embed/next", "/by/someone"],
        ),
        (
            "blog_responsive",
            [
                f"https://blog.example/2020/walk/{name}"
                for name in (
                    *("cover.jpg", "wide.avif", "narrow.webp", "walk.jpg", "walk@2x.jpg", "full/hill.JPG"),
                    *("hill-300.jpg", "../../orig/hill.jpg", "noscript.jpg", "inside.png"),
                )
            ],
            ["https://blog.example/feed/", "https://blog.example/2020/walk/page/2/", "https://blog.example/theme.css"],
        ),
        ("styles_in_page", ["/dir/a%20b.jpg", "/dir/b.webp", "/dir/c.png", "/dir/d.jpg", "/dir/e.jpg"], []),
    ],
)
def test_saved_pages_lead_to_all_that_they_show(name: str, media: list[str], links: list[str]) -> None:
    page = read_document((PAGES / f"{name}.html").read_bytes(), URL, "text/html")
    assert short(page) == ([medium.replace("/2020/walk/../..", "") for medium in media], links)


def test_a_saved_page_keeps_what_json_ld_says_of_its_pictures() -> None:
    page = read_document((PAGES / "shop_json_ld.html").read_bytes(), URL, "text/html")
    assert [found.alt for found in page.media] == ["A vase", "side", "Turning", "Turning", ""]


def test_a_saved_page_of_frames_leads_to_them_by_its_base() -> None:
    page = read_document((PAGES / "frames_old.html").read_bytes(), URL, "text/html")
    assert short(page) == ([], ["http://other.example/dir/menu.htm", "http://other.example/dir/main.htm"])


def test_a_saved_page_of_unclosed_tables_leads_to_its_pictures() -> None:
    media, _ = short(read_document((PAGES / "tables_old.html").read_bytes(), URL, "text/html"))
    assert media == [f"http://other.example/dir/{name}" for name in ("tile.gif", "cell.gif", "a.gif", "b.jpg")]


INDEX = "<sitemapindex><sitemap><loc> /a.xml.gz </loc></sitemap><sitemap><loc><![CDATA[/b.xml?x=1&y]]></loc></sitemap>"
VIDEOS = "<urlset><loc>/p</loc><video:title>T</video:title><video:thumbnail_loc>/t.jpg</video:thumbnail_loc>"
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>E</title><link href="/e"/><link rel="enclosure" '
    'href="/e.jpg"/><content type="html">&lt;img src="/in.png"&gt;</content></entry></feed>'
)
MEDIA_RSS = (
    '<?xml version="1.0"?><!-- x --><rss><item><media:content url="/m.mp4"/><media:thumbnail url="/m.jpg"/></item>'
)


@pytest.mark.parametrize(
    ("text", "kind", "media", "links"),
    [
        (INDEX, "text/xml", [], ["/a.xml.gz", "/b.xml?x=1&y"]),
        (VIDEOS, "", ["/t.jpg"], ["/p"]),
        (ATOM, "", ["/e.jpg", "/in.png"], ["/e"]),
        (MEDIA_RSS, "", ["/m.mp4", "/m.jpg"], []),
        ("@import url(x.css); a{background:url(y.png)}", "text/css", ["/dir/y.png"], ["/dir/x.css"]),
        ('{"@type":"ImageObject","url":"/j.png"}', "application/ld+json", ["/j.png"], []),
    ],
)
def test_documents_of_other_kinds_are_read(text: str, kind: str, media: list[str], links: list[str]) -> None:
    assert short(read_document(text.encode(), URL, kind)) == (media, links)


def test_a_packed_sitemap_is_unpacked_within_a_limit() -> None:
    bomb = gzip.compress(INDEX.encode() + b" " * 50_000_000 + b"<loc>/far</loc>")
    assert short(read_document(bomb, URL)) == ([], ["/a.xml.gz", "/b.xml?x=1&y"])


def test_entities_of_a_document_are_not_expanded() -> None:
    text = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><loc>/&a;</loc></urlset>'
    assert short(read_document(text.encode(), URL)) == ([], ["/&a;"])


PARTS = (
    *(
        "<img src=",
        "<img data-bg='",
        "<a href=",
        "<base href=",
        "<style>",
        "</style>",
        "<iframe srcdoc='",
        "<svg><image ",
    ),
    *(
        "<script type=application/ld+json>",
        "</script>",
        '{"image":"',
        '"}',
        "style='background:url(",
        ")'",
        "'",
        '"',
        ">",
    ),
    *(
        "//",
        "http:",
        "https://x.example/",
        "javascript:",
        "data:image/png,",
        "ftp://",
        "a.jpg ",
        "\ud800",
        "\x00",
        "&#0;",
    ),
    *(
        "<rss>",
        "<urlset>",
        "<loc>",
        "<link rel=stylesheet href=",
        "<picture><source srcset='",
        " 2x,",
        "<!--",
        "<![CDATA[",
    ),
)
BROKEN = st.lists(st.sampled_from(PARTS) | st.text(max_size=5), max_size=40)


@settings(max_examples=300, deadline=None)
@given(parts=BROKEN, kind=st.sampled_from(["text/html", "text/css", "application/ld+json", "", "text/xml; charset=x"]))
def test_whatever_is_broken_the_answer_is_bounded_and_of_the_web(parts: list[str], kind: str) -> None:
    page = read_document("".join(parts).encode("utf-8", "surrogatepass"), URL, kind)
    assert len(page.media) <= MAX_MEDIA
    assert len(page.links) <= MAX_LINKS
    for url in (*page.links, *(found.url for found in page.media)):
        assert url.normal.startswith(("http://", "https://"))
    assert all(len(text) <= MAX_TEXT for found in page.media for text in (found.alt, found.before, found.after))
    assert [found.position for found in page.media] == list(range(len(page.media)))
