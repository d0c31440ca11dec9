"""The reply apart from the quotation, in any language: our own letter is known, so what repeats it is no answer.

Lines are taken for quoted by marks (``>``), because they stand in the letter, or because they lead such lines in: the
line that says who wrote, a mail program's block of headers, a rule. Nothing is lost: what is not reply is quotation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MARK = re.compile(r"^\s*(?:[>|│]+\s?)+")
_FIELD = re.compile(r"^\s*\*?[^\s:：][^:：]{0,30}\s?[:：]\*?\s*\S")
_RULE = re.compile(r"^\s*(?:[-_=*─]{2,}.*|.*[-_=]{4,})\s*$")
_LEAD_LINES = 3
REPEATED_AT_LEAST = 20
"""Characters from which a line found anywhere in the letter repeats it; a shorter one must be a whole line of it."""


def split(text: str, letter: str = "") -> tuple[str, str]:
    """What a mail says, and what it quotes. All is said where nothing else would be left."""
    lines = text.splitlines()
    quoted = _quoted(lines, letter)
    written = _tidy(line for line, mark in zip(lines, quoted, strict=True) if not mark)
    rest = _tidy(line for line, mark in zip(lines, quoted, strict=True) if mark)
    return (written, rest) if written else (text.strip(), "")


def _tidy(lines: Iterator[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def _quoted(lines: list[str], letter: str) -> list[bool]:
    whole = _folded(letter)
    own = {_folded(line) for line in letter.splitlines()} - {""}
    quoted = [_is_quoted(line, whole, own) for line in lines]
    for at in [at for at, mark in enumerate(quoted) if mark and not (at and quoted[at - 1])]:
        _mark_lead(lines, quoted, at)
    _mark_between(lines, quoted)
    return quoted


def _folded(text: str) -> str:
    return " ".join(_MARK.sub("", text).casefold().split())


def _is_quoted(line: str, whole: str, own: set[str]) -> bool:
    if _MARK.match(line):
        return True
    folded = _folded(line)
    return folded in own or (len(folded) >= REPEATED_AT_LEAST and folded in whole)


def _mark_lead(lines: list[str], quoted: list[bool], at: int) -> None:
    """Mark what leads the quotation in that begins at ``at``."""
    above = at - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    first = above
    while first >= 0 and _FIELD.match(lines[first]) and not quoted[first] and above - first < 8:
        first -= 1
    if above - first >= 2:  # a block of headers
        _mark(quoted, first + 1, above)
        above = first
        while above >= 0 and not lines[above].strip():
            above -= 1
    elif above >= 0 and _says_who_wrote(lines[above]):
        begin = _begin_of_lead(lines, quoted, above)
        _mark(quoted, begin, above)
        above = begin - 1
    if above >= 0 and _RULE.match(lines[above]):
        quoted[above] = True


def _mark(quoted: list[bool], first: int, last: int) -> None:
    quoted[first : last + 1] = [True] * (last + 1 - first)


def _says_who_wrote(line: str) -> bool:
    """Such as "On Tuesday, 24 November, A <a@b.example> wrote:", in whatever language."""
    ends = line.rstrip().endswith((":", "："))
    return "@" in line or (ends and bool(re.search(r"\d", line))) or (ends and len(line.split()) <= 3)


def _begin_of_lead(lines: list[str], quoted: list[bool], last: int) -> int:
    """The first line of a lead that a mail program broke: those above that hold a date and end no sentence."""
    first = last
    while first > 0 and last - first < _LEAD_LINES - 1 and not quoted[first - 1]:
        above = lines[first - 1]
        if not re.search(r"\d{4}|\d:\d\d", above) or above.rstrip().endswith((".", "!", "?")):
            break
        first -= 1
    return first


def _mark_between(lines: list[str], quoted: list[bool]) -> None:
    """An empty line belongs to what stands around it."""
    for at, line in enumerate(lines):
        if not line.strip() and at and quoted[at - 1]:
            quoted[at] = True
