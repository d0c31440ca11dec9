"""Heads of the audit log, mailed to somebody outside, who can show later what the log was."""

from __future__ import annotations

import logging
from email.message import EmailMessage

from orbweaver.notify.notices.errors import ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.sending.channels.protocol import Outgoing
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.people.audit.anchors import folder, name_of
from orbweaver.people.audit.heads import Head, latest_head, signed_line
from orbweaver.people.audit.settings import AuditSettings
from orbweaver.people.settings import HotlineSettings, MailServerSettings

MAILED = "mailed"
"""The file that names the newest head that was mailed."""

logger = logging.getLogger(__name__)


def mail_head() -> int:
    """Mail the newest head, once (twice where a crash or a lost answer comes between); 1 if one left."""
    address, head = AuditSettings.current().audit_heads_mail, latest_head()
    if not address or not MailServerSettings.current().smtp_host or HotlineSettings.current().letter_gaps:
        return 0
    if head is None or _mailed() == name_of(head):
        return 0
    letter = head_letter(head, address)
    message = Outgoing(str(letter["From"]), address, str(letter["Message-ID"]), letter.as_bytes())
    try:
        with SmtpChannel().session() as session:
            session.deliver(message, lambda: None)
    except (ChannelFailed, DeliveryUncertain) as error:
        logger.warning("The audit log's head could not be mailed (%s); it is tried again.", error.code)
        return 0
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / MAILED).write_text(name_of(head), encoding="utf-8")
    return 1


def head_letter(head: Head, address: str) -> EmailMessage:
    """The mail. It says nothing of what happened: how many events there are, and two digests."""
    hotline = HotlineSettings.current()
    letter = EmailMessage()
    letter["From"], letter["To"] = hotline.hotline_contact, address
    letter["Subject"] = f"Head of the audit log: {head.position} events"
    letter["Message-ID"] = f"<audit-{name_of(head)}@{hotline.hotline_domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(
        f"{hotline.hotline_name} has {head.position} events in its audit log. Keep this mail: with it\n"
        "everybody can show later whether one of them was changed or removed. To do so, save it\n"
        "and say: orbweaver audit verify --head FILE\n"
    )
    letter.add_attachment(
        signed_line(head).encode(), maintype="application", subtype="json", filename=f"head-{name_of(head)}.json"
    )
    return letter


def _mailed() -> str:
    path = folder() / MAILED
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""
