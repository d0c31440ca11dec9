"""Three of a picture's eight hashes and the plain one say the others. Without Numba: the crawler keeps the four."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 16
"""Bits along each side of a PDQ hash."""

MIRRORED = (4, 5, 2)
"""Positions in the eight of the hashes mirrored top to bottom, left to right, and both: the others follow from them."""
EIGHT: Final = [0, 6, 3, 5, 1, 2, 4, 7]
"""Where each of the eight stands among the plain hash, those at ``MIRRORED``, and these four transposed."""


def eight_of(pdq: bytes, mirrored: Sequence[bytes]) -> tuple[bytes, ...]:
    """All eight hashes from the plain one and those at ``MIRRORED``: transposing a picture transposes its bits."""
    down, across, both = mirrored
    return pdq, _transposed(across), both, _transposed(down), down, across, _transposed(pdq), _transposed(both)


def _transposed(value: bytes) -> bytes:
    bits = np.unpackbits(np.frombuffer(value, np.uint8)).reshape(SIDE, SIDE)
    return np.packbits(bits.T).tobytes()


def eight_of_many(pdq: NDArray[np.uint8], mirrored: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same for many pictures at once: uint8[n, 8, 32] of uint8[n, 32] and uint8[n, 3, 32]."""
    four = np.concatenate([pdq[:, None], mirrored], axis=1)  # plain, down, across, both
    bits = np.unpackbits(four.reshape(-1, 32), axis=1).reshape(-1, SIDE, SIDE)
    transposed = np.packbits(bits.swapaxes(1, 2).reshape(-1, SIDE * SIDE), axis=1).reshape(-1, 4, 32)
    return np.concatenate([four, transposed], axis=1)[:, EIGHT]
