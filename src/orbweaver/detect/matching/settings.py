"""Settings of matching."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from orbweaver.platform.config import Settings


class Engine(StrEnum):
    """What reads the ledger's files for a bulk match (``engines``)."""

    ARROW = "arrow"
    DAFT = "daft"


class MatchingSettings(Settings):
    """Matching: how near is a match, and which pictures are too poor to look up."""

    match_radius: int = Field(default=31, ge=0, le=64, description="Greatest PDQ distance that is a suspected match.")
    match_quality_floor: int = Field(default=50, ge=0, le=100, description="PDQ quality below which none is looked up.")
    survivor_hash_most: int = Field(
        default=100,
        gt=0,
        description="Places in which a hash that a survivor brought is found before a person says that it goes on.",
    )
    match_flood_least: int = Field(
        default=200,
        ge=0,
        description="Matches of one list entry within a day from which they may be too many; 0: none ever are.",
    )
    scan_flood_least: int = Field(
        default=1000,
        ge=0,
        description="Scans of companies within a day that find one list entry from which they may be too many; 0: none "
        "ever are.",
    )
    match_flood_times: int = Field(
        default=20,
        ge=2,
        description="How many times its usual matches or scans a day send an entry to quarantine, for a person to "
        "look at.",
    )
