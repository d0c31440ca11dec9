"""Checking an upload against the lists. Nothing of it is kept: neither the bytes nor what was found."""

from __future__ import annotations

import logging
import threading
import time
from functools import cache
from typing import Final

from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.matching.index import ListIndex, open_index
from orbweaver.detect.matching.rules import EntryHit
from orbweaver.detect.matching.selectors import known_matches
from orbweaver.detect.media.seeing import fingerprints_of
from orbweaver.errors import OrbweaverError
from orbweaver.fingerprints import Fingerprints

logger = logging.getLogger(__name__)
_lock = threading.Lock()


@cache
def _index() -> ListIndex:
    return open_index()


TIDY_S: Final = 10.0
"""Real seconds between looks at whether a list that has just come lies in too many parts, as the crawler has it."""
_tidied = {"at": -TIDY_S}


def _tidy() -> None:
    """Merge what is fresh, in the background: there may be no crawler here that does it. Look-ups go on meanwhile."""
    if time.monotonic() - _tidied["at"] < TIDY_S:
        return
    _tidied["at"] = time.monotonic()
    if _index().needs_merge:
        threading.Thread(target=_merge, name="index-merge", daemon=True).start()


def _merge() -> None:
    index = open_index()
    try:
        index.merge()
    except OrbweaverError as error:
        logger.warning("The match index could not be tidied: %s", error.code)
    finally:
        index.close()


def scan(body: bytes) -> tuple[Fingerprints, list[tuple[EntryHit, HashListEntry]]]:
    """Fingerprints of the body, and the entries of known material that it hits, what decides first."""
    prints = fingerprints_of(body)
    # One at a time: the index is made once, whichever thread comes first.
    with _lock:
        hits = _index().lookup([prints])[0]
        _tidy()
    return prints, known_matches(hits)
