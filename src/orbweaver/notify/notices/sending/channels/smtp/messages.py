"""What this channel tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

UNCONFIRMED = Message("smtp.unconfirmed", "the mail server did not confirm: %(kind)s")
ANSWERED_MESSAGE = Message(
    "smtp.answered_message",
    "the mail server answered %(status)s to the whole message",
)
ANSWERED_STEP = Message("smtp.answered_step", "the mail server answered %(status)s to %(step)s")
ANSWERED = Message("smtp.answered", "the mail server answered %(status)s")
UNREACHABLE = Message("smtp.unreachable", "the mail server cannot be reached: %(kind)s")
NO_MAIL_SERVER = Message(
    "smtp.no_mail_server",
    "No mail server is set (ORBWEAVER_SMTP_HOST); notices wait.",
)
