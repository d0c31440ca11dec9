"""What a new machine is told, in one line: where the database is, whom to trust, as whom to sign in, and to whom it
encrypts. Whoever has it may sign in once, within the hour. Pure."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import Final

from orbweaver.errors import InvalidInput
from orbweaver.people.machines.messages import NO_TOKEN

BEGINS: Final = "orbweaver-machine-1."
VALID: Final = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Token:
    """``ca`` is PEM text, "" for the system's own; ``options`` of the address, without what stands here."""

    part: str
    role: str
    password: str
    host: str
    port: str
    database: str
    ca: str
    expires_at: str
    recipients: dict[str, str]
    """Name of a file in the keys folder → its text: public halves alone."""
    tls: str = "verify-full"

    def written(self) -> str:
        """As one word."""
        return BEGINS + base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")

    @property
    def ends_at(self) -> dt.datetime:
        """Until when it counts."""
        return dt.datetime.fromisoformat(self.expires_at)


def read(text: str) -> Token:
    """A token as it was written. Raises InvalidInput."""
    text = "".join(text.split())
    try:
        if not text.startswith(BEGINS):
            raise ValueError
        word = text.removeprefix(BEGINS)
        token = Token(**json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))))
        words = [*(each for name, each in asdict(token).items() if name != "recipients"), *token.recipients.values()]
        if token.ends_at.tzinfo is None or not all(isinstance(each, str) for each in words):
            raise ValueError
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise InvalidInput(NO_TOKEN) from None
    return token
