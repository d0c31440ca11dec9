"""Who matches which files of a ledger: any number of processes share one round, each file is matched once.

A part of a round (``models.LedgerPart``) is held by an advisory lock of its process's session: PostgreSQL lets go of it
when the process dies, however it dies, and another takes the part up. No transaction is open while a part is matched.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from django.db import DatabaseError, connection, transaction
from django.db.models import Count, F, Func, Q, QuerySet, Sum

from orbweaver.detect.matching.models import LedgerPart

ROUND_LOCK: Final = 0x6F72_6C72
"""Advisory lock of whoever begins or joins a round ("orlr")."""
PART_LOCK: Final = 0x6F72_6C70
"""First half of the advisory locks of parts being matched ("orlp"); the second is the part's number."""
PART_BYTES: Final = 32 * 2**20
"""Bytes of a part: some 100,000 rows, a few seconds of work, or one file that is larger."""
LOOK_S: Final = 0.2
"""How often it is looked whether others are done with what they hold, or died."""


@dataclass(frozen=True, slots=True)
class Round:
    """A round of matching: every part has to be matched with the lists as of ``target`` or later."""

    number: uuid.UUID
    target: int

    def parts(self) -> QuerySet[LedgerPart]:
        """All parts."""
        return LedgerPart.objects.filter(round=self.number)

    def waiting(self) -> QuerySet[LedgerPart]:
        """Those to be matched, whoever holds them."""
        return self.parts().filter(Q(position=None) | Q(position__lt=self.target))


@transaction.atomic
def join(ledger: uuid.UUID, sizes: Mapping[str, int], target: int) -> Round:
    """The round that is under way at this ledger, or a new one, for these files (name → bytes).

    What came since a round began is added to it; what went (files were put together) is left out.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ROUND_LOCK])
    own = LedgerPart.objects.filter(ledger=ledger)
    if (waits := own.filter(position=None).first()) is None:
        own.delete()
        number = uuid.uuid4()
    else:
        number = waits.round
        own.exclude(files__contained_by=list(sizes)).delete()
    known = {name for files in own.values_list("files", flat=True) for name in files}
    new = {name: size for name, size in sizes.items() if name not in known}
    LedgerPart.objects.bulk_create(LedgerPart(ledger=ledger, round=number, files=files) for files in _parts(new))
    return Round(number, target)


def _parts(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Files in their order, together up to some bytes."""
    files: list[str] = []
    total = 0
    for name, size in sizes.items():
        if files and total + size > PART_BYTES:
            yield files
            files, total = [], 0
        files.append(name)
        total += size
    if files:
        yield files


def claimed(under_way: Round) -> Generator[LedgerPart, None, None]:
    """One part after the other that waits, held while the caller has it; ends when none waits any more, also not with
    others. A part that the caller did not mark is given again."""
    while waiting := list(under_way.waiting().order_by("pk").values_list("pk", flat=True)):
        took = False
        for number in waiting:
            with _held(number) as got:
                # asked again: whoever held it may have just matched it
                if got and (part := under_way.waiting().filter(pk=number).first()) is not None:
                    took = True
                    yield part
        if not took:
            time.sleep(LOOK_S)


@contextmanager
def _held(number: int) -> Iterator[bool]:
    """Whether nobody else has it; nobody has meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [PART_LOCK, number])
        got = bool(cursor.fetchone()[0])
    try:
        yield got
    finally:
        if got:
            with suppress(DatabaseError), connection.cursor() as cursor:  # a connection that is gone holds no lock
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [PART_LOCK, number])


def totals(under_way: Round) -> dict[str, int]:
    """What all processes came to together, by the names of ``rematch.Rematched``."""
    columns = ("rows", "matching", "leads", "without_address")
    matched = under_way.parts().exclude(position=None)
    found = matched.aggregate(
        files=Sum(Func(F("files"), function="cardinality")), parts=Count("pk"), **{each: Sum(each) for each in columns}
    )
    return {each: int(found[each] or 0) for each in ("files", *columns)}
