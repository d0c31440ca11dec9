"""A leased URL in its stages: what was fetched, what was read of it, the outcome that is recorded.

Each is made once, by the module of its stage (``polite_fetch``, ``reading``), and never written to. The address is
parsed once: ``Leased.parsed``, and where redirects led to ``FetchResult.target``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.extraction.extractors.protocol import InnerFile
from orbweaver.detect.extraction.page import Page
from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.detect.fetching.robots import Robots
from orbweaver.fingerprints import Fingerprints
from orbweaver.platform.network.signed import path_key
from orbweaver.platform.network.urls import ParsedUrl


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a host answered, or why it was not asked."""

    leased: Leased
    result: FetchResult
    robots: Robots | None = None
    """What the page may load of its own site; None: anything."""
    patience_s: float | None = None
    """Seconds for which the site asked to be left alone instead of giving its robots.txt."""
    held: ExitStack = field(default_factory=ExitStack)
    """What it takes of the memory that all share; closed once the outcome is recorded."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came, told by its bytes and read; with what is to be fingerprinted."""

    fetched: Fetched
    url: ParsedUrl
    """Where it was found, after redirects."""
    content: bytes
    """The body, or what a page became once drawn; nothing where it is not to be fingerprinted."""
    kind: FrontierUrl.Kind = FrontierUrl.Kind.UNKNOWN
    page: Page | None = None
    drawn: bool = False
    """The page is read as it looks once its scripts have run."""
    picture: bytes = b""
    """How it looked (JPEG), where that is known."""
    unchanged: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Inside:
    """A picture or video within a body, with its fingerprints; its bytes are unpacked again when it is recorded."""

    file: InnerFile
    prints: Fingerprints


@dataclass(frozen=True, slots=True)
class Visited:
    """What came of one leased URL: a page, a medium, a redirect to elsewhere, or an error."""

    leased: Leased
    result: FetchResult
    held: ExitStack
    """See ``Fetched``."""
    error: str = ""
    kind: FrontierUrl.Kind = FrontierUrl.Kind.UNKNOWN
    page: Page | None = None
    drawn: bool = False
    picture: bytes = b""
    unchanged: bool = False
    prints: Fingerprints | None = None
    inside: Sequence[Inside] = ()
    """Pictures within it: of an archive, or of a page that holds them in itself."""
    left: str = ""
    """Why a part of it was not looked at (``fetching.errors.PARTLY``). No error: all that came is recorded."""
    again_in_s: float | None = None
    """Seconds after which it is tried again."""
    patience_s: float | None = None
    """Seconds for which the site asked to be left alone. Lengths of time, since this machine's clock may be wrong."""

    @property
    def url(self) -> ParsedUrl:
        """Where it was found, after redirects."""
        return self.result.target or self.leased.parsed

    @property
    def is_moved(self) -> bool:
        """Whether it redirects to a place that is fetched on its own."""
        return self.error == "redirect" and self.result.location is not None

    @property
    def is_put_off(self) -> bool:
        """Whether it failed for now, and is tried again after an hour or a day."""
        return self.again_in_s is not None and rules.is_put_off(self.leased.attempts)

    @property
    def is_image(self) -> bool:
        """Whether it counts as a picture or video that was processed."""
        return self.prints is not None and (self.prints.mime or "").startswith(("image/", "video/"))

    def page_context(self) -> str | None:
        """Title and headings as JSON, for what is found on this page; and the keys of the media to which it leads by
        addresses of which only the page tells whether they were signed anew."""
        if self.page is None:
            return None
        known = {"title": self.page.title, "headings": self.page.headings}
        signed = [medium.url.key.hex() for medium in self.page.media if path_key(medium.url) is not None]
        return json.dumps(known | {"signed": signed} if signed else known)
