"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_SUCH_COUNTRY = Message(
    "jurisdictions.no_such_country",
    "There is no such country: give a code of two letters, like CA.",
)
