"""A mail server that returns what nobody gets, delivers copies for the journal, and the reports that servers write."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from orbweaver.notify.notices.answers.incoming import collect
from orbweaver.notify.notices.services import queue_reminders, send_due

from .conftest import Mailbox

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)

POSTFIX = """\
Reporting-MTA: dns; mx.hotline.example
X-Postfix-Queue-ID: 4cQx1z
Arrival-Date: Tue, 24 Nov 2026 12:00:00 +0000 (UTC)

Final-Recipient: rfc822; abuse@host.example
Original-Recipient: rfc822;abuse@host.example
Action: {action}
Status: {status}
Remote-MTA: dns; host.example
Diagnostic-Code: smtp; 550 {status} <abuse@host.example>: Recipient address rejected: User unknown
"""
EXIM = """\
Reporting-MTA: dns; mx.hotline.example

Action: {action}
Final-Recipient: rfc822;abuse@host.example
Status: {status}
"""
EXCHANGE = """\
Reporting-MTA: dns;AM0.example
Received-From-MTA: dns;mx.hotline.example
Arrival-Date: Tue, 24 Nov 2026 12:00:00 +0000

final-recipient: RFC822;abuse@host.example
action: {action}
status: {status} (recipient not found by SMTP address lookup)
diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found
X-Display-Name: abuse
"""


def report(status: str = "5.1.1", action: str = "failed", style: str = POSTFIX, to: str = "") -> bytes:
    """A delivery report (RFC 3464) as mail servers write them."""
    said = style.format(status=status, action=action).replace("\n", "\r\n")
    text = (
        f"From: MAILER-DAEMON@mx.hotline.example\r\nTo: <{to}>\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        f"--B\r\nContent-Type: message/delivery-status\r\n\r\n{said}\r\n"
        "--B\r\nContent-Type: message/rfc822\r\n\r\nSubject: Please remove\r\n\r\nThe notice.\r\n--B--\r\n"
    )
    return text.encode()


@dataclass
class PostOffice(Mailbox):
    """A mail server that takes everything, returns what nobody gets, and delivers copies for the journal."""

    maildir: Path = Path()
    returns: dict[str, bytes] = field(default_factory=dict)
    journal: bool = True
    delivered: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith(("journal+", "bounces+")):
            envelope.rcpt_tos.append(address)
            return "250 OK"
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = await super().handle_DATA(server, session, envelope)
        assert isinstance(envelope.original_content, bytes)
        for recipient in envelope.rcpt_tos:
            if recipient.startswith(("journal+", "bounces+")) and self.journal:
                self.deliver(recipient, envelope.original_content)
            elif recipient in self.returns:
                assert envelope.mail_from is not None
                self.deliver(envelope.mail_from, self.returns[recipient])
        return said

    def deliver(self, to: str, raw: bytes) -> None:
        self.delivered += 1
        (self.maildir / "new" / f"{self.delivered:04}.mx").write_bytes(b"Delivered-To: %s\r\n" % to.encode() + raw)


def go_on(now: dt.datetime, box: PostOffice) -> None:
    """One round of the worker: mail taken in, reminders queued, messages sent."""
    collect(box.maildir, now)
    queue_reminders(now)
    send_due(lambda: now)
