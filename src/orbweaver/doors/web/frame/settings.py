"""Settings of all pages."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.platform.config import Settings
from orbweaver.platform.settings import PlatformSettings


class PageSettings(Settings):
    """Pages: what developers see at their foot."""

    debug_queries: bool = Field(
        default=False,
        description="For developers: what each page asked the database stands at its foot. Only with a base_url on "
        "loopback, and never where an authorised hotline works, unless this is a demonstration.",
    )

    def conflicts(self) -> Iterator[str]:
        """The queries of a page are for developers alone."""
        if self.debug_queries:
            platform, hotline = PlatformSettings.current(), EvidenceSettings.current()
            if not platform.is_on_loopback:
                yield "ORBWEAVER_DEBUG_QUERIES is for developers: ORBWEAVER_BASE_URL is elsewhere"
            if hotline.authorised_hotline and not platform.demonstration:
                yield "ORBWEAVER_DEBUG_QUERIES is not for an authorised hotline at work"
