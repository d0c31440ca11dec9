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
KEY_NEEDED = Message(
    "api.key_needed",
    "A key with the scope of this call is needed, in the Authorization header.",
)
TOO_MANY_REPORTS = Message(
    "api.too_many_reports",
    "This key makes too many reports. Try again in %(seconds)s s.",
)
QUOTA_USED = Message(
    "api.quota_used",
    "This key has used its %(most)s scans of this %(period)s.",
)
DOES_NOT_FIT = Message(
    "api.does_not_fit",
    "The request has not the form that this call takes: %(fields)s.",
)
NOT_FOUND = Message(
    "api.not_found",
    "There is no such report.",
)
NOT_KEPT = Message(
    "api.not_kept",
    "Something in the request cannot be kept, such as a NUL character. Send it without.",
)
