"""Mail that comes back: bounces (RFC 3464) and the journal's copies, told by the token in the address they came to.

A hard bounce marks the contact, so that the next one by precedence is written to, and asks for that at once; one that
was given up for now is tried again in an hour; a delay is noted. Without our token nothing is believed: anybody can
write a bounce.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from enum import StrEnum
from pathlib import Path

from django.db import DatabaseError, transaction

from orbweaver.audit.services import record
from orbweaver.clock import real_now
from orbweaver.config import get_config
from orbweaver.errors import InvalidInput
from orbweaver.notices.doubts import settle_by_copy
from orbweaver.notices.models import Bounce, Notice, OutboxMessage
from orbweaver.notices.rules import NoticeState, OutboxState
from orbweaver.notices.tokens import read_mail_token
from orbweaver.providers.models import Contact

logger = logging.getLogger(__name__)

SIZE_LIMIT = 16 * 2**20
SEEN = ":2,S"
SOFT_RETRY = dt.timedelta(hours=1)
RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
"""Where mail servers write the address that a message was delivered to, best first."""
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
_ADDRESS = re.compile(r"[^\s<>,;:\"]+@[^\s<>,;:\"]+")


class Came(StrEnum):
    """What a piece of mail was."""

    COPY = "copy"
    HARD = "hard"
    SOFT = "soft"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    OTHER = "other"


@dataclass(frozen=True)
class Delivery:
    """What a delivery report says of a message: the gravest of its recipients."""

    kind: Came
    status: str


def read_report(message: Message) -> Delivery | None:
    """The delivery report that a message is, or None when it is none (RFC 3464)."""
    found = [each for part in message.walk() for each in _of_part(part)]
    gravity = {Came.HARD: 0, Came.SOFT: 1, Came.DELAYED: 2, Came.DELIVERED: 3}
    return min(found, key=lambda each: gravity[each.kind], default=None)


def _of_part(part: Message) -> Iterable[Delivery]:
    if part.get_content_type() != "message/delivery-status":
        return
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if not isinstance(block, Message) or block.get("Action") is None or _is_about_our_copy(block):
            continue
        action, status = str(block["Action"]).strip().lower(), _STATUS.search(str(block.get("Status", "")))
        code = status[0] if status else ""
        if action == "failed":
            yield Delivery(Came.SOFT if code.startswith("4") else Came.HARD, code)
        elif action == "delayed":
            yield Delivery(Came.DELAYED, code)
        elif action in ("delivered", "relayed", "expanded"):
            yield Delivery(Came.DELIVERED, code)


def _is_about_our_copy(block: Message) -> bool:
    """Whether the recipient that was not reached is our own journal, which says nothing of the provider."""
    named = f"{block.get('Original-Recipient', '')} {block.get('Final-Recipient', '')}"
    tokens = (read_mail_token(address) for address in _ADDRESS.findall(named))
    return any(token is not None and token[0] == "journal" for token in tokens)


def receive(raw: bytes, recipient: str, now: dt.datetime) -> Came:
    """Take in one piece of mail. ``recipient`` is the address it came to; "" when only its headers know.

    Repeating it changes nothing. Raises InvalidInput for what is too large to be read.
    """
    if len(raw) > SIZE_LIMIT:
        raise InvalidInput("This message is too large to be a bounce. Nothing was changed.")
    message = message_from_bytes(raw, policy=policy.default)
    token = _token(message, recipient)
    if token is None:
        return Came.OTHER
    purpose, key = token
    row = OutboxMessage.objects.filter(occasion=key).first()
    if row is None:
        return Came.OTHER
    if purpose == "journal":
        return _copy(row, now)
    report = read_report(message)
    if report is None:
        return Came.OTHER
    return _bounce(row, report, now)


def _token(message: EmailMessage | Message, recipient: str) -> tuple[str, str] | None:
    addresses = [recipient] if recipient else []
    for name in RECIPIENT_HEADERS:
        addresses += _ADDRESS.findall(" ".join(str(each) for each in message.get_all(name, [])))
    return next((token for token in map(read_mail_token, addresses) if token is not None), None)


def _copy(row: OutboxMessage, now: dt.datetime) -> Came:
    OutboxMessage.objects.filter(pk=row.pk, journalled_at=None).update(journalled_at=real_now())
    settle_by_copy(row.pk, now)
    return Came.COPY


@transaction.atomic
def _bounce(row: OutboxMessage, report: Delivery, now: dt.datetime) -> Came:
    if report.kind is Came.DELIVERED:
        return report.kind
    _, created = Bounce.objects.get_or_create(
        message=row, kind=report.kind.value, status=report.status, defaults={"at": now}
    )
    if not created or report.kind is Came.DELAYED:
        return report.kind
    notice = Notice.objects.select_for_update().get(pk=row.notice_id)
    details = {"occasion": row.number, "status": report.status}
    record(f"notice.bounced_{report.kind}", notice.public_id, label="mail server", details=details, at=now)
    OutboxMessage.objects.filter(pk=row.pk).update(
        state=OutboxState.BOUNCED, reason=f"it came back ({report.status or 'no code'})", journalled_at=real_now()
    )
    if report.kind is Came.HARD:
        _mark(row, now)
    if row.push_back_id is None:
        _write_again(notice, row, now if report.kind is Came.HARD else now + SOFT_RETRY)
    return report.kind


def _mark(row: OutboxMessage, now: dt.datetime) -> None:
    """The contact is passed over from now on; the registry shows why."""
    if row.contact is None:
        return
    if Contact.objects.filter(pk=row.contact.pk, bounced_at=None).update(bounced_at=now):
        record("provider.contact_bounced", row.contact.public_id, label="mail server", at=now)


def _write_again(notice: Notice, row: OutboxMessage, at: dt.datetime) -> None:
    """The occasion never happened: the notice is due again, and if nothing else arrived it was never sent at all."""
    arrived = notice.messages.filter(push_back=None, state=OutboxState.SENT).order_by("number")
    first, last = arrived.first(), arrived.last()
    notice.first_sent_at = first.sent_at if first else None
    notice.last_sent_at = last.sent_at if last else None
    newest = not notice.messages.filter(push_back=None, number__gt=row.number).exists()
    if notice.state == NoticeState.OPEN and newest:
        notice.remind_at = at
    notice.save(update_fields=["first_sent_at", "last_sent_at", "remind_at"])


def collect(folder: Path, now: dt.datetime, limit: int = 500) -> int:
    """Take in what waits in a Maildir; returns how many messages. What was read is removed, what is not ours is kept.

    Messages are read where they lie, oldest first, and leave ``new`` afterwards: a worker that dies leaves nothing
    unread behind a later one, which would count as proof that the earlier never came. Reading twice changes nothing.
    """
    names = sorted((folder / "new").glob("*"))[:limit] if (folder / "new").is_dir() else []
    return sum(_take_in(path, folder / "cur", now) for path in names)


def _take_in(path: Path, seen: Path, now: dt.datetime) -> int:
    try:
        came = receive(path.read_bytes(), "", now)
    except FileNotFoundError:  # another worker had it
        return 0
    except DatabaseError:  # the message is good, the moment is not
        raise
    except Exception as error:  # one odd message must not stop the others; a person finds it, marked as seen
        logger.warning("A message in the Maildir could not be read: %s", type(error).__name__)
        came = Came.OTHER
    if came is Came.OTHER:
        seen.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            path.rename(seen / f"{path.name.partition(':')[0]}{SEEN}")
    else:
        path.unlink(missing_ok=True)
    return 1


def collect_configured(now: dt.datetime) -> int:
    """``collect`` from the folder of the settings; nothing without one."""
    folder = get_config().mail_dir
    return collect(folder, now) if folder else 0
