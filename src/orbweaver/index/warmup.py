"""Compile every kernel of the index once, so that the first search costs what the others cost, in time and in memory.

``python -m orbweaver.index.warmup`` leaves the machine code in the cache on disk for all processes that come later; the
compiler's own 250 MB end with it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from orbweaver.index.bands import layout_for
from orbweaver.index.hamming import HammingIndex
from orbweaver.index.joining import Join
from orbweaver.index.searching import MANY_QUERIES, MOST_SKETCHED_BITS, search_words

ENTRIES = 200_000
"""Enough that queries which come together go through the bands together (``searching.BandedSegment``)."""
RADIUS = 31


def run() -> None:
    """Build an index of random hashes and search it in each way that there is."""
    assert layout_for(ENTRIES).top <= MOST_SKETCHED_BITS, "queries in numbers would not go through the bands"
    words = np.random.default_rng(1).integers(0, 2**64, (ENTRIES, 4), dtype=np.uint64)
    with tempfile.TemporaryDirectory(prefix="orbweaver-warmup-") as folder:
        index = HammingIndex.build(Path(folder) / "pdq.index", words.view(np.uint8), np.arange(ENTRIES, dtype=np.int64))
        for queries in (words[:1], words[:MANY_QUERIES]):
            index.search(queries.view(np.uint8), RADIUS, threads=1)
    search_words(words, words[:1], RADIUS)
    Join(words[:MANY_QUERIES]).find(words[:1], RADIUS)


if __name__ == "__main__":
    run()
