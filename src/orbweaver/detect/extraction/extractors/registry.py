"""The sources that are known. A document is read by the one that has its root element, or its type."""

from __future__ import annotations

from typing import Final

from orbweaver.detect.extraction.extractors.data_uri import DataUris
from orbweaver.detect.extraction.extractors.feed import Feed
from orbweaver.detect.extraction.extractors.json_ld import JsonLd
from orbweaver.detect.extraction.extractors.protocol import Container, Extractor
from orbweaver.detect.extraction.extractors.sitemap import Sitemap
from orbweaver.detect.extraction.extractors.stylesheet import Stylesheet
from orbweaver.detect.extraction.extractors.xml_tokens import root_name
from orbweaver.detect.extraction.extractors.zip_archive import ZipArchive

EXTRACTORS: Final[tuple[Extractor, ...]] = (Sitemap(), Feed(), JsonLd(), Stylesheet())

_BY_ROOT: Final = {root: each for each in EXTRACTORS for root in each.roots}
_BY_TYPE: Final = {kind: each for each in EXTRACTORS for kind in each.types}

CONTAINERS: Final[tuple[Container, ...]] = (DataUris(), ZipArchive())


def extractor_for(start: str, content_type: str) -> Extractor | None:
    """The source that reads a document, by its first characters and the type its server says; None when none does (HTML
    is read by ``extract``)."""
    by_root = _BY_ROOT.get(root_name(start))
    if by_root is not None or start.lstrip().startswith("<"):
        return by_root
    return _BY_TYPE.get(content_type.split(";", maxsplit=1)[0].strip().lower())


def container_for(body: bytes, mime: str | None) -> Container | None:
    """What finds files within a body that was sniffed as ``mime``, or None when there are none to look for."""
    return next((each for each in CONTAINERS if each.opens(body, mime)), None)
