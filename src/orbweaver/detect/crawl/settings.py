"""Settings of the crawl."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field

from orbweaver.platform.config import Settings
from orbweaver.platform.settings import PlatformSettings

LEASE_S: Final = 15.0
"""How long a crawler may be silent; longer than a server lets it be so within a transaction."""


class CrawlSettings(Settings):
    """The crawl: how far it goes, how politely, and whether it keeps a ledger."""

    crawl_host_delay_s: float = Field(default=1.0, ge=0, description="Least seconds between two requests to one host.")
    crawl_host_concurrency: int = Field(
        default=4, ge=0, description="Most addresses of one host in hand at once, by all crawlers; 0: no bound."
    )
    crawl_max_hops: int = Field(default=4, ge=0, description="Links followed from a lead or a known sighting.")
    crawl_max_fruitless_pages: int = Field(
        default=20_000, gt=0, description="Pages without anything known after which a lead is followed no further."
    )
    crawl_lead_addresses: int = Field(
        default=200_000,
        ge=0,
        description="Addresses that one lead brings in before it is followed no further, and as many again each time "
        "those that led to something known have doubled; 0: no bound. About 800 bytes on the disk for each.",
    )
    crawl_host_addresses: int = Field(default=1_000_000, ge=0, description="The same for all that lies on one host.")
    crawl_domain_addresses: int = Field(
        default=2_000_000, ge=0, description="The same for one registered domain, with all hosts below it."
    )
    crawl_lease_s: float = Field(
        default=LEASE_S,
        ge=2,
        description="Seconds without a sign of life after which other crawlers take over what one has in hand.",
    )
    crawl_revisit_least_hours: float = Field(
        default=6.0,
        ge=1,
        le=8760,
        description="Known bad places and good leads are visited again by themselves, never sooner than after so many "
        "hours; the more often something known is new there, the sooner.",
    )
    crawl_revisit_most_hours: float = Field(
        default=2160.0,
        ge=1,
        le=8760,
        description="Hours after which a known bad place or a good lead is visited again even if nothing was new there "
        "for long.",
    )
    crawl_done_days: int = Field(
        default=30,
        ge=0,
        description="Days after which an address that is done and that nothing else rests on leaves the frontier for "
        "tables that take less than a quarter of the room; once there are a thousand of them. 0: it stays. Needs the "
        "extra `ledger` (pyarrow) where `orbweaver worker` runs.",
    )
    crawl_done_kept_days: int = Field(
        default=1095,
        ge=180,
        description="Days after which an address that left the frontier is forgotten, a quarter of a year at a time: "
        "found again it is new, and an entry that comes later does not find it.",
    )
    seen_millions: int = Field(
        default=100,
        ge=1,
        le=1000,
        description="Millions of fingerprints seen that are kept, the last ones, to meet list entries that come later; "
        "64 MB on the disk for each.",
    )
    ledger: bool = Field(
        default=False,
        description="Keep fingerprints of everything seen in Parquet files as well, for other programs and for more "
        "than `ORBWEAVER_SEEN_MILLIONS` (`orbweaver ledger match`). Needs the extra `ledger`.",
    )

    @property
    def ledger_dir(self) -> Path:
        """The folder of the ledger, whether it is on or not."""
        return PlatformSettings.current().data_dir / "ledger"
