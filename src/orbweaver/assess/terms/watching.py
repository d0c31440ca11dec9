"""Watch terms as keyed hashes, and finding them in pages at crawl speed. Pure.

A term is stored as two keyed hashes (BLAKE2b): of its longest word, the anchor, and of all its words. Without the key,
which lies outside the database, neither can be tried against. Finding works in the order of cost: most pages hold no
word that was not seen before to hold no anchor, and that is one subtraction of sets. The longest word is the anchor as
it is mostly the rarest: a first word like "the" would call for a closer look at every page.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from orbweaver.assess.terms.normal import fold, readings, words

ANCHOR_BYTES: Final = 8
VALUE_BYTES: Final = 16
MAX_WORDS: Final = 8
MIN_LETTERS: Final = 4
"""Characters that a term holds at least: shorter ones are on every other page."""
REMEMBERED: Final = 200_000
"""Words that are remembered to hold no anchor; some 20 MB. Forgotten all at once when full."""
_PART: Final = "\x1f"
Shapes = tuple[tuple[int, int], ...]
"""Positions that an anchor has in terms, each with the words of the term."""


@dataclass(frozen=True, slots=True)
class HashedTerm:
    """A term as the database holds it: ``words`` in all, the ``anchor`` being the one at position ``at``."""

    anchor: bytes
    at: int
    value: bytes
    words: int


def key_check(key: bytes) -> bytes:
    """Four bytes that tell whether a term was made with this key."""
    return hashlib.blake2b(b"", key=key, digest_size=4, person=b"check").digest()


def hash_term(text: str, key: bytes) -> HashedTerm | None:
    """A term by its keyed hashes; None when it holds no word, too many, or too few letters to mean anything."""
    forms = words(text)
    if not 1 <= len(forms) <= MAX_WORDS or sum(map(len, forms)) < MIN_LETTERS:
        return None
    at = max(range(len(forms)), key=lambda position: len(forms[position]))
    return HashedTerm(_anchor(forms[at], key), at, _value(forms, key), len(forms))


def _anchor(form: str, key: bytes) -> bytes:
    return hashlib.blake2b(form.encode(), key=key, digest_size=ANCHOR_BYTES, person=b"anchor").digest()


def _value(forms: Sequence[str], key: bytes) -> bytes:
    return hashlib.blake2b(_PART.join(forms).encode(), key=key, digest_size=VALUE_BYTES, person=b"term").digest()


class WatchMatcher:
    """Finds the terms of ``terms`` (number → hashes) in texts. Not for several threads at once."""

    def __init__(self, terms: dict[int, HashedTerm], key: bytes) -> None:
        self._key = key
        self._numbers: dict[bytes, list[int]] = {}
        shapes: dict[bytes, set[tuple[int, int]]] = {}
        for number, term in terms.items():
            self._numbers.setdefault(term.value, []).append(number)
            shapes.setdefault(term.anchor, set()).add((term.at, term.words))
        self._shapes = {anchor: tuple(sorted(found)) for anchor, found in shapes.items()}
        self._cold: set[str] = set()

    def __len__(self) -> int:
        return sum(map(len, self._numbers.values()))

    def find(self, texts: Iterable[str]) -> Counter[int]:
        """How often each term stands in the texts; a term never spans two of them."""
        found: Counter[int] = Counter()
        texts = list(texts)
        hot = self._anchors("\n".join(texts)) if self._numbers else {}
        for text in texts if hot else ():
            here = {token: shapes for token, shapes in hot.items() if token in text}
            in_this: Counter[int] = Counter()
            for tokens in readings(text) if here else ():
                in_this |= self._in(tokens, here)
            found += in_this
        return found

    def _anchors(self, text: str) -> dict[str, Shapes]:
        """Words of a text that are anchors, with the position in a term and the length of it that each may mean.

        Blanks part words, so what stands between two can be remembered as a whole, punctuation and all.
        """
        hot: dict[str, Shapes] = {}
        for piece in set(text.split()) - self._cold:
            found = {
                token: shapes
                for tokens in readings(piece)
                for token in tokens
                if (shapes := self._shapes.get(_anchor(fold(token), self._key)))
            }
            if found:
                hot |= found
            else:
                self._remember(piece)
        return hot

    def _remember(self, piece: str) -> None:
        """A piece that holds no anchor."""
        if len(self._cold) >= REMEMBERED:
            self._cold.clear()
        self._cold.add(piece)

    def _in(self, tokens: list[str], hot: dict[str, Shapes]) -> Counter[int]:
        found: Counter[int] = Counter()
        if not all(map(str.isascii, tokens)):
            tokens = [token for token in tokens if fold(token)]
        # a word twice in a run is the anchor of it at two positions, and of other terms too: each run is compared once
        runs = {
            (here - at, length)
            for here, token in enumerate(tokens)
            for at, length in hot.get(token, ())
            if here >= at and here - at + length <= len(tokens)
        }
        for start, length in runs:
            run = [fold(each) for each in tokens[start : start + length]]
            found.update(self._numbers.get(_value(run, self._key), ()))
        return found
