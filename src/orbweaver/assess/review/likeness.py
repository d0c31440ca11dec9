"""Which pictures are one picture: near-duplicates by PDQ, found through words of the hash. Pure.

All look-alikes are among those that share a word (``fingerprints.words``), or for 16 to 31 bits a word with one bit
turned. Among 100,000 hashes a word finds one or two others by chance: what is compared stays small and nothing is
missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from orbweaver.fingerprints.words import WORD_BITS, WORDS, words_of

MAX_RADIUS = 31
SHAPE_TOLERANCE = 0.05
"""Share by which proportions may differ in near-duplicates: rounding of small sizes, not a crop."""


def probes(pictures: Sequence[bytes], radius: int) -> list[int]:
    """The words of which a look-alike of one of these hashes, within ``radius`` bits (0 to 31), must hold one."""
    if not 0 <= radius <= MAX_RADIUS:
        raise ValueError(f"a radius of 0 to {MAX_RADIUS} can be searched by words")
    found = {word for each in pictures for word in words_of(each)}
    if radius >= WORDS:
        found |= {word ^ (1 << bit) for word in found for bit in range(WORD_BITS)}
    return sorted(found)


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
