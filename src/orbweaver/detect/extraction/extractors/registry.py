"""The sources that are known. A document is read by the first one that says it can."""

from __future__ import annotations

from typing import Final

from orbweaver.detect.extraction.extractors.data_uri import DataUris
from orbweaver.detect.extraction.extractors.feed import Feed
from orbweaver.detect.extraction.extractors.json_ld import JsonLd
from orbweaver.detect.extraction.extractors.protocol import Container, Extractor
from orbweaver.detect.extraction.extractors.sitemap import Sitemap
from orbweaver.detect.extraction.extractors.stylesheet import Stylesheet
from orbweaver.detect.extraction.extractors.zip_archive import ZipArchive

EXTRACTORS: Final[tuple[Extractor, ...]] = (Sitemap(), Feed(), JsonLd(), Stylesheet())

CONTAINERS: Final[tuple[Container, ...]] = (DataUris(), ZipArchive())


def extractor_for(start: str, content_type: str) -> Extractor | None:
    """The source that reads a document, or None when none does (HTML is read by ``crawl.extract``)."""
    return next((each for each in EXTRACTORS if each.reads(start, content_type)), None)


def container_for(body: bytes, mime: str | None) -> Container | None:
    """What finds files within a body that was sniffed as ``mime``, or None when there are none to look for."""
    return next((each for each in CONTAINERS if each.opens(body, mime)), None)
