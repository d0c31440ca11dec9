"""What the crawl hands over to the folders above it."""

from __future__ import annotations

from dataclasses import dataclass

from orbweaver.platform.handover import HandOver


@dataclass(frozen=True, slots=True)
class SiteKindChanged:
    """The host that is known as another kind of site (R2)."""

    host: str


site_kind_changed = HandOver("site kind changed", "A host is known as another kind of site.", SiteKindChanged)
