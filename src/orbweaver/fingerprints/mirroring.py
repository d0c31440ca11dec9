"""Three of a picture's eight hashes and the plain one say the others. Without Numba: the crawler keeps the four."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

SIDE: Final = 16
"""Bits along each side of a PDQ hash."""

MIRRORED = (4, 5, 2)
"""Positions in the eight of the hashes mirrored top to bottom, left to right, and both: the others follow from them."""


def eight_of(pdq: bytes, mirrored: Sequence[bytes]) -> tuple[bytes, ...]:
    """All eight hashes from the plain one and those at ``MIRRORED``: transposing a picture transposes its bits."""
    down, across, both = mirrored
    return pdq, _transposed(across), both, _transposed(down), down, across, _transposed(pdq), _transposed(both)


def _transposed(value: bytes) -> bytes:
    bits = np.unpackbits(np.frombuffer(value, np.uint8)).reshape(SIDE, SIDE)
    return np.packbits(bits.T).tobytes()
