"""Which pictures are one picture: near-duplicates by PDQ, which ``fingerprints.words`` finds. Pure."""

from __future__ import annotations

from collections.abc import Sequence

SHAPE_TOLERANCE = 0.05
"""Share by which proportions may differ in near-duplicates: rounding of small sizes, not a crop."""


def distance(pictures: Sequence[bytes], other: bytes) -> int:
    """Bits in which ``other`` differs from the nearest of these hashes (a picture and its turns)."""
    value = int.from_bytes(other, "big")
    return min((int.from_bytes(each, "big") ^ value).bit_count() for each in pictures)


def same_shape(one: tuple[int | None, int | None], other: tuple[int | None, int | None]) -> bool:
    """Whether two sizes in pixels have the same proportions, upright or turned. Unknown sizes have not.

    PDQ looks at a picture squeezed into a square, so a crop can come near its whole; its proportions give it away.
    """
    if not (one[0] and one[1] and other[0] and other[1]):
        return False
    first, second = one[0] / one[1], other[0] / other[1]
    return any(abs(first / each - 1) <= SHAPE_TOLERANCE for each in (second, 1 / second))
