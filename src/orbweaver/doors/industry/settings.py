"""Settings of the doors for industry."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


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
