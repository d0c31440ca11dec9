"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

TOO_MANY_REPORTS = Message(
    "intake.too_many_reports",
    "Many reports came from your network within this hour, so we could not take this one. "
    "Please send it again in a minute, or write to %(contact)s.",
    "Many reports came from your network within this hour, so we could not take this one. "
    "Please send it again in %(n)s minutes, or write to %(contact)s.",
)
