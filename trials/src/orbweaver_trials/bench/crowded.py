"""Lists made to be slow: a million entries that share bands, and what a query costs there."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from orbweaver.index import HammingIndex
from orbweaver.index.checks import as_words
from orbweaver.index.searching import search_words
from orbweaver_trials.bench.contenders import RADIUS, Hashes
from orbweaver_trials.bench.result import Timing

ENTRIES = 1_000_000
QUERIES = 40
"""Entries with ten bits wrong, so that the queries lie where it is crowded."""
ROUNDS = 5
WRONG_BITS = 10


def _random(hashes: Hashes, chance: np.random.Generator) -> Hashes:
    return hashes


def _half_shared(hashes: Hashes, chance: np.random.Generator) -> Hashes:
    hashes[:, :16] = hashes[0, :16]
    return hashes


def _alternate_shared(hashes: Hashes, chance: np.random.Generator) -> Hashes:
    hashes[:, ::2] = hashes[0, ::2]
    return hashes


def _cluster(hashes: Hashes, chance: np.random.Generator) -> Hashes:
    hashes[:] = hashes[0] ^ np.packbits(chance.random((len(hashes), 256), dtype=np.float32) < 0.2, axis=1)
    return hashes


def _popular(hashes: Hashes, chance: np.random.Generator) -> Hashes:
    return np.repeat(hashes[: len(hashes) // 1000], 1000, axis=0)


SHAPES: dict[str, Callable[[Hashes, np.random.Generator], Hashes]] = {
    "random": _random,
    "half of the bytes alike": _half_shared,
    "every other byte alike": _alternate_shared,
    "one cluster, a fifth of the bits off": _cluster,
    "each hash a thousand times": _popular,
}


def measure_crowded() -> list[dict[str, Any]]:
    """One row a shape: milliseconds a query (processor time of one thread), by the index and comparing with all."""
    rows = []
    for shape, make in SHAPES.items():
        chance = np.random.default_rng(7)
        random = chance.integers(0, 2**64, (ENTRIES, 4), dtype=np.uint64).view(np.uint8)
        hashes = make(random, chance)
        queries = _near(hashes[:: ENTRIES // QUERIES], chance)
        with tempfile.TemporaryDirectory(prefix="orbweaver-bench-") as folder:
            index = HammingIndex.build(Path(folder) / "crowded", hashes, np.arange(ENTRIES))
            found = index.search(queries, RADIUS, threads=1)
            through = _milliseconds(partial(index.search, queries, RADIUS, threads=1))
            every = _milliseconds(partial(search_words, as_words(hashes), as_words(queries), RADIUS, 1))
        rows.append(
            {
                "list_of_1_m": shape,
                "ms_a_query": through.median,
                "spread": f"{through.spread:.0%}",
                "comparing_all_ms": every.median,
                "results_a_query": len(found.ids) / QUERIES,
            }
        )
    return rows


def _near(hashes: Hashes, chance: np.random.Generator) -> Hashes:
    bits = np.unpackbits(hashes, axis=1)
    bits ^= np.argsort(chance.random(bits.shape), axis=1) < WRONG_BITS
    return np.packbits(bits, axis=1)


def _milliseconds(run: Callable[[], object]) -> Timing:
    seconds = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        run()
        seconds.append((time.thread_time() - began) * 1000 / QUERIES)
    return Timing(tuple(seconds))
