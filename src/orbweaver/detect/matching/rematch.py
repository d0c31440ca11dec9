"""Everything ever seen (``crawl.ledger``) against the lists of today: what matches by now is fetched again.

A match in the ledger is no sighting: the picture may be gone, and nobody kept it. So each place becomes a lead, first
in the order, and fetching finds the same match with evidence and context. Running it again makes no second lead while
one waits, nor when the fetch found the place empty or changed.

Turned and mirrored copies are not in the ledger: they are found by exact digests or when they are next fetched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from django.db import transaction

from orbweaver.detect.crawl.ledger import Ledger, LedgerRow
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.fetching.errors import TRANSIENT
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.matching.index import ListIndex
from orbweaver.detect.matching.rules import counting_hits, is_known_good
from orbweaver.detect.matching.selectors import hashes_of, terms_of
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.fingerprints import Fingerprints

NOTE = "Seen before it was on a list: found in the ledger."


@dataclass
class Rematched:
    """What it came to. ``matching`` counts rows, ``leads`` places; ``without_address`` are gone from the frontier."""

    files: int = 0
    rows: int = 0
    matching: int = 0
    leads: int = 0
    without_address: int = 0

    def as_json(self) -> dict[str, int]:
        """The figures by name."""
        return asdict(self)


def rematch(
    ledger: Ledger, index: ListIndex, now: dt.datetime, progress: Callable[[int, int], None] | None = None
) -> Rematched:
    """Match the whole ledger, in memory that does not grow with it; ``progress`` gets files done and files in all.

    Each step of some thousands of rows is one transaction: what was done before a crash stays done. Raises LedgerBusy
    while the files are being put together.
    """
    with ledger.reading():
        return _rematch(ledger, index, now, progress)


def _rematch(
    ledger: Ledger, index: ListIndex, now: dt.datetime, progress: Callable[[int, int], None] | None
) -> Rematched:
    done = Rematched()
    files = ledger.files()
    for path in files:
        for rows in ledger.read(path):
            matching = _matching(rows, index)
            done.rows += len(rows)
            done.matching += len(matching)
            leads, unknown = _add_leads({(row.url_key, row.sha256) for row in matching}, now)
            done.leads += leads
            done.without_address += unknown
        done.files += 1
        if progress:
            progress(done.files, len(files))
    return done


def _matching(rows: Sequence[LedgerRow], index: ListIndex) -> list[LedgerRow]:
    found = index.lookup([_prints(row) for row in rows])
    terms = terms_of(hashes_of(hit for hits in found for hit in hits), HashList.Door.CRAWLER)
    radius = MatchingSettings.current().match_radius
    return [
        row
        for row, hits in zip(rows, found, strict=True)
        if counting_hits(hits, terms, radius) and not is_known_good(hits, terms)
    ]


def _prints(row: LedgerRow) -> Fingerprints:
    return Fingerprints(row.sha256, row.sha1, row.md5, 0, pdq=row.pdq, pdq_quality=row.quality)


@transaction.atomic
def _add_leads(seen: set[tuple[bytes, bytes]], now: dt.datetime) -> tuple[int, int]:
    """Leads for places (key, SHA-256 seen there) that were not looked at since; how many, and how many places have no
    address any more."""
    keys = {key for key, _ in seen}
    if not keys:
        return 0, 0
    known = FrontierUrl.objects.filter(url_key__in=list(keys))
    unknown = len(keys) - known.count()
    same = [
        number
        for number, key, sha256, error in known.filter(state=FrontierUrl.State.DONE, matched=False).values_list(
            "pk", "url_key", "sha256", "error"
        )
        if error in TRANSIENT or (sha256 is not None and (bytes(key), bytes(sha256)) in seen)
    ]
    # Without validators the server sends it in full, and without a stored digest it is decoded.
    FrontierUrl.objects.filter(pk__in=same).update(etag="", last_modified="", sha256=None)
    for url in FrontierUrl.objects.filter(pk__in=same).order_by("url_key").values_list("url", flat=True):
        add_lead(url, source=Lead.Source.LIST, note=NOTE, now=now, fresh=True)
    return len(same), unknown
