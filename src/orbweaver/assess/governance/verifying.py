"""Every signature of every version, looked at again: by the keys, the texts and the audit log, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orbweaver.assess import criteria
from orbweaver.assess.governance.keys import TextSignature, from_json
from orbweaver.assess.governance.messages import (
    BY_A_KEY_THAT_DOES_NOT_COUNT,
    OF_ANOTHER_TEXT,
    SIGNATURE_FORGED,
    STANDS_OTHERWISE_IN_LOG,
    STANDS_UNSIGNED,
    TEXT_EXCHANGED,
)
from orbweaver.assess.governance.models import CriteriaVersion, Signature
from orbweaver.assess.governance.proving import keyring, otherwise_in_log, unproved
from orbweaver.assess.governance.rules import Capacity
from orbweaver.errors import InvalidInput, Message


@dataclass(frozen=True, slots=True)
class Verified:
    """How much was looked at, and what is not as it should be."""

    versions: int
    signatures: int
    found: tuple[Message, ...]


def verify() -> Verified:
    """All of it. The version that comes with the program has no signatures."""
    rows = list(CriteriaVersion.objects.order_by("pk"))
    signatures = list(Signature.objects.select_related("version", "signed_by").order_by("version", "pk"))
    found = [
        *(message for row in rows for message in _text(row)),
        *(message for each in signatures for message in _signature(each)),
        *(STANDS_UNSIGNED.of(version=number) for number in unproved()),
        *(STANDS_OTHERWISE_IN_LOG.of(version=number) for number in otherwise_in_log()),
    ]
    return Verified(len(rows), len(signatures), tuple(found))


def _text(row: CriteriaVersion) -> Iterator[Message]:
    if criteria.digest(row.text) != row.digest:
        yield TEXT_EXCHANGED.of(version=row.number)


def _signature(row: Signature) -> Iterator[Message]:
    version, person = row.version.number, row.signed_by.display_name
    try:
        given = from_json(row.document)
    except InvalidInput:
        yield SIGNATURE_FORGED.of(version=version, person=person)
        return
    if not isinstance(given, TextSignature):
        yield SIGNATURE_FORGED.of(version=version, person=person)
    elif (given.version, given.digest, given.capacity) != (version, row.digest, row.capacity):
        yield OF_ANOTHER_TEXT.of(version=version, person=person, of=given.version, digest=given.digest[:16])
    elif not keyring().counts(given.key, Capacity(given.capacity)):
        yield BY_A_KEY_THAT_DOES_NOT_COUNT.of(version=version, person=person)
