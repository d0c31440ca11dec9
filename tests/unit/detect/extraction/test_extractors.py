"""Every source of references and every container keeps the promises of its protocol, whatever it is given."""

from __future__ import annotations

import time
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orbweaver.detect.extraction.extractors.protocol import Container, Extractor, Left
from orbweaver.detect.extraction.extractors.registry import CONTAINERS, EXTRACTORS, extractor_for
from orbweaver.fingerprints.sniff import sniff

PARTS = (
    *("<rss>", "<item>", "<urlset>", "<loc>", "</loc>", "<![CDATA[", "]]>", "<!--", "-->", "&#x110000;", "<", ">"),
    *('url("', "url(", "'", '"', ")", "@import ", "\\", "\\d800 ", "{", "}", "[", "]", '"image":', '"a.jpg"', ","),
    *("<enclosure url=", "<description>", "<img src=", " ", "\n", "\ud800", "é", "data:image/png;base64,", "A" * 120),
    *("PK\1\2", "PK\3\4", "PK\5\6", "\x00" * 18, "%ff", ";base64"),
)
PIECES = st.lists(st.sampled_from(PARTS), max_size=60)


@pytest.mark.parametrize("extractor", EXTRACTORS, ids=lambda each: each.name)
class TestExtractors:
    @settings(max_examples=80, deadline=None)
    @given(pieces=PIECES)
    def test_never_raises_and_yields_text(self, extractor: Extractor, pieces: list[str]) -> None:
        text = "".join(pieces)
        for reference in islice(extractor.references(text), 5000):
            assert isinstance(reference.href, str)
            assert isinstance(reference.alt, str)
            assert len(reference.alt) <= 10_000

    @pytest.mark.parametrize(
        "piece", ["<", "<a ", '<a b="', "<!--", "<![CDATA[", "url(", 'url("', "@import ", "[", '{"a":']
    )
    def test_takes_time_in_proportion_to_the_text(self, extractor: Extractor, piece: str) -> None:
        text = piece * (1_000_000 // len(piece))
        began = time.process_time()
        for _ in extractor.references(text):
            pass
        assert time.process_time() - began < 3.0

    def test_leaves_html_alone(self, extractor: Extractor) -> None:
        assert extractor_for("<!doctype html><html><body>", "text/html; charset=utf-8") is None
        assert not extractor.roots & {"html", "head", "body"}
        assert "text/html" not in extractor.types

    def test_reads_what_no_other_does(self, extractor: Extractor) -> None:
        others = [each for each in EXTRACTORS if each is not extractor]
        assert extractor.roots or extractor.types
        assert not any(each.roots & extractor.roots or each.types & extractor.types for each in others)

    def test_has_a_name_of_its_own(self, extractor: Extractor) -> None:
        assert [each.name for each in EXTRACTORS].count(extractor.name) == 1


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda each: each.name)
class TestContainers:
    @settings(max_examples=80, deadline=None)
    @given(pieces=PIECES)
    def test_never_raises_and_yields_pictures_only(self, container: Container, pieces: list[str]) -> None:
        body = "".join(pieces).encode("utf-8", "replace")
        left = []
        for found in container.files(body):
            if isinstance(found, Left):
                left.append(found)
                continue
            file, data = found
            assert (sniff(data) or "").startswith(("image/", "video/"))
            assert file.load() == data
        assert len(left) == len(set(left))

    def test_does_not_open_pictures(self, container: Container) -> None:
        assert not container.opens(b"\xff\xd8\xff data:image/png;base64,", "image/jpeg")


@pytest.mark.parametrize(
    ("start", "content_type", "name"),
    [
        ('<?xml version="1.0"?><urlset xmlns="x">', "text/plain", "sitemap"),
        ("<sm:sitemapindex>", "", "sitemap"),
        ("<?xml-stylesheet href='x'?><rss version='2.0'>", "text/xml", "feed"),
        ("<rdf:RDF>", "", "feed"),
        ('<feed xmlns="http://www.w3.org/2005/Atom">', "application/atom+xml", "feed"),
        ("body{}", "text/css; charset=utf-8", "stylesheet"),
        ("{}", "application/ld+json", "json_ld"),
        ("<svg>", "image/svg+xml", None),
        ("<html>", "text/css", None),
        ("<html>", "application/ld+json", None),
    ],
)
def test_a_document_is_read_by_the_source_that_knows_it(start: str, content_type: str, name: str | None) -> None:
    found = extractor_for(start, content_type)
    assert (found.name if found else None) == name
