"""Words of a text in one form, however they are written. Pure.

A token is a run of letters, digits, ``@`` and ``$``. Its form: NFKC, case folded, without marks (é → e) and invisible
characters, look-alike letters of Cyrillic and Greek as Latin ones, and, where it holds two letters or more, digits and
signs as the letters they stand for (n1c0le → nicoie). Letters that a digit may stand for alike (i, l) are one.
What is folded too far is found too often, never too seldom, and a person looks at every hit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

TOKEN: Final = re.compile(r"[^\W_@$]*[@$]?[^\W_]+(?:[@$]+[^\W_]*)*")
"""Runs of word characters, with ``@`` and ``$`` in them or before them; the underscore parts words."""
WORD: Final = re.compile(r"[^\W_]+")
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
MAX_TOKEN: Final = 64
"""Characters of a token that count; longer ones are addresses or noise."""

_LOOK_ALIKES: Final = str.maketrans(
    "авеіјкмнорстухԁѕһԛԝӏαβγεηικνορτυχω",
    "abeijkmhopctyxdshqwlabyenikvoptuxw",
)
"""Letters of Cyrillic and Greek (lower case, without marks) that are drawn like Latin ones."""
_STANDS_FOR: Final = str.maketrans("0134578@$l", "oieastbasi")
"""Digits and signs as the letters they stand for; l and i are one, since 1 stands for either."""
_ONE_LETTER: Final = str.maketrans("l", "i")
LETTERS_TO_FOLD: Final = 2
"""Letters that a token holds before its digits count as letters: ``4b`` and ``2011`` are what they are."""


@lru_cache(maxsize=1 << 16)
def fold(token: str) -> str:
    """A token in its one form; empty when nothing of it is left."""
    text = token[:MAX_TOKEN]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold()
    if not text.isascii():
        text = "".join(each for each in unicodedata.normalize("NFD", text) if unicodedata.category(each) != "Mn")
        text = text.translate(_LOOK_ALIKES)
    letters = sum(map(str.isalpha, text))
    return text.translate(_STANDS_FOR if letters >= LETTERS_TO_FOLD else _ONE_LETTER)


def visible(text: str) -> str:
    """The text without characters that are not seen, which would part its words."""
    return text if text.isascii() or not _INVISIBLE.search(text) else _INVISIBLE.sub("", text)


def words(text: str) -> list[str]:
    """The words of a term in their order, folded: its first reading."""
    return [form for token in next(readings(text)) if (form := fold(token))]


def readings(text: str) -> Iterator[list[str]]:
    """The raw tokens of a text, once with ``@`` and ``$`` as letters and, where it holds any, once without.

    An address like ``ann@school`` is two words, ``n@dia`` is one: nobody can tell which is meant.
    """
    text = visible(text)
    if "@" in text or "$" in text:
        yield TOKEN.findall(text)
    yield WORD.findall(text)
