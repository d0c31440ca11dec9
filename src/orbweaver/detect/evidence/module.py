"""A security module (PKCS#11) as a second way to the secret of a sealed master key, beside the shares.

The module's RSA key, which never leaves it, decrypts ``evidence-master.wrapped``: once at each start. Its library is
foreign code, and is loaded by OpenSC's ``pkcs11-tool`` alone, a process that ends with the answer. Shares are made all
the same: a module that broke is no reason to lose an archive.
"""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from orbweaver.detect.evidence.keys import WRAPPED_SECRET, replace_key
from orbweaver.detect.evidence.messages import MODULE_KEY, MODULE_REFUSES, NO_MODULE, NOT_WRAPPED
from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.errors import ConfigurationError, Conflict, Unavailable

TOOL: Final = "pkcs11-tool"
LEAST_BITS: Final = 3072
"""Of its RSA key: as strong as 128 bits."""
PATIENCE_S: Final = 120
_PIN: Final = "PIN"
_HASHES: Final[dict[str, HashAlgorithm]] = {"SHA256": SHA256(), "SHA-1": SHA1()}  # noqa: S303 - see ``wrap``


def is_wrapped(keys_dir: Path) -> bool:
    """Whether a module opens the sealed key here."""
    return (keys_dir / WRAPPED_SECRET).exists()


def wrap(keys_dir: Path, secret: bytes, pin: str) -> None:
    """Encrypt the secret to the module's key, and see that the module opens it. Raises what ``unwrap`` raises.

    OAEP with SHA-256 where the module can, else with SHA-1 (SoftHSM, older cards), which is not weakened there: OAEP
    asks of its digest neither that nobody finds collisions nor a first preimage.
    """
    key = _public_key()
    for name, digest in _HASHES.items():
        wrapped = key.encrypt(secret, padding.OAEP(padding.MGF1(digest), digest, label=None))
        try:
            opened = _decrypted(wrapped, name, pin)
        except Unavailable as error:
            if name == tuple(_HASHES)[-1] or "CKR_PIN" in str(error):  # a second try of a wrong PIN may lock a card
                raise
            continue
        assert opened == secret
        replace_key(keys_dir / WRAPPED_SECRET, f"{name} {base64.b64encode(wrapped).decode()}\n")
        return


def unwrap(keys_dir: Path, pin: str) -> bytes:
    """The secret, by the module. Raises Conflict, ConfigurationError, Unavailable."""
    if not is_wrapped(keys_dir):
        raise Conflict(NOT_WRAPPED)
    name, _, text = (keys_dir / WRAPPED_SECRET).read_text(encoding="ascii").strip().partition(" ")
    return _decrypted(base64.b64decode(text), name, pin)


def _public_key() -> rsa.RSAPublicKey:
    try:
        key = load_der_public_key(_run("--read-object", "--type", "pubkey"))
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigurationError(MODULE_KEY) from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < LEAST_BITS:
        raise ConfigurationError(MODULE_KEY)
    return key


def _decrypted(wrapped: bytes, digest: str, pin: str) -> bytes:
    oaep = ("--mechanism", "RSA-PKCS-OAEP", "--hash-algorithm", digest, "--mgf", f"MGF1-{digest.replace('-', '')}")
    return _run("--login", "--pin", f"env:{_PIN}", "--decrypt", *oaep, pin=pin, data=wrapped)


def _run(*arguments: str, pin: str = "", data: bytes = b"") -> bytes:
    """What the tool writes, which touches no disk: it says other things on its standard output."""
    settings = EvidenceSettings.current()
    if not settings.evidence_module:
        raise ConfigurationError(NO_MODULE)
    chosen = ("--module", settings.evidence_module, "--id", settings.evidence_module_key)
    answer = os.memfd_create("answer")
    try:
        with tempfile.TemporaryFile() as given:  # what is encrypted to the module alone
            given.write(data)
            given.seek(0)
            done = subprocess.run(
                [TOOL, *chosen, *arguments, "--output-file", f"/proc/self/fd/{answer}"],
                stdin=given,
                capture_output=True,
                env=_environment() | ({_PIN: pin} if pin else {}),
                pass_fds=[answer],
                timeout=PATIENCE_S,
                check=False,
            )
        if done.returncode:
            raise Unavailable(MODULE_REFUSES.of(reason=done.stderr.decode(errors="replace").strip()[-200:]))
        with os.fdopen(os.dup(answer), "rb") as file:
            file.seek(0)
            return file.read()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(MODULE_REFUSES.of(reason=type(error).__name__)) from None
    finally:
        os.close(answer)


def _environment() -> dict[str, str]:
    """Without what the library of a module has no business with."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("ORBWEAVER_", "AWS_", "PG"))}
