"""What notices hand over to the folders above them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orbweaver.platform.handover import HandOver

if TYPE_CHECKING:
    from orbweaver.notify.notices.models import NoticeUrl


@dataclass(frozen=True, slots=True)
class UrlsNotified:
    """New rows of a notice."""

    urls: Sequence[NoticeUrl]
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class UrlsWithdrawn:
    """Rows of notices whose verdict fell on review."""

    urls: Sequence[NoticeUrl]
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class RecheckWanted:
    """Rows of notices of which somebody says that they changed."""

    urls: Sequence[NoticeUrl]
    now: dt.datetime


urls_notified = HandOver("urls notified", "A notice is about these addresses: they are followed.", UrlsNotified)
urls_withdrawn = HandOver("urls withdrawn", "Nothing more is asked about these addresses.", UrlsWithdrawn)
recheck_wanted = HandOver(
    "recheck wanted", "Somebody says that something changed at these addresses: they are checked soon.", RecheckWanted
)
