"""A PDQ hash as 16 words of 16 bits, for finding near ones through an index of words. Pure.

Of two hashes that differ in at most ``r`` bits, some word differs in at most ``r // 16`` (the pigeonhole principle;
Norouzi et al., *Fast exact search in Hamming space with multi-index hashing*, 2014).
"""

from __future__ import annotations

WORDS = 16
WORD_BITS = 16


def words_of(pdq: bytes) -> list[int]:
    """The 16 words of a hash (32 bytes), each with its position: ``position * 65536 + word``."""
    return [
        (position << WORD_BITS) + int.from_bytes(pdq[2 * position : 2 * position + 2], "big")
        for position in range(WORDS)
    ]
