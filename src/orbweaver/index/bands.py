"""How a segment is cut into bands, and which bands must be looked at with how many wrong bits for a given radius.

The pigeonhole principle, general form (Qin et al., "GPH", 2018): give band i a threshold t_i >= -1, -1 meaning that it
is not looked at. If the sum of (t_i + 1) exceeds the radius, every entry within the radius differs from the query in at
most t_i bits in at least one band i. Any such choice is exact, so it may follow the data: crowded bands get low ones.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

HASH_BITS = 256
USUAL_RADIUS = 31
FEW_ENTRIES = 150_000
"""Below this, 16 bands with at most one wrong bit are faster; above it, 11 bands with at most two (measured: 160,000
and 80,000 queries a second at 100,000 entries, 20,000 and 30,000 at 1 million)."""
GROUP_ENTRIES = 10
"""Entries that share one slot of a band's directory, about: one or two cache lines that are filtered at once."""
LAST_WIDTH = 20
"""Bits of the band with the lowest threshold of eleven; narrower than the others so that they are more selective."""
MAX_MASKS = 40_000
"""Neighbours of a key that a table lists at most; wider searches compare everything."""


@dataclass(frozen=True)
class Layout:
    """The bands of one segment. A key's ``top`` bits choose a directory slot, the rest is stored with each posting."""

    widths: tuple[int, ...]
    top: int
    index_bits: int

    @property
    def table(self) -> NDArray[np.int64]:
        """int64[bands, 2]: first bit and width of each band."""
        widths = np.array(self.widths, dtype=np.int64)
        return np.stack([np.cumsum(widths) - widths, widths], axis=1)

    @property
    def slots(self) -> int:
        """Directory slots of a band."""
        return 1 << self.top

    def to_meta(self) -> dict[str, Any]:
        """As stored in a header."""
        return {"widths": list(self.widths), "top": self.top, "index_bits": self.index_bits}

    @staticmethod
    def from_meta(meta: dict[str, Any]) -> Layout:
        """From a header."""
        return Layout(tuple(meta["widths"]), meta["top"], meta["index_bits"])


def layout_for(count: int) -> Layout:
    """The layout that is fastest for ``count`` entries at the usual radius."""
    top = max(6, round(math.log2(max(1, count / GROUP_ENTRIES))))
    index_bits = max(1, (count - 1).bit_length())
    if count < FEW_ENTRIES:
        return Layout((16,) * 16, min(top, 16), index_bits)
    last = max(LAST_WIDTH, min(top, 23))
    wide, rest = divmod(HASH_BITS - last, 10)
    return Layout((*(wide + (band < rest) for band in range(10)), last), min(top, last), index_bits)


def thresholds(layout: Layout, radius: int) -> NDArray[np.int64]:
    """int64[bands]: thresholds that find everything within ``radius``, as even as can be, higher in wider bands."""
    bands = len(layout.widths)
    base, more = divmod(radius + 1, bands)
    result = np.full(bands, base - 1, dtype=np.int64)
    by_width = sorted(range(bands), key=lambda band: -layout.widths[band])
    result[by_width[:more]] += 1
    return result


@functools.cache
def masks(top: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """All masks of ``top`` bits with few bits set, fewest first, and where those with 0, 1, 2 … bits set end."""
    level = np.zeros(1, dtype=np.uint32)
    levels = [level]
    while len(levels) <= top:
        level = np.concatenate([level[level < (1 << bit)] | np.uint32(1 << bit) for bit in range(top)])
        if sum(map(len, levels)) + len(level) > MAX_MASKS:
            break
        levels.append(level)
    return np.concatenate(levels), np.cumsum([len(each) for each in levels], dtype=np.int64)


@functools.lru_cache(maxsize=256)
def plan(layout: Layout, radius: int, count: int) -> tuple[NDArray[np.int64], float]:
    """The thresholds for a radius, and what ``expected_visits`` says of them; worked out once for all look-ups."""
    chosen = thresholds(layout, radius)
    return chosen, expected_visits(layout, chosen, count)


def expected_visits(layout: Layout, chosen: NDArray[np.int64], count: int) -> float:
    """Entries whose stored key bits a query looks at, if hashes were spread evenly."""
    _, ends = masks(layout.top)
    slots = sum(int(ends[min(t, len(ends) - 1)]) for t in chosen if t >= 0)
    return slots * (count / layout.slots + 1)
