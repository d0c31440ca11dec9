"""Keeping what went over the wire of a visit that brought something, once the visit is recorded.

Nothing waits for it (``keeper.py``): items and notices of the visit are on their way when it begins, and whatever
fails here is a sighting whose capture is noted as lost, and why. What is kept begins its chain of custody with an event
of the audit log.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Final

from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from orbweaver.detect.captures.models import Capture, LostCapture
from orbweaver.detect.captures.warcs import Earlier, new_record_id, payload_digest, write_warc
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.evidence.services import store
from orbweaver.detect.fetching.exchanges import Exchange
from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.detect.matching.models import Sighting
from orbweaver.errors import OrbweaverError
from orbweaver.people.audit.services import record_found
from orbweaver.people.settings import HotlineSettings

PAGES_BYTES: Final = 32 * 2**20
"""Bytes of pages that a crawler holds, so that the page of a medium that comes a moment later is known."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wire:
    """What went over the wire for one sighting: its medium, and the page it stood on where that is known."""

    sighting: Sighting
    medium: Sequence[Exchange]
    page: Sequence[Exchange] = ()
    picture: bytes = b""
    """How the page looked (JPEG), where a browser drew it."""


def exchanges_of(result: FetchResult) -> tuple[Exchange, ...]:
    """The exchanges of a fetch with all their bodies."""
    return tuple(each if each.body is not None else replace(each, body=result.body) for each in result.exchanges)


class PagesInHand:
    """The pages that were visited last, by their number in the frontier, up to so many bytes."""

    def __init__(self, limit: int = PAGES_BYTES) -> None:
        self._limit, self._size = limit, 0
        self._pages: OrderedDict[int, tuple[tuple[Exchange, ...], bytes]] = OrderedDict()

    def note(self, number: int, result: FetchResult, picture: bytes = b"") -> None:
        """Hold a page, and how it looked; the oldest make room."""
        page = exchanges_of(result)
        if not page:
            return
        self._forget(self._pages.pop(number, None))
        self._pages[number] = page, picture
        self._size += _bytes(page) + len(picture)
        while self._size > self._limit:
            self._forget(self._pages.popitem(last=False)[1])

    def _forget(self, held: tuple[tuple[Exchange, ...], bytes] | None) -> None:
        if held is not None:
            self._size -= _bytes(held[0]) + len(held[1])

    def get(self, number: int | None) -> tuple[tuple[Exchange, ...], bytes]:
        """The page and how it looked, if it is still held."""
        return self._pages.get(number, ((), b"")) if number is not None else ((), b"")


def _bytes(page: Iterable[Exchange]) -> int:
    return sum(len(each.body or b"") + len(each.response) for each in page)


def size_of(wire: Wire) -> int:
    """Bytes of what went over the wire."""
    return _bytes(wire.medium) + _bytes(wire.page) + len(wire.picture)


def keep_one(wire: Wire, now: dt.datetime) -> bool:
    """Capture a sighting that has no capture yet; whether it was. What fails is noted as lost.

    Raises DatabaseError where not even that can be noted.
    """
    try:
        return _keep(wire, now)
    except OSError as error:
        logger.error("Sighting %s was not captured: %s", wire.sighting.public_id, error.strerror)
        note_lost(wire.sighting, LostCapture.Why.DISK, now)
    except (DatabaseError, OrbweaverError, ValueError) as error:
        logger.error("Sighting %s was not captured: %s", wire.sighting.public_id, type(error).__name__)
        connection.close_if_unusable_or_obsolete()
        note_lost(wire.sighting, LostCapture.Why.FAULT, now)
    return False


def note_lost(sighting: Sighting, why: LostCapture.Why, now: dt.datetime) -> None:
    """Say that what went over the wire for a sighting was not kept; a later visit may still be captured."""
    if Capture.objects.filter(sighting=sighting).exists():
        return
    facts = {"why": why, "at": now}
    LostCapture.objects.update_or_create(sighting=sighting, defaults=facts)


@transaction.atomic
def _keep(wire: Wire, now: dt.datetime) -> bool:
    if Capture.objects.filter(sighting=wire.sighting).exists():
        return False
    medium = wire.medium[-1]
    payload, record_id = payload_digest(medium), new_record_id()
    same = Capture.objects.filter(payload=payload, refers_to=None, stored__erased_at=None).order_by("pk").first()
    earlier = Earlier(same.record_id, same.target, same.captured_at) if same else None
    about = {
        "software": f"Orbweaver/{version('orbweaver')}",
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "operator": HotlineSettings.current().hotline_name,
        "description": f"Sighting {wire.sighting.public_id}, captured as it was visited",
    }
    warc = write_warc(wire.page, wire.medium, about=about, record_id=record_id, earlier=earlier, picture=wire.picture)
    stored = store(warc, kind=EvidenceObject.Kind.CAPTURE, mime="application/warc", now=now)
    Capture.objects.create(
        sighting=wire.sighting,
        stored=stored,
        captured_at=medium.at,
        sha256=hashlib.sha256(warc).digest(),
        payload=payload,
        record_id=record_id,
        target=medium.url,
        refers_to=same,
    )
    if same is not None:  # it holds the bytes of this one, too
        longer = Greatest(F("retain_until"), stored.retain_until)
        EvidenceObject.objects.filter(pk=same.stored_id).update(retain_until=longer)
    LostCapture.objects.filter(sighting=wire.sighting).delete()
    record_found("evidence.captured", stored.public_id, details={"sighting": wire.sighting.public_id}, at=now)
    return True
