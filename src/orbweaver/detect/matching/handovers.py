"""What matching hands over to the folders above it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orbweaver.platform.handover import HandOver

if TYPE_CHECKING:
    from orbweaver.detect.matching.models import Sighting


@dataclass(frozen=True, slots=True)
class SightingsRecorded:
    """New sightings, and old ones that were found again."""

    sightings: Sequence[Sighting]
    now: dt.datetime


sightings_recorded = HandOver(
    "sightings recorded",
    "Something known, reported or put into a series was seen at these addresses, perhaps again.",
    SightingsRecorded,
)
