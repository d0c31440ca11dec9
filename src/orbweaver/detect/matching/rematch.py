"""Everything ever seen (``crawl.ledger``) against the lists of today: what matches by now is fetched again.

A match in the ledger is no sighting: the picture may be gone, and nobody kept it. So each place becomes a lead, first
in the order, and fetching finds the same match with evidence and context. Running it again makes no second lead while
one waits, nor when the fetch found the place empty or changed.

Any number of processes share the files (``claims``), and whichever engine reads them (``engines``) runs the same
function on them (``bulk``). Turned and mirrored copies are found, but in files of before their hashes were kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from django.db import transaction
from django.db.models import F

from orbweaver.detect.crawl import away
from orbweaver.detect.crawl.ledger import Ledger
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_leads
from orbweaver.detect.fetching.errors import TRANSIENT
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.hashlists.selectors import last_change
from orbweaver.detect.matching import claims
from orbweaver.detect.matching.bulk import HITS, BulkSearch, Table, hits_in
from orbweaver.detect.matching.engines import Run, by_arrow
from orbweaver.detect.matching.index import ListIndex
from orbweaver.detect.matching.models import LedgerPart
from orbweaver.detect.matching.rules import counting_hits, is_known_good
from orbweaver.detect.matching.selectors import hashes_of, terms_of
from orbweaver.detect.matching.settings import MatchingSettings

NOTE: Final = "Seen before it was on a list: found in the ledger."
LEADS: Final = 500
"""Places put back into the frontier in one transaction."""


@dataclass
class Rematched:
    """What it came to, with all processes that shared it. ``matching`` counts rows, ``leads`` places;
    ``without_address`` are gone from the frontier."""

    files: int = 0
    rows: int = 0
    matching: int = 0
    leads: int = 0
    without_address: int = 0

    def as_json(self) -> dict[str, int]:
        """The figures by name."""
        return asdict(self)


def rematch(
    ledger: Ledger,
    index: ListIndex,
    now: dt.datetime,
    progress: Callable[[int, int], None] | None = None,
    run: Run = by_arrow,
) -> Rematched:
    """Match the whole ledger, in memory that does not grow with it; ``progress`` gets files done and files in all.

    Joins whoever is at it already, and returns when all is matched. What was done before a crash stays done. Raises
    LedgerBusy while the files are being put together, LedgerDamaged.
    """
    with ledger.reading():
        sizes = ledger.sizes()
        under_way = claims.join(ledger.identity(), sizes, last_change())
        search: BulkSearch | None = None
        found = claims.totals(under_way)
        for part in claims.claimed(under_way):
            if search is None:
                search = index.for_many(sum(ledger.count(ledger.path(name)) for name in sizes))
            _match(part, ledger, search, run, now)
            found = claims.totals(under_way)
            if progress:
                progress(found["files"], len(sizes))
        if under_way.parts().exists():  # else somebody has begun the next round already
            found = claims.totals(under_way)
    return Rematched(**found)


def _match(part: LedgerPart, ledger: Ledger, search: BulkSearch, run: Run, now: dt.datetime) -> None:
    """Match the files of a part that is held, add the leads, and mark it with the last of them."""
    paths = [ledger.path(name) for name in part.files]
    rows = sum(ledger.count(path) for path in paths)
    matching, seen = 0, set[tuple[bytes, bytes]]()
    for table in run(ledger, paths, search):
        places = _counting(table)
        matching += len(places)
        seen.update(places)
    chosen = sorted(seen)
    own = LedgerPart.objects.filter(pk=part.pk)
    if part.position is not None:  # matched before, with older lists
        own.update(position=None, leads=0)
    unknown = 0
    for start in range(0, len(chosen), LEADS):
        with transaction.atomic():
            leads, gone = _add_leads(set(chosen[start : start + LEADS]), now)
            unknown += gone
            own.update(leads=F("leads") + leads)
    own.update(position=search.position, rows=rows, matching=matching, without_address=unknown)


def _counting(table: Table) -> list[tuple[bytes, bytes]]:
    """Key and SHA-256 of each row whose hits make it a suspected match, in the state of the lists now."""
    found = [hits_in(each) for each in table[HITS].to_pylist()]
    terms = terms_of(hashes_of(hit for hits in found for hit in hits), HashList.Door.CRAWLER)
    radius = MatchingSettings.current().match_radius
    places = zip(table["url_key"].to_pylist(), table["sha256"].to_pylist(), strict=True)
    return [
        place
        for place, hits in zip(places, found, strict=True)
        if counting_hits(hits, terms, radius) and not is_known_good(hits, terms)
    ]


@transaction.atomic
def _add_leads(seen: set[tuple[bytes, bytes]], now: dt.datetime) -> tuple[int, int]:
    """Leads for places (key, SHA-256 seen there) that were not looked at since; how many, and how many places have no
    address any more."""
    keys = {key for key, _ in seen}
    away.bring_back(keys=keys)
    # locked: a place may stand in files that two processes match at this moment
    known = list(
        FrontierUrl.objects.filter(url_key__in=list(keys))
        .order_by("url_key")
        .select_for_update()
        .values_list("pk", "url_key", "url", "state", "matched", "sha256", "error")
    )
    same = {
        number: url
        for number, key, url, state, matched, sha256, error in known
        if state == FrontierUrl.State.DONE
        and not matched
        and (error in TRANSIENT or (sha256 is not None and (bytes(key), bytes(sha256)) in seen))
    }
    # Without validators the server sends it in full, and without a stored digest it is decoded.
    FrontierUrl.objects.filter(pk__in=list(same)).update(etag="", last_modified="", sha256=None)
    if same:
        add_leads(dict.fromkeys(same.values(), NOTE), source=Lead.Source.LIST, now=now, fresh=True)
    return len(same), len(keys) - len(known)
