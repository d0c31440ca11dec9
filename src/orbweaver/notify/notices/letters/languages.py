"""The languages that letters are written in; a contact says which one it wants."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from orbweaver.assess.criteria import AgeClass, NoticeType
from orbweaver.notify.notices.letters.wording import Words
from orbweaver.platform.languages import languages, of

LANGUAGES = tuple(each.code for each in languages())


@cache
def words_of(language: str) -> Words:
    """The words of a language; English for one that letters are not written in."""
    found = of(language)
    return _read(found.code, found.folder / "letters" / "words.toml")


def _read(code: str, path: Path) -> Words:
    given: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    kinds: dict[tuple[str, str], tuple[str, str]] = {
        (NoticeType(each["notice_type"]), each["sub_type"]): (each["name"], each["text"]) for each in given.pop("kinds")
    }
    ages: dict[str, str] = {AgeClass(name): text for name, text in given.pop("ages").items()}
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return Words(language=code, kinds=kinds, ages=ages, **(given | lists))
