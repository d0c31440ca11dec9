"""What terms hand over to the folders above them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from orbweaver.platform.handover import HandOver


@dataclass(frozen=True, slots=True)
class TermsChanged:
    """When."""

    now: dt.datetime


terms_changed = HandOver(
    "terms changed",
    "Other terms than before are looked for in the texts near imagery (R18, R19).",
    TermsChanged,
)
