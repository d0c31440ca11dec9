"""A list entry that comes, or a hash that a survivor brings, meets what was seen before it, by itself: no option, no
command (``index.seen`` keeps it).

The crawler notes what it fetched before it looks it up. The worker follows the lists' changes, searches all that this
machine has noted and lets the places be fetched again, which alone decides: a place that holds it still becomes a match
with evidence and context, once; one that does not is left alone. What was done is kept in a file beside the rows and
written after the leads, so that whoever is killed in between does it again, which changes nothing.

Turned and mirrored copies are found by exact digests, or when they are next fetched.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.db import transaction
from django.db.models import Max
from numpy.typing import NDArray

from orbweaver.detect.crawl import away
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_leads
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.fetching.errors import TRANSIENT
from orbweaver.detect.hashlists.lineages import Place, common_until, place_now
from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry
from orbweaver.detect.hashlists.selectors import last_change
from orbweaver.detect.intake.models import AskedHash
from orbweaver.detect.matching.asked import looked_for
from orbweaver.detect.matching.index import EXACT_WIDTHS, FRESH_S, index_dir
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.fingerprints import Fingerprints
from orbweaver.index.seen import ROW, Nearness, SeenRows, SeenStore, nearness, place_of, prefixes, same
from orbweaver.platform.runtime.locks import holding
from orbweaver.platform.runtime.postgres import write_private

ENTRIES: Final = 1 << 17
"""Hashes that are searched for in one pass over all rows: as many as one table of a join holds (``index.joining``)."""
LEADS: Final = 500
"""Places put back into the frontier in one transaction."""
NOTE: Final = "Seen before it was on a list."
_NO_PDQ: Final = bytes(32)


def open_seen() -> SeenStore:
    """What this machine has seen for this database. While that is nothing, no entry there is has anything to meet."""
    directory = index_dir() / "seen"
    store = SeenStore(directory, CrawlSettings.current().seen_millions * 1_000_000)
    if not store.end():
        write_private(directory / "position", str(last_change()))
    return store


def as_rows(files: Iterable[tuple[int, Fingerprints]], floor: int) -> SeenRows:
    """The rows of these files, each with the number of its place in the frontier: one a picture, at least one."""
    rows: list[tuple[Any, ...]] = []
    for place, prints in files:
        digests = tuple(int.from_bytes(each[:8], "little") for each in (prints.md5, prints.sha1, prints.sha256))
        pictures = [(prints.pdq, prints.pdq_quality), *((each.pdq, each.quality) for each in prints.frames)]
        pictures += [(each.pdq, each.quality) for each in prints.pieces]
        counting = [pdq for pdq, quality in pictures if pdq is not None and (quality or 0) >= floor]
        rows += [(np.frombuffer(pdq, "<u8"), *digests, place) for pdq in counting]
        if not counting:
            rows.append((np.frombuffer(_NO_PDQ, "<u8"), *digests, ~place))
    return np.array(rows, ROW)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """New entries, ready to be searched for."""

    last: int
    """The number of the last change among them."""
    hashes: NDArray[np.uint8]
    radii: NDArray[np.int64]
    digests: dict[str, NDArray[np.uint64]]

    @property
    def is_empty(self) -> bool:
        return not len(self.hashes) and not self.digests


def meet_new_entries(now: dt.datetime) -> int:
    """Let every place be fetched again that was seen before an entry came which it hits; returns how many.

    One process of a machine at a time; each step is complete in itself.
    """
    directory = index_dir() / "seen"
    position, asked, place = directory / "position", directory / "asked", place_now()
    is_done = place == Place(_lineage(position), _position(position)) and last_asked() == _position(asked)
    if not directory.is_dir() or is_done:
        return 0
    with holding(directory / "meeting.lock") as lock:
        return 0 if lock is None else _meet(position, now) + _meet_asked(asked, now)


def _meet(position: Path, now: dt.datetime) -> int:
    _follow(position, place_now())
    done, newest = _position(position), last_change()
    # Whoever noted a row before looks it up with an index that is no older than this, and finds the entry itself.
    time.sleep(2 * FRESH_S)
    store = open_seen()
    end, count = store.end(), 0
    while done < newest:
        wanted = _wanted(done, newest, now)
        done = wanted.last
        count += _search(store, end, wanted, now)
        write_private(position, str(done))
    return count


def _follow(position: Path, now: Place) -> None:
    """Go back to what the history of the database has in common with the one that was followed: a standby that was
    promoted, or a backup, may have other entries under numbers that were searched for."""
    done, before = _position(position), _lineage(position)
    common = common_until(before, now) if before not in ("", now.lineage) else now.newest
    if done > common:
        write_private(position, str(common))
    if before != now.lineage:
        write_private(position.with_name("lineage"), now.lineage)


def _lineage(position: Path) -> str:
    """The history of the database that was followed; empty where nothing has said it yet."""
    try:
        return position.with_name("lineage").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def last_asked() -> int:
    """The number of the newest hash that a survivor brought; 0 when there is none."""
    newest: int | None = AskedHash.objects.aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def _meet_asked(position: Path, now: dt.datetime) -> int:
    done, newest = _position(position), last_asked()
    if done >= newest:  # what was withdrawn is behind
        write_private(position, str(newest))
        return 0
    time.sleep(2 * FRESH_S)
    default, store, count = MatchingSettings.current().match_radius, open_seen(), 0
    end = store.end()
    new = looked_for().filter(pk__lte=newest).order_by("pk").values_list("pk", "kind", "value")
    while rows := list(new.filter(pk__gt=done)[:ENTRIES]):
        done = rows[-1][0]
        wanted = _searchable(done, [(kind, bytes(value), default) for _, kind, value in rows])
        count += _search(store, end, wanted, now)
        write_private(position, str(done))
    return count


def _wanted(after: int, newest: int, now: dt.datetime) -> _Wanted:
    """The next entries of known material that may be hit, of lists that may be used."""
    hashes = EntryHash.objects.filter(entry__change__gt=after, entry__change__lte=newest)
    columns = ("entry__change", "kind", "value", "entry__hash_list__radius")
    wanted = (
        hashes.exclude(entry__state=HashListEntry.State.WITHDRAWN)
        .exclude(entry__hash_list__kind=HashList.Kind.KNOWN_GOOD)
        .exclude(entry__hash_list__expires_on__lt=now.date())
        .filter(entry__hash_list__doors__contains=[HashList.Door.CRAWLER])
        .filter(withdrawn=False, kind__in=["pdq", *EXACT_WIDTHS])
        .order_by("entry__change")
        .values_list(*columns)
    )
    chosen = list(wanted[:ENTRIES])
    last = newest
    if len(chosen) == ENTRIES:  # the hashes of an entry are searched for together
        last = chosen[-1][0]
        chosen = [row for row in chosen if row[0] != last] or list(wanted.filter(entry__change=last)[:ENTRIES])
        last = chosen[-1][0]
    default = MatchingSettings.current().match_radius
    return _searchable(
        last, [(kind, bytes(value), default if radius is None else radius) for _, kind, value, radius in chosen]
    )


def _searchable(last: int, chosen: Sequence[tuple[str, bytes, int]]) -> _Wanted:
    """From kind, value and radius of each."""
    pdq = [(value, radius) for kind, value, radius in chosen if kind == "pdq"]
    exact = {kind: [value for own, value, _ in chosen if own == kind] for kind in EXACT_WIDTHS}
    return _Wanted(
        last,
        _array([value for value, _ in pdq], 32),
        np.array([radius for _, radius in pdq], np.int64),
        {kind: np.unique(prefixes(_array(values, EXACT_WIDTHS[kind]))) for kind, values in exact.items() if values},
    )


def _array(values: Sequence[bytes], width: int) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, width)


def _search(store: SeenStore, end: int, wanted: _Wanted, now: dt.datetime) -> int:
    if wanted.is_empty:
        return 0
    count = 0
    with nearness(wanted.hashes, int(wanted.radii.max(initial=0))) as near:
        for rows in store.steps(end):
            hit = rows[_hit(rows, wanted, near)]
            pairs = sorted({*zip(place_of(hit).tolist(), hit["sha256"].tolist(), strict=True)})
            for start in range(0, len(pairs), LEADS):
                count += _fetch_again(pairs[start : start + LEADS], now)
    return count


def _hit(rows: SeenRows, wanted: _Wanted, near: Nearness) -> NDArray[np.int64]:
    """The numbers of the rows that an entry hits."""
    found = [same(rows, kind, digests)[1] for kind, digests in wanted.digests.items()]
    if len(wanted.hashes):
        entry, row, distance = near(rows)
        found.append(row[distance <= wanted.radii[entry]])
    return np.unique(np.concatenate(found))


@transaction.atomic
def _fetch_again(seen: Sequence[tuple[int, int]], now: dt.datetime) -> int:
    """Leads for the places (number, start of the SHA-256 seen there) that hold it still, for all that is known."""
    chosen = []
    away.bring_back(places={place for place, _ in seen})
    places = FrontierUrl.objects.filter(
        pk__in={place for place, _ in seen}, state=FrontierUrl.State.DONE, matched=False
    )
    pairs = set(seen)
    for number, url, sha256, error in places.values_list("pk", "url", "sha256", "error"):
        held = int.from_bytes(bytes(sha256)[:8], "little") if sha256 is not None else None
        # a page or an archive holds it within, and has no digest of its own
        if error in TRANSIENT or (number, held) in pairs or (held is None and not error):
            chosen.append((number, url))
    # Without validators the server sends it in full, and without a stored digest it is decoded.
    ids = [number for number, _ in chosen]
    FrontierUrl.objects.filter(pk__in=ids).update(etag="", last_modified="", sha256=None)
    if chosen:
        notes = {url: NOTE for _, url in chosen}
        add_leads(notes, source=Lead.Source.LIST, now=now, fresh=True)
    return len(chosen)


def _position(path: Path) -> int:
    """The last change that was searched for."""
    try:
        return int(path.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        return 0
