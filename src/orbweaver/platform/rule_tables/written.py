"""A table of rules as it is written: TOML with a head, which whoever agrees to it has to be able to read. Pure.

What cannot be used is refused with the line on which it stands.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Set
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from orbweaver.errors import InvalidInput
from orbweaver.platform.messages import TABLE_NOT_TOML, TABLE_TOO_LONG, TABLE_UNUSABLE

Body = dict[str, Any]
"""What a table says, without its head."""

MOST_BYTES: Final = 256 * 1024
"""Of a table. The longest of ours has 40,000."""

SEEN_BY_WHAT_THEY_DO: Final = frozenset("\n\t\u200c\u200d")
"""Signs of control and form that rows may have: ends of lines, and what joins and parts letters in Persian or Hindi.
All others hide what the words say, or let them read otherwise: whoever agrees has to read what will hold."""


class TableUnusable(InvalidInput):
    """A table of rules that cannot be used as it is; the message names the line."""

    code = "rule_table_unusable"


class Head(BaseModel):
    """What a table says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$")]
    as_of: dt.date
    source: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=500)]
    owner: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=200)]


def digest_of(text: str) -> str:
    """SHA-256 of a table's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def version_of_file(text: str) -> str:
    """The name of rows that a machine's file lays over ours, by what they say: nobody agreed to a name for them."""
    return f"file-{digest_of(text)[:8]}"


def without_head(written: Body, *, keep: Set[str] = frozenset()) -> Body:
    """A table as it was written, without its head, whose values may be wrong or missing."""
    return {name: value for name, value in written.items() if name in keep or name not in Head.model_fields}


def split(text: str) -> tuple[Head, Body]:
    """The head and the body of a table. Raises TableUnusable."""
    if len(text.encode()) > MOST_BYTES:
        raise TableUnusable(TABLE_TOO_LONG.of(most=MOST_BYTES))
    try:
        written = tomllib.loads(text)
    except RecursionError:
        raise TableUnusable(TABLE_NOT_TOML.of(error="it is nested too deeply")) from None
    except ValueError as error:  # also of a number with thousands of digits
        raise TableUnusable(TABLE_NOT_TOML.of(error=str(error).partition(";")[0])) from None
    _expect_plain(text, written)
    try:
        head = Head(**{name: written.pop(name) for name in Head.model_fields if name in written})
    except ValidationError as error:
        place, why = place_of(error)
        line = _line_that_begins(text, str(place[0])) or 1
        raise TableUnusable(TABLE_UNUSABLE.of(line=line, where=str(place[0]), why=why)) from None
    return head, written


def _expect_plain(text: str, written: object) -> None:
    """No signs that a database does not keep, or that hide from whoever agrees what the words say."""
    for words in _words_in(written):
        if sign := hidden_sign(words):
            escaped = (sign, f"\\u{ord(sign):04x}", f"\\U{ord(sign):08x}")
            lines = enumerate(text.splitlines(), 1)
            line = next((at for at, each in lines if any(form in each.lower() for form in map(str.lower, escaped))), 1)
            why = f"a sign that nobody sees, U+{ord(sign):04X}"
            raise TableUnusable(TABLE_UNUSABLE.of(line=line, where=words.partition(sign)[0][-20:] or "text", why=why))


def hidden_sign(words: str) -> str | None:
    """The first sign that nobody sees, if there is one. Those that join letters, as some languages need, are none."""
    for each in words:
        if unicodedata.category(each) in ("Cc", "Cf") and each not in SEEN_BY_WHAT_THEY_DO:
            return each
    return None


def _words_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from (name, *_words_in(each))
    elif isinstance(value, list):
        for each in value:
            yield from _words_in(each)


def place_of(error: Exception) -> tuple[tuple[str | int, ...], str]:
    """Where in a table something is wrong, as far as the error says it, and what."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return first["loc"], str(first["msg"])
    return (), f"a row lacks {error}" if isinstance(error, KeyError) else str(error).splitlines()[0].rstrip(".")


def line_of(text: str, place: tuple[str | int, ...]) -> int | None:
    """The line on which a row begins: of ``("laws", 3, …)`` the fourth ``[[laws]]``; of ``("chart", …)`` its table."""
    if not place or not isinstance(place[0], str):
        return None
    name = re.escape(place[0])
    number = place[1] if len(place) > 1 and isinstance(place[1], int) else 0
    found = [at for at, line in enumerate(text.splitlines(), 1) if re.match(rf"\s*\[\[?\s*{name}\s*\]\]?", line)]
    return found[number] if number < len(found) else _line_that_begins(text, place[0])


def _line_that_begins(text: str, name: str) -> int | None:
    lines = enumerate(text.splitlines(), 1)
    return next((at for at, line in lines if re.match(rf"\s*{re.escape(name)}\s*=", line)), None)


def line_that_names(text: str, words: str) -> int | None:
    """The first line with a name that an error's words hold."""
    for at, line in enumerate(text.splitlines(), 1):
        found = re.match(r"\s*name\s*=\s*[\"'](.{3,})[\"']\s*$", line)
        if found and found[1] in words:
            return at
    return None
