"""What hash lists hand over to the folders above them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from orbweaver.platform.handover import HandOver


@dataclass(frozen=True, slots=True)
class EntriesRestated:
    """Numbers of entries that were there before."""

    entries: Sequence[int]
    now: dt.datetime


entries_restated = HandOver(
    "entries restated", "Their suppliers say something else of entries that were there before.", EntriesRestated
)


@dataclass(frozen=True, slots=True)
class EntryStateSet:
    """Numbers of entries of one state now. ``said_by`` is the supplier where it said so, "" where we did."""

    entries: Sequence[int]
    state: str
    reason: str
    said_by: str
    now: dt.datetime


entry_state_set = HandOver("entry state set", "Entries are disputed, withdrawn or stand again.", EntryStateSet)
