"""A piece of mail as a person reads it: who wrote, what it says, which messages it answers. Decides nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import EmailPolicy, Policy
from enum import StrEnum
from functools import cache
from importlib import resources
from itertools import count

from orbweaver.notify.notices.answers.walled import html_text

TEXT_LIMIT = 60_000
"""Characters read of a mail; the raw one is kept whole."""

HEADER_LIMIT = 16_384
"""Characters read of a header: the parser's time grows with the square of it. Mail servers keep to a few times that."""

STAND_IN_LIMIT = 400
"""Characters up to which a plain text may stand in for a page that says more, such as "this needs an HTML viewer"."""

PARTS_LIMIT = 1000
HEADERS_READ = ("From", "Subject", "In-Reply-To", "References", "Auto-Submitted")

ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]]+@[^\s<>,;:\"'()\[\]]+")
_ID = re.compile(r"<[^<>\s]+>")
_WORD = re.compile(r"\w+")
_IN_BRACKETS = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
"""The address of a sender; a name before it may hold another, such as whom a help desk writes for."""
_PREFIX = re.compile(r"^\s*(?:\[[^\]]*\]|\w{1,4}\s?[:：])\s*")
"""What stands before a subject: "Re:", "AW:", "回复：", a ticket system's number."""

_OLD_CHARSET = "windows-1252"
_AS_READ = {
    "iso-8859-1": _OLD_CHARSET,
    "iso-8859-9": "windows-1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "tis-620": "cp874",
}
"""What programs write under the name of an older character set, and what the bytes of a mail that says nothing true of
them are most likely in: as browsers take them (WHATWG Encoding, 4.2)."""


class _BoundedHeaders(EmailPolicy):
    """Python's own policy, with headers cut at ``HEADER_LIMIT``."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:HEADER_LIMIT]


class Sign(StrEnum):
    """By what a mail is known to be automatic."""

    HEADER = "header"
    SUBJECT = "subject"


@dataclass(frozen=True)
class Mail:
    """What a mail says. ``answers``: the Message-IDs it refers to; ``sign``: None where a person may have written."""

    sender: str
    subject: str
    text: str
    answers: tuple[str, ...]
    sign: Sign | None


def parse(raw: bytes) -> EmailMessage | Message:
    """A mail out of its bytes. Raises ValueError for too many parts, and whatever the parser raises for odd ones."""
    parts = count(1)

    def part(policy: Policy[Message] | None = None) -> EmailMessage:
        if next(parts) > PARTS_LIMIT:
            raise ValueError("too many parts")
        return EmailMessage(policy)

    return message_from_bytes(raw, policy=_BoundedHeaders(message_factory=part))


def parse_head(raw: bytes) -> EmailMessage | Message:
    """The same of a mail that cannot be read: its headers alone, all else is text."""
    message = BytesHeaderParser(policy=_BoundedHeaders()).parsebytes(raw)
    head = Message()
    for name in HEADERS_READ:
        if value := header_of(message, name):
            head[name] = _clean(value).replace("\n", " ")
    payload = message.get_payload()
    head.set_payload(_clean(payload)[:TEXT_LIMIT] if isinstance(payload, str) else "", "utf-8")
    return head


def read(message: EmailMessage | Message) -> Mail:
    """Read a mail, however broken."""
    subject = _clean(" ".join(header_of(message, "Subject").split()))[:500]
    referred = f"{header_of(message, 'In-Reply-To')} {header_of(message, 'References')}"
    return Mail(
        sender=sender_of(message),
        subject=subject,
        text=text_of(message),
        answers=tuple(dict.fromkeys(_ID.findall(referred)))[:50],
        sign=_automatic(message, subject),
    )


def sender_of(message: EmailMessage | Message) -> str:
    """The address that a mail says it is from, in lower case; "" where it has none."""
    sender = header_of(message, "From")
    found = ADDRESS.search((_IN_BRACKETS.findall(sender) or [sender])[-1])
    return _clean(found[0]).lower()[:320] if found else ""


def text_of(message: EmailMessage | Message) -> str:
    """What it says as plain text, quotations in HTML marked by ``>``; what hangs on it where it says nothing itself."""
    plain = _parts(message, "text/plain")
    if len(plain.strip()) > STAND_IN_LIMIT:
        return plain
    page = html_text(_parts(message, "text/html"))
    return _either_or_both(plain.strip(), page) or _hanging_on(message)


def _either_or_both(plain: str, page: str) -> str:
    """The plain text, unless the page says more: the page where it holds the text as well, both where it does not."""
    if _folded(plain) in _folded(page):
        return page if len(page) > 3 * len(plain) else plain
    says = set(_WORD.findall(page.casefold()))
    new = says - set(_WORD.findall(plain.casefold()))
    return f"{plain}\n\n{page}" if 2 * len(new) > len(says) else plain


def _folded(text: str) -> str:
    return " ".join(text.split())


def _hanging_on(message: EmailMessage | Message) -> str:
    """Texts that came as attachments, or as kinds of text that few programs write."""
    texts = []
    for part in message.walk():
        if part.get_content_maintype() == "text":
            content = _content(part)
            texts.append(html_text(content) if part.get_content_subtype() == "html" else content)
    return "\n\n".join(filter(str.strip, texts))[:TEXT_LIMIT]


def _parts(message: EmailMessage | Message, wanted: str) -> str:
    """All texts of a type that are no attachments, in their order."""
    found = [
        _content(part)
        for part in message.walk()
        if part.get_content_type() == wanted and part.get_content_disposition() != "attachment"
    ]
    return "\n".join(found)[:TEXT_LIMIT]


def _content(part: EmailMessage | Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else str(payload or "").encode("utf-8", "replace")
    declared = part.get_content_charset("utf-8")
    for charset in (_AS_READ.get(declared, declared), "utf-8"):
        with suppress(LookupError, ValueError):
            return _clean(raw.decode(charset))
    try:
        return _clean(raw.decode(declared if declared != "us-ascii" else _OLD_CHARSET, "replace"))
    except LookupError:
        return _clean(raw.decode(_OLD_CHARSET, "replace"))


def _clean(text: str) -> str:
    """Without what the database cannot keep."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode().replace("\r\n", "\n")


def header_of(message: EmailMessage | Message, name: str) -> str:
    """A header as text; "" where it is missing or cannot be read."""
    try:
        return str(message.get(name, "") or "")
    except (ValueError, IndexError, AttributeError, TypeError):  # the parser of headers gives up on some
        return ""


def _automatic(message: EmailMessage | Message, subject: str) -> Sign | None:
    """RFC 3834 and receipts, then what older programs set, then how programs begin their subject in many languages.

    ``auto-generated``, bulk mail and the like are no sign: ticket systems send the words of people so.
    """
    replied = header_of(message, "Auto-Submitted").strip().lower().startswith("auto-replied")
    older = any(header_of(message, name) for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder"))
    receipt = message.get_content_type() == "multipart/report" and any(map(_is_receipt, message.walk()))
    if receipt or replied or older or header_of(message, "Precedence").strip().lower() in ("auto_reply", "auto-reply"):
        return Sign.HEADER
    texts = list(_bared(subject.casefold()))
    begins, alone = _beginnings()
    return Sign.SUBJECT if any(each.startswith(begins) or alone.match(each) for each in texts) else None


def _is_receipt(part: EmailMessage | Message) -> bool:
    """Whether it says that a mail was shown or deleted (RFC 8098)."""
    return part.get_content_type() == "message/disposition-notification"


def _bared(subject: str) -> Iterator[str]:
    """The subject, and what is left of it with each prefix taken off; help desks put what it is in brackets."""
    while True:
        yield subject.removeprefix("[")
        shorter = _PREFIX.sub("", subject, count=1).lstrip()
        if shorter == subject:
            return
        subject = shorter


@cache
def _beginnings() -> tuple[tuple[str, ...], re.Pattern[str]]:
    """What tells an automatic reply where a subject begins so, and what does only where it stands alone."""
    text = resources.files("orbweaver.notify.notices.answers").joinpath("data/automatic.toml").read_text("utf-8")
    known = tomllib.loads(text)
    begins = tuple(each.casefold() for words in known["subjects"].values() for each in words)
    alone = "|".join(re.escape(each.casefold()) for words in known["alone"].values() for each in words)
    return begins, re.compile(rf"(?:{alone})(?:\s*$|\s*[^\w\s]|[\s\w]{{0,12}}\s\d{{1,2}}\s?[./-]\s?\d)")
