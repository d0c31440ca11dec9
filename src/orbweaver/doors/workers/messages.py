"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

LANE_ENDED = Message(
    "workers.lane_ended",
    "The %(lane)s lane of the worker ended. Nothing is lost; start the worker again.",
)
