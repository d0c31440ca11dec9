"""What came of one leased URL, from its fetch to its record."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import ExitStack
from dataclasses import dataclass, field

from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.extraction.extract import Page
from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.detect.visiting.inside import Inside
from orbweaver.fingerprints import Fingerprints


@dataclass(slots=True)
class Outcome:
    """What came of one leased URL: a page, a medium, a redirect to elsewhere, or an error."""

    leased: Leased
    result: FetchResult
    error: str = ""
    kind: FrontierUrl.Kind = FrontierUrl.Kind.UNKNOWN
    page: Page | None = None
    prints: Fingerprints | None = None
    inside: list[Inside] = field(default_factory=list)
    """Pictures within it: of an archive, or of a page that holds them in itself."""
    left: str = ""
    """Why a part of it was not looked at (``fetching.errors.PARTLY``). No error: all that came is recorded."""
    drawn: bool = False
    """The page is read as it looks once its scripts have run."""
    unchanged: bool = False
    again: bool = False
    """It did not change but is on a list since, and is to be fetched in full."""
    hops: int = 0
    """Distance by the time it is recorded."""
    due_at: dt.datetime | None = None
    hold_until: dt.datetime | None = None
    """The site asked for patience until then (real time)."""
    place: ExitStack = field(default_factory=ExitStack)
    """What is held in memory for this outcome; closed once it is recorded."""

    @property
    def is_put_off(self) -> bool:
        """Whether it failed for now, and is tried again after an hour or a day."""
        return self.due_at is not None and rules.is_put_off(self.leased.attempts)

    @property
    def is_image(self) -> bool:
        """Whether it counts as a picture or video that was processed."""
        return self.prints is not None and (self.prints.mime or "").startswith(("image/", "video/"))

    def page_context(self) -> str | None:
        """Title and headings as JSON, for what is found on this page."""
        if self.page is None:
            return None
        return json.dumps({"title": self.page.title, "headings": self.page.headings})
