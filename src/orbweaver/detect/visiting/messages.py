"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOTHING_TO_ASSESS = Message(
    "visiting.nothing_to_assess",
    "What is there is neither a page nor a file that can be assessed.",
)
