"""Retry-After (RFC 9110, section 10.2.3): how long a busy host asks to be left alone. Who asks it bounds that."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime
from typing import Final

from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.platform.clock import real_now

ASKING_STATUSES: Final = frozenset({429, 503})
"""Answers whose Retry-After is heeded; a redirect may carry one too, which is none of a busy host."""
_MOST_DIGITS: Final = 9
_MOST_S: Final = 10.0**_MOST_DIGITS - 1
"""Some thirty years: more could not be added to the time of a check."""


def asked_patience_s(result: FetchResult) -> float | None:
    """Seconds for which a busy host asks to be left alone, if it does."""
    return retry_after_s(result.header("Retry-After"), real_now()) if result.status in ASKING_STATUSES else None


def retry_after_s(value: str, now: dt.datetime) -> float | None:
    """Seconds that a Retry-After header asks for, in either of its two forms. ``now`` is real time, as a host's is."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:_MOST_DIGITS])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return min(max(0.0, (moment - now).total_seconds()), _MOST_S)
