"""Heads that somebody outside kept and hands in: a mail as it was saved, or a file of lines."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from orbweaver.errors import InvalidInput
from orbweaver.people.audit.heads import Head, public_key, read_head
from orbweaver.people.audit.messages import NO_HEAD_IN_FILE


def heads_of_file(path: Path) -> list[Head]:
    """Its heads. Raises InvalidInput where this installation signed none of what it holds: such a file is no proof."""
    try:
        raw = path.read_bytes()
    except OSError:
        raise InvalidInput(NO_HEAD_IN_FILE.of(file=str(path))) from None
    key = public_key()
    found = [head for line in _lines(raw) if (head := read_head(line, key)) is not None]
    if not found:
        raise InvalidInput(NO_HEAD_IN_FILE.of(file=str(path)))
    return found


def _lines(raw: bytes) -> list[str]:
    if raw.lstrip().startswith(b"{"):
        return raw.decode(errors="replace").splitlines()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)  # by its policy
    parts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
    return [line for part in parts if isinstance(part, bytes) for line in part.decode(errors="replace").splitlines()]
