"""Hashes that survivors ask for: the crawler compares what it fetches with them, and nothing else reads them.

They lie in a table of their own, not on a list and not in the index, so that no scan, list, export, exchange or figure
can tell them, nor the time that one takes. What they hit is recorded as if it had been reported: it always goes to
review and never acts alone. Once our own analysts decide, their verdict is on our own list like any other.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import numpy as np
from django.db import connection, transaction
from django.db.models import Count, Max, Q, QuerySet, Sum
from numpy.typing import NDArray

from orbweaver.detect.intake.models import AskedHash
from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
from orbweaver.detect.matching.index import EXACT_WIDTHS, FRESH_S, pictures_of
from orbweaver.detect.matching.models import AskedSighting, Sighting
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.models import Media, MediaFrame
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.words import MAX_RADIUS, probes
from orbweaver.index.bruteforce import scan_numpy
from orbweaver.people.audit.services import record_found

CHUNK = 20_000
"""Media whose PDQ is compared in one step."""
HOLD: Final = "SELECT FROM intake_askedhash WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"


@dataclass
class AskedHashes:
    """This process's copy of them, which follows the table within ``FRESH_S``: a withdrawn one is found no more."""

    _state: tuple[int, int, int] = (-1, -1, -1)
    _looked_at: float = float("-inf")
    _exact: dict[tuple[str, bytes], list[int]] = field(default_factory=dict)
    _pdq: NDArray[np.uint64] = field(default_factory=lambda: np.zeros((0, 4), np.uint64))
    _numbers: list[int] = field(default_factory=list)

    def find(self, prints: Sequence[Fingerprints]) -> list[tuple[int, ...]]:
        """For each file the numbers of the hashes that it hits, its turns, mirrors and frames too."""
        self._follow()
        if not self._exact and not self._numbers:
            return [()] * len(prints)
        found = [self._same(each) for each in prints]
        for row, number in self._near(prints):
            found[row].add(number)
        return [tuple(sorted(each)) for each in found]

    def _same(self, prints: Fingerprints) -> set[int]:
        return {number for kind in EXACT_WIDTHS for number in self._exact.get((kind, getattr(prints, kind)), ())}

    def _near(self, prints: Sequence[Fingerprints]) -> Iterable[tuple[int, int]]:
        settings = MatchingSettings.current()
        owners: list[int] = []
        hashes: list[bytes] = []
        for row, each in enumerate(prints):
            for turned in pictures_of(each, settings.match_quality_floor):
                owners += [row] * len(turned)
                hashes += turned
        if not hashes or not self._numbers:
            return
        queries, rows, _ = scan_numpy(self._pdq, _words(hashes), settings.match_radius)
        for query, row in zip(queries.tolist(), rows.tolist(), strict=True):
            yield owners[query], self._numbers[row]

    def _follow(self) -> None:
        if time.monotonic() - self._looked_at <= FRESH_S:
            return
        paused = Sum("pk", filter=Q(paused_at__isnull=False))  # not how many: one may go on while another is put aside
        now = AskedHash.objects.aggregate(newest=Max("pk"), count=Count("pk"), paused=paused)
        state = (now["newest"] or 0, now["count"], int(now["paused"] or 0))
        if state != self._state:
            self._take(looked_for().order_by("pk").values_list("pk", "kind", "value"))
            self._state = state
        self._looked_at = time.monotonic()

    def _take(self, rows: Iterable[tuple[int, str, bytes | memoryview]]) -> None:
        self._exact, self._numbers, pdq = {}, [], []
        for number, kind, value in rows:
            if kind == "pdq":
                self._numbers.append(number)
                pdq.append(bytes(value))
            else:
                self._exact.setdefault((kind, bytes(value)), []).append(number)
        self._pdq = _words(pdq)


def looked_for() -> QuerySet[AskedHash]:
    """Those that count: not put aside, and not of a picture that is too flat to compare by."""
    floor = MatchingSettings.current().match_quality_floor
    return AskedHash.objects.filter(Q(quality=None) | Q(quality__gte=floor), paused_at=None)


def _words(values: Sequence[bytes]) -> NDArray[np.uint64]:
    return np.frombuffer(b"".join(values), np.uint64).reshape(-1, 4)


def hold(asked: Iterable[int]) -> None:
    """Let none of these hashes be withdrawn before the caller's transaction ends: what it notes of them would hang in
    the air. Before any of them is noted, and all at once."""
    numbers = sorted(set(asked))
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute(HOLD, [numbers])


def note(sighting: Sighting, asked: Iterable[int], now: dt.datetime) -> None:
    """Keep which of these hashes a sighting's medium hits; one that was withdrawn meanwhile is left out.

    One that is found in very many places is of something that is everywhere, or was sent to flood the queue: it is put
    aside, and a person looks.
    """
    still_asked = list(AskedHash.objects.filter(pk__in=list(asked)))
    AskedSighting.objects.bulk_create(
        (AskedSighting(sighting=sighting, asked=each, found_at=now) for each in still_asked), ignore_conflicts=True
    )
    for each in still_asked:
        if not each.goes_on and each.sightings.count() >= MatchingSettings.current().survivor_hash_most:
            AskedHash.objects.filter(pk=each.pk).update(paused_at=now)
            record_found("survivor_hash.paused", "", at=now)  # the log names no report of a survivor


def meet_recorded(now: dt.datetime) -> int:
    """New hashes against all that is recorded: what they hit is asked for from now on. How many hashes were compared.

    A duty of the worker. Each hash is one transaction; what a killed worker left is met again.
    """
    done = 0
    for number in AskedHash.objects.filter(met_at=None).order_by("pk").values_list("pk", flat=True):
        done += _meet(number, now)
    return done


@transaction.atomic
def _meet(number: int, now: dt.datetime) -> int:
    asked = AskedHash.objects.select_for_update(skip_locked=True).filter(pk=number, met_at=None).first()
    if asked is None:
        return 0
    media = _media_of(asked) if looked_for().filter(pk=number).exists() else []
    known = Sighting.objects.filter(media__in=media).order_by("-last_seen_at", "pk")
    sightings = list(known[: MatchingSettings.current().survivor_hash_most])
    for sighting in sightings:
        note(sighting, [asked.pk], now)
    AskedHash.objects.filter(pk=asked.pk).update(met_at=now)
    if sightings:
        sightings_recorded.announce(SightingsRecorded(sightings, now))
    return 1


def _media_of(asked: AskedHash) -> list[int]:
    value = bytes(asked.value)
    if asked.kind != "pdq":
        return list(Media.objects.filter(**{asked.kind: value}).values_list("pk", flat=True))
    radius, found, last = MatchingSettings.current().match_radius, _films_of(value), 0
    with_looks = Media.objects.filter(Q(pdq__isnull=False)).order_by("pk").values_list("pk", "pdq", "pdq_turned")
    while rows := list(with_looks.filter(pk__gt=last)[:CHUNK]):
        last = rows[-1][0]
        owners, hashes = [], []
        for pk, pdq, turned in rows:
            every = bytes(pdq or b"") + bytes(turned or b"")
            hashes.append(every)
            owners += [pk] * (len(every) // 32)
        queries, _, _ = scan_numpy(_words([value]), _words(hashes), radius)
        found |= {owners[query] for query in queries.tolist()}
    return sorted(found)


def _films_of(pdq: bytes) -> set[int]:
    """Media inside which a picture was kept that looks like it."""
    radius = min(MatchingSettings.current().match_radius, MAX_RADIUS)
    near = MediaFrame.objects.filter(words__overlap=probes([pdq], radius)).order_by().values_list("media", "pdq")
    found: set[int] = set()
    rows = near.iterator(CHUNK)
    while some := list(islice(rows, CHUNK)):
        queries, _, _ = scan_numpy(_words([pdq]), _words([bytes(each) for _, each in some]), radius)
        found |= {some[query][0] for query in queries.tolist()}
    return found
