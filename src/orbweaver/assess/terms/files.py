"""Term lists as files: TOML (``[[term]]`` with ``text``, ``forms``) or CSV (``term,forms``, forms with ``|``). Pure."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from orbweaver.assess.terms.errors import BadTermList
from orbweaver.assess.terms.messages import (
    COLUMNS_MISSING,
    FILE_TOO_LARGE,
    NO_TERM,
    NO_WORD,
    NOT_CSV,
    NOT_TOML,
    NOT_UTF8,
    TOO_LONG,
    TOO_MANY_FORMS,
)
from orbweaver.assess.terms.normal import words
from orbweaver.errors import Message

MAX_BYTES: Final = 2 * 2**20
MAX_LENGTH: Final = 200
MAX_FORMS: Final = 50


@dataclass(frozen=True, slots=True)
class FileTerm:
    """A term as a file gives it."""

    text: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TermFile:
    """The usable terms, and for every row that is not one its number and why (never what it says)."""

    terms: tuple[FileTerm, ...]
    rejected: tuple[tuple[int, Message], ...]


def read_terms(data: bytes, file_name: str) -> TermFile:
    """The terms of a file. Raises BadTermList when it is no term list at all."""
    if len(data) > MAX_BYTES:
        raise BadTermList(FILE_TOO_LARGE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadTermList(NOT_UTF8) from None
    rows = _from_toml(text) if file_name.lower().endswith(".toml") else _from_csv(text)
    terms: dict[str, FileTerm] = {}
    rejected = []
    for number, (term, forms) in rows:
        why = _why_not(term, forms)
        if why:
            rejected.append((number, why))
        else:
            terms[term] = FileTerm(term, tuple(forms))
    return TermFile(tuple(terms.values()), tuple(rejected))


def _from_toml(text: str) -> Iterator[tuple[int, tuple[str, list[str]]]]:
    try:
        written: Any = tomllib.loads(text).get("term")
    except tomllib.TOMLDecodeError:
        raise BadTermList(NOT_TOML) from None
    if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
        raise BadTermList(NO_TERM)
    for number, each in enumerate(written, 1):
        forms = each.get("forms", [])
        yield number, (_line(each.get("text")), [_line(form) for form in forms] if isinstance(forms, list) else [""])


def _from_csv(text: str) -> Iterator[tuple[int, tuple[str, list[str]]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        if "term" not in (reader.fieldnames or []):
            raise BadTermList(COLUMNS_MISSING)
        for row in reader:
            forms = [_line(each) for each in (row.get("forms") or "").split("|") if each.strip()]
            yield reader.line_num, (_line(row.get("term")), forms)
    except csv.Error:
        raise BadTermList(NOT_CSV) from None


def _line(value: object) -> str:
    return " ".join(value.replace("\x00", " ").split()) if isinstance(value, str) else ""


def _why_not(term: str, forms: list[str]) -> Message | None:
    if len(forms) > MAX_FORMS:
        return TOO_MANY_FORMS
    for each in (term, *forms):
        if len(each) > MAX_LENGTH:
            return TOO_LONG
        if not words(each):
            return NO_WORD
    return None
