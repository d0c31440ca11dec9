"""Whether a page speaks a language that no rule has words of: by its script, or by the language that it names. Pure.

A rule that knows no word of it cannot tell "not found" from "not in your country".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from orbweaver.follow.recheck.ruleset import Means, PageRule, ruleset

LEAST_UNKNOWN: Final = 4
"""Letters of a script that no such phrase is written in from which a page says something in it."""
OF_NONE: Final = frozenset(
    {"", "KATAKANA", "IDEOGRAPHIC", "BOPOMOFO", "FULLWIDTH", "HALFWIDTH", "MATHEMATICAL", "MODIFIER", "DOUBLE"}
)
"""Letters that are used beside those of a script, by the first word of their names: they tell no language."""
_NAMED: Final = re.compile(r"""<html\b[^>]{0,500}?\s(?:xml:)?lang\s*=\s*["']?([a-z]{2,8})""")


def is_unread(html: str, words: list[str], headers: Mapping[str, str]) -> bool:
    """Whether a page (HTML and visible words, both in lower case) has words in a script in which no rule says "not in
    your country", or names a language in which none does."""
    known = _scripts(ruleset().rules)
    unknown = 0
    for sign in "".join(words):
        if sign.isalpha() and sign > "\u024f" and _script(sign) not in known:
            unknown += 1
            if unknown >= LEAST_UNKNOWN:
                return True
    named = _NAMED.search(html)
    language = named[1] if named else headers.get("Content-Language", "").strip().lower().partition("-")[0]
    return bool(language) and language.partition("-")[0] not in ruleset().languages and _is_language(language)


def _is_language(text: str) -> bool:
    return text.isascii() and text.isalpha() and 2 <= len(text) <= 3 and text not in ("und", "mul", "zxx")


@lru_cache(maxsize=4)
def _scripts(rules: tuple[PageRule, ...]) -> frozenset[str]:
    """The scripts in which rules say "not in your country"."""
    phrases = [phrase for rule in rules if rule.means is Means.GEO for phrase in rule.phrases]
    return OF_NONE | {_script(sign) for phrase in phrases for sign in phrase if sign.isalpha()}


@lru_cache(maxsize=8192)
def _script(sign: str) -> str:
    """The script of a letter: the first word of its name, as Unicode has it."""
    return unicodedata.name(sign, "").partition(" ")[0].partition("-")[0]
