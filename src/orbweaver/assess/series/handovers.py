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


@dataclass(frozen=True, slots=True)
class SeriesLinksChanged:
    """Numbers of media that came into a series or left one, also with a merge or a split."""

    media: Sequence[int]
    now: dt.datetime


series_links_changed = HandOver(
    "series links changed",
    "Media came into a series or left one: what others are told of them differs.",
    SeriesLinksChanged,
)
