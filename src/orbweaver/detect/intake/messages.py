"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

TOO_MANY_REPORTS = Message(
    "intake.too_many_reports",
    "Many reports came from your network within this hour, so this one was not accepted. "
    "Please send it again after %(time)s UTC, or write to %(contact)s.",
)
