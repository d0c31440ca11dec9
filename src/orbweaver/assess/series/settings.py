"""Settings of series."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class SeriesSettings(Settings):
    """Series: which sources of list entries are police."""

    police_sources: str = Field(
        default="NCMEC,RCMP,Interpol,ICSE",
        description="Sources of list entries that are police, separated by commas: their series are known to police "
        "(R14), and what none of them holds comes first in the queue (R76).",
    )
