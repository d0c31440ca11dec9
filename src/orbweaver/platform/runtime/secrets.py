"""Secrets that live in the keys folder (0700), outside the database and its backups."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from orbweaver.errors import ConfigurationError
from orbweaver.platform.runtime.messages import KEYS_FOLDER_NOT_MADE, KEYS_FOLDER_OPEN, NO_KEYS_HERE


def ensure_keys_dir(keys_dir: Path) -> Path:
    """Make the keys folder if it is missing (0700); refuse one that others can open."""
    try:
        keys_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(KEYS_FOLDER_NOT_MADE.of(path=str(keys_dir), reason=str(error.strerror))) from None
    mode = keys_dir.stat().st_mode & 0o077
    if mode:
        raise ConfigurationError(KEYS_FOLDER_OPEN.of(path=str(keys_dir)))
    return keys_dir


def read_or_create(path: Path, create: str) -> str:
    """The text of a secret file; written with ``create`` if absent. Two processes at once get the same text.

    Raises ConfigurationError where it is absent on a machine that joined: keys are the hotline's, and a second one of
    the same name would open nothing.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        pass
    from orbweaver.platform.settings import PlatformSettings  # secrets that are there are read without it

    if PlatformSettings.current().machine_part is not None:
        raise ConfigurationError(NO_KEYS_HERE.of(name=path.name))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(create + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:  # on a full disk, too
        temporary.unlink()
    return path.read_text(encoding="utf-8").strip()


def django_secret_key(keys_dir: Path) -> str:
    """Django's secret for sessions and signed links; made at the first start."""
    return read_or_create(ensure_keys_dir(keys_dir) / "django-secret", secrets.token_urlsafe(48))


def api_key_pepper(keys_dir: Path) -> bytes:
    """The pepper under which API keys are hashed, so that a stolen database cannot be tried against."""
    return read_or_create(ensure_keys_dir(keys_dir) / "api-key-pepper", secrets.token_hex(32)).encode()
