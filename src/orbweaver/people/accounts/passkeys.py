"""Passkeys (WebAuthn, level 2): a key pair that a person's phone or security key keeps, opened by its finger or PIN.

One is both factors: whoever signs in with it needs no password. It answers to this installation's own address alone,
so a page that only looks like ours gets nothing. What is kept here, a public key, opens nothing.
"""

from __future__ import annotations

import datetime as dt
import json
import struct
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from django.db import IntegrityError, transaction
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.accounts.messages import PASSKEY_KNOWN, PASSKEY_REFUSED, PASSKEYS_MANY, PASSKEYS_NEED_NAME
from orbweaver.people.accounts.models import Passkey, User
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.clock import real_now
from orbweaver.platform.network.domains import is_address
from orbweaver.platform.settings import PlatformSettings

MOST: Final = 10
"""Passkeys of one person; what they carry is checked one by one at a sign-in."""
LONGEST_ANSWER: Final = 20_000
"""Characters of a browser's answer; the longest that we saw has 2,000, with an attestation."""
VERIFIED: Final = UserVerificationRequirement.REQUIRED
"""The finger, face or PIN is asked for each time: a phone that was found opens nothing."""

State = dict[str, Any]
"""What the server keeps of a question until it is answered."""
ASKED_AT: Final = "asked_at"
"""In the state of a question to a passkey: when it was asked, in seconds since 1970."""


def can_be_used() -> bool:
    """Whether browsers make passkeys for this installation: its address is a name, and encrypted or this machine's."""
    address = urlsplit(PlatformSettings.current().base_url)
    host = address.hostname or ""
    return not is_address(host) and (address.scheme == "https" or host == "localhost")


def begin_adding(person: User) -> tuple[dict[str, Any], State]:
    """What a browser is asked for a new passkey. Raises Conflict where none can be used, or there are ten."""
    server = _server()
    kept = [_key_of(each) for each in person.passkeys.all()]
    if len(kept) >= MOST:
        raise Conflict(PASSKEYS_MANY.of(most=MOST))
    user = PublicKeyCredentialUserEntity(
        id=person.public_id.encode(), name=person.email, display_name=person.display_name
    )
    asked, state = server.register_begin(
        user, kept, resident_key_requirement=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
    )
    return dict(asked), state


def add(person: User, state: State, answer: str, name: str) -> Passkey:
    """Keep the passkey that the browser made. Raises InvalidInput for an answer that is none to this question."""
    try:
        made = _server().register_complete(state, _read(answer))
        assert made.credential_data is not None
        with transaction.atomic():
            return Passkey.objects.create(
                person=person,
                name=name.strip()[:60],
                credential_id=made.credential_data.credential_id,
                public_key=bytes(made.credential_data),
                uses=made.counter,
                added_at=real_now(),
            )
    except IntegrityError:
        raise InvalidInput(PASSKEY_KNOWN) from None
    except _UNREADABLE as error:
        raise InvalidInput(PASSKEY_REFUSED) from error


def begin_asking(person: User | None = None) -> tuple[dict[str, Any], State]:
    """What a browser is asked to prove: that it has a passkey of this person, or any for this address."""
    kept = None if person is None else [_key_of(each) for each in person.passkeys.all()]
    asked, state = _server().authenticate_begin(kept, user_verification=VERIFIED)
    return dict(asked), state | {ASKED_AT: real_now().timestamp()}


@transaction.atomic
def who_answers(state: State, answer: str) -> User:
    """Whose passkey signed this question. Raises InvalidInput for anything else, and where a copy of one is used.

    A passkey that counts its uses must have counted on: one that did not was copied (WebAuthn, 7.2, step 21). Many
    count nothing: so that no answer is taken twice, a question must be younger than the last use.
    """
    try:
        asked_at: float = state[ASKED_AT]
        given = AuthenticationResponse.from_dict(_read(answer))
        passkey = (
            Passkey.objects.select_for_update(of=("self",))
            .select_related("person")
            .get(credential_id=given.raw_id, person__is_active=True)
        )
        _server().authenticate_complete(state, [_key_of(passkey)], given)
    except (*_UNREADABLE, Passkey.DoesNotExist) as error:
        raise InvalidInput(PASSKEY_REFUSED) from error
    uses, at = given.response.authenticator_data.counter, real_now()
    if ((uses or passkey.uses) and uses <= passkey.uses) or _was_used_since(passkey, asked_at, at):
        raise InvalidInput(PASSKEY_REFUSED)
    passkey.uses, passkey.used_at = uses, at
    passkey.save(update_fields=["uses", "used_at"])
    return passkey.person


def _was_used_since(passkey: Passkey, asked_at: float, at: dt.datetime) -> bool:
    """Whether it was used since the question was asked. A last use in the future comes of a wrong clock, and shuts
    nobody out."""
    return passkey.used_at is not None and asked_at <= passkey.used_at.timestamp() <= at.timestamp()


def remove(person: User, number: int) -> bool:
    """Take one of this person's passkeys away; whether it was there."""
    removed, _ = person.passkeys.filter(pk=number).delete()
    return bool(removed)


_UNREADABLE: Final = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    AssertionError,
    NotImplementedError,
    RecursionError,  # brackets within brackets, in JSON or CBOR
    struct.error,  # CBOR that breaks off
    UnsupportedAlgorithm,
)
"""What the library raises for an answer that does not prove what it should, or is none."""


def _read(answer: str) -> Mapping[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError
    read = json.loads(answer)
    if not isinstance(read, dict):
        raise TypeError
    return read


def _key_of(passkey: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(passkey.public_key))


def _server() -> Fido2Server:
    """Raises Conflict where browsers make no passkeys for our address."""
    if not can_be_used():
        raise Conflict(PASSKEYS_NEED_NAME)
    address = urlsplit(PlatformSettings.current().base_url)
    party = PublicKeyCredentialRpEntity(id=address.hostname, name=HotlineSettings.current().hotline_name)
    return Fido2Server(party, verify_origin=lambda origin: origin == f"{address.scheme}://{address.netloc}")
