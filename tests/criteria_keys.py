"""People who sign criteria with keys of their own: two of the hotline, and the government's, whom both confirmed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orbweaver.assess.criteria import digest
from orbweaver.assess.governance import keys
from orbweaver.platform.runtime.secrets import ensure_keys_dir
from orbweaver.platform.settings import PlatformSettings

AT = "2026-11-24T12:00:00+00:00"


def enrolment(key: Ed25519PrivateKey, holder: str, capacity: str) -> keys.Enrolment:
    return keys.signed_with(key, keys.Enrolment(holder, f"A {capacity}", capacity, keys.public(key), AT))


def confirmation(key: Ed25519PrivateKey, of: keys.Enrolment) -> keys.Confirmation:
    return keys.signed_with(key, keys.Confirmation(keys.digest_of(of), keys.public(key), AT))


def signature(key: Ed25519PrivateKey, capacity: str, number: str, text: str) -> str:
    given = keys.TextSignature(number, digest(text), capacity, keys.public(key), AT)
    return keys.to_json(keys.signed_with(key, given))


class Signers:
    """Keys that count, taken in here."""

    def __init__(self, keys_dir: Path) -> None:
        ring = keys.Keyring(ensure_keys_dir(keys_dir))
        self.hotline, self.second, self.government = (Ed25519PrivateKey.generate() for _ in range(3))
        of_state = enrolment(self.government, "Gia", "government")
        for each in (enrolment(self.hotline, "Hal", "hotline"), enrolment(self.second, "Hugo", "hotline"), of_state):
            ring.take_in(keys.to_json(each))
        for key in (self.hotline, self.second):
            ring.take_in(keys.to_json(confirmation(key, of_state)))

    def document(self, capacity: str, number: str, text: str) -> str:
        """A signature as its holder hands it in."""
        return signature(self.government if capacity == "government" else self.hotline, capacity, number, text)


@cache
def _at(keys_dir: Path) -> Signers:
    return Signers(keys_dir)


def signers() -> Signers:
    """Those of the keys folder of now; made when they are first needed."""
    return _at(PlatformSettings.current().keys_path)
