"""What this channel tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

UNCONFIRMED = Message("abuse_signal.unconfirmed", "the service did not confirm: %(kind)s")
ANSWERED = Message("abuse_signal.answered", "the service answered %(status)s")
UNREACHABLE = Message("abuse_signal.unreachable", "the service cannot be reached: %(kind)s")
NO_KEY = Message(
    "abuse_signal.no_key",
    "No key for the Abuse Signal API is set (ORBWEAVER_ABUSE_SIGNAL_KEY); notices to it wait.",
)
