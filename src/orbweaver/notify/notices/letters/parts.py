"""A stored message taken apart: what people read, and the machine-readable reports. Channels and previews use it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass(frozen=True)
class Parts:
    """What a message holds; ``reports`` in the order of the letter's addresses."""

    subject: str
    language: str
    text: str
    html: str
    reports: list[dict[str, Any]]


def parts_of(raw: bytes) -> Parts:
    """The parts of a message that ``compose`` made."""
    parsed = message_from_bytes(raw, policy=policy.default)
    if not isinstance(parsed, EmailMessage):
        raise TypeError("the standard policy makes EmailMessage objects")
    plain, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    return Parts(
        subject=str(parsed["Subject"]),
        language=str(parsed["Content-Language"] or "en"),
        text=plain.get_content() if plain else "",
        html=html.get_content() if html else "",
        reports=[
            json.loads(part.get_content()) for part in parsed.walk() if part.get_content_type() == "application/json"
        ],
    )
