"""Terms of a hotline's lists in a text, with their word forms. Pure.

A word is compared by its stem in the language of its list (Snowball, where it knows the language), folded like watch
terms are, so that plurals, inflections and disguised spellings are found. What a stem does not reach is a form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from orbweaver.assess.terms.normal import fold, readings

ALGORITHMS: Final = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""Languages (ISO 639-1) whose word forms Snowball knows; in others a term is found as written and by its forms."""


@dataclass(frozen=True, slots=True)
class ListedTerm:
    """A term of a list with the forms that its list gives."""

    number: int
    text: str
    forms: tuple[str, ...] = ()


@lru_cache(maxsize=64)
def _stemmer(language: str) -> Callable[[str], str]:
    """A folded stem of a token in this language, remembered."""
    import snowballstemmer  # all languages at once, a fifth of a second: only who stems pays for it

    name = ALGORITHMS.get(language)
    stem = snowballstemmer.stemmer(name).stemWord if name else str

    @lru_cache(maxsize=1 << 14)
    def stemmed(token: str) -> str:
        return fold(stem(token.casefold()))

    return stemmed


def stems(text: str, language: str) -> list[list[str]]:
    """The words of each reading of a text as folded stems, in their order."""
    stem = _stemmer(language)
    return [[form for token in tokens if (form := stem(token))] for tokens in readings(text)]


class ListMatcher:
    """Finds the terms of one language."""

    def __init__(self, language: str, terms: Iterable[ListedTerm]) -> None:
        self._language = language
        self._by_first: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for term in terms:
            for written in {term.text, *term.forms}:
                run = tuple(stems(written, language)[0])
                if run and (run, term.number) not in self._by_first.get(run[0], ()):
                    self._by_first.setdefault(run[0], []).append((run, term.number))

    def find(self, texts: Iterable[str]) -> Counter[int]:
        """How often each term (by number) stands in the texts; a term never spans two of them."""
        found: Counter[int] = Counter()
        for text in texts:
            in_this: Counter[int] = Counter()
            for tokens in stems(text, self._language):
                in_this |= self._in(tokens)
            found += in_this
        return found

    def _in(self, tokens: list[str]) -> Counter[int]:
        found: Counter[int] = Counter()
        for at, token in enumerate(tokens):
            here = {number for run, number in self._by_first.get(token, ()) if tuple(tokens[at : at + len(run)]) == run}
            found.update(here)
        return found
