"""Delivery reports (RFC 3464): of whom they say what, and which message they return. Reads, decides nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_string
from email.message import Message
from enum import StrEnum

from orbweaver.notify.notices.letters.tokens import read_mail_token

ADDRESS = re.compile(r"[^\s<>,;:\"]+@[^\s<>,;:\"]+")
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")


class Fate(StrEnum):
    """What became of a message for one recipient, the gravest first."""

    HARD = "hard"
    SOFT = "soft"
    DELAYED = "delayed"
    PASSED_ON = "passed_on"
    DELIVERED = "delivered"


GRAVITY = {fate: place for place, fate in enumerate(Fate)}


@dataclass(frozen=True)
class Delivery:
    """What a report says of one recipient: the addresses that it names for it, in lower case."""

    fate: Fate
    status: str
    recipients: frozenset[str]


def read_report(message: Message) -> list[Delivery]:
    """What a delivery report says, the gravest first; empty when the message is none, or is about our journal alone."""
    found = [each for part in message.walk() for each in _of_part(part)]
    return sorted(found, key=lambda each: GRAVITY[each.fate])


def _of_part(part: Message) -> Iterable[Delivery]:
    if part.get_content_type() != "message/delivery-status":
        return
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if not isinstance(block, Message) or block.get("Action") is None:
            continue
        recipients = _recipients(block)
        fate, status = _fate(block)
        if fate is not None and not any(map(_is_our_journal, recipients)):
            yield Delivery(fate, status, recipients)


def _fate(block: Message) -> tuple[Fate | None, str]:
    action, status = str(block["Action"]).strip().lower(), _STATUS.search(str(block.get("Status", "")))
    code = status[0] if status else ""
    if action == "failed":
        return (Fate.SOFT if code.startswith("4") else Fate.HARD), code
    known = {
        "delayed": Fate.DELAYED,
        "delivered": Fate.DELIVERED,
        "relayed": Fate.PASSED_ON,
        "expanded": Fate.PASSED_ON,
    }
    return known.get(action), code


def _recipients(block: Message) -> frozenset[str]:
    """The address as we wrote it, and as the last server knew it."""
    named = f"{block.get('Original-Recipient', '')} {block.get('Final-Recipient', '')}"
    return frozenset(address.lower() for address in ADDRESS.findall(named))


def _is_our_journal(address: str) -> bool:
    """Whether the recipient is our own journal, which says nothing of the provider."""
    token = read_mail_token(address)
    return token is not None and token[0] == "journal"


def returned_message_id(message: Message) -> str:
    """The Message-ID of the message that a report returns, whole or by its headers; "" where it has none."""
    for part in message.walk():
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list) and payload:
            inner = payload[0]
        elif part.get_content_type() == "text/rfc822-headers" and isinstance(payload, str):
            inner = message_from_string(payload)
        else:
            continue
        if isinstance(inner, Message) and inner.get("Message-ID"):
            return str(inner["Message-ID"]).strip()
    return ""
