"""The keys with which versions of the criteria are signed (R66), and who vouches for them. No Django, no database.

A holder makes a key (Ed25519) on a machine of their own; nobody else ever has it. What they hand in is an enrolment:
who they are, for whom they sign, and the public key, signed by it. A government's key counts once the keys of two
people of the hotline have confirmed that enrolment, having compared its fingerprint with the holder out of band.

All of it lies in ``criteria-keys.jsonl`` of the keys folder, outside the database: whoever has the database and every
password can neither enrol a key nor confirm one, and so signs nothing.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from orbweaver.assess.governance.messages import (
    KEY_KNOWN,
    KEY_UNREADABLE,
    MAY_NOT_CONFIRM,
    NOT_TAKEN_IN,
    UNKNOWN_ENROLMENT,
)
from orbweaver.assess.governance.rules import Capacity
from orbweaver.errors import InvalidInput

FILE: Final = "criteria-keys.jsonl"
CONFIRMED_BY: Final = 2
"""How many people of the hotline vouch for a government's key."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Somebody's public key (hex), and for whom they sign with it."""

    holder: str
    organisation: str
    capacity: str
    key: str
    at: str
    signature: str = ""

    KIND = "enrolment"

    @property
    def signer(self) -> str:
        """The key that signed this: its own, as proof that the holder has it."""
        return self.key


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Somebody vouches for an enrolment, named by the digest of its statement."""

    enrolment: str
    by: str
    at: str
    signature: str = ""

    KIND = "confirmation"

    @property
    def signer(self) -> str:
        """The key of whoever vouches."""
        return self.by


@dataclass(frozen=True, slots=True)
class TextSignature:
    """A holder agrees to one exact text of the criteria."""

    version: str
    digest: str
    capacity: str
    key: str
    at: str
    signature: str = ""

    KIND = "signature of criteria"

    @property
    def signer(self) -> str:
        """The key that signed."""
        return self.key


Signed = TypeVar("Signed", Enrolment, Confirmation, TextSignature)


def statement(signed: Enrolment | Confirmation | TextSignature) -> bytes:
    """What is signed: lines that a person can read."""
    facts = {name: value for name, value in asdict(signed).items() if name != "signature"}
    if any("\n" in value for value in facts.values()):
        raise InvalidInput(NOT_TAKEN_IN)
    return "\n".join((f"orbweaver {signed.KIND}", *(f"{name} {value}" for name, value in facts.items()), "")).encode()


def digest_of(enrolment: Enrolment) -> str:
    """The digest by which a confirmation names it, and which holder and confirmer compare."""
    return hashlib.sha256(statement(enrolment)).hexdigest()


def is_genuine(signed: Enrolment | Confirmation | TextSignature) -> bool:
    """Whether the key that it names signed it."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed.signer))
        key.verify(base64.b64decode(signed.signature, validate=True), statement(signed))
    except (ValueError, InvalidSignature, InvalidInput):
        return False
    return True


def make_key(path: Path, passphrase: str) -> Ed25519PrivateKey:
    """A new private key, encrypted with the passphrase, in a new file (0600). Raises FileExistsError."""
    key = Ed25519PrivateKey.generate()
    encryption = BestAvailableEncryption(passphrase.encode())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return key


def open_key(path: Path, passphrase: str) -> Ed25519PrivateKey:
    """The private key of a file. Raises InvalidInput: no such file, no such key, another passphrase."""
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode())
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(KEY_UNREADABLE)
    return key


def public(key: Ed25519PrivateKey) -> str:
    """Its public key in hexadecimal."""
    return key.public_key().public_bytes_raw().hex()


def signed_with(key: Ed25519PrivateKey, unsigned: Signed) -> Signed:
    """The same with its signature."""
    return replace(unsigned, signature=base64.b64encode(key.sign(statement(unsigned))).decode())


def to_json(signed: Enrolment | Confirmation | TextSignature) -> str:
    """One line, to be handed in."""
    return json.dumps({"kind": signed.KIND} | asdict(signed), ensure_ascii=False)


_KINDS: Final[Mapping[str, Any]] = {each.KIND: each for each in (Enrolment, Confirmation, TextSignature)}


def from_json(text: str) -> Enrolment | Confirmation | TextSignature:
    """What somebody handed in, if its signature is genuine. Raises InvalidInput."""
    try:
        facts = json.loads(text)
        found: Enrolment | Confirmation | TextSignature = _KINDS[facts.pop("kind")](**facts)
        sound = all(isinstance(value, str) for value in facts.values()) and is_genuine(found)
    except (ValueError, TypeError, KeyError, AttributeError):
        sound = False
    if not sound:
        raise InvalidInput(NOT_TAKEN_IN)
    return found


@dataclass(frozen=True, slots=True)
class Key:
    """An enrolled key, and the holders who confirmed it. ``counts``: signatures with it are signatures."""

    enrolment: Enrolment
    confirmed_by: tuple[str, ...]
    counts: bool


class Keyring:
    """What the keys folder says of keys. Lines that are not genuine are as if they were not there."""

    def __init__(self, keys_dir: Path) -> None:
        self._path = keys_dir / FILE
        lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.is_file() else []
        self._enrolled: dict[str, Enrolment] = {}
        self._confirmations: list[Confirmation] = []
        for line in lines:
            with contextlib.suppress(InvalidInput):
                self._note(from_json(line))

    def _note(self, found: Enrolment | Confirmation | TextSignature) -> None:
        if isinstance(found, Enrolment):
            self._enrolled.setdefault(found.key, found)
        elif isinstance(found, Confirmation):
            self._confirmations.append(found)

    def enrolled(self) -> list[Key]:
        """All that are enrolled, in the order of coming."""
        return [self._key(each) for each in self._enrolled.values()]

    def counts(self, key: str, capacity: Capacity) -> bool:
        """Whether signatures with this key count on behalf of ``capacity``."""
        enrolment = self._enrolled.get(key)
        return enrolment is not None and enrolment.capacity == capacity and self._key(enrolment).counts

    def by_digest(self, digest: str) -> Enrolment | None:
        """The enrolment with this digest."""
        return next((each for each in self._enrolled.values() if digest_of(each) == digest), None)

    def take_in(self, text: str) -> Enrolment | Confirmation:
        """Keep an enrolment or a confirmation. Raises InvalidInput: not genuine, known, of nobody who may confirm."""
        found = from_json(text)
        if isinstance(found, Enrolment):
            if found.key in self._enrolled or found.capacity not in set(Capacity) or not found.holder.strip():
                raise InvalidInput(KEY_KNOWN)
        elif isinstance(found, Confirmation):
            subject = self.by_digest(found.enrolment)
            if subject is None:
                raise InvalidInput(UNKNOWN_ENROLMENT)
            if not self._may_confirm(found.by, subject):
                raise InvalidInput(MAY_NOT_CONFIRM)
        else:
            raise InvalidInput(NOT_TAKEN_IN)
        self._append(to_json(found))
        self._note(found)
        return found

    def _key(self, enrolment: Enrolment) -> Key:
        confirmed_by = self._holders(enrolment)
        counts = enrolment.capacity == Capacity.HOTLINE or len(confirmed_by) >= CONFIRMED_BY
        return Key(enrolment, confirmed_by, counts)

    def _holders(self, enrolment: Enrolment) -> tuple[str, ...]:
        """Who confirmed it: people, however many keys each has."""
        digest = digest_of(enrolment)
        keys = (each.by for each in self._confirmations if each.enrolment == digest)
        holders = (self._enrolled[key].holder for key in keys if self._may_confirm(key, enrolment))
        return tuple(dict.fromkeys(_name(holder) for holder in holders))

    def _may_confirm(self, key: str, subject: Enrolment) -> bool:
        """People of the hotline, for others than themselves."""
        own = self._enrolled.get(key)
        return own is not None and own.capacity == Capacity.HOTLINE and _name(own.holder) != _name(subject.holder)

    def _append(self, line: str) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


def _name(holder: str) -> str:
    return " ".join(holder.casefold().split())


def signed_for(keyring: Keyring, version: str, digest: str, signatures: Iterable[TextSignature]) -> set[Capacity]:
    """On whose behalf this text is signed, by genuine signatures of keys that count."""
    return {
        Capacity(each.capacity)
        for each in signatures
        if each.capacity in set(Capacity)
        and (each.version, each.digest) == (version, digest)
        and keyring.counts(each.key, Capacity(each.capacity))
        and is_genuine(each)
    }


def moment(at: dt.datetime) -> str:
    """An instant as statements say it."""
    return at.astimezone(dt.UTC).isoformat(timespec="seconds")
