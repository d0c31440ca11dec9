"""Who hears of a batch while it is recorded. They stand in folders above: detection knows neither what assesses what it
finds nor what is linked to it, so whoever starts a crawler names them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from orbweaver.detect.crawl.sites import SiteChanges
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.visiting.outcome import Outcome
from orbweaver.platform.config import Config

Keep = Callable[[dt.datetime], None]
"""Keeps what was found, in the transaction that records the batch; may be called again where that is repeated."""


@dataclass(frozen=True, slots=True)
class Consumers:
    """All run in the thread that records, none is told twice of a batch that was recorded."""

    read_pages: Callable[[Sequence[Outcome]], Keep]
    """Reads the pages of a batch before its transaction, as that takes time, and says what is to be kept."""
    sightings_recorded: Callable[[Sequence[Sighting], dt.datetime], object]
    """Is told of new sightings, and of old ones that were found again, in the transaction."""
    batch_recorded: Callable[[Sequence[Outcome], Collection[int], Config, SiteChanges, dt.datetime], None]
    """Is told of outcomes and the ids of those that match, in the transaction, before their pages are renewed."""
