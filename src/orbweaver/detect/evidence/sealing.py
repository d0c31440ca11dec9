"""A sealed start, for installations that want one: the master key opens with so many of its shares, which people keep.

Sealed, it lies in the keys folder encrypted under a secret that is nowhere but in the shares. People who bring enough
of them start an opener for the whole installation (``unsealed``), which holds the key in memory until it is told to end
or the machine stops. Nothing is shown without; crawling, matching and archiving go on, which need the public half
alone.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyrage
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from orbweaver.detect.evidence import opener, opening
from orbweaver.detect.evidence.keys import (
    MASTER,
    SEALED_MASTER,
    WRAPPED_SECRET,
    identities_in,
    master_identities,
    replace_key,
)
from orbweaver.detect.evidence.messages import IS_SEALED, NOT_SEALED, OPENER_NOT_STARTED, SHARES_DIFFER
from orbweaver.detect.evidence.shares import joined, read_share, split
from orbweaver.errors import Conflict, InvalidInput, Unavailable

BEGIN: Final = b"orbweaver sealed 1\n"
"""How the sealed key begins; what was sealed before is age's, by passphrase."""
STOPS_WITHIN_S: Final = 10.0
"""An opener that was told to end looks up twice a second."""
_NONCE: Final = 12


def is_sealed(keys_dir: Path) -> bool:
    """Whether the master key is sealed here; a folder that this account may not enter says nothing of it. One that
    lies in clear as well is not: sealing, or ending it, was broken off."""
    sealed = os.path.exists(keys_dir / SEALED_MASTER)  # noqa: PTH110 (a Path's own raises there before Python 3.12)
    return sealed and not os.path.exists(keys_dir / MASTER)  # noqa: PTH110


def seal(keys_dir: Path, shares: int, needed: int) -> list[str]:
    """Seal the master key; the shares, which are shown once and kept nowhere. Raises Conflict, InvalidInput."""
    if is_sealed(keys_dir):
        raise Conflict(IS_SEALED)
    text = "".join(f"{each}\n" for each in master_identities(keys_dir))
    secret = secrets.token_bytes(32)
    written = [share.written() for share in split(secret, shares, needed)]
    assert joined([read_share(each) for each in written[-needed:]]) == secret
    replace_key(keys_dir / SEALED_MASTER, base64.encodebytes(_sealed(text.encode(), secret)).decode())
    assert [str(each) for each in _unsealed_with(keys_dir, secret)] == text.split()
    if (keys_dir / WRAPPED_SECRET).exists():  # of an earlier sealing, whose end was broken off
        (keys_dir / WRAPPED_SECRET).unlink()
    (keys_dir / MASTER).unlink()
    opening.forget_opener()
    return written


def unseal(keys_dir: Path, written: Sequence[str]) -> list[pyrage.x25519.Identity]:
    """The keys, by enough shares. Raises Conflict, InvalidInput."""
    return unsealed_with(keys_dir, secret_of(written))


def secret_of(written: Sequence[str]) -> bytes:
    """What enough shares are of. Raises InvalidInput."""
    return joined([read_share(each) for each in written])


def unsealed_with(keys_dir: Path, secret: bytes) -> list[pyrage.x25519.Identity]:
    """The keys, by the secret itself. Raises Conflict, InvalidInput."""
    if not is_sealed(keys_dir):
        raise Conflict(NOT_SEALED)
    return _unsealed_with(keys_dir, secret)


def _unsealed_with(keys_dir: Path, secret: bytes) -> list[pyrage.x25519.Identity]:
    sealed = base64.decodebytes((keys_dir / SEALED_MASTER).read_bytes())
    try:
        if sealed.startswith(BEGIN):
            nonce, body = sealed[len(BEGIN) :][:_NONCE], sealed[len(BEGIN) + _NONCE :]
            text = ChaCha20Poly1305(secret).decrypt(nonce, body, BEGIN)
        else:
            text = pyrage.passphrase.decrypt(sealed, secret.hex())
    except (InvalidTag, ValueError, pyrage.DecryptError):
        raise InvalidInput(SHARES_DIFFER) from None
    return identities_in(text.decode())


def _sealed(text: bytes, secret: bytes) -> bytes:
    """Encrypted under the secret itself, which no one can guess: a passphrase's age is made slow on purpose, and a
    machine that is busier than when it sealed refuses the right one as too slow."""
    nonce = secrets.token_bytes(_NONCE)
    return BEGIN + nonce + ChaCha20Poly1305(secret).encrypt(nonce, text, BEGIN)


def end_sealing(keys_dir: Path, identities: Sequence[pyrage.x25519.Identity]) -> None:
    """Put the master key back in clear: from then on the installation starts without shares."""
    replace_key(keys_dir / MASTER, "".join(f"{each}\n" for each in identities))
    (keys_dir / SEALED_MASTER).unlink()
    (keys_dir / WRAPPED_SECRET).unlink(missing_ok=True)


def start_opener(data_dir: Path, identities: Sequence[pyrage.x25519.Identity]) -> None:
    """Start the opener of the installation; it outlives this command. Raises Unavailable."""
    stop_opener(data_dir)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "orbweaver.detect.evidence.unsealed", str(data_dir.absolute())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
        cwd="/",
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(f"{each}\n" for each in identities).encode())
        process.stdin.close()
        if process.stdout.read(1) != opener.DONE:
            raise Unavailable(OPENER_NOT_STARTED)
        process.returncode = 0  # it goes on; nobody waits for it


def opener_answers(data_dir: Path) -> bool:
    """Whether the opener of the installation is there."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(data_dir.absolute() / opening.SOCKET))
        return True
    except OSError:
        return False


def stop_opener(data_dir: Path) -> bool:
    """End the opener of the installation, and with it the key in memory; whether there was one. Returns once it takes
    no more requests, or after ``STOPS_WITHIN_S``."""
    place = str(data_dir.absolute() / opening.SOCKET)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(place)
            with connection.makefile("rwb", buffering=0) as stream:
                opener.write_all(stream, opener.SEALED, b"", b"")
                opener.read_all(stream, opener.HEAD.size)
    except OSError:
        return False
    deadline = time.monotonic() + STOPS_WITHIN_S
    with contextlib.suppress(OSError):  # nobody listens any more
        while time.monotonic() < deadline:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(place)
            time.sleep(0.02)
    return True
