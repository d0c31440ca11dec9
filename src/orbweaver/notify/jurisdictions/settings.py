"""Settings of what differs from country to country."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from orbweaver.platform.config import Settings


class JurisdictionSettings(Settings):
    """Countries: a hotline's own rows of duties to report, hotlines and national law."""

    jurisdiction_rows: Path | None = Field(
        default=None,
        description="A TOML file with rows of duties, hotlines and laws that stand in place of the packaged ones, "
        "each with its source and date. Empty: the packaged ones alone.",
    )
