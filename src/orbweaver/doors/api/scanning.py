"""Checking an upload against the lists. Nothing of it is kept: neither the bytes nor what was found."""

from __future__ import annotations

import threading
from functools import cache

from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.matching.index import ListIndex, open_index
from orbweaver.detect.matching.rules import Hit
from orbweaver.detect.matching.selectors import known_matches
from orbweaver.detect.media.seeing import fingerprints_of
from orbweaver.fingerprints import Fingerprints

_lock = threading.Lock()


@cache
def _index() -> ListIndex:
    return open_index()


def scan(body: bytes) -> tuple[Fingerprints, list[tuple[Hit, HashListEntry]]]:
    """Fingerprints of the body, and the entries of known material that it hits, nearest first."""
    prints = fingerprints_of(body)
    # One at a time: the index is made once, whichever thread comes first.
    with _lock:
        hits = _index().lookup([prints])[0]
    return prints, known_matches(hits)
