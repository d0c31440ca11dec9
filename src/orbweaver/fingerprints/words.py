"""A PDQ hash as 16 words of 16 bits, for finding near ones through an index of words. Pure.

Of two hashes that differ in at most ``r`` bits, some word differs in at most ``r // 16`` (the pigeonhole principle;
Norouzi et al., *Fast exact search in Hamming space with multi-index hashing*, 2014). So all look-alikes share a
word, or for 16 to 31 bits a word with one bit turned. Among 100,000 hashes a word finds one or two others by chance:
what is compared stays small and nothing is missed.
"""

from __future__ import annotations

from collections.abc import Sequence

WORDS = 16
WORD_BITS = 16
MAX_RADIUS = 31
"""Bits within which near hashes can be searched by words."""


def words_of(pdq: bytes) -> list[int]:
    """The 16 words of a hash (32 bytes), each with its position: ``position * 65536 + word``."""
    return [
        (position << WORD_BITS) + int.from_bytes(pdq[2 * position : 2 * position + 2], "big")
        for position in range(WORDS)
    ]


def probes(pictures: Sequence[bytes], radius: int) -> list[int]:
    """The words of which a look-alike of one of these hashes, within ``radius`` bits (0 to 31), must hold one."""
    if not 0 <= radius <= MAX_RADIUS:
        raise ValueError(f"a radius of 0 to {MAX_RADIUS} can be searched by words")
    found = {word for each in pictures for word in words_of(each)}
    if radius >= WORDS:
        found |= {word ^ (1 << bit) for word in found for bit in range(WORD_BITS)}
    return sorted(found)
