"""Passkeys, answered by an authenticator of the test's own: what opens, and what does not."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.accounts import passkeys, second_factor
from orbweaver.people.accounts.models import Passkey, User
from orbweaver.people.accounts.rules import Role
from orbweaver.platform.clock import real_now

pytestmark = pytest.mark.django_db

HERE = "https://hotline.example"
PRESENT, VERIFIED, WITH_KEY = 1, 4, 64


@dataclass
class Authenticator:
    """One key pair of a phone, and the browser in front of it (WebAuthn, level 2, 6.1 and 6.5)."""

    origin: str = HERE
    flags: int = PRESENT | VERIFIED
    count: int = 0
    identity: bytes = b"one phone's key."
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def made(self, asked: dict[str, Any]) -> str:
        """The answer to a question for a new passkey."""
        key = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))  # type: ignore[no-untyped-call]
        data = self._data(WITH_KEY) + bytes(16) + len(self.identity).to_bytes(2, "big") + self.identity + key
        whole = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked)
        return self._answer({"clientDataJSON": websafe_encode(client), "attestationObject": websafe_encode(whole)})

    def proof(self, asked: dict[str, Any]) -> str:
        """The answer to a question for a passkey that is kept."""
        self.count += bool(self.count)
        data, client = self._data(0), self._client("webauthn.get", asked)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signed}
        return self._answer({name: websafe_encode(part) for name, part in parts.items()})

    def _data(self, more: int) -> bytes:
        return hashlib.sha256(b"hotline.example").digest() + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, asked: dict[str, Any]) -> bytes:
        challenge = asked["publicKey"]["challenge"]
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict[str, str]) -> str:
        number = websafe_encode(self.identity)
        return json.dumps({"id": number, "rawId": number, "type": "public-key", "response": response})


@pytest.fixture
def ann(make_person: Any, set_config: Any) -> User:
    set_config(base_url=HERE)
    person: User = make_person("Ann", Role.ANALYST)
    return person


@pytest.fixture
def phone(ann: User) -> Authenticator:
    made = Authenticator()
    asked, state = passkeys.begin_adding(ann)
    passkeys.add(ann, state, made.made(asked), " my phone ")
    return made


def test_a_passkey_says_who_signs_in_and_counts_as_a_second_factor(ann: User, phone: Authenticator) -> None:
    assert second_factor.has_one(ann)
    assert not second_factor.has_codes(ann)
    asked, state = passkeys.begin_asking()
    assert passkeys.who_answers(state, phone.proof(asked)) == ann
    kept = Passkey.objects.get()
    assert (kept.name, kept.used_at is None) == ("my phone", False)


def test_another_site_s_question_opens_nothing(ann: User, phone: Authenticator) -> None:
    phone.origin = "https://hotline.example.evil.example"
    asked, state = passkeys.begin_asking()
    with pytest.raises(InvalidInput):
        passkeys.who_answers(state, phone.proof(asked))


def test_an_answer_to_an_earlier_question_opens_nothing(ann: User, phone: Authenticator) -> None:
    earlier, _ = passkeys.begin_asking()
    _, state = passkeys.begin_asking()
    with pytest.raises(InvalidInput):
        passkeys.who_answers(state, phone.proof(earlier))


def test_the_same_answer_opens_nothing_again(ann: User, phone: Authenticator) -> None:
    asked, state = passkeys.begin_asking()
    answer = phone.proof(asked)
    assert passkeys.who_answers(state, answer) == ann
    with pytest.raises(InvalidInput):
        passkeys.who_answers(state, answer)


def test_a_clock_that_was_ahead_at_the_last_use_shuts_nobody_out(ann: User, phone: Authenticator) -> None:
    Passkey.objects.update(used_at=real_now() + dt.timedelta(days=1000))
    asked, state = passkeys.begin_asking()
    assert passkeys.who_answers(state, phone.proof(asked)) == ann


def test_a_phone_without_its_owner_s_finger_opens_nothing(ann: User, phone: Authenticator) -> None:
    phone.flags = PRESENT
    asked, state = passkeys.begin_asking()
    with pytest.raises(InvalidInput):
        passkeys.who_answers(state, phone.proof(asked))


def test_another_key_with_the_same_number_opens_nothing(ann: User, phone: Authenticator) -> None:
    asked, state = passkeys.begin_asking()
    with pytest.raises(InvalidInput):
        passkeys.who_answers(state, Authenticator().proof(asked))


def test_a_copy_that_counts_behind_opens_nothing(ann: User, phone: Authenticator) -> None:
    phone.count = 7
    for is_copy in (False, True):
        phone.count -= is_copy
        asked, state = passkeys.begin_asking()
        if not is_copy:
            assert passkeys.who_answers(state, phone.proof(asked)) == ann
            continue
        phone.count -= 1
        with pytest.raises(InvalidInput):
            passkeys.who_answers(state, phone.proof(asked))


def test_who_is_switched_off_is_not_let_in(ann: User, phone: Authenticator) -> None:
    User.objects.update(is_active=False)
    asked, state = passkeys.begin_asking()
    with pytest.raises(InvalidInput):
        passkeys.who_answers(state, phone.proof(asked))


@pytest.mark.parametrize(
    "answer", ["", "{", "[]", "null", '{"id": 1}', '{"id":"AA","rawId":"AA","response":{}}', "x" * 30_000, "[" * 19_000]
)
def test_what_is_no_answer_is_refused(ann: User, phone: Authenticator, answer: str) -> None:
    _, state = passkeys.begin_asking()
    with pytest.raises(InvalidInput):
        passkeys.who_answers(state, answer)
    with pytest.raises(InvalidInput):
        passkeys.add(ann, state, answer, "a name")


@pytest.mark.parametrize("made", [b"\x81" * 9_000, b"\x1b\x00", b"\xa1\x63fmt", b"\xff", b""])
def test_a_made_key_that_is_no_cbor_is_refused(ann: User, made: bytes) -> None:
    phone = Authenticator()
    asked, state = passkeys.begin_adding(ann)
    answer = json.loads(phone.made(asked))
    answer["response"]["attestationObject"] = websafe_encode(made)
    with pytest.raises(InvalidInput):
        passkeys.add(ann, state, json.dumps(answer), "a name")


def test_a_question_for_a_new_passkey_proves_nothing(ann: User, phone: Authenticator) -> None:
    asked, state = passkeys.begin_adding(ann)
    with pytest.raises(InvalidInput):
        passkeys.who_answers(state, phone.proof(asked))


def test_a_passkey_is_kept_once(ann: User, phone: Authenticator) -> None:
    asked, state = passkeys.begin_adding(ann)
    with pytest.raises(InvalidInput):
        passkeys.add(ann, state, phone.made(asked), "again")


def test_ten_are_enough(ann: User) -> None:
    for number in range(passkeys.MOST):
        asked, state = passkeys.begin_adding(ann)
        passkeys.add(ann, state, Authenticator(identity=b"key number %d" % number).made(asked), "one of ten")
    with pytest.raises(Conflict):
        passkeys.begin_adding(ann)


@pytest.mark.parametrize(
    ("address", "can"),
    [
        ("https://hotline.example", True),
        ("http://localhost:8431", True),
        ("http://hotline.example", False),
        ("http://127.0.0.1:8431", False),
        ("https://192.0.2.7", False),
        ("https://[2001:db8::1]", False),
    ],
)
def test_an_address_of_numbers_or_in_clear_has_none(set_config: Any, address: str, can: bool) -> None:
    set_config(base_url=address)
    assert passkeys.can_be_used() is can
    if not can:
        with pytest.raises(Conflict):
            passkeys.begin_asking()


def test_turning_the_second_factor_off_takes_passkeys_too(ann: User, phone: Authenticator) -> None:
    assert second_factor.remove(ann)
    assert not second_factor.has_one(ann)
    assert not Passkey.objects.exists()
