"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

PACKED = Message(
    "api.packed",
    "Send the file itself, without Content-Encoding.",
)
TOO_LARGE = Message(
    "api.too_large",
    "Bodies above %(most)s bytes are not scanned.",
)
INCOMPLETE = Message(
    "api.incomplete",
    "The body broke off, so it was not scanned. Send it again.",
)
EMPTY = Message(
    "api.empty",
    "The body is empty. Send the bytes of one file.",
)
NOT_FOUND = Message(
    "api.not_found",
    "There is no such report.",
)
