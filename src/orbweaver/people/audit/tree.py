"""The Merkle tree over the audit log (RFC 6962, 2.1): one root for the whole log, short proofs for what is in it.

An entry's leaf is SHA-256 of 0x00 and its words, a node SHA-256 of 0x01 and its two children. A proof of inclusion
shows that an entry stands under a root; one of consistency, that an earlier root's log is the beginning of a later's.
Both are lists of digests, as long as the tree is high: 20 for a million entries. Pure; nothing here reads the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256().digest()
"""Root of a log without entries."""


def leaf(words: bytes) -> bytes:
    """The leaf of an entry."""
    return hashlib.sha256(b"\x00" + words).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Growing:
    """A tree to which leaves are added one by one; it holds the roots of its whole subtrees alone."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """As it was at ``size`` leaves. Raises ValueError where ``peaks`` cannot be those of so many."""
        self.size, self.peaks = size, list(peaks)
        if len(self.peaks) != size.bit_count() or any(len(peak) != len(EMPTY) for peak in self.peaks):
            raise ValueError("these are not the peaks of a tree of that size")

    def add(self, leaf_hash: bytes) -> None:
        """One more leaf."""
        rest = self.size
        while rest & 1:
            leaf_hash = node(self.peaks.pop(), leaf_hash)
            rest >>= 1
        self.peaks.append(leaf_hash)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root over all that was added."""
        if not self.peaks:
            return EMPTY
        found = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            found = node(peak, found)
        return found


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaves."""
    tree = Growing()
    for each in leaves:
        tree.add(each)
    return tree.root


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The proof that leaf ``index`` (from 0) stands under the root of ``leaves``. Raises IndexError."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion(leaves[:split], index), root(leaves[split:])]
    return [*inclusion(leaves[split:], index - split), root(leaves[:split])]


def includes(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Whether the proof shows that this leaf is number ``index`` (from 0) of the ``size`` under this root."""
    if not 0 <= index < size:
        return False
    found, here, last = leaf_hash, index, size - 1
    for each in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node(each, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node(found, each)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root_hash


def consistency(leaves: Sequence[bytes], before: int) -> list[bytes]:
    """The proof that the tree of the first ``before`` of these leaves is the beginning of theirs. Raises IndexError."""
    if not 0 < before <= len(leaves):
        raise IndexError(before)
    return _subproof(leaves, before, known=True)


def _subproof(leaves: Sequence[bytes], before: int, *, known: bool) -> list[bytes]:
    """``known``: whoever checks has the root of the first ``before`` already."""
    if before == len(leaves):
        return [] if known else [root(leaves)]
    split = _split(len(leaves))
    if before <= split:
        return [*_subproof(leaves[:split], before, known=known), root(leaves[split:])]
    return [*_subproof(leaves[split:], before - split, known=False), root(leaves[:split])]


def extends(before: int, root_before: bytes, size: int, root_now: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the log of ``before`` entries under one root is the beginning of ``size`` under
    another."""
    if not 0 < before <= size:
        return False
    if before == size:
        return not proof and root_before == root_now
    way = [root_before, *proof] if before.bit_count() == 1 else list(proof)
    if not way:
        return False
    here, last = before - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = way[0]
    for each in way[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            first, second = node(each, first), node(each, second)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            second = node(second, each)
        here, last = here >> 1, last >> 1
    return last == 0 and (first, second) == (root_before, root_now)


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)
