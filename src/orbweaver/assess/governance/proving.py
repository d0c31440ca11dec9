"""Which versions are signed by keys that count. What the database says of signatures is asked of the keys each time."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import Final

from orbweaver.assess import criteria
from orbweaver.assess.governance.keys import FILE, Keyring, TextSignature, from_json, signed_for
from orbweaver.assess.governance.models import CriteriaVersion
from orbweaver.assess.governance.rules import Capacity, missing_signatures
from orbweaver.errors import InvalidInput
from orbweaver.people.audit.models import Event
from orbweaver.platform.settings import PlatformSettings

TAKEN: Final = "criteria.taken_into_use"
CALLED_OFF: Final = "criteria.called_off"


def keyring() -> Keyring:
    """The keys as the keys folder has them now."""
    folder = PlatformSettings.current().keys_path
    return _ring(folder, _state(folder / FILE))


def proved_capacities(row: CriteriaVersion) -> set[Capacity]:
    """On whose behalf the text is signed, by keys that count. A text that is not what its digest says: nobody's."""
    if criteria.digest(row.text) != row.digest:
        return set()
    return _by(row, tuple(row.signatures.order_by("pk").values_list("document", flat=True)))


def counts(row: CriteriaVersion, document: str) -> bool:
    """Whether this one signature is of the text as it stands, by a key that counts."""
    return bool(_by(row, (document,)))


def _by(row: CriteriaVersion, documents: tuple[str, ...]) -> set[Capacity]:
    folder = PlatformSettings.current().keys_path
    return set(_proved(folder, _state(folder / FILE), row.number, row.digest, documents))


def is_proved(row: CriteriaVersion) -> bool:
    """Whether both a government and a hotline signed exactly this text."""
    return not missing_signatures(proved_capacities(row))


def taken_into_use() -> dict[str, dt.datetime]:
    """From when each version holds, by identifier, as the audit log has it: it belongs to another role than the rows,
    and what is removed from it is found."""
    taken: dict[str, dt.datetime] = {}
    events = Event.objects.filter(kind__in=(TAKEN, CALLED_OFF)).order_by("pk")
    for kind, subject, details in events.values_list("kind", "subject", "details"):
        if kind == TAKEN:
            taken[subject] = dt.datetime.fromisoformat(details["takes_effect_at"])
        else:
            taken.pop(subject, None)
    return taken


def otherwise_in_log() -> list[str]:
    """Numbers of versions of which the rows say another beginning than the audit log, or none, or one alone."""
    taken = taken_into_use()
    rows = CriteriaVersion.objects.order_by("pk").values_list("number", "public_id", "takes_effect_at")
    return [number for number, public_id, at in rows if taken.get(public_id) != at]


def unproved() -> list[str]:
    """Numbers of versions that the database says are in use though keys that count have not signed them."""
    used = CriteriaVersion.objects.filter(takes_effect_at__isnull=False).order_by("pk")
    return [row.number for row in used if not is_proved(row)]


@lru_cache(maxsize=64)
def _proved(
    folder: Path, state: tuple[int, int], number: str, digest: str, documents: tuple[str, ...]
) -> frozenset[Capacity]:
    signatures = []
    for document in documents:
        try:
            given = from_json(document)
        except InvalidInput:
            continue
        if isinstance(given, TextSignature):
            signatures.append(given)
    return frozenset(signed_for(_ring(folder, state), number, digest, signatures))


@lru_cache(maxsize=4)
def _ring(folder: Path, _state: tuple[int, int]) -> Keyring:
    return Keyring(folder)


def _state(path: Path) -> tuple[int, int]:
    """What changes when the file does."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
