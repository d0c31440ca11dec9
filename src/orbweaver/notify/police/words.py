"""What police say, as a file, a call or a form: each row about one medium or one referral, and taken by itself.

A file is CSV (``,`` or ``;``) with a header, or a JSON array of objects, both in UTF-8. Columns: what it is about
(``referral``, ``item``, ``sha256``, ``sha1`` or ``md5``, the first that is filled), ``said``, ``on`` (a day, like
2026-11-24), ``reference`` (their number) and ``series``. ``said`` is one of ``identified``, ``not_identified``,
``recovered``, ``baseline``, ``not_baseline``, ``series``; of a referral also ``acknowledged`` and ``refused``.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction

from orbweaver.assess.series.models import PoliceWord
from orbweaver.assess.series.police_words import Word, hear
from orbweaver.errors import InvalidInput, Message, OrbweaverError
from orbweaver.notify.police import within
from orbweaver.notify.police.messages import (
    DAY_WRONG,
    FILE_TOO_LARGE,
    FILE_UNREADABLE,
    NO_SUCH_FORCE,
    WORD_UNKNOWN,
)
from orbweaver.notify.police.models import Force, Referral
from orbweaver.notify.police.naming import Named
from orbweaver.notify.police.services import note_answer
from orbweaver.people.accounts.models import ApiKey, User

MOST_BYTES: Final = 2 * 2**20
MOST_ROWS: Final = 10_000
COLUMNS: Final = ("referral", "item", "sha256", "sha1", "md5", "said", "on", "reference", "series")
SAYINGS: Final[Mapping[str, PoliceWord.Said]] = {
    "identified": PoliceWord.Said.IDENTIFIED,
    "not_identified": PoliceWord.Said.UNIDENTIFIED,
    "unidentified": PoliceWord.Said.UNIDENTIFIED,
    "recovered": PoliceWord.Said.RECOVERED,
    "baseline": PoliceWord.Said.BASELINE,
    "not_baseline": PoliceWord.Said.NOT_BASELINE,
    "series": PoliceWord.Said.SERIES,
}
ANSWERS: Final = {"acknowledged": False, "refused": True}
"""What becomes of a referral, and whether they refused it."""


@dataclass(slots=True)
class Taken:
    """What came of rows: how many said something new, how many were said before, and which could not be used."""

    new: int = 0
    before: int = 0
    problems: list[tuple[int, Message]] = field(default_factory=list)
    """The number of the row, from 1, and why."""


def read_file(data: bytes) -> list[dict[str, str]]:
    """The rows of a file. Raises InvalidInput where it is neither, too large or holds too many."""
    if len(data) > MOST_BYTES:
        raise InvalidInput(FILE_TOO_LARGE.of(rows=MOST_ROWS))
    try:
        text = data.decode("utf-8-sig")
        rows = _from_json(text) if text.lstrip()[:1] == "[" else _from_csv(text)
    except (ValueError, csv.Error, RecursionError):  # brackets within brackets, too
        raise InvalidInput(FILE_UNREADABLE) from None
    if len(rows) > MOST_ROWS:
        raise InvalidInput(FILE_TOO_LARGE.of(rows=MOST_ROWS))
    return rows


def _from_json(text: str) -> list[dict[str, str]]:
    rows = json.loads(text)
    if not all(isinstance(each, dict) for each in rows):
        raise ValueError("not rows")
    return [_cells(each) for each in rows]


def _from_csv(text: str) -> list[dict[str, str]]:
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first else ",", strict=True)
    names = {(name or "").strip().lower() for name in reader.fieldnames or ()}
    if "said" not in names:
        raise ValueError("no such column")
    return [_cells({(name or "").strip().lower(): value for name, value in row.items()}) for row in reader]


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: row[name].replace("\x00", "").strip() for name in COLUMNS if isinstance(row.get(name), str)}


def take(
    rows: Iterable[Mapping[str, str]],
    force: Force,
    *,
    by: User | None,
    key: ApiKey | None = None,
    label: str = "system",
    now: dt.datetime,
) -> Taken:
    """Keep what a force says, row by row: one that is wrong is named and stops no other; again does no harm.

    Whoever is bound, a person (``by``) or a program (``key``), speaks for their own forces alone, of what is theirs.
    Raises InvalidInput: another force.
    """
    who = by or key
    if who is not None and not within.forces(who).filter(pk=force.pk).exists():
        raise InvalidInput(NO_SUCH_FORCE)
    rows = list(rows)
    named, taken = Named(who, rows), Taken()
    for number, row in enumerate(rows, 1):
        try:
            with transaction.atomic():
                is_new = _take_one(row, force, named, by, label, now)
        except OrbweaverError as error:
            taken.problems.append((number, error.message))
            continue
        taken.new += is_new
        taken.before += not is_new
    return taken


def _take_one(
    row: Mapping[str, str], force: Force, named: Named, by: User | None, label: str, now: dt.datetime
) -> bool:
    said = row.get("said", "").lower().replace(" ", "_").replace("-", "_")
    referral = named.referral(row["referral"], force) if row.get("referral") else None
    if said in ANSWERS and referral is not None:
        return _answered(referral, ANSWERS[said], row.get("reference", ""), by, label, now)
    if said not in SAYINGS:
        raise InvalidInput(WORD_UNKNOWN)
    word = Word(
        SAYINGS[said],
        force.name,
        force.country,
        _day(row.get("on", "")),
        row.get("series", ""),
        row.get("reference", ""),
    )
    media = [referral.item.media] if referral is not None else named.media(row)
    heard = [hear(each, word, by=by, label=label, now=now) for each in media]  # each of them, whatever the first says
    return any(heard)


def _answered(referral: Referral, refused: bool, answer: str, by: User | None, label: str, now: dt.datetime) -> bool:
    state = Referral.State.REFUSED if refused else Referral.State.ACKNOWLEDGED
    if referral.state == state and referral.answer == answer[:200]:
        return False
    note_answer(referral.public_id, refused=refused, answer=answer, by=by, now=now, label=label)
    return True


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(DAY_WRONG) from None
