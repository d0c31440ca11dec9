"""Regular expressions that somebody may bring in a table of rules: they take time that grows with the text alone.

Python's own tries one way after the other, and a short expression such as ``(a+)+b`` holds a process for hours at an
address that somebody made for it. These are matched by Rust's ``regex``, which pydantic brings along. It knows neither
looking around nor what was captured before, and goes through a text once; each sign of it costs as much as the
expression is long with its repetitions written out, which is bounded here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Annotated, Final

from pydantic import StringConstraints, TypeAdapter

MOST_WRITTEN_OUT: Final = 1_000
"""Signs and classes of an expression with its repetitions written out. The longest of ours has about 800; as many take
0.05 ms for each sign of a text at worst."""
MOST_TOGETHER: Final = 20_000
"""The same of all expressions of a table together: these take some seconds to be read."""
OF_EVERY_SCRIPT: Final = 20
"""What a class counts that has letters or digits of every script: it takes as much longer to be read."""
_CLASS: Final = re.compile(r"\\[wWdDsSpP]")
_TOKEN: Final = re.compile(
    r"(?P<times>\{\s*(?P<first>\d*)\s*(?:,\s*(?P<last>\d*))?\s*\})|(?P<open>\()|(?P<close>\))"
    r"|(?P<nothing>[*+?|^$])|\\[pPxuU]\{[^}]*\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|.",
    re.DOTALL,
)
_SPACED: Final = re.compile(r"\(\?[a-zA-Z]*x")

Holds = Callable[[str], bool]
"""Whether a text is as an expression says."""


def within(expression: str) -> Holds:
    """Anywhere in the text, in letters of any case. Raises ValueError, saying why an expression cannot be used."""
    return _compiled(expression, "(?i:{})")


def whole(expression: str) -> Holds:
    """The whole text. Raises ValueError."""
    return _compiled(expression, "^(?:{})$")


def beginning(expression: str) -> Holds:
    """At the beginning of the text, in letters of any case. Raises ValueError."""
    return _compiled(expression, "^(?i:{})")


@lru_cache(maxsize=2_000)
def _compiled(expression: str, place: str) -> Holds:
    _require_short(expression)
    _engine(expression)  # by itself: what closes no group of its own would close ours
    return _engine(place.format(expression))


def _engine(expression: str) -> Holds:
    try:
        asked = TypeAdapter(Annotated[str, StringConstraints(pattern=expression)])
    except Exception as error:  # what is raised is of pydantic's own engine, which is no part of what it offers
        raise ValueError(f"not a regular expression: {str(error).strip().splitlines()[-1].strip()}") from None
    return asked.validator.isinstance_python


def _require_short(expression: str) -> None:
    if _SPACED.search(expression):
        raise ValueError("not a regular expression: one with blanks and comments in it (x) is not taken")
    if written_out(expression) > MOST_WRITTEN_OUT:
        raise ValueError(f"a regular expression with more than {MOST_WRITTEN_OUT} signs, its repetitions written out")


def require_few(expressions: Iterable[str]) -> None:
    """Raise ValueError where they are too many together, before any of them is read."""
    if sum(map(written_out, expressions)) > MOST_TOGETHER:
        raise ValueError(f"more than {MOST_TOGETHER} signs in regular expressions, their repetitions written out")


def written_out(expression: str) -> int:
    """How many signs and classes it has with ``{n,m}`` written out, or more; a class of every script is many."""
    sizes, last = [0], 0
    for token in _TOKEN.finditer(expression):
        if token["times"]:
            times = int(token["last"] or token["first"] or 0)
            sizes[-1] += last * max(times - 1, 0)
            last *= max(times, 1)
        elif token["open"]:
            sizes.append(0)
        elif token["close"] and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        elif not token["nothing"]:
            last = OF_EVERY_SCRIPT if _CLASS.search(token[0]) else 1
            sizes[-1] += last
    return sum(sizes)
