"""What leads and the settings of sites refuse."""

from __future__ import annotations

from orbweaver.detect.crawl.messages import CRAWLING_IS_OFF
from orbweaver.errors import InvalidInput, OrbweaverError


class BadSiteSettings(InvalidInput):
    """A site cannot be named or set like that."""

    code = "bad_site_settings"


class CrawlingIsOff(OrbweaverError):
    """All crawling is switched off."""

    code = "crawling_is_off"

    def __init__(self) -> None:
        super().__init__(CRAWLING_IS_OFF)


class NoLead(InvalidInput):
    """None of the addresses given can be crawled."""

    code = "no_lead"
