"""Which version of the criteria holds, and all there are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from orbweaver.assess import criteria
from orbweaver.assess.criteria import Criteria
from orbweaver.assess.governance.messages import NO_SUCH_DRAFT
from orbweaver.assess.governance.models import CriteriaVersion, Signature
from orbweaver.assess.governance.proving import counts, is_proved, proved_capacities, taken_into_use
from orbweaver.assess.governance.rules import Capacity, State, missing_signatures, state_of
from orbweaver.errors import InvalidInput


@lru_cache(maxsize=32)
def _read(text: str) -> Criteria:
    return criteria.load_signed(text)


def _row_in_force(now: dt.datetime) -> CriteriaVersion | None:
    """The newest that took effect, by the audit log, and is signed by keys that count: rows alone bring nothing into
    force, and put no earlier version back."""
    taken = [(at, number) for number, at in taken_into_use().items() if at <= now]
    rows = (CriteriaVersion.objects.filter(public_id=number).first() for _, number in sorted(taken, reverse=True))
    return next((row for row in rows if row is not None and is_proved(row)), None)


def in_force(now: dt.datetime) -> Criteria:
    """The criteria by which an item is decided that is first taken up at ``now``.

    The version that took effect last; the one that comes with the program where none did.
    """
    row = _row_in_force(now)
    return _read(row.text) if row else criteria.current()


def version(number: str) -> Criteria:
    """The criteria of this number, drafts too. Raises CriteriaInvalid when there is none."""
    return _read(text_of(number))


def text_of(number: str) -> str:
    """The file of this version, as signed. Raises CriteriaInvalid when there is none."""
    row = CriteriaVersion.objects.filter(number=number).first()
    return row.text if row else criteria.version_text(number)


def row_of(number: str) -> CriteriaVersion:
    """The version that was drafted here under this number. Raises InvalidInput when there is none."""
    row = CriteriaVersion.objects.select_related("drafted_by", "taken_into_use_by").filter(number=number).first()
    if row is None:
        raise InvalidInput(NO_SUCH_DRAFT)
    return row


@dataclass(frozen=True)
class SignatureView:
    """One signature; ``counts`` when it is about the text as it stands, and keys that count signed it so."""

    capacity: Capacity
    person: str
    person_id: str
    organisation: str
    signed_at: dt.datetime
    digest: str
    counts: bool


@dataclass(frozen=True)
class VersionView:
    """One version with what was done to it. The version of the program has no dates and nobody who drafted it."""

    number: str
    title: str
    digest: str
    state: State
    purpose: str
    drafted_by: str
    drafted_at: dt.datetime | None
    takes_effect_at: dt.datetime | None
    taken_into_use_by: str
    signatures: tuple[SignatureView, ...]
    missing: tuple[Capacity, ...]
    comes_with_the_program: bool = False


def versions(now: dt.datetime) -> list[VersionView]:
    """All versions: drafts first, then by when they took effect, newest first; that of the program last."""
    rows = CriteriaVersion.objects.select_related("drafted_by", "taken_into_use_by").order_by("-pk")
    current = _row_in_force(now)
    shown = [_view(row, current, now) for row in rows]
    shown.sort(key=lambda each: (each.takes_effect_at is None, each.takes_effect_at or each.drafted_at), reverse=True)
    return [*shown, _packaged(current)]


def view(number: str, now: dt.datetime) -> VersionView:
    """One version. Raises CriteriaInvalid when there is none."""
    current = _row_in_force(now)
    row = CriteriaVersion.objects.select_related("drafted_by", "taken_into_use_by").filter(number=number).first()
    if row is not None:
        return _view(row, current, now)
    criteria.version_text(number)
    return _packaged(current)


def _packaged(current: CriteriaVersion | None) -> VersionView:
    packaged = criteria.current()
    return VersionView(
        number=packaged.version,
        title=packaged.title,
        digest=criteria.digest(criteria.version_text(packaged.version)),
        state=State.REPLACED if current else State.IN_FORCE,
        purpose="",
        drafted_by="",
        drafted_at=None,
        takes_effect_at=None,
        taken_into_use_by="",
        signatures=(),
        missing=(),
        comes_with_the_program=True,
    )


def _view(row: CriteriaVersion, current: CriteriaVersion | None, now: dt.datetime) -> VersionView:
    signatures = tuple(_signature(each, row) for each in _signatures(row))
    signed = sorted(proved_capacities(row))
    return VersionView(
        number=row.number,
        title=_read(row.text).title,
        digest=row.digest,
        state=state_of(
            signed=signed,
            takes_effect_at=taken_into_use().get(row.public_id),  # a row alone never held, and is not replaced either
            in_force=current is not None and current.pk == row.pk,
            now=now,
        ),
        purpose=row.purpose,
        drafted_by=row.drafted_by.display_name,
        drafted_at=row.drafted_at,
        takes_effect_at=row.takes_effect_at,
        taken_into_use_by=row.taken_into_use_by.display_name if row.taken_into_use_by else "",
        signatures=signatures,
        missing=missing_signatures(signed),
    )


def _signatures(row: CriteriaVersion) -> list[Signature]:
    return list(row.signatures.select_related("signed_by", "organisation").order_by("pk"))


def _signature(each: Signature, row: CriteriaVersion) -> SignatureView:
    return SignatureView(
        capacity=Capacity(each.capacity),
        person=each.signed_by.display_name,
        person_id=each.signed_by.public_id,
        organisation=each.organisation.name,
        signed_at=each.signed_at,
        digest=each.digest,
        counts=each.digest == row.digest and counts(row, each.document),
    )
