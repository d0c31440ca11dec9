"""The languages that letters are written in; a contact says which one it wants."""

from __future__ import annotations

from orbweaver.notify.notices.letters.wording import Words
from orbweaver.notify.notices.letters.words_en import ENGLISH
from orbweaver.notify.notices.letters.words_fr import FRENCH

_WORDS = {"en": ENGLISH, "fr": FRENCH}
LANGUAGES = tuple(_WORDS)


def words_of(language: str) -> Words:
    """The words of a language; English for one that letters are not written in."""
    return _WORDS.get(language, ENGLISH)
