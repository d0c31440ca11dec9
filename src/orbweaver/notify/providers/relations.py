"""CAIDA's AS relationships: who carries whose traffic. Serial 1 (``a|b|-1``) and serial 2 (``a|b|-1|source``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db import transaction

from orbweaver.errors import InvalidInput, Message
from orbweaver.notify.providers.errors import ProviderInvalid
from orbweaver.notify.providers.messages import NO_RELATION, NOT_A_RELATION
from orbweaver.notify.providers.models import AsRelation
from orbweaver.notify.providers.rules import clean_asn
from orbweaver.people.audit.services import record

BATCH = 5_000
KEPT_REJECTIONS = 1_000


@dataclass
class RelationsImport:
    """What an import did. ``rejections``: line number and reason of the first bad lines."""

    kept: int = 0
    peers: int = 0
    removed: int = 0
    rejected: int = 0
    rejections: list[tuple[int, Message]] = field(default_factory=list)


def parse_relation(line: str) -> tuple[int, int] | None:
    """(upstream, customer) of a line; None for peers and comments. Raises ProviderInvalid."""
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    parts = text.split("|")
    if len(parts) not in (3, 4) or parts[2] not in ("-1", "0"):
        raise ProviderInvalid(NOT_A_RELATION)
    upstream, customer = clean_asn(parts[0]), clean_asn(parts[1])
    return (upstream, customer) if parts[2] == "-1" else None


@transaction.atomic
def import_relations(lines: Iterable[str], now: dt.datetime) -> RelationsImport:
    """Replace the relations by those of a file, which is the whole picture. Importing it again changes nothing.

    Bad lines are reported and left out. Raises InvalidInput for a file with no relation in it, so that a wrong file
    does not wipe out the right one.
    """
    done = RelationsImport()
    found = _parsed(lines, done)
    while batch := list(islice(found, BATCH)):
        AsRelation.objects.bulk_create(
            [
                AsRelation(upstream=upstream, customer=customer, seen_at=now)
                for upstream, customer in dict.fromkeys(batch)
            ],
            update_conflicts=True,
            unique_fields=["customer", "upstream"],
            update_fields=["seen_at"],
        )
        done.kept += len(batch)
    if not done.kept:
        raise InvalidInput(NO_RELATION)
    done.removed = AsRelation.objects.filter(seen_at__lt=now).delete()[0]
    details = {"kept": done.kept, "removed": done.removed, "rejected": done.rejected}
    record("providers.relations_imported", "", details=details, at=now)
    return done


def _parsed(lines: Iterable[str], done: RelationsImport) -> Iterator[tuple[int, int]]:
    for number, line in enumerate(lines, start=1):
        try:
            relation = parse_relation(line)
        except ProviderInvalid as error:
            done.rejected += 1
            if len(done.rejections) < KEPT_REJECTIONS:
                done.rejections.append((number, error.message))
            continue
        if relation is not None:
            yield relation
        elif line.strip() and not line.startswith("#"):
            done.peers += 1
