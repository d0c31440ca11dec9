"""What visits hand over to the folders above them while a batch is recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from orbweaver.platform.handover import HandOver

if TYPE_CHECKING:
    from orbweaver.detect.crawl.sites import SiteChanges
    from orbweaver.detect.visiting.stages import Visited

Keep = Callable[[dt.datetime], None]
"""Keeps what was found, in the transaction that records the batch; may be called again where that is repeated."""

ReadPages: TypeAlias = "Callable[[Sequence[Visited]], Keep]"
"""Reads the pages of a batch before its transaction, as that takes time, and says what is to be kept in it. It looks
for what is known above here, so whoever starts a crawler hands it over."""


@dataclass(frozen=True, slots=True)
class BatchRecorded:
    """What came of each visit, and the frontier's numbers of those that match.

    ``changes`` takes what else is wanted of their sites.
    """

    outcomes: Sequence[Visited]
    matched: Collection[int]
    changes: SiteChanges
    now: dt.datetime


batch_recorded = HandOver(
    "batch recorded", "A batch of visits is recorded, before the pages of its matches are visited anew.", BatchRecorded
)
