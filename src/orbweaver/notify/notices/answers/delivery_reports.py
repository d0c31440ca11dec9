"""Delivery reports of every shape: of whom they say what, and which message they return. Reads, decides nothing.

RFC 3464 and 6533 first, also where their fields stand in a plain text; then what mail systems write in words, in any
language: the code beside our recipient's address; then the shapes that flufl.bounce knows, which have no code.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string, policy
from email.message import Message

from orbweaver.notify.notices.answers.reading import ADDRESS, header_of, sender_of, text_of
from orbweaver.notify.notices.letters.tokens import read_mail_token
from orbweaver.notify.notices.rules import Fate, fate_of_failure

logger = logging.getLogger(__name__)

_STATUS = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")
_CODE = re.compile(
    r"(?:^\s*|[:'\"(\[<>=]\s?|\b(?:smtp|error|code|status|reply|returned|said|fehler|erreur|ошибка)\W{1,3})"
    r"([45]\d\d)(?=[\s:;,)]|-\d\.)",
    re.MULTILINE,
)
"""A code as mail systems write it; a number in a sentence ("we deleted 550 files") is none."""
_BOTH = re.compile(r"\b([45]\d\d)[ -]([45]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_MAY_PASS = re.compile(
    r"quota|mailbox\W+(?:is\W+)?full|storage limit|spam|reputation|blacklist|block\W?list|blocked using|greylist"
    r"|postfach\W+voll|speicherplatz|bo[iî]te\W+pleine|buz[oó]n\W+lleno|переполнен"
)
"""Words beside a code that has no enhanced status: a full mailbox, or a filter, which may pass."""
_FIELDS = re.compile(
    r"^(?:Original-Recipient:.*\n)?Final-Recipient:.*\n"
    r"(?:[\w-]+:.*\n|[ \t]+\S.*\n)*?Action:.*\n(?:[\w-]+:.*\n|[ \t]+\S.*\n)*",
    re.IGNORECASE | re.MULTILINE,
)
_SYSTEMS = re.compile(
    r"m[\w ]*[- ]?daemon|postmaster|mail[. ]delivery|mail administrator|system administrator|microsoftexchange",
    re.IGNORECASE,
)
LINES_BESIDE = 6
"""Lines from our recipient's address on in which its code is looked for."""
LINES_ABOVE, LINES_BELOW = 2, 20
"""Lines around it in which an SMTP code and an enhanced status that stand together are looked for next."""

SHAPE_LIMIT = 65_536
LINE_LIMIT = 998
"""Bytes of a mail, and of a line (RFC 5322, 2.1.1), that are searched for known shapes: their patterns take a time that
grows with the square of a line."""

FULL_OR_FILTERED = "5.7.0"
"""What words that may pass count as."""

GRAVITY = {fate: index for index, fate in enumerate(Fate)}


@dataclass(frozen=True)
class Delivery:
    """What a report says of one recipient: the addresses that it names for it, in lower case."""

    fate: Fate
    status: str
    recipients: frozenset[str]


def read_report(message: Message, recipient: str = "") -> list[Delivery]:
    """What a delivery report says, the gravest first; empty when the message is none, or is about our journal alone.

    Words are read only about ``recipient``, whom the message was sent to, and codes in them only of a mail system.
    """
    found = [each for part in message.walk() for each in _of_part(part)]
    if not found and recipient:
        found = _of_words(message, recipient.lower())
    return sorted(found, key=lambda each: GRAVITY[each.fate])


def has_report_part(message: Message) -> bool:
    """Whether it is a report by its form, whoever it is about."""
    return any(_is_status(part) for part in message.walk())


def is_from_mail_system(message: Message) -> bool:
    """Whether it says that a mail system wrote it and no person."""
    named = header_of(message, "From")
    nobody = not sender_of(message)
    marks = ("X-Failed-Recipients", "X-MS-Exchange-Message-Is-Ndr")
    return (
        has_report_part(message)
        or nobody
        or bool(_SYSTEMS.search(named))
        or any(message.get(name) is not None for name in marks)
    )


def _is_status(part: Message) -> bool:
    return part.get_content_type() in ("message/delivery-status", "message/global-delivery-status")


def _of_part(part: Message) -> Iterable[Delivery]:
    if _is_status(part):
        yield from _of_blocks(_blocks(part))


def _blocks(part: Message) -> list[Message]:
    """Groups of fields. A part in base64, or of a type that the parser does not know, is one text."""
    payload = part.get_payload()
    blocks = [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []
    if any(block.get("Action") is not None for block in blocks):
        return blocks
    return [message_from_string(text) for text in _decoded(part, blocks).replace("\r\n", "\n").split("\n\n")]


def _decoded(part: Message, blocks: list[Message]) -> str:
    if not blocks:
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    # The parser took the encoded text for fields: what it read as the body of each is decoded as one.
    whole = "\n".join(str(block.get_payload()) for block in blocks)
    encoding = str(part.get("Content-Transfer-Encoding", "7bit"))
    inner = message_from_string(f"Content-Transfer-Encoding: {encoding}\n\n{whole}").get_payload(decode=True)
    return inner.decode("utf-8", "replace") if isinstance(inner, bytes) else ""


def _of_blocks(blocks: Iterable[Message]) -> Iterator[Delivery]:
    for block in blocks:
        if block.get("Action") is None:
            continue
        recipients = _recipients(block)
        fate, status = _fate(block)
        if fate is not None and not any(map(_is_our_journal, recipients)):
            yield Delivery(fate, status, recipients)


def _fate(block: Message) -> tuple[Fate | None, str]:
    action = str(block["Action"]).strip().lower()
    status = _STATUS.search(str(block.get("Status", ""))) or _STATUS.search(str(block.get("Diagnostic-Code", "")))
    code = status[0] if status else ""
    if action.startswith(("fail", "error")):
        return fate_of_failure(code), code
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


def _of_words(message: Message, recipient: str) -> list[Delivery]:
    text = text_of(message)
    fields = [message_from_string(found[0]) for found in _FIELDS.finditer(f"{text}\n")]
    by_fields = [each for each in _of_blocks(fields) if recipient in each.recipients]
    if by_fields:
        return by_fields
    known = _shape_that_is_known(message, recipient)
    if known is Fate.DELAYED:
        return [Delivery(known, "", frozenset({recipient}))]
    code = _code_near(text, recipient) if is_from_mail_system(message) else None
    if code is not None:
        status = "" if code[0] == FULL_OR_FILTERED else code[0]
        return [Delivery(fate_of_failure(*code), status, frozenset({recipient}))]
    return [Delivery(known, "", frozenset({recipient}))] if known is not None else []


def _code_near(text: str, recipient: str) -> tuple[str, int] | None:
    """Enhanced status and SMTP code in the lines from our recipient's address on, if there is one of them."""
    lines = text.lower().splitlines()
    named = [at for at, line in enumerate(lines) if recipient in line]
    for at in named:
        near = "\n".join(lines[at : at + LINES_BESIDE]).replace(recipient, "")
        status, code = _STATUS.search(near), _CODE.search(near)
        if status and status[1] == "2":
            return None  # it arrived
        if status or code:
            may_pass = "" if status or not _MAY_PASS.search(near) else FULL_OR_FILTERED
            return (status[0] if status else may_pass, int(code[1]) if code else 0)
    for at in named:
        around = "\n".join(lines[max(0, at - LINES_ABOVE) : at + LINES_BELOW])
        if both := _BOTH.search(around):
            return (both[2], int(both[1]))
    return None


def _shape_that_is_known(message: Message, recipient: str) -> Fate | None:
    """What flufl.bounce reads in it about our recipient."""
    from flufl.bounce import all_failures  # loads twenty detectors, which few who import this need

    try:
        raw = message.as_bytes(policy=policy.compat32)[:SHAPE_LIMIT]
        short = b"\n".join(line[:LINE_LIMIT] for line in raw.splitlines())
        passing, lasting = all_failures(message_from_bytes(short))
    except Exception as error:  # its detectors trust the form of what they read
        logger.info("A bounce could not be read by its shape: %s", type(error).__name__)
        return None
    wanted = recipient.encode()
    if wanted in {each.lower() for each in lasting}:
        return Fate.HARD
    return Fate.DELAYED if wanted in {each.lower() for each in passing} else None


def returned_message_id(message: Message) -> str:
    """The Message-ID of the message that a report returns, whole or by its headers; "" where it has none."""
    for part in message.walk():
        payload = part.get_payload()
        if part.get_content_type() in ("message/rfc822", "message/global") and isinstance(payload, list) and payload:
            inner = payload[0]
        elif part.get_content_type() in ("text/rfc822-headers", "message/global-headers") and isinstance(payload, str):
            inner = message_from_string(payload)
        else:
            continue
        if isinstance(inner, Message) and inner.get("Message-ID"):
            return str(inner["Message-ID"]).strip()
    return ""
