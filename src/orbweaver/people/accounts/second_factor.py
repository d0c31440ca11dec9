"""A second factor beside the password: a code from an app (RFC 6238), or one of the codes for when the phone is lost.

A passkey counts as one, too (``passkeys``).

The app's secret stands in no table: it is derived from the installation's pepper and a random value that is kept, so
the database alone gives nobody a code. A code opens once, and wrong ones are counted where passwords are.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from django.db import transaction

from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.people.accounts.messages import CODE_WRONG, FACTOR_KEPT, FACTOR_MISSING
from orbweaver.people.accounts.models import SecondFactor, User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.settings import HotlineSettings, SignInSettings
from orbweaver.platform.clock import real_now
from orbweaver.platform.runtime.secrets import api_key_pepper
from orbweaver.platform.settings import PlatformSettings

STEP_S: Final = 30
DIGITS: Final = 6
DRIFT: Final = 1
"""Steps by which the phone's clock may be off, either way."""
SPARE_CODES: Final = 8
SECRET_LENGTH: Final = 20

PROTECTED: Final = frozenset(
    {
        Permission.ITEM_READ,
        Permission.SERIES_READ,
        Permission.LIST_READ,
        Permission.LIST_EDIT,
        Permission.URGENT_HANDLE,
        Permission.SURVIVOR_HANDLE,
        Permission.CRITERIA_SIGN,
        Permission.PEOPLE_EDIT,
        Permission.KEY_EDIT,
    }
)
"""Who may do one of these sees items, lists or referrals, signs, or decides who may: a password alone is too little."""


@dataclass(frozen=True)
class Enrolment:
    """What an app is given: the secret in base32, and the same as an address that phones open."""

    secret: str
    address: str


def is_asked_of(person: User) -> bool:
    """Whether this installation wants a second factor of this person."""
    return SignInSettings.current().second_factor_required and bool(person.permissions & PROTECTED)


def has_one(person: User) -> bool:
    """Whether this person's password alone opens nothing: a code or a passkey is needed as well."""
    return has_codes(person) or person.passkeys.exists()


def has_codes(person: User) -> bool:
    """Whether this person has an app for codes."""
    return SecondFactor.objects.filter(person=person, confirmed_at__isnull=False).exists()


def begin(person: User) -> Enrolment:
    """A secret for this person's app; the same until it is confirmed. Raises NotAllowed where one is in use."""
    row, _ = SecondFactor.objects.get_or_create(person=person, defaults={"salt": secrets.token_bytes(SECRET_LENGTH)})
    if row.confirmed_at is not None:
        raise NotAllowed(FACTOR_KEPT)
    secret = base64.b32encode(_secret(row)).decode()
    issuer = HotlineSettings.current().hotline_name
    query = urlencode({"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP_S}, quote_via=quote)
    return Enrolment(secret, f"otpauth://totp/{quote(f'{issuer}:{person.email}')}?{query}")


@transaction.atomic
def confirm(person: User, code: str) -> list[str]:
    """The app shows this code: from now on sign-ins need one. Returns spare codes, shown this once.

    Raises InvalidInput for a code that is not right now, NotAllowed where nothing was begun or one is in use.
    """
    row = SecondFactor.objects.select_for_update().filter(person=person).first()
    if row is None or row.confirmed_at is not None:
        raise NotAllowed(FACTOR_MISSING if row is None else FACTOR_KEPT)
    if not _takes(row, code):
        raise InvalidInput(CODE_WRONG)
    row.confirmed_at = real_now()
    spare = [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(SPARE_CODES)]
    row.spare_codes = [_spare_digest(row, each) for each in spare]
    row.save()
    return spare


@transaction.atomic
def opens(person: User, code: str) -> bool:
    """Whether this code, of the app or a spare one, opens a sign-in; it does once."""
    row = SecondFactor.objects.select_for_update().filter(person=person, confirmed_at__isnull=False).first()
    if row is None:
        return False
    if _takes(row, code):
        row.save(update_fields=["last_step"])
        return True
    spent = _spare_digest(row, code.strip().lower())
    kept = [bytes(each) for each in row.spare_codes]
    if not any(hmac.compare_digest(each, spent) for each in kept):
        return False
    row.spare_codes = [each for each in kept if each != spent]
    row.save(update_fields=["spare_codes"])
    return True


def spare_codes_left(person: User) -> int:
    """How many spare codes are unused."""
    row = SecondFactor.objects.filter(person=person).first()
    return len(row.spare_codes) if row else 0


@transaction.atomic
def remove(person: User) -> bool:
    """Sign-ins need the password alone again, and all that are open end; whether there was a second factor."""
    had_one = has_one(person)
    SecondFactor.objects.filter(person=person).delete()
    person.passkeys.all().delete()
    if had_one:
        person.session_epoch += 1
        person.save(update_fields=["session_epoch"])
    return had_one


def code_at(secret: bytes, step: int) -> str:
    """The code of a step of time (RFC 4226, 5.3; RFC 6238)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def _takes(row: SecondFactor, code: str) -> bool:
    """Whether the app shows this code now, and it was not used; notes its step in the row, not saved."""
    given = "".join(code.split())
    if len(given) != DIGITS or not given.isascii():
        return False
    now = int(real_now().timestamp()) // STEP_S
    for step in range(now - DRIFT, now + DRIFT + 1):
        if step > row.last_step and hmac.compare_digest(code_at(_secret(row), step), given):
            row.last_step = step
            return True
    return False


def _secret(row: SecondFactor) -> bytes:
    pepper = api_key_pepper(PlatformSettings.current().keys_path)
    return hmac.digest(pepper, b"orbweaver.second_factor." + bytes(row.salt), "sha256")[:SECRET_LENGTH]


def _spare_digest(row: SecondFactor, code: str) -> bytes:
    pepper = api_key_pepper(PlatformSettings.current().keys_path)
    return hmac.digest(pepper, b"orbweaver.spare_code." + bytes(row.salt) + code.encode(), "sha256")
