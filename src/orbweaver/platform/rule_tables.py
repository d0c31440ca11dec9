"""Tables of rules: data that come with the program, and a hotline's own version over or instead of them. Pure.

A room declares its table once (``RuleTable``) and asks it what is in force. A hotline's own version is taken up by
``adopt``, which whoever reads the database calls (``people.rule_tables``). Every table, ours too, begins with a head::

    version = "2026-11"      names this text, and never another one
    as_of = 2026-11-28       the day of this version
    source = "…"             where the rows come from
    owner = "…"              who answers for it

``version()`` is what decisions and figures keep: "2026-11", or "2026-11+own-1" where rows are laid over ours.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from orbweaver.errors import ConfigurationError, InvalidInput
from orbweaver.platform.messages import TABLE_NOT_TOML, TABLE_TOO_LONG, TABLE_UNUSABLE

T = TypeVar("T")
Body = dict[str, Any]
"""What a table says, without its head."""

MOST_BYTES: Final = 256 * 1024
"""Of a table. The longest of ours has 40,000."""

SEEN_BY_WHAT_THEY_DO: Final = frozenset("\n\t\u200c\u200d")
"""Signs of control and form that rows may have: ends of lines, and what joins and parts letters in Persian or Hindi.
All others hide what the words say, or let them read otherwise: whoever agrees has to read what will hold."""

logger = logging.getLogger(__name__)


class TableUnusable(InvalidInput):
    """A table of rules that cannot be used as it is; the message names the line."""

    code = "rule_table_unusable"


class Laid(StrEnum):
    """How a hotline's own version stands to the one that comes with the program."""

    WHOLE = "whole"
    OVER = "over"
    PACKAGED = "packaged"
    """None of its own any more: what comes with the program holds again."""


class Head(BaseModel):
    """What a table says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$")]
    as_of: dt.date
    source: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=500)]
    owner: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=200)]


@dataclass(frozen=True)
class Own:
    """A hotline's own version of a table."""

    laid: Laid
    text: str


@dataclass(frozen=True)
class Difference:
    """One value that differs between two bodies: None where it stands in one of them alone. ``row`` is "" outside."""

    row: str
    name: str
    before: str | None
    after: str | None


adopted: dict[str, Own] = {}
"""The hotline's own versions that count in this process, by the names of their tables."""
agreed: set[str] = set()
"""Tables about which two people agreed, also that what comes with the program holds: no file of a machine counts."""


def adopt(own: Mapping[str, Own]) -> None:
    """Let these versions count in this process, by the names of their tables; elsewhere what comes with the program."""
    counting = {name: version for name, version in own.items() if version.laid is not Laid.PACKAGED}
    for name in adopted.keys() - counting.keys():
        del adopted[name]
    adopted.update(counting)
    agreed.clear()
    agreed.update(own)


def forget() -> None:
    """Let what comes with the program count again in this process."""
    adopt({})


def digest_of(text: str) -> str:
    """SHA-256 of a table's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def version_of_file(text: str) -> str:
    """The name of rows that a machine's file lays over ours, by what they say: nobody agreed to a name for them."""
    return f"file-{digest_of(text)[:8]}"


@dataclass(frozen=True)
class _Made(Generic[T]):
    own: Own | None
    version: str
    head: Head
    body: Body
    value: T


class RuleTable(Generic[T]):
    """One table. ``read`` makes of a body what the room works with, and raises ValidationError, ConfigurationError or
    InvalidInput for what cannot be used. ``keys``: a list of rows → the columns that name a row of it.
    ``lay_over``: ours and own → both, where it is more than rows of the same name in place of ours. ``ordered``: the
    first row that holds counts, so that another order is another table. ``sorted_by``: the column that puts rows laid
    over ours among them.
    """

    def __init__(
        self,
        name: str,
        file: str,
        read: Callable[[Body], T],
        *,
        keys: Mapping[str, tuple[str, ...]],
        lay_over: Callable[[Body, Body], Body] | None = None,
        ordered: bool = False,
        sorted_by: str = "",
    ) -> None:
        self.name = name
        self.file = file
        """Below ``orbweaver/``."""
        self.read = read
        self.keys = keys
        self.ordered = ordered
        self._sorted_by = sorted_by
        self._lay_over = lay_over or self._rows_over
        self._made: tuple[Own | None, _Made[T]] | None = None

    def in_force(self) -> T:
        """What holds now in this process."""
        return self._in_force().value

    def version(self) -> str:
        """The name of what holds now: decisions and figures keep it."""
        return self._in_force().version

    def head(self) -> Head:
        """What the table in force says of itself: the hotline's own where rows are laid over ours."""
        return self._in_force().head

    def body(self) -> Body:
        """The values in force."""
        return self._in_force().body

    @property
    def own(self) -> Own | None:
        """The hotline's own version, where one is in force and can be used."""
        return self._in_force().own

    @property
    def is_agreed(self) -> bool:
        """Whether two people agreed what holds, be it what comes with the program: then no file of a machine counts."""
        return self.name in agreed

    @cached_property
    def packaged_text(self) -> str:
        """What comes with the program, as it is written."""
        return files("orbweaver").joinpath(self.file).read_text(encoding="utf-8")

    @cached_property
    def packaged(self) -> tuple[Head, Body]:
        """What comes with the program."""
        return split(self.packaged_text)

    def check(self, own: Own) -> _Made[T]:
        """What would hold if this version did. Raises TableUnusable, which names the line."""
        head, body = split(own.text)
        _expect_once(own.text, body, self.keys)
        ours, packaged = self.packaged
        over = own.laid is Laid.OVER
        try:
            whole = self._lay_over(packaged, body) if over else body
            value = self.read(whole)
        except (
            ValidationError,
            ConfigurationError,
            InvalidInput,
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            RecursionError,
            re.error,
        ) as error:
            raise self._unusable(own.text, body, error) from None
        return _Made(own, f"{ours.version}+{head.version}" if over else head.version, head, whole, value)

    def differences(self, before: Body, after: Body) -> list[Difference]:
        """Every value that differs, by rows; the order of rows as well, where it counts."""
        found = list(_differences(before, after, self.keys))
        return [*found, *_reordered(before, after, self.keys)] if self.ordered else found

    def _in_force(self) -> _Made[T]:
        own, known = adopted.get(self.name), self._made
        if known is None or known[0] != own:
            known = self._made = (own, self._make(own))
        return known[1]

    def _make(self, own: Own | None) -> _Made[T]:
        if own is not None:
            try:
                return self.check(own)
            except TableUnusable as error:
                logger.error("The own version of the table %s cannot be used, ours holds: %s", self.name, error)
        head, body = self.packaged
        return _Made(None, head.version, head, body, self.read(body))

    def _rows_over(self, ours: Body, own: Body) -> Body:
        rows = {key: value for key, value in own.items() if key != "without"}
        both = _laid_over(ours, rows, self.keys, frozenset(own.get("without", ())))
        if self._sorted_by:
            for array in self.keys:
                both[array] = sorted(both[array], key=lambda row: row[self._sorted_by])
        return both

    def _unusable(self, text: str, body: Body, error: Exception) -> TableUnusable:
        place, why = _place_of(error)
        in_order = None if self._sorted_by else _line_of(text, place)
        line = in_order or self._line_of_bad_row(text, body) or _line_that_names(text, str(error)) or 1
        return TableUnusable(TABLE_UNUSABLE.of(line=line, where=".".join(map(str, place)) or self.name, why=why))

    def _line_of_bad_row(self, text: str, body: Body) -> int | None:
        """The first row with which the table cannot be used, for readers that do not say where. In few readings, as a
        table may have thousands of rows and each is read whole."""
        for array in self.keys:
            rows = body.get(array, ())
            below, above = 0, len(rows)
            while above - below > 1:
                middle = (below + above) // 2
                if self._is_usable({**body, array: rows[:middle]}):
                    below = middle
                else:
                    above = middle
            if rows and (below or any(self._is_usable({**body, array: rest}) for rest in (rows[:0], rows[1:]))):
                return _line_of(text, (array, below))
        return None

    def _is_usable(self, body: Body) -> bool:
        try:
            self.read(self._lay_over(self.packaged[1], body))
        except Exception:  # whatever it is: only whether it goes away is asked
            return False
        return True


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
        place, why = _place_of(error)
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


def _laid_over(ours: Body, own: Body, keys: Mapping[str, tuple[str, ...]], without: frozenset[str]) -> Body:
    """Own rows first, then those of ours that none of them names; tables within one another, other values replaced."""
    both = dict(ours)
    for name, value in own.items():
        if name in keys:
            named = {_label(row, keys[name]) for row in value} | without
            both[name] = [*value, *(row for row in ours.get(name, ()) if _label(row, keys[name]) not in named)]
        elif isinstance(value, dict) and isinstance(ours.get(name), dict):
            both[name] = _laid_over(ours[name], value, {}, frozenset())
        else:
            both[name] = value
    for name in keys.keys() - own.keys():
        if without and name in ours:
            both[name] = [row for row in ours[name] if _label(row, keys[name]) not in without]
    labels = {_label(row, columns) for name, columns in keys.items() for row in ours.get(name, ())}
    if strange := without - labels:
        raise ValueError(f"without names no row of ours: {min(strange)}")
    return both


def _label(row: Mapping[str, Any], columns: tuple[str, ...]) -> str:
    parts = (row.get(column, "") for column in columns)
    return " ".join(" ".join(part) if isinstance(part, list) else str(part) for part in parts)


def _expect_once(text: str, body: Body, keys: Mapping[str, tuple[str, ...]]) -> None:
    for array, columns in keys.items():
        rows = body.get(array, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            why = f"no list of rows: write [[{array}]]"
            raise TableUnusable(TABLE_UNUSABLE.of(line=_line_that_names(text, array) or 1, where=array, why=why))
        seen: set[str] = set()
        for number, row in enumerate(rows):
            if (label := _label(row, columns)) in seen:
                line = _line_of(text, (array, number)) or 1
                raise TableUnusable(TABLE_UNUSABLE.of(line=line, where=f"{array} {label}", why="the row stands twice"))
            seen.add(label)


def _differences(before: Body, after: Body, keys: Mapping[str, tuple[str, ...]]) -> Iterator[Difference]:
    old, new = _flat(before, keys), _flat(after, keys)
    for row in [*old, *(row for row in new if row not in old)]:
        was, becomes = old.get(row, {}), new.get(row, {})
        for name in [*was, *(name for name in becomes if name not in was)]:
            if was.get(name) != becomes.get(name):
                yield Difference(row, name, was.get(name), becomes.get(name))


def _reordered(before: Body, after: Body, keys: Mapping[str, tuple[str, ...]]) -> Iterator[Difference]:
    for array, columns in keys.items():
        first, second = ([_label(row, columns) for row in body.get(array, ())] for body in (before, after))
        common = set(first) & set(second)
        if [each for each in first if each in common] != [each for each in second if each in common]:
            yield Difference("", f"order of {array}", first[0], second[0])


def _flat(body: Body, keys: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, value in body.items():
        if name in keys:
            for row in value:
                found[f"{name} {_label(row, keys[name])}"] = {column: _shown(each) for column, each in row.items()}
        elif isinstance(value, dict):
            found[name] = {column: _shown(each) for column, each in value.items()}
        else:
            found.setdefault("", {})[name] = _shown(value)
    return found


def _shown(value: object) -> str:
    if isinstance(value, list | dict | bool):
        return json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
    return str(value)


def _place_of(error: Exception) -> tuple[tuple[str | int, ...], str]:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return first["loc"], str(first["msg"])
    return (), f"a row lacks {error}" if isinstance(error, KeyError) else str(error).splitlines()[0].rstrip(".")


def _line_of(text: str, place: tuple[str | int, ...]) -> int | None:
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


def _line_that_names(text: str, words: str) -> int | None:
    """The first line with a name that an error's words hold."""
    for at, line in enumerate(text.splitlines(), 1):
        found = re.match(r"\s*name\s*=\s*[\"'](.{3,})[\"']\s*$", line)
        if found and found[1] in words:
            return at
    return None
