"""What pages hold is found, with its context, whatever the HTML looks like."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orbweaver.detect.extraction.attributes import LAZY, largest
from orbweaver.detect.extraction.extract import extract
from orbweaver.detect.extraction.page import MAX_MEDIA, MAX_TEXT, MAX_TITLE, Page
from orbweaver.detect.extraction.page_reader import SMALL as MOST
from orbweaver.platform.network.urls import parse

URL = parse("http://site.example/dir/page.html")


def read(html: str) -> Page:
    return extract(html.encode(), URL, "text/html; charset=utf-8")


def media(html: str) -> list[str]:
    return [found.url.normal.removeprefix("http://site.example") for found in read(html).media]


def links(html: str) -> list[str]:
    return [found.normal.removeprefix("http://site.example") for found in read(html).links]


@pytest.mark.parametrize("name", sorted(LAZY))
def test_every_lazy_attribute_is_found_on_an_element_that_is_no_picture(name: str) -> None:
    assert media(f'<div {name}="a.jpg"></div>') == ["/dir/a.jpg"]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<img src="a.jpg">', ["/dir/a.jpg"]),
        ("<IMG SRC=a.jpg ALT=x>", ["/dir/a.jpg"]),
        ('<img src="/img?id=1&amp;s=2">', ["/img?id=1&s=2"]),
        ('<img src="data:image/gif;base64,R0" data-src="a.jpg">', ["/dir/a.jpg"]),
        ('<img data-original="a.jpg"><img data-lazy-src="b.jpg">', ["/dir/a.jpg", "/dir/b.jpg"]),
        ('<img src="a.jpg" srcset="b.jpg 480w, c.jpg 1200w, d.jpg 800w">', ["/dir/a.jpg", "/dir/c.jpg"]),
        ('<picture><source srcset="a.avif"><img src="a.jpg"></picture>', ["/dir/a.avif", "/dir/a.jpg"]),
        ('<video src="v.mp4" poster="p.jpg"></video>', ["/dir/v.mp4", "/dir/p.jpg"]),
        ('<video><source src="v.webm"></video><audio><source src="a.ogg"></audio>', ["/dir/v.webm"]),
        ('<meta property="og:image" content="/og.png">', ["/og.png"]),
        ('<meta name="twitter:image" content="/tw.png">', ["/tw.png"]),
        (
            '<div data-bg="b.jpg" style="margin:0"></div><div data-background-image="url(c.jpg)"></div>',
            ["/dir/b.jpg", "/dir/c.jpg"],
        ),
        (
            '<img style="background:url(b.jpg)" src="a.jpg" data-lazyload="z.jpg">',
            ["/dir/a.jpg", "/dir/z.jpg", "/dir/b.jpg"],
        ),
        ('<img data-src="a.jpg" data-lazy="true" data-image=\'{"a":1}\'>', ["/dir/a.jpg"]),
        (
            '<link itemprop="thumbnailUrl" href="t.jpg"><meta itemprop="contentUrl" content="v.mp4">',
            ["/dir/t.jpg", "/dir/v.mp4"],
        ),
        ('<script type="application/ld+json">{"image":{"url":"j.jpg"}}</script>', ["/dir/j.jpg"]),
        ('<link rel="image_src" href="/i.png"><link rel="icon" href="/f.ico">', ["/i.png"]),
        ('<a href="full.jpg"><img src="thumb.jpg"></a>', ["/dir/full.jpg", "/dir/thumb.jpg"]),
        ("<div style=\"background-image: url('bg.jpg')\"></div>", ["/dir/bg.jpg"]),
        ("<style>.x{background:url(bg.png)} @import url(x.css)</style>", ["/dir/bg.png"]),
        ('<table background="t.gif"><tr><td>', ["/dir/t.gif"]),
        ('<svg><image xlink:href="s.png"/></svg>', ["/dir/s.png"]),
        ('<object data="o.png" type="image/png"></object><embed src="e.jpg">', ["/dir/o.png", "/dir/e.jpg"]),
        ('<input type="image" src="i.gif">', ["/dir/i.gif"]),
        ('<base href="http://site.example/other/"><img src="a.jpg">', ["/other/a.jpg"]),
        ('<noscript><img src="n.jpg"></noscript>', ["/dir/n.jpg"]),
        ('<amp-img src="a.jpg"></amp-img>', ["/dir/a.jpg"]),
        ('<template><img src="t.jpg"></template>', ["/dir/t.jpg"]),
        ('<template><p><img src="{{ url }}"><img src="${url}"><img src="a.jpg"></template>', ["/dir/a.jpg"]),
        ('<template></template><img src="a.jpg?{{1}}">', ["/dir/a.jpg?{{1}}"]),
        ('<a href="#" data-src="full.jpg" data-url="/api">x</a>', ["/dir/full.jpg"]),
        ('<a href="/x" style="background: url(b.jpg)">x</a>', ["/dir/b.jpg"]),
        ('<li data-original="a.jpg" data-image="/no"></li><b data-bg="/yes"></b>', ["/dir/a.jpg", "/yes"]),
        ("<style>a{background:image-set('a.png' 1x, 'b.png' 2x)}</style>", ["/dir/a.png", "/dir/b.png"]),
        ('<img src="a.jpg"><img src="a.jpg#x"><img src="./a.jpg">', ["/dir/a.jpg"]),
        ('<img src="http://[bad"><img src="ftp://x/a.jpg"><img src="">', []),
        ('<img src="http://cdn.example/ü.jpg">', ["http://cdn.example/%C3%BC.jpg"]),
    ],
)
def test_media_are_found(html: str, expected: list[str]) -> None:
    assert media(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="next.html">n</a><a href="#top">t</a>', ["/dir/next.html"]),
        ('<a href="javascript:x()">j</a><a href="mailto:a@b">m</a>', []),
        ('<iframe src="/f"></iframe><frameset><frame src="/g"></frameset>', ["/f"]),
        ('<frameset><frame src="/g"></frameset>', ["/g"]),
        ('<map><area href="/m"></map>', ["/m"]),
        ('<meta http-equiv="Refresh" content="0; URL=\'/r\'">', ["/r"]),
        ('<link rel="next" href="?page=2"><link rel="icon" href="/i.ico">', ["/dir/page.html?page=2"]),
        ('<link rel="stylesheet" href="/s.css"><link rel="stylesheet" href="//fonts.example/f.css">', ["/s.css"]),
        ('<iframe data-src="/late"></iframe><iframe srcdoc="<a href=/in>x</a>"></iframe>', ["/late", "/in"]),
        ('<a href="/a.css">c</a><a href="/x">x</a><a href="/x#y">x</a>', ["/x"]),
    ],
)
def test_links_are_found(html: str, expected: list[str]) -> None:
    assert links(html) == expected


def test_the_context_of_a_picture_is_kept_in_order() -> None:
    page = read(
        "<title> A  title </title><body><h1>Big</h1><p>far before</p><p>just before</p>"
        '<a href="/album">the album <img src="a.jpg" alt="an alt"></a><p>just after</p><script>var no</script>'
        '<h2>Small</h2><a href="full.png" title="t">full size</a><p>the end</p>'
    )
    assert (page.title, page.headings) == ("A title", ("Big", "Small"))
    first, second = page.media
    assert (first.alt, first.link_text, first.position) == ("an alt", "the album", 0)
    assert first.before == "Big far before just before the album"
    assert first.after.startswith("just after Small full size")
    assert (second.link_text, second.position) == ("full size", 1)
    assert "var no" not in second.before


def test_texts_are_bounded() -> None:
    long = "word " * 2_000_000
    page = read(f"<title>{long}</title>{'<p>text</p>' * 500}<img src=a alt='{long}'>{'<p>text</p>' * 500}")
    assert len(page.title) <= MAX_TITLE
    assert page.media == ()  # it stands beyond the bytes that are read
    page = read(f"<title>t</title>{'<p>text</p>' * 500}<img src=a alt='{long[:9000]}'>{'<p>text</p>' * 500}")
    assert max(len(text) for text in (page.media[0].alt, page.media[0].before, page.media[0].after)) <= MAX_TEXT


def test_a_page_of_a_million_pictures_is_bounded() -> None:
    assert len(read("".join(f"<img src={number}>" for number in range(20_000))).media) == MAX_MEDIA


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        ("<title>Füße</title>".encode("latin-1"), "text/html; charset=iso-8859-1", "Füße"),
        ('<meta charset="windows-1251"><title>Привет</title>'.encode("cp1251"), "text/html", "Привет"),
        ("<title>日本</title>".encode("shift_jis"), "text/html; charset=Shift_JIS", "日本"),
        ("\ufeff<title>x</title>".encode("utf-16"), "text/html", "x"),
        ("<title>Füße</title>".encode(), "text/html; charset=no-such-thing", "Füße"),
        ("<title>Füße</title>".encode("latin-1"), "text/html; charset=utf-8", "F\ufffd\ufffde"),
        (b"<title>\x00a\x00b</title>", "text/html; charset=utf-8", "ab"),
        (b"<title>&#xD800;x</title>", "text/html", "\ufffdx"),
    ],
)
def test_charsets_are_read_or_replaced(body: bytes, content_type: str, title: str) -> None:
    assert extract(body, URL, content_type).title == title


@given(st.binary(max_size=2000), st.text(max_size=40))
@example(b"<base href=http://[><a href=x>", "")
@example(b"\xff\xfe<", "text/html; charset=utf-16")
@example(b"<a href=/x><title>\xed\xa0\x80", "text/html; charset=utf-8")
def test_no_bytes_make_it_fail(body: bytes, content_type: str) -> None:
    page = extract(body, URL, content_type)
    assert "\x00" not in page.title


TAGS = ["<a href=/x>", "</a>", "<img src=y.jpg>", "<table>", "<td>", "<svg>", "<title>", "</title>", "<p>", "<!--", "x"]


@given(st.lists(st.sampled_from(TAGS), max_size=80))
def test_broken_markup_is_read(parts: list[str]) -> None:
    page = read("".join(parts))
    assert {link.normal for link in page.links} <= {"http://site.example/x"}
    assert {found.url.normal for found in page.media} <= {"http://site.example/dir/y.jpg"}


@given(st.text(max_size=300))
def test_any_srcset_gives_one_of_its_candidates_or_none(text: str) -> None:
    found = largest(text)
    assert found is None or found in text


def test_the_greatest_candidate_wins() -> None:
    assert largest("a 1x, b 2x") == "b"
    assert largest("a, b") == "a"
    assert largest("a?x=1,2 100w, b 50w") == "a?x=1,2"
    assert largest(" , ") is None


SMALL = {
    "refresh": "<meta http-equiv=refresh content='{}'>".format(" " * 31_000),
    "srcset": "<img srcset='{},'>".format(" " * 20_000),
    "candidates": "<img srcset='{}'>".format(",".join(f"/{number}.jpg {number}w" for number in range(2000))),
    "commas": "<img srcset='{}'>".format("a,," * 6000),
    "nesting": "<div>" * 6300,
    "links": "<a href=x>" * 3100,
    "pictures in a link": "<a href=x>" + "<img src=y>" * 2000 + "text " * 1500,
    "JSON-LD": "<script type=application/ld+json>{}{}</script>".format("[" * 15_000, "]" * 15_000),
    "frames": "<iframe srcdoc='{}'>".format("<iframe srcdoc=x>" * 1700),
}


@pytest.mark.parametrize("html", SMALL.values(), ids=SMALL)
def test_no_small_page_takes_long_of_those_that_are_read_in_one_batch(html: str) -> None:
    assert len(html) <= MOST
    began = time.process_time()
    read(html)
    assert time.process_time() - began < 1.0


REPEATED = ["<" * 500_000, "<a href=" * 100_000, "<img srcset='" + "a " * 400_000, "url(" * 500_000, "url(a" * 99_999]


@pytest.mark.parametrize("html", REPEATED)
def test_hostile_repetition_takes_little_time(html: str) -> None:
    start = time.monotonic()
    read(f"<div style='{html}'>" + html)
    assert time.monotonic() - start < 5
