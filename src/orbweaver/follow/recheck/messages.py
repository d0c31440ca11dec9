"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

MAY_NOT_SAY = Message("recheck.may_not_say", "Your roles do not include saying what stands at an address.")
SAYING_INCOMPLETE = Message(
    "recheck.saying_incomplete",
    "Say whether it is gone or still there, and what you saw, which is kept. Nothing was changed.",
)
NOT_FOLLOWED = Message("recheck.not_followed", "Nobody asks about this address any more. Nothing was changed.")
