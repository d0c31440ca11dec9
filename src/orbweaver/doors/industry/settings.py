"""Settings of the doors for industry."""

from __future__ import annotations

import ipaddress

from pydantic import Field, field_validator

from orbweaver.platform.config import Settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class IndustrySettings(Settings):
    """The API's own port: how much it holds, how fast its clients may ask, and whom it lets in without a key."""

    api_upload_memory_mb: int = Field(
        default=256,
        gt=0,
        description="Memory for bodies that are being sent to the API's port and for those being scanned, all "
        "together; never below twice crawl_max_bytes.",
    )
    api_scans_per_minute: int = Field(
        default=12_000,
        gt=0,
        description="Files that a client of the API may have scanned in a minute, unless its key says otherwise; a "
        "hundred hashes count as one file.",
    )
    api_decoders: int = Field(default=2, gt=0, description="Decoder processes of the API's port.")
    api_job_timeout_s: float = Field(
        default=600.0, gt=0, description="Longest time to decode one video that was handed in as a job."
    )
    hma_trusted_networks: str = Field(
        default="",
        description="Networks (10.0.0.0/8, 127.0.0.1/32, separated by commas) whose programs may use the HMA door "
        "without a key: whoever is in them can search, add and withdraw. Empty: nobody.",
    )

    @field_validator("hma_trusted_networks")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        # Read here, so that a slip of the pen stops the first command and not a part that starts again and again.
        networks_of(value)
        return value


def networks_of(text: str) -> tuple[Network, ...]:
    """Networks separated by commas. Raises ValueError."""
    return tuple(ipaddress.ip_network(part) for part in map(str.strip, text.split(",")) if part)
