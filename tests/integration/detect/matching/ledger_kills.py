"""Processes that match a ledger are killed at moments drawn at random; what is wanted of the ledger and the frontier.

Forked from a process that has everything loaded, so that the moments lie in the matching and not in its start.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from django.db import connections

from orbweaver.detect.crawl.ledger import Ledger, LedgerRow
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_leads
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.index import ListIndex
from orbweaver.detect.matching.rematch import NOTE, Rematched, rematch
from orbweaver.fingerprints.mirroring import eight_of
from orbweaver.platform.clock import now
from orbweaver.platform.network.urls import parse

AT = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
FILES, ROWS = 24, 1_500
PLANTED = 120
"""Places that match by now: every fourth by its bytes, the others by a hash, every third of all in two files."""


@dataclass
class Planted:
    """What is known of the ledger."""

    ledger: Ledger
    urls: list[str]
    entries: list[EntryRow]
    rows: int
    matching: int

    def come(self) -> None:
        """The list comes that names what was planted."""
        upsert_entries(get_or_create_list("Known", "NCMEC", now()), self.entries, now())


def plant(folder: Path) -> Planted:
    """A ledger of random rows, and among them places of the frontier that a list will name: as they were seen, or
    turned and mirrored."""
    chance, ledger = random.Random(5), Ledger(folder / "ledger")
    urls = [f"http://seen.example/{number}" for number in range(PLANTED)]
    add_leads(dict.fromkeys(urls, ""), source=Lead.Source.OPERATOR, now=now())
    entries: list[EntryRow] = []
    mine: list[LedgerRow] = []
    for number, url in enumerate(urls):
        row = _row(chance, parse(url).key)
        FrontierUrl.objects.filter(url_key=row.url_key).update(
            state=FrontierUrl.State.DONE, sha256=row.sha256, fetched_at=AT
        )
        assert row.pdq is not None
        assert row.mirrored is not None
        eight = eight_of(row.pdq, [row.mirrored[at : at + 32] for at in (0, 32, 64)])
        kind, value = ("sha1", row.sha1) if number % 4 == 0 else ("pdq", eight[number % 8])
        entries.append(EntryRow(kind, value, "csam", "unidentified", "", "NCMEC", False))
        mine += [row] * (2 if number % 3 == 0 else 1)
    for number in range(FILES):
        rows = [_row(chance, chance.randbytes(32)) for _ in range(ROWS)] + mine[number::FILES]
        ledger.append(rows, AT.date() + dt.timedelta(days=number % 3))
    return Planted(ledger, urls, entries, FILES * ROWS + len(mine), len(mine))


def _row(chance: random.Random, key: bytes) -> LedgerRow:
    sha256, sha1, md5, pdq, mirrored = (chance.randbytes(width) for width in (32, 20, 16, 32, 96))
    return LedgerRow(key, None, sha256, sha1, md5, pdq, 90, AT, mirrored)


def forked(planted: Planted, folder: Path) -> int:
    """A process that matches the ledger; its number."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        rematch(planted.ledger, ListIndex(folder / "index"), now())
        code = 0
    finally:
        os._exit(code)


def kill_while_matching(planted: Planted, folder: Path, kills: int) -> tuple[int, Rematched]:
    """So many kills, each of one of two processes that are at it; then one that may end. How many were hit before they
    had ended, and what the last round came to."""
    chance, hit = random.Random(9), 0
    began = time.monotonic()
    _end(forked(planted, folder))
    lasts = time.monotonic() - began
    planted.come()
    for _ in range(kills):
        killed, other = forked(planted, folder), forked(planted, folder)
        time.sleep(chance.uniform(0, lasts))
        os.kill(killed, signal.SIGKILL)
        hit += os.waitstatus_to_exitcode(os.waitpid(killed, 0)[1]) == -signal.SIGKILL
        if chance.random() < 0.5:  # else it goes on alone, and takes up what the other held
            os.kill(other, signal.SIGKILL)
            os.waitpid(other, 0)
        else:
            _end(other)
    index = ListIndex(folder / "index")
    try:
        return hit, rematch(planted.ledger, index, now())
    finally:
        index.close()


def _end(pid: int) -> None:
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def check(planted: Planted, found: Rematched) -> None:
    """Every row was matched, and each place is one lead."""
    assert (found.files, found.rows, found.matching, found.without_address) == (
        FILES,
        planted.rows,
        planted.matching,
        0,
    )
    leads = Lead.objects.filter(note=NOTE).values_list("url", flat=True)
    assert sorted(leads) == sorted(planted.urls)
    waiting = FrontierUrl.objects.filter(url__in=planted.urls, state=FrontierUrl.State.WAITING)
    assert waiting.count() == len(planted.urls)
