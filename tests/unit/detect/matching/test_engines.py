"""Whatever reads a ledger's files, the rows that are hit are the same."""

from __future__ import annotations

import datetime as dt
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from orbweaver.detect.crawl.ledger import Ledger, LedgerDamaged, LedgerRow
from orbweaver.detect.matching.bulk import HITS, BulkSearch
from orbweaver.detect.matching.engines import run_of
from orbweaver.detect.matching.settings import Engine
from orbweaver.errors import ConfigurationError
from orbweaver.index import ExactStore, IndexStore

AT = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def filled(folder: Path, files: int = 5, rows: int = 400) -> tuple[Ledger, list[LedgerRow]]:
    ledger, chance, every = Ledger(folder / "ledger"), random.Random(1), []
    for number in range(files):
        own = [_row(chance, row % 3) for row in range(rows)]
        path = ledger.append(own, AT.date() + dt.timedelta(days=number % 2))
        if number == 0:  # written before mirrored hashes were kept
            assert path is not None
            pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["mirrored"]), path)
        every += own
    return ledger, every


def _row(chance: random.Random, kind: int) -> LedgerRow:
    """Without a picture, with one, and with one whose mirrored hashes are known."""
    key, page, sha256, sha1, md5, pdq, mirrored = (chance.randbytes(width) for width in (32, 32, 32, 20, 16, 32, 96))
    return LedgerRow(
        key, page, sha256, sha1, md5, pdq if kind else None, 90 if kind else None, AT, mirrored if kind == 1 else None
    )


def some_lists(folder: Path, rows: list[LedgerRow]) -> BulkSearch:
    near, exact = IndexStore(folder / "pdq"), ExactStore(folder / "exact")
    hashes = [row.pdq for row in rows[::7] if row.pdq] + [row.mirrored[32:64] for row in rows[::11] if row.mirrored]
    near.add(np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32), np.arange(len(hashes)))
    digests = b"".join(row.md5 for row in rows[::13])
    exact.add("md5", np.frombuffer(digests, np.uint8).reshape(-1, 16), np.arange(len(digests) // 16) + 10_000)
    return BulkSearch(1, near, exact, radius=31, floor=50, rows=0)


def hit(ledger: Ledger, search: BulkSearch, engine: Engine) -> list[tuple[bytes, bytes, str]]:
    tables = run_of(engine)(ledger, ledger.files(), search)
    return sorted((row["url_key"], row["sha256"], repr(row[HITS])) for table in tables for row in table.to_pylist())


def test_all_engines_find_the_same_rows_with_the_same_hits(tmp_path: Path) -> None:
    ledger, rows = filled(tmp_path)
    search = some_lists(tmp_path, rows)
    found = {engine: hit(ledger, search, engine) for engine in Engine}
    assert len(found[Engine.ARROW]) > 300
    assert found[Engine.DAFT] == found[Engine.ARROW]


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize("where", ["end", "middle"])
def test_a_damaged_file_is_named_whatever_reads_it(tmp_path: Path, engine: Engine, where: str) -> None:
    ledger, rows = filled(tmp_path, files=3)
    search = some_lists(tmp_path, rows)
    path = ledger.files()[1]
    content = bytearray(path.read_bytes())
    if where == "end":
        del content[-200:]
    else:
        content[100 : len(content) // 2] = bytes(len(content) // 2 - 100)
    path.write_bytes(content)
    with pytest.raises(LedgerDamaged, match=path.name):
        hit(ledger, search, engine)


def test_without_daft_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "daft", None)
    with pytest.raises(ConfigurationError, match=r"orbweaver\[daft\]"):
        run_of(Engine.DAFT)


def test_daft_tells_its_makers_nothing() -> None:
    asks = (
        "import urllib.request\n"
        "def asked(*words, **names): print('asked for', words); raise OSError\n"
        "urllib.request.urlopen = asked\n"
        "from orbweaver.detect.matching.engines import Engine, run_of\n"
        "run_of(Engine.DAFT)\n"
        "import daft, threading\n"
        "daft.from_pydict({'a': [1]}).collect()\n"
        "[each.join(5) for each in threading.enumerate() if each is not threading.main_thread()]\n"
    )
    mine = {"DAFT_ANALYTICS_ENABLED", "SCARF_NO_ANALYTICS", "DO_NOT_TRACK"}
    env = {name: value for name, value in os.environ.items() if name not in mine}
    done = subprocess.run([sys.executable, "-c", asks], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == ""
