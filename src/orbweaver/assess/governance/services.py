"""Verbs on versions of the criteria: draft, change, sign, take into use, call off. One transaction each, audited."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from orbweaver.assess import criteria
from orbweaver.assess.governance.errors import DraftChanged, NotADraft, SignaturesMissing
from orbweaver.assess.governance.keys import TextSignature, from_json
from orbweaver.assess.governance.messages import (
    DRAFT_CHANGED,
    IN_EFFECT,
    INSTANT_PASSED,
    KEY_DOES_NOT_COUNT,
    MAY_NOT_CALL_OFF,
    MAY_NOT_CHANGE,
    MAY_NOT_DRAFT,
    MAY_NOT_SIGN,
    MAY_NOT_TAKE_INTO_USE,
    NO_SUCH_DRAFT,
    NOT_A_DRAFT,
    NOT_SCHEDULED,
    NOT_SIGNED,
    NUMBER_TAKEN,
    OTHER_NUMBER,
    OTHER_SIGNATURE,
    REASON_MISSING,
    SIGNS_FOR_NOBODY,
    TEXT_CHANGED,
)
from orbweaver.assess.governance.models import CriteriaVersion, Signature
from orbweaver.assess.governance.proving import CALLED_OFF, TAKEN, keyring, proved_capacities
from orbweaver.assess.governance.rules import Capacity, capacity_of, missing_signatures
from orbweaver.errors import Conflict, InvalidInput, Message, NotAllowed
from orbweaver.people.accounts.agreements import may_sign_under
from orbweaver.people.accounts.messages import NO_AGREEMENT
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record


@transaction.atomic
def draft(text: str, *, purpose: str, by: User, now: dt.datetime) -> CriteriaVersion:
    """A new draft. Raises CriteriaInvalid (all that is wrong with the text), Conflict when its number is taken."""
    _require(by, Permission.CRITERIA_EDIT, MAY_NOT_DRAFT)
    if not purpose.strip():
        raise InvalidInput(REASON_MISSING)
    read = criteria.load(text)
    _refuse_taken(read.version, text)
    try:
        with transaction.atomic():
            row = CriteriaVersion.objects.create(
                number=read.version,
                text=text,
                digest=criteria.digest(text),
                purpose=purpose.strip(),
                drafted_by=by,
                drafted_at=now,
                changed_at=now,
            )
    except IntegrityError:
        raise Conflict(NUMBER_TAKEN) from None
    record("criteria.drafted", row.public_id, actor=by, details=_about(row), at=now)
    return row


def _refuse_taken(number: str, text: str) -> None:
    """Of those that come with the program the one in force before any is not signed again; others are, as they are."""
    if number == criteria.current_version() or CriteriaVersion.objects.filter(number=number).exists():
        raise Conflict(NUMBER_TAKEN)
    _refuse_other_text(number, text)


def _refuse_other_text(number: str, text: str) -> None:
    """One number is one text, also where the program brings it."""
    if number in criteria.packaged_versions() and text != criteria.version_text(number):
        raise Conflict(NUMBER_TAKEN)


@transaction.atomic
def change_draft(number: str, text: str, *, seen_digest: str, by: User, now: dt.datetime) -> CriteriaVersion:
    """Another text for a draft. Signatures given so far are kept and no longer count.

    Raises DraftChanged when somebody else changed it first, NotADraft once it was taken into use, CriteriaInvalid, or
    Conflict when the text carries another version's number.
    """
    _require(by, Permission.CRITERIA_EDIT, MAY_NOT_CHANGE)
    row = _locked_draft(number)
    if row.digest != seen_digest:
        raise DraftChanged(DRAFT_CHANGED)
    read = criteria.load(text)
    if read.version != number:
        raise Conflict(OTHER_NUMBER)
    _refuse_other_text(number, text)
    row.text, row.digest, row.changed_at = text, criteria.digest(text), now
    row.save(update_fields=["text", "digest", "changed_at"])
    record("criteria.changed", row.public_id, actor=by, details=_about(row), at=now)
    return row


@transaction.atomic
def sign(number: str, *, digest: str, document: str, by: User, now: dt.datetime) -> Signature:
    """Agree, for one's organisation, to the text that has this digest (R66); signing again changes nothing.

    ``document`` is the signature that the holder's own key made (``orbweaver criteria sign``). Raises NotAllowed (no
    right, no valid agreement, neither a government nor a hotline, or a key that does not count), InvalidInput for what
    is no signature of this text, DraftChanged when the text is no longer the one that was read, NotADraft once it was
    taken into use.
    """
    _require(by, Permission.CRITERIA_SIGN, MAY_NOT_SIGN)
    capacity = _capacity(by, now)
    row = _locked_draft(number)
    if row.digest != digest:
        raise DraftChanged(TEXT_CHANGED)
    _require_signature(document.strip(), row, capacity)
    signature, is_new = Signature.objects.get_or_create(
        version=row,
        digest=digest,
        signed_by=by,
        defaults={
            "capacity": capacity,
            "organisation": by.organisation,
            "document": document.strip(),
            "signed_at": now,
        },
    )
    if is_new:
        record("criteria.signed", row.public_id, actor=by, details=_about(row) | {"for": capacity.value}, at=now)
    return signature


def _require_signature(document: str, row: CriteriaVersion, capacity: Capacity) -> None:
    given = from_json(document)
    if not isinstance(given, TextSignature) or (given.version, given.digest, given.capacity) != (
        row.number,
        row.digest,
        capacity.value,
    ):
        raise InvalidInput(OTHER_SIGNATURE)
    if not keyring().counts(given.key, capacity):
        raise NotAllowed(KEY_DOES_NOT_COUNT)


def _capacity(person: User, now: dt.datetime) -> Capacity:
    home = person.organisation
    capacity = capacity_of(home.kind)
    if capacity is None:
        raise NotAllowed(SIGNS_FOR_NOBODY)
    if not may_sign_under(home, now):
        raise NotAllowed(NO_AGREEMENT)
    return capacity


@transaction.atomic
def take_into_use(number: str, *, at: dt.datetime | None, by: User, now: dt.datetime) -> CriteriaVersion:
    """Let decisions follow a signed version, at once (``at`` None) or from an instant to come.

    Items that were taken up before keep the version they have. Raises SignaturesMissing, NotADraft when it was taken
    into use before, InvalidInput for an instant that has passed, CriteriaInvalid when it breaks a law of today.
    """
    _require(by, Permission.CRITERIA_USE, MAY_NOT_TAKE_INTO_USE)
    row = _locked_draft(number)
    missing = missing_signatures(proved_capacities(row))
    if missing:
        names = " and ".join(f"a {each.value}" for each in missing)
        raise SignaturesMissing(NOT_SIGNED.of(who=names))
    if at is not None and at < now:
        raise InvalidInput(INSTANT_PASSED)
    criteria.load(row.text)  # the laws may have grown since it was drafted
    row.takes_effect_at, row.taken_into_use_by = at or now, by
    row.save(update_fields=["takes_effect_at", "taken_into_use_by"])
    details = _about(row) | {"takes_effect_at": row.takes_effect_at.isoformat()}
    record(TAKEN, row.public_id, actor=by, details=details, at=now)
    return row


@transaction.atomic
def call_off(number: str, *, by: User, now: dt.datetime) -> CriteriaVersion:
    """Take back what is to take effect later. Raises NotADraft once it has taken effect, InvalidInput otherwise."""
    _require(by, Permission.CRITERIA_USE, MAY_NOT_CALL_OFF)
    row = _locked(number)
    if row.takes_effect_at is None:
        raise InvalidInput(NOT_SCHEDULED)
    if row.takes_effect_at <= now:
        raise NotADraft(IN_EFFECT)
    row.takes_effect_at, row.taken_into_use_by = None, None
    row.save(update_fields=["takes_effect_at", "taken_into_use_by"])
    record(CALLED_OFF, row.public_id, actor=by, details=_about(row), at=now)
    return row


def _require(person: User, permission: Permission, refusal: Message) -> None:
    if not person.may(permission):
        raise NotAllowed(refusal)


def _locked(number: str) -> CriteriaVersion:
    row = CriteriaVersion.objects.select_for_update().filter(number=number).first()
    if row is None:
        raise InvalidInput(NO_SUCH_DRAFT)
    return row


def _locked_draft(number: str) -> CriteriaVersion:
    row = _locked(number)
    if row.takes_effect_at is not None:
        raise NotADraft(NOT_A_DRAFT)
    return row


def _about(row: CriteriaVersion) -> dict[str, str]:
    """The number and the digest of the text, which is no secret: whoever checks the log can tell what was signed."""
    return {"version": row.number, "digest": row.digest}
