"""The measured meeting, in a process of its own: ``python -m orbweaver_trials.bench.seen_run <order as JSON>``.

The environment names a database and a data folder that are thrown away. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from orbweaver.doors.cli.session import open_session
from orbweaver.index.seen import ROW, SeenRows, SeenStore
from orbweaver.platform.clock import now

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLACES: Final = 100
"""Places in the frontier that each import hits; one entry hits one."""
WRONG_BITS: Final = 24
"""In which an entry differs from what was seen: well within the radius."""
CHUNK: Final = 1 << 18
ROWS_AT_ONCE: Final = 5_000


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Fill the store and let each import meet it."""
    from orbweaver.detect.matching.seen import meet_new_entries, open_seen

    rows, generator = int(order["rows"]), np.random.default_rng(1)
    sizes = [min(PLACES, entries) for entries in order["imports"]]
    places = done_places(sum(sizes))
    began = time.perf_counter()
    planted = fill(open_seen(), rows, places, generator)
    found: dict[str, Any] = {"rows": rows, "appended_per_s": rows / (time.perf_counter() - began), "imports": []}
    for entries, size in zip(order["imports"], sizes, strict=True):
        own, planted = planted[:size], planted[size:]
        own[:, : WRONG_BITS // 8] ^= 0xFF
        import_entries(np.concatenate([own, random_hashes(entries - size, generator)]))
        clock, spent = time.perf_counter(), time.process_time()
        hit = meet_new_entries(now())
        clock, spent = time.perf_counter() - clock, time.process_time() - spent
        found["imports"].append({"entries": entries, "hit": hit, "seconds": clock, "cpu_s": spent})
    found["hit"], found["planted"] = sum(each["hit"] for each in found["imports"]), len(places)
    found["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def done_places(count: int) -> list[int]:
    """The numbers of so many pages in the frontier that were fetched."""
    from orbweaver.detect.crawl.models import FrontierUrl, Lead
    from orbweaver.detect.crawl.services import add_leads

    add_leads({f"http://seen.example/{number}": "" for number in range(count)}, source=Lead.Source.OPERATOR, now=now())
    FrontierUrl.objects.update(state=FrontierUrl.State.DONE)
    return list(FrontierUrl.objects.order_by("pk").values_list("pk", flat=True))


def fill(store: SeenStore, rows: int, places: list[int], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Random rows, those of ``places`` spread among them; returns the hashes of these, uint8[places, 32]."""
    wanted = np.linspace(0, rows - 1, len(places)).astype(np.int64)
    planted = np.empty((len(places), 32), np.uint8)
    for first in range(0, rows, CHUNK):
        chunk = random_rows(min(CHUNK, rows - first), generator)
        chunk["place"] = np.arange(first, first + len(chunk)) + (1 << 40)  # what the frontier lost
        mine = np.flatnonzero((wanted >= first) & (wanted < first + len(chunk)))
        chunk["place"][wanted[mine] - first] = np.array(places)[mine]
        planted[mine] = np.ascontiguousarray(chunk["pdq"][wanted[mine] - first]).view(np.uint8).reshape(-1, 32)
        store.append(chunk)
    return planted


def random_rows(count: int, generator: np.random.Generator) -> SeenRows:
    """Rows whose every bit is random."""
    return np.frombuffer(generator.bytes(count * ROW.itemsize), ROW).copy()


def random_hashes(count: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """uint8[count, 32]."""
    return generator.integers(0, 256, (count, 32), np.uint8)


def import_entries(hashes: NDArray[np.uint8]) -> None:
    """Put them on a list, as an import does."""
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries

    known = get_or_create_list("Benchmark", "benchmark", now())
    rows = [EntryRow("pdq", bytes(value), "csam", "unidentified", "", "bench", False) for value in hashes]
    for first in range(0, len(rows), ROWS_AT_ONCE):
        upsert_entries(known, rows[first : first + ROWS_AT_ONCE], now())


def main(order: dict[str, Any]) -> None:
    """Measure and print."""
    with open_session():
        print(json.dumps(measure(order)), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
    main(json.loads(sys.argv[1]))
