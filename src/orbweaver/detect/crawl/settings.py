"""Settings of the crawl."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from orbweaver.platform.config import Settings
from orbweaver.platform.settings import PlatformSettings


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
    ledger: bool = Field(
        default=False,
        description="Keep fingerprints of everything seen in Parquet files, to match them with lists that come later "
        "(`orbweaver ledger match`). Needs the extra `ledger`.",
    )

    @property
    def ledger_dir(self) -> Path:
        """The folder of the ledger, whether it is on or not."""
        return PlatformSettings.current().data_dir / "ledger"
