"""Media that did not change since they were last fetched: neither decoded again nor lost to lists that came since.

A medium is unchanged when the server says so (304), or when it sends a single picture whose SHA-256 is the stored one.
All of its fingerprints are in the frontier's row, the mirrored ones and its pieces too, and are looked up again; what
hits is fetched in full, which finds the match with evidence and context. Values of kinds that are plugged in are not
stored: where entries of these came since the last visit, it is fetched in full as well. Files of several pictures keep
no validators (``has_one_picture``), so that all of them are looked at each time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Max

from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.hashlists.models import EntryHash, HashListEntry
from orbweaver.detect.matching.asked import AskedHashes
from orbweaver.detect.matching.index import ListIndex
from orbweaver.detect.visiting.places import on_new_sites
from orbweaver.detect.visiting.stages import Visited
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.mirroring import MIRRORED, eight_of
from orbweaver.fingerprints.result import PiecePdq

STORED: Final = ("sha256", "sha1", "md5", "pdq")
"""Kinds whose values the frontier keeps."""
DIGESTS: Final = 36
"""Bytes of MD5 and SHA-1 together."""
PICTURE: Final = DIGESTS + 3 * 32
PIECE: Final = 1 + 4 * 32


def has_one_picture(outcome: Visited) -> bool:
    """Whether all that its fingerprints are of is in the frontier's row."""
    return not outcome.inside and (outcome.prints is None or not outcome.prints.frames)


class UnchangedMedia:
    """Looks up what did not change. Remembers when the last entry of a kind that is not stored came."""

    def __init__(self) -> None:
        self._position = -1
        self._newest: dt.datetime | None = None

    def look_up(self, outcomes: Sequence[Visited], index: ListIndex, asked: AskedHashes) -> set[int]:
        """Those that may be on a list since, that a survivor asks for, or that another site shows, by the ids of their
        URLs: they are to be fetched in full."""
        unchanged = [outcome.leased.id for outcome in outcomes if outcome.unchanged]
        if not unchanged:
            return set()
        self._follow()
        stored = FrontierUrl.objects.filter(pk__in=unchanged, sha256__isnull=False, matched=False)
        elsewhere = on_new_sites(unchanged)
        columns = ("pk", "fetched_at", "sha256", "other_prints", "pdq", "pdq_quality")
        rows: list[tuple[Any, ...]] = list(stored.values_list(*columns))
        prints = [_stored_prints(*row[2:]) for row in rows]
        return elsewhere | {
            number
            for (number, fetched_at, _, others, *_), found, wanted in zip(
                rows, index.lookup(prints), asked.find(prints), strict=True
            )
            # without the others it was away (``crawl.away``), and mirrored copies would not be found
            if found or wanted or others is None or self._is_newer_than(fetched_at)
        }

    def _is_newer_than(self, fetched_at: dt.datetime | None) -> bool:
        """Whether an entry of a kind that is not stored came since."""
        return self._newest is not None and (fetched_at is None or self._newest >= fetched_at)

    def _follow(self) -> None:
        """Only what changed since the last time is read."""
        fresh = HashListEntry.objects.filter(change__gt=self._position)
        last = fresh.aggregate(last=Max("change"))["last"]
        if last is None:
            return
        others = EntryHash.objects.filter(entry__change__gt=self._position, entry__change__lte=last)
        newest = others.exclude(kind__in=STORED).aggregate(newest=Max("entry__changed_at"))["newest"]
        self._newest = newest or self._newest
        self._position = last


def pack_others(prints: Fingerprints) -> bytes:
    """What the frontier keeps beside SHA-256 and PDQ: 36 bytes, 132 with a picture, and 129 more for each piece of it:
    its quality, its hash and the three mirrored ones."""
    if not prints.dihedral:
        return prints.md5 + prints.sha1
    parts = [prints.md5, prints.sha1, *(prints.dihedral[index] for index in MIRRORED)]
    for piece in prints.pieces:
        parts += (bytes([piece.quality]), piece.pdq, *(piece.dihedral[index] for index in MIRRORED))
    return b"".join(parts)


def _stored_prints(sha256: bytes, others: bytes | None, pdq: bytes | None, quality: int | None) -> Fingerprints:
    others = bytes(others or bytes(DIGESTS))
    dihedral: tuple[bytes, ...] = ()
    pieces: tuple[PiecePdq, ...] = ()
    if pdq and len(others) >= PICTURE:
        dihedral = _eight(bytes(pdq), others[DIGESTS:PICTURE])
        pieces = tuple(_stored_piece(others[at : at + PIECE]) for at in range(PICTURE, len(others), PIECE))
    return Fingerprints(
        sha256=bytes(sha256),
        sha1=others[16:36],
        md5=others[:16],
        size=0,
        pdq=bytes(pdq) if pdq else None,
        pdq_quality=quality,
        dihedral=dihedral,
        pieces=pieces,
    )


def _stored_piece(kept: bytes) -> PiecePdq:
    """Where in the picture it is was not kept: what hits is fetched in full."""
    return PiecePdq((0.0, 0.0, 1.0, 1.0), kept[0], _eight(kept[1:33], kept[33:]))


def _eight(pdq: bytes, mirrored: bytes) -> tuple[bytes, ...]:
    return eight_of(pdq, [mirrored[at : at + 32] for at in range(0, 96, 32)])
