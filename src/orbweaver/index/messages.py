"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOT_UINT8 = Message("index.not_uint8", "The %(what)s must be a uint8 array, not %(kind)s. Nothing was changed.")
OTHER_SHAPE = Message(
    "index.other_shape",
    "The %(what)s must have the shape (n, %(width)s), not %(shape)s. Nothing was changed.",
)
IDS_NOT_INT64 = Message("index.ids_not_int64", "The ids must be an int64 array, not %(kind)s. Nothing was changed.")
ID_TWICE = Message(
    "index.id_twice",
    "An id occurs twice in one change. Nothing was changed; give each entry its own id.",
)
RADIUS_RANGE = Message("index.radius_range", "The radius must be a whole number of bits from 0 to %(most)s.")
DISK_FULL = Message(
    "index.disk_full",
    "The disk is full: the index was not changed and still answers. Free some space and try again.",
)
POSITION_RANGE = Message("index.position_range", "The position must be a whole number of 63 bits. Nothing was changed.")
UNKNOWN_DIGEST = Message("index.unknown_digest", "There is no digest of the kind %(kind)s; there are %(known)s.")
IDS_NOT_FLAT = Message(
    "index.ids_not_flat",
    "The ids must be a flat array, not shape %(shape)s. Nothing was changed.",
)
ONE_ID_EACH = Message(
    "index.one_id_each",
    "There must be one id for each of the %(count)s hashes in a flat array, not shape %(shape)s. Nothing was changed.",
)
CORRUPT = Message(
    "index.corrupt",
    "The index file %(name)s is damaged (%(why)s). The database still holds every entry: rebuild the index from it.",
)
