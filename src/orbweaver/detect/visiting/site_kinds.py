"""Kinds of the sites that are crawled (R2, R3), set from the first pages that are read of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from django.db import transaction

from orbweaver.detect.crawl.handovers import SiteKindChanged, site_kind_changed
from orbweaver.detect.crawl.kinds import COVER, KINDS, UNKNOWN, kind_of, walled_garden_of
from orbweaver.detect.crawl.models import Site
from orbweaver.detect.visiting.stages import Visited

PAGES_A_SITE: Final = 3
"""Pages of a site that are looked at in one process; software says its name on each."""
SITES_REMEMBERED: Final = 100_000


class SiteKinds:
    """Sets what is not set, and leaves what a person chose."""

    def __init__(self) -> None:
        self._looked_at: Counter[int] = Counter()

    def note(self, outcomes: Iterable[Visited]) -> None:
        """Look at the pages among these visits; one statement for a site whose kind is found. Outside a transaction, as
        rows of sites are locked in an order there."""
        if len(self._looked_at) > SITES_REMEMBERED:
            self._looked_at.clear()
        for outcome in outcomes:
            site = outcome.leased.site_id
            if outcome.page is not None and self._looked_at[site] < PAGES_A_SITE:
                self._looked_at[site] += 1
                self._set(site, outcome.leased.parsed.host, outcome.result.body)

    def _set(self, site: int, host: str, html: bytes) -> None:
        kind = kind_of(host, html)
        if kind != UNKNOWN:
            self._looked_at[site] = PAGES_A_SITE
            walled = walled_garden_of(host) is not None
            with transaction.atomic():
                if Site.objects.filter(pk=site, kind=UNKNOWN).update(
                    kind=kind,
                    kinds_version=KINDS.version(),
                    walled_garden=walled,
                    cover_version=COVER.version() if walled else "",
                ):
                    site_kind_changed.announce(SiteKindChanged(host))
