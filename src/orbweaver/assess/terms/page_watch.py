"""Watch terms in the pages of a batch: found as pages come, kept as where and when alone (``terms.WatchHit``).

Data rule 1: a page that nothing matches is not stored. A hit keeps its address, which the frontier holds anyway, the
number of the term, the time and a count; no text and no picture.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import Final

from orbweaver.assess.terms.errors import WatchKeyMissing
from orbweaver.assess.terms.pages import texts_near
from orbweaver.assess.terms.selectors import Stamp, watch_matcher, watch_stamp
from orbweaver.assess.terms.services import PageHit, note_hits
from orbweaver.assess.terms.watching import WatchMatcher
from orbweaver.detect.visiting.handovers import Keep
from orbweaver.detect.visiting.stages import Visited

logger = logging.getLogger(__name__)

REFRESH_S: Final = 20.0
"""Real seconds after which a term that was added or withdrawn counts."""


class PageWatch:
    """Keeps the matcher up to date. Belongs to one thread."""

    def __init__(self) -> None:
        self._matcher = WatchMatcher({}, b"")
        self._stamp: Stamp | None = None
        self._due = 0.0

    def read(self, outcomes: Sequence[Visited]) -> Keep:
        """Find watch terms near imagery on the pages of these outcomes; what is given back keeps them."""
        return partial(note_hits, self._hits(outcomes))

    def _hits(self, outcomes: Sequence[Visited]) -> list[PageHit]:
        pages = [outcome for outcome in outcomes if outcome.page is not None and outcome.page.media]
        if not pages:
            return []
        self._refresh()
        return [hit for outcome in pages for hit in self._on(outcome)] if len(self._matcher) else []

    def _on(self, outcome: Visited) -> list[PageHit]:
        page = outcome.page
        assert page is not None
        found = self._matcher.find(texts_near(page.near, page.title, page.headings, page.media))
        if not found:
            return []
        url = outcome.url
        media = len(page.media)
        return [PageHit(term, url.normal, url.key, url.host, media, times) for term, times in found.items()]

    def _refresh(self) -> None:
        if monotonic() < self._due:
            return
        self._due = monotonic() + REFRESH_S
        stamp = watch_stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._matcher = watch_matcher()
        except WatchKeyMissing as error:
            logger.error("%s Pages are crawled without watch terms.", error)
            self._matcher = WatchMatcher({}, b"")
