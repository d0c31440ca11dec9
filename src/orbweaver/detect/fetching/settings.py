"""Settings of one fetch."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class FetchingSettings(Settings):
    """Fetching: how much and how long one URL may take, how many at once, and the way to onion hosts."""

    crawl_max_bytes: int = Field(default=64 * 2**20, gt=0, description="Largest body that is read from a server.")
    crawl_total_timeout_s: float = Field(default=60.0, gt=0, description="Longest time for one fetch, all included.")
    crawl_concurrency: int = Field(default=128, gt=0, description="Fetches at once in one crawler process.")
    tor_proxy: str = Field(
        default="",
        description="SOCKS proxy of a Tor client, such as socks5://127.0.0.1:9050; onion hosts are reached through it "
        "alone. Empty: they are not fetched. Needs the extra `tor`.",
        repr=False,
    )
