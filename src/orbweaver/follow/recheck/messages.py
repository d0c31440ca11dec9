"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

RULES_NOT_TOML = Message("recheck.rules_not_toml", "The hotline’s rules about pages are not TOML: %(error)s.")
RULES_UNUSABLE = Message("recheck.rules_unusable", "The hotline’s rules about pages cannot be used: %(where)s %(why)s.")
RULES_UNREADABLE = Message("recheck.rules_unreadable", "ORBWEAVER_RECHECK_RULES names a file that cannot be read.")
MAY_NOT_SAY = Message("recheck.may_not_say", "Your roles do not include saying what stands at an address.")
SAYING_INCOMPLETE = Message(
    "recheck.saying_incomplete",
    "Say whether it is gone or still there, and what you saw, which is kept. Nothing was changed.",
)
NOT_FOLLOWED = Message("recheck.not_followed", "Nobody asks about this address any more. Nothing was changed.")
