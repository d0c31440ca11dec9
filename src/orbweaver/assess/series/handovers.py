"""What series hand over to the folders above them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from orbweaver.platform.handover import HandOver


@dataclass(frozen=True, slots=True)
class IdentificationChanged:
    """Numbers of media in series."""

    media: Sequence[int]
    now: dt.datetime


identification_changed = HandOver(
    "identification changed",
    "What police say of the children in these media may have changed (R29).",
    IdentificationChanged,
)
