"""Verbs on versions of the criteria: draft, change, sign, take into use, call off. One transaction each, audited."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from orbweaver.assess import criteria
from orbweaver.assess.governance.errors import DraftChanged, NotADraft, SignaturesMissing
from orbweaver.assess.governance.models import CriteriaVersion, Signature
from orbweaver.assess.governance.rules import Capacity, capacity_of, missing_signatures
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission, agreement_is_current
from orbweaver.people.audit.services import record


@transaction.atomic
def draft(text: str, *, purpose: str, by: User, now: dt.datetime) -> CriteriaVersion:
    """A new draft. Raises CriteriaInvalid (all that is wrong with the text), Conflict when its number is taken."""
    _require(by, Permission.CRITERIA_EDIT, "Only criteria editors draft versions of the criteria.")
    if not purpose.strip():
        raise InvalidInput("Say why this version is drafted; those who sign it read that first.")
    read = criteria.load(text)
    _refuse_taken(read.version)
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
        raise Conflict(_TAKEN) from None
    record("criteria.drafted", row.public_id, actor=by, details=_about(row), at=now)
    return row


_TAKEN = "A version of this number is here already. A changed file is a new version: give it a new number."


def _refuse_taken(number: str) -> None:
    if number in criteria.packaged_versions() or CriteriaVersion.objects.filter(number=number).exists():
        raise Conflict(_TAKEN)


@transaction.atomic
def change_draft(number: str, text: str, *, seen_digest: str, by: User, now: dt.datetime) -> CriteriaVersion:
    """Another text for a draft. Signatures given so far are kept and no longer count.

    Raises DraftChanged when somebody else changed it first, NotADraft once it was taken into use, CriteriaInvalid, or
    Conflict when the text carries another version's number.
    """
    _require(by, Permission.CRITERIA_EDIT, "Only criteria editors change drafts of the criteria.")
    row = _locked_draft(number)
    if row.digest != seen_digest:
        raise DraftChanged("Somebody changed this draft after you opened it. Nothing was saved; look at it again.")
    read = criteria.load(text)
    if read.version != number:
        raise Conflict(
            "The file carries another number than this draft. Keep the number, or draft it as a new version."
        )
    row.text, row.digest, row.changed_at = text, criteria.digest(text), now
    row.save(update_fields=["text", "digest", "changed_at"])
    record("criteria.changed", row.public_id, actor=by, details=_about(row), at=now)
    return row


@transaction.atomic
def sign(number: str, *, digest: str, by: User, now: dt.datetime) -> Signature:
    """Agree, for one's organisation, to the text that has this digest (R66); signing again changes nothing.

    Raises NotAllowed (no right, no valid agreement, or neither a government nor a hotline), DraftChanged when the text
    is no longer the one that was read, NotADraft once it was taken into use.
    """
    _require(by, Permission.CRITERIA_SIGN, "Only criteria editors sign versions of the criteria.")
    capacity = _capacity(by, now)
    row = _locked_draft(number)
    if row.digest != digest:
        raise DraftChanged("The text changed after you read it. Nothing was signed; read it again.")
    signature, is_new = Signature.objects.get_or_create(
        version=row,
        digest=digest,
        signed_by=by,
        defaults={"capacity": capacity, "organisation": by.organisation, "signed_at": now},
    )
    if is_new:
        record("criteria.signed", row.public_id, actor=by, details=_about(row) | {"for": capacity.value}, at=now)
    return signature


def _capacity(person: User, now: dt.datetime) -> Capacity:
    home = person.organisation
    capacity = capacity_of(home.kind)
    if capacity is None:
        raise NotAllowed("Versions of the criteria are signed for a government or for a hotline, by their people.")
    if not agreement_is_current(home.vetted_on, home.agreement_ends_on, now):
        raise NotAllowed("Your organisation has no agreement that is valid today. Ask the administrator to renew it.")
    return capacity


@transaction.atomic
def take_into_use(number: str, *, at: dt.datetime | None, by: User, now: dt.datetime) -> CriteriaVersion:
    """Let decisions follow a signed version, at once (``at`` None) or from an instant to come.

    Items that were taken up before keep the version they have. Raises SignaturesMissing, NotADraft when it was taken
    into use before, InvalidInput for an instant that has passed, CriteriaInvalid when it breaks a law of today.
    """
    _require(by, Permission.CRITERIA_USE, "Only a hotline manager or the administrator takes criteria into use.")
    row = _locked_draft(number)
    signed = row.signatures.filter(digest=row.digest).values_list("capacity", flat=True)
    missing = missing_signatures(signed)
    if missing:
        names = " and ".join(f"a {each.value}" for each in missing)
        raise SignaturesMissing(f"The text is not signed by {names} yet. The version in force stays as it is.")
    if at is not None and at < now:
        raise InvalidInput("That instant has passed. Leave it empty to take the version into use now.")
    criteria.load(row.text)  # the laws may have grown since it was drafted
    row.takes_effect_at, row.taken_into_use_by = at or now, by
    row.save(update_fields=["takes_effect_at", "taken_into_use_by"])
    details = _about(row) | {"takes_effect_at": row.takes_effect_at.isoformat()}
    record("criteria.taken_into_use", row.public_id, actor=by, details=details, at=now)
    return row


@transaction.atomic
def call_off(number: str, *, by: User, now: dt.datetime) -> CriteriaVersion:
    """Take back what is to take effect later. Raises NotADraft once it has taken effect, InvalidInput otherwise."""
    _require(by, Permission.CRITERIA_USE, "Only a hotline manager or the administrator calls a version off.")
    row = _locked(number)
    if row.takes_effect_at is None:
        raise InvalidInput("This version was not going to take effect.")
    if row.takes_effect_at <= now:
        raise NotADraft("This version has taken effect: decisions carry it. Draft a new one to change what holds.")
    row.takes_effect_at, row.taken_into_use_by = None, None
    row.save(update_fields=["takes_effect_at", "taken_into_use_by"])
    record("criteria.called_off", row.public_id, actor=by, details=_about(row), at=now)
    return row


def _require(person: User, permission: Permission, refusal: str) -> None:
    if not person.may(permission):
        raise NotAllowed(refusal)


def _locked(number: str) -> CriteriaVersion:
    row = CriteriaVersion.objects.select_for_update().filter(number=number).first()
    if row is None:
        raise InvalidInput("There is no such draft of the criteria.")
    return row


def _locked_draft(number: str) -> CriteriaVersion:
    row = _locked(number)
    if row.takes_effect_at is not None:
        raise NotADraft("This version was taken into use; its text stays as it was signed.")
    return row


def _about(row: CriteriaVersion) -> dict[str, str]:
    """The number and the digest of the text, which is no secret: whoever checks the log can tell what was signed."""
    return {"version": row.number, "digest": row.digest}
