"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOT_ANSWERED = Message("stamps.not_answered", "%(authority)s gave no stamp of time (%(reason)s)")
NOT_GRANTED = Message("stamps.not_granted", "%(authority)s refused a stamp of time (status %(status)s)")
UNREADABLE = Message("stamps.unreadable", "This is not a time stamp")
NOT_TRUSTED = Message(
    "stamps.not_trusted", "The stamp is not signed by an authority whose root is trusted and was valid then"
)
OTHER_BYTES = Message("stamps.other_bytes", "The stamp is about other bytes than these")
OTHER_QUESTION = Message("stamps.other_question", "The stamp answers another question than the one that was asked")
WRONG_TIME = Message(
    "stamps.wrong_time", "The stamp says %(at)s, %(off)s seconds off this machine's clock: one of them is wrong"
)
ROOTS_UNREADABLE = Message(
    "stamps.roots_unreadable", "ORBWEAVER_STAMP_ROOTS: %(path)s holds no certificates (%(reason)s)"
)
