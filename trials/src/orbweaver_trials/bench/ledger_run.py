"""The measured matching, in a process of its own: ``python -m orbweaver_trials.bench.ledger_run <order as JSON>``.

The environment names a database and a data folder that are thrown away. Each way is measured in processes of its own,
on one processor each, from when everything is loaded. Prints one JSON object.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now
from orbweaver_trials.bench.seen_run import import_entries, random_hashes

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLACES: Final = 100
"""Places in the frontier that match, in each way."""
WRONG_BITS: Final = 24
FILE_ROWS: Final = 20_000
"""Of one file: some 6 MB, so that there are several parts for each process."""
START_S: Final = 300.0
"""Within which processes are ready to begin."""
WAYS: Final = (("plain", 1, False), ("one process", 1, True), ("two processes", 2, True))
"""Name, processes, and whether mirrored hashes are there."""


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Each way on a ledger of its own."""
    from orbweaver.detect.matching.index import open_index

    rows, generator = int(order["rows"]), np.random.default_rng(1)
    ledgers = [_Filled(f"ledger-{number}", rows, way[2], generator) for number, way in enumerate(WAYS)]
    wanted = [each.planted for each in ledgers]
    import_entries(np.concatenate([*wanted, random_hashes(int(order["entries"]) - PLACES * len(WAYS), generator)]))
    index = open_index()
    index.sync()
    index.merge()
    index.close()
    runs = [_run(filled, name, processes) for (name, processes, _), filled in zip(WAYS, ledgers, strict=True)]
    return {"rows": rows, "entries": order["entries"], "planted": PLACES, "runs": runs}


class _Filled:
    """A ledger of random rows, ``PLACES`` of them seen at places of the frontier."""

    def __init__(self, name: str, rows: int, mirrored: bool, generator: np.random.Generator) -> None:
        from orbweaver.detect.crawl.ledger import Ledger
        from orbweaver.detect.crawl.settings import CrawlSettings

        self.folder = folder = CrawlSettings.current().ledger_dir.with_name(name)
        schema = Ledger(folder).schema
        self.planted = np.empty((PLACES, 32), np.uint8)
        files = -(-rows // FILE_ROWS)
        keys = _done_places(name, PLACES)
        for number, own in enumerate(np.array_split(np.arange(PLACES), files)):
            count = min(FILE_ROWS, rows - number * FILE_ROWS)
            columns = _columns(count, mirrored, generator)
            columns["url_key"][: len(own)] = keys[own]
            columns["sha256"][: len(own)] = keys[own]
            self.planted[own] = columns["mirrored" if mirrored else "pdq"][: len(own), :32]
            _write(folder, number, _as_table(columns, schema))
        self.planted[:, : WRONG_BITS // 8] ^= 0xFF


def _done_places(name: str, count: int) -> NDArray[np.uint8]:
    """Keys of so many addresses that were fetched, uint8[count, 32]; what was there has the key for its SHA-256."""
    from django.db.models import F

    from orbweaver.detect.crawl.models import FrontierUrl, Lead
    from orbweaver.detect.crawl.services import add_leads

    urls = [f"http://{name}.example/{number}" for number in range(count)]
    add_leads(dict.fromkeys(urls, ""), source=Lead.Source.OPERATOR, now=now())
    mine = FrontierUrl.objects.filter(url__in=urls)
    mine.update(state=FrontierUrl.State.DONE, sha256=F("url_key"), fetched_at=now())
    keys = b"".join(bytes(key) for key in mine.order_by("pk").values_list("url_key", flat=True))
    return np.frombuffer(keys, np.uint8).reshape(-1, 32)


def _columns(count: int, mirrored: bool, generator: np.random.Generator) -> dict[str, NDArray[Any]]:
    widths = {"url_key": 32, "sha256": 32, "sha1": 20, "md5": 16, "pdq": 32} | ({"mirrored": 96} if mirrored else {})
    return {name: generator.integers(0, 256, (count, width), np.uint8) for name, width in widths.items()}


def _table(count: int, mirrored: bool, generator: np.random.Generator) -> Any:
    from orbweaver.detect.crawl.ledger import Ledger

    return _as_table(_columns(count, mirrored, generator), Ledger(Path()).schema)


def _as_table(columns: dict[str, NDArray[Any]], schema: Any) -> Any:
    import pyarrow as pa

    count = len(columns["sha256"])
    made: dict[str, Any] = {
        "quality": pa.array(np.full(count, 90, np.int16)),
        "seen_at": pa.array([now()] * count, schema.field("seen_at").type),
    }
    for name, values in columns.items():
        width = values.shape[1]
        made[name] = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, pa.py_buffer(values)])
    return pa.table([made.get(field.name, pa.nulls(count, field.type)) for field in schema], schema=schema)


def _write(folder: Path, number: int, table: Any) -> None:
    import pyarrow.parquet as pq

    day = folder / "date=2026-11-24"
    day.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, day / f"part-{number:06d}.parquet", compression="zstd", use_dictionary=False)


def _run(filled: _Filled, name: str, processes: int) -> dict[str, Any]:
    """Match it in so many processes, which begin together once each has everything loaded."""
    from orbweaver.detect.crawl.models import Lead

    before = Lead.objects.count()
    context = multiprocessing.get_context("spawn")
    ready, spent = context.Barrier(processes + 1), context.SimpleQueue()
    each = [context.Process(target=_match, args=(filled.folder, number, ready, spent)) for number in range(processes)]
    for process in each:
        process.start()
    ready.wait(START_S)
    began = time.perf_counter()
    cpu = sum(spent.get() for _ in each)
    lasted = time.perf_counter() - began
    for process in each:
        process.join()
    return {"way": name, "seconds": lasted, "cpu_s": cpu, "leads": Lead.objects.count() - before}


def _match(folder: Path, number: int, ready: Any, spent: Any) -> None:
    """Match a ledger on a processor of its own, where there is one; says the processor time that it took."""
    mine = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {mine[number % len(mine)]})
    with open_session():
        from orbweaver.detect.crawl.ledger import Ledger
        from orbweaver.detect.matching.index import open_index
        from orbweaver.detect.matching.rematch import rematch

        index = open_index()
        for rows in (0, FILE_ROWS):  # loads what looks up, and what joins
            index.for_many(rows * FILE_ROWS).match(_table(1_000, True, np.random.default_rng(1)))
        ready.wait(START_S)
        began = time.process_time()
        rematch(Ledger(folder), index, now())
        spent.put(time.process_time() - began)


def main(order: dict[str, Any]) -> None:
    """Measure and print."""
    with open_session():
        print(json.dumps(measure(order)), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
    main(json.loads(sys.argv[1]))
