"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOTHING_SHOWN = Message(
    "media.nothing_shown",
    "Nothing could be shown: %(why)s This is not counted as a look. Decide by its context, or give the item back.",
)
