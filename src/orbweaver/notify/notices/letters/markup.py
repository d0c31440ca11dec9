"""A letter's text is written once, with a few marks at the beginning of lines; plain text and HTML are made from it.

So the two never say different things, and a lawyer reads one file. The marks::

    # heading          - item          1. numbered item          (three spaces) more of the item
    ! what must not be overlooked      @ https://… the words of a link

A blank line ends a paragraph. What comes from outside (a name, an address) is put into lines and never begins one,
except addresses after their number.
"""

from __future__ import annotations

import re
from html import escape
from itertools import groupby

_NUMBER = re.compile(r"\d+\. ")
_NUMBER_AND_REST = re.compile(r"(\d+)\. (.*)", re.DOTALL)
_STYLE = "font-family: sans-serif; font-size: 15px; line-height: 1.5; max-width: 46em; margin: 1em auto; padding: 0 1em"
_HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark">'
)
_HASH = re.compile(r"((?:SHA|MD)-?\d+) +([0-9a-f]{32,})")
_HIGH_MARKS = re.compile(r" (?=[:;?!»])|(?<=«) ")


def tidy(text: str, *, narrow_space: bool = False) -> str:
    """Without the blank lines that template tags leave. ``narrow_space`` binds French marks to their words."""
    lines: list[str] = []
    for line in (each.rstrip() for each in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    joined = "\n".join(lines) + "\n"
    return _HIGH_MARKS.sub("\u00a0", joined) if narrow_space else joined


def plain(text: str) -> str:
    """As mail programs without HTML show it: headings in capitals, links as they are."""
    return "".join(f"{_plain_line(line)}\n" for line in text.splitlines())


def _plain_line(line: str) -> str:
    if line.startswith("# "):
        return line[2:].upper()
    if line.startswith("! "):
        return line[2:]
    if line.startswith("@ "):
        return line[2:].partition(" ")[0]
    return line


def html(text: str, *, title: str, language: str) -> str:
    """The same as a small HTML page without pictures, scripts or anything to load."""
    body = "\n".join(_block(list(lines)) for filled, lines in groupby(text.splitlines(), key=bool) if filled)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head>{_HEAD}'
        f'<title>{escape(title)}</title></head>\n<body style="{_STYLE}">\n{body}\n</body>\n</html>\n'
    )


def _block(lines: list[str]) -> str:
    """The lines between two blank ones: runs of the same kind become a heading, a list or a paragraph."""
    parts: list[str] = []
    for kind, run in groupby(_with_their_item(lines), key=_kind):
        parts += _RUNS[kind](list(run))
    return "\n".join(parts)


def _with_their_item(lines: list[str]) -> list[str]:
    """Lines that go on with an item, joined to it."""
    joined: list[str] = []
    for line in lines:
        if line.startswith("   ") and joined:
            joined[-1] += f"\n{line.strip()}"
        else:
            joined.append(line)
    return joined


def _kind(line: str) -> str:
    return "1" if _NUMBER.match(line) else line[0] if line[:2] in {"# ", "- "} else ""


def _headings(lines: list[str]) -> list[str]:
    return [f'<h2 style="font-size: 18px">{escape(line[2:])}</h2>' for line in lines]


def _items(lines: list[str]) -> list[str]:
    return ["<ul>", *(f"<li>{_broken(line[2:])}</li>" for line in lines), "</ul>"]


def _numbered(lines: list[str]) -> list[str]:
    items = [(each[1], each[2]) for line in lines if (each := _NUMBER_AND_REST.fullmatch(line))]
    shown = (f'<li value="{number}" style="overflow-wrap: anywhere">{_broken(rest)}</li>' for number, rest in items)
    return ["<ol>", *shown, "</ol>"]


def _paragraph(lines: list[str]) -> list[str]:
    return ["<p>" + "<br>\n".join(_sentence(line) for line in lines) + "</p>"]


def _sentence(line: str) -> str:
    if line.startswith("! "):
        return f"<strong>{escape(line[2:])}</strong>"
    if line.startswith("@ "):
        link, _, words = line[2:].partition(" ")
        return f'<a href="{escape(link)}">{escape(words or link)}</a>'
    return escape(line)


def _broken(text: str) -> str:
    return "<br>".join(_HASH.sub(r"\1 <code>\2</code>", escape(part)) for part in text.split("\n"))


_RUNS = {"#": _headings, "-": _items, "1": _numbered, "": _paragraph}
