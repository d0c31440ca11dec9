"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

EVENT_BROKEN = Message(
    "audit.event_broken",
    "Event %(position)s does not follow from the one before it: it was changed, or one before it was removed",
)
HEAD_LOST = Message(
    "audit.head_lost", "Events up to %(position)s were there on %(at)s; the log ends with %(last)s: its end was cut off"
)
HEAD_DIFFERS = Message(
    "audit.head_differs", "Event %(position)s is not the one that was there on %(at)s: the log was rewritten"
)
HEAD_UNSIGNED = Message("audit.head_unsigned", "Line %(line)s of %(file)s is no head that this installation signed")
HEADS_NOT_WRITTEN = Message(
    "audit.heads_not_written",
    "The audit log's heads cannot be written to %(place)s (%(reason)s). Look at that folder; all else goes on.",
)
