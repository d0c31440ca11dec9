"""Mail that comes back: bounces, answers, automatic replies and the journal's copies.

Bounces and copies are told by the token in the address they came to; without it none is believed, since anybody can
write one. What a bounce then means is decided in ``bounces``. All that people write is kept for a person (``hearing``).
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from contextlib import suppress
from email.message import EmailMessage, Message
from enum import StrEnum
from pathlib import Path

from django.db import DatabaseError, transaction

from orbweaver.errors import InvalidInput
from orbweaver.notify.notices.answers.bounces import acknowledge, keep, take_report
from orbweaver.notify.notices.answers.delivery_reports import (
    has_report_part,
    read_report,
    returned_message_id,
)
from orbweaver.notify.notices.answers.hearing import ABOUT_WORDS, take_mail
from orbweaver.notify.notices.answers.reading import ADDRESS, parse, parse_head, read, sender_of
from orbweaver.notify.notices.letters.tokens import read_mail_token
from orbweaver.notify.notices.messages import BOUNCE_TOO_LARGE
from orbweaver.notify.notices.models import Bounce, IncomingAnswer, Notice, OutboxMessage
from orbweaver.notify.notices.rules import Fate
from orbweaver.notify.notices.sending.uncertain import conclude_by_copy
from orbweaver.notify.notices.settings import NoticeSettings
from orbweaver.platform.clock import get_clock, real_now

logger = logging.getLogger(__name__)

SIZE_LIMIT = 16 * 2**20
SEEN = ":2,S"
RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
"""Where mail servers write the address that a message was delivered to, best first."""


HEAD_LIMIT = 65_536
"""Bytes in which the addresses are looked for of a mail that cannot be read."""
RECIPIENT = re.compile(
    r"^(?:Delivered-To|X-Original-To|Envelope-To|To):[^\n]*?([^\s<>,]{1,200}@[^\s<>,]{1,200})", re.M | re.I
)


class Came(StrEnum):
    """What a piece of mail was."""

    COPY = "copy"
    HARD = "hard"
    SOFT = "soft"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    NOT_BELIEVED = "not_believed"
    ACKNOWLEDGED = "acknowledged"
    AUTOMATIC = "automatic"
    ANSWER = "answer"
    OTHER = "other"


FOR_A_PERSON = (Came.NOT_BELIEVED, Came.ACKNOWLEDGED, Came.AUTOMATIC, Came.ANSWER, Came.OTHER)
"""What stays in the Maildir when it was read."""


def receive(raw: bytes, recipient: str, now: dt.datetime, came_at: dt.datetime | None = None) -> Came:
    """Take in one piece of mail. ``recipient`` is the address it came to; "" when only its headers know.

    ``came_at`` is when it came, in domain time, ``now`` when it is read. Repeating it changes nothing. Raises
    InvalidInput for what is too large to be read.
    """
    if len(raw) > SIZE_LIMIT:
        raise InvalidInput(BOUNCE_TOO_LARGE)
    message = parse(raw)
    came_at = came_at or now
    token = _token(message, recipient)
    if token is not None and token[0] == "answer" and ABOUT_WORDS.fullmatch(token[1]):
        return _came(take_mail(raw, read(message), None, came_at, now, about=token[1]))
    if token is not None and token[0] == "answer":
        return _answer(raw, message, Notice.objects.filter(public_id=token[1]).first(), came_at, now)
    row = OutboxMessage.objects.select_related("notice", "contact").filter(occasion=token[1]).first() if token else None
    if token is None or row is None:
        return _unsigned(raw, message, came_at, now)
    return _copy(row, now) if token[0] == "journal" else _about(row, raw, message, came_at, now)


def _about(row: OutboxMessage, raw: bytes, message: Message, came_at: dt.datetime, now: dt.datetime) -> Came:
    """What came to the address that bounces of this message come to; people and their programs write there, too."""
    reports = read_report(message, row.address)
    if reports:
        # A mail with several notices came back for each of them.
        returned = returned_message_id(message)
        fate, counts = take_report(row, reports, returned, came_at, now)
        for each in row.together():
            if each.pk != row.pk:
                take_report(each, reports, returned, came_at, now)
        return Came.DELIVERED if fate is Fate.PASSED_ON else Came(fate) if counts else Came.NOT_BELIEVED
    if has_report_part(message):
        return Came.OTHER
    came = _answer(raw, message, row.notice, came_at, now)
    if came is Came.AUTOMATIC and sender_of(message) == row.address.lower():
        # Its contact itself says that it has the message (RFC 3834).
        for each in row.together():
            acknowledge(each, now)
        return Came.ACKNOWLEDGED
    return came


def _answer(raw: bytes, message: Message, notice: Notice | None, came_at: dt.datetime, now: dt.datetime) -> Came:
    return _came(take_mail(raw, read(message), notice, came_at, now))


def _came(kept: IncomingAnswer) -> Came:
    return Came.AUTOMATIC if kept.sign else Came.ANSWER


def _token(message: EmailMessage | Message, recipient: str) -> tuple[str, str] | None:
    addresses = [recipient] if recipient else []
    for name in RECIPIENT_HEADERS:
        addresses += ADDRESS.findall(" ".join(str(each) for each in message.get_all(name, [])))
    return _token_of(addresses)


def _token_of(addresses: list[str]) -> tuple[str, str] | None:
    return next((token for token in map(read_mail_token, addresses) if token is not None), None)


@transaction.atomic
def _unsigned(raw: bytes, message: Message, came_at: dt.datetime, now: dt.datetime) -> Came:
    """What came to no signed address: a report is kept with the message that it claims to return, and no more."""
    reports = read_report(message)
    if not reports:
        return Came.OTHER if has_report_part(message) else _answer(raw, message, None, came_at, now)
    known = returned_message_id(message) if reports[0].fate in (Fate.HARD, Fate.SOFT) else ""
    row = OutboxMessage.objects.select_for_update().filter(message_id=known).first() if known else None
    if row is None:
        return Came.OTHER
    keep(row, reports[0], Bounce.Doubt.UNSIGNED, now)
    return Came.NOT_BELIEVED


def _copy(row: OutboxMessage, now: dt.datetime) -> Came:
    together = [each.pk for each in row.together()]
    OutboxMessage.objects.filter(pk__in=together, journalled_at=None).update(journalled_at=real_now())
    for pk in together:
        conclude_by_copy(pk, now)
    return Came.COPY


def collect(folder: Path, now: dt.datetime, limit: int = 500) -> int:
    """Take in what waits in a Maildir; returns how many messages. What was read is removed, what is not ours is kept.

    Messages are read where they lie, oldest first, and leave ``new`` afterwards: a worker that dies leaves nothing
    unread behind a later one, which would count as proof that the earlier never came. Reading twice changes nothing.
    """
    names = sorted((folder / "new").glob("*"))[:limit] if (folder / "new").is_dir() else []
    return sum(_take_in(path, folder / "cur", now) for path in names)


def _take_in(path: Path, seen: Path, now: dt.datetime) -> int:
    try:
        came = receive(path.read_bytes(), "", now, now - _waited(path))
    except FileNotFoundError:  # another worker had it
        return 0
    except DatabaseError:  # the message is good, the moment is not
        raise
    except Exception as error:  # one odd message must not stop the others
        logger.warning("A message in the Maildir could not be read: %s", type(error).__name__)
        came = _unreadable(path, now)
    if came in FOR_A_PERSON:
        seen.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            path.rename(seen / f"{path.name.partition(':')[0]}{SEEN}")
    else:
        path.unlink(missing_ok=True)
    return 1


def _unreadable(path: Path, now: dt.datetime) -> Came:
    """What is too large or too odd is shown to a person by its head, and as it is; the file stays too."""
    try:
        with path.open("rb") as file:
            raw = file.read(SIZE_LIMIT)
        head = parse_head(raw)
        token = _token_of(RECIPIENT.findall(raw[:HEAD_LIMIT].decode("ascii", "replace")))
        notice = _notice_of(token) if token else None
        return _answer(raw, head, notice, now - _waited(path), now)
    except DatabaseError:
        raise
    except Exception as error:
        logger.warning("Nor could its head: %s", type(error).__name__)
        return Came.OTHER


def _notice_of(token: tuple[str, str]) -> Notice | None:
    if token[0] == "answer":
        return Notice.objects.filter(public_id=token[1]).first()
    row = OutboxMessage.objects.select_related("notice").filter(occasion=token[1]).first()
    return row.notice if row else None


def _waited(path: Path) -> dt.timedelta:
    """For how much domain time a message has lain unread: its file is as old as its delivery."""
    real = real_now().timestamp() - path.stat().st_mtime
    return dt.timedelta(seconds=max(0.0, real)) * get_clock().speed


def collect_configured(now: dt.datetime) -> int:
    """``collect`` from the folder of the settings; nothing without one."""
    folder = NoticeSettings.current().mail_dir
    return collect(folder, now) if folder else 0
