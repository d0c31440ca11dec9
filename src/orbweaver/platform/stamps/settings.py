"""Settings of stamps of time."""

from __future__ import annotations

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from orbweaver.platform.config import Settings


class StampSettings(Settings):
    """Stamps of time: which authorities (RFC 3161) are asked, and whom they must be signed by."""

    stamp_authorities: str = Field(
        default="",
        description="Addresses of authorities for stamps of time (RFC 3161), separated by commas. They stamp the audit "
        "log's heads each hour, and captures of evidence. Two of different owners are worth more than one.",
    )
    stamp_roots: Path | None = Field(
        default=None,
        description="PEM file with the root certificates of those authorities. Keep it: stamps are checked against it "
        "for as long as they are to prove something.",
    )
    stamp_seconds: float = Field(
        default=20.0, gt=0, le=600, description="Seconds that an authority has to answer. All else goes on meanwhile."
    )

    @property
    def authorities(self) -> tuple[str, ...]:
        """The addresses, one by one."""
        return tuple(filter(None, (each.strip() for each in self.stamp_authorities.split(","))))

    @model_validator(mode="after")
    def _roots_with_authorities(self) -> Self:
        for each in self.authorities:
            parts = urlsplit(each)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("stamp_authorities: each is an address with http:// or https://")
        if self.authorities and self.stamp_roots is None:
            raise ValueError("stamp_authorities need stamp_roots, or nobody could check what they answer")
        return self
