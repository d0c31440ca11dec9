"""Checking an upload against the lists. Nothing of it is kept but numbers: how often a key asked, and how often each
entry was found by scans of an organisation."""

from __future__ import annotations

import logging
import math
import threading
import time
from functools import cache
from http import HTTPStatus
from typing import Final

from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.matching.flood import count_scans
from orbweaver.detect.matching.index import ListIndex, open_index, tidy
from orbweaver.detect.matching.rules import EntryHit
from orbweaver.detect.matching.selectors import known_matches
from orbweaver.detect.media.seeing import fingerprints_of
from orbweaver.doors.api.messages import QUOTA_USED
from orbweaver.doors.api.problems import Refused
from orbweaver.fingerprints import Fingerprints
from orbweaver.people.accounts.keys import Used, count_usage, quotas_of
from orbweaver.people.accounts.models import ApiKey
from orbweaver.platform.clock import now

logger = logging.getLogger(__name__)
_lock = threading.Lock()


@cache
def _index() -> ListIndex:
    return open_index()


DOOR: Final = "pages"
"""What scans through the port of the pages are counted as."""
TIDY_S: Final = 10.0
"""Real seconds between looks at whether a list that has just come lies in too many parts, as the crawler has it."""
_tidied = {"at": -TIDY_S}


def _tidy() -> None:
    """Merge what is fresh, in the background: there may be no crawler here that does it. Look-ups go on meanwhile."""
    if time.monotonic() - _tidied["at"] < TIDY_S:
        return
    _tidied["at"] = time.monotonic()
    if _index().needs_merge:
        threading.Thread(target=tidy, name="index-merge", daemon=True).start()


def require_quota(key: ApiKey) -> None:
    """Raise Refused when the key has no scan left today or this month."""
    moment = now()
    used_up = [each for each in quotas_of(key, moment) if each.used >= each.most]
    if used_up:
        last = max(used_up, key=lambda each: each.ends)
        seconds = max(1, math.ceil((last.ends - moment).total_seconds()))
        count_usage({(key.prefix, DOOR): Used(requests=1, refused=1)}, moment.date())
        message = QUOTA_USED.of(most=f"{last.most:,}", period=last.name)
        raise Refused(HTTPStatus.TOO_MANY_REQUESTS, message, retry_after=seconds)


def scan(key: ApiKey, body: bytes) -> tuple[Fingerprints, list[tuple[EntryHit, HashListEntry]]]:
    """Fingerprints of the body, and the entries that it hits which this key may find, what decides first. It counts."""
    prints = fingerprints_of(body)
    # One at a time: the index is made once, whichever thread comes first.
    with _lock:
        hits = _index().lookup([prints])[0]
        _tidy()
    matches = known_matches(hits, door=HashList.Door.TESTS if key.is_test else HashList.Door.SCANS)
    if matches and not key.is_test:
        count_scans({(entry.pk, key.organisation.name): 1 for _, entry in matches}, now())
    count_usage({(key.prefix, DOOR): Used(requests=1, scans=1, matched=int(bool(matches)))}, now().date())
    return prints, matches
