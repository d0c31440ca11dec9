"""Web addresses in what people paste: one or several, with or without ``https://``, within a message. Pure."""

from __future__ import annotations

import re
from typing import Final

MOST: Final = 20
"""Addresses of one report. More is a list, for which partners have other ways."""

_LINK = re.compile(r"https?://[^\s<>\"'`]+", re.I)
_BARE = re.compile(r"(?:[\w-]+\.)+[^\W\d_]{2,24}(?::\d{1,5})?(?:[/?#]\S*)?")
_ENDINGS: Final = ".,;:!?…»”’)]}*"
_OPENINGS: Final = "«“‘([{*"


def addresses_in(text: str) -> list[str]:
    """Each address once, in the order given; an address that says no scheme gets ``https://``.

    A word that merely has a dot in it counts where it stands alone on its line, begins with ``www.`` or goes on with a
    path. Where nothing looks like an address, each line is given back as it is, to be refused in words.
    """
    found: list[str] = []
    for line in _refanged(text).splitlines():
        rest = _LINK.sub(lambda link: _take(found, link.group()), line)
        words = rest.split()
        for word in words:
            bare = _trimmed(word)
            alone = len(words) == 1 and rest == line
            if _BARE.fullmatch(bare) and (alone or "/" in bare or bare.lower().startswith("www.")):
                _take(found, f"https://{bare}")
    return list(dict.fromkeys(found)) or [line.strip() for line in text.splitlines() if line.strip()][:1]


def _take(found: list[str], address: str) -> str:
    found.append(_trimmed(address))
    return " "


def _refanged(text: str) -> str:
    """Addresses that were made harmless to pass them on, as they were."""
    whole = re.sub(r"\bhxxp(s?)://", r"http\1://", text, flags=re.I)
    return whole.replace("[.]", ".").replace("[:]", ":").replace("(.)", ".")


def _trimmed(word: str) -> str:
    """Without the punctuation of the sentence that it stands in; a bracket that it opened itself is its own."""
    word = word.lstrip(_OPENINGS)
    while word and word[-1] in _ENDINGS:
        if word[-1] == ")" and word.count("(") >= word.count(")"):
            break
        word = word[:-1]
    return word
