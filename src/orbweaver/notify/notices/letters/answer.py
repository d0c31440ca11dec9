"""The mail by which a person's answer to an objection goes to the provider."""

from __future__ import annotations

import datetime as dt
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from orbweaver.notify.notices.letters.addressee import mail_address
from orbweaver.notify.notices.letters.languages import words_of
from orbweaver.notify.notices.letters.tokens import answer_address
from orbweaver.notify.notices.models import PushBack
from orbweaver.notify.providers.models import Contact
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.settings import PlatformSettings


def compose_answer(row: PushBack, contact: Contact, key: str, now: dt.datetime) -> bytes:
    """The mail that tells a person's answer to an objection."""
    words = words_of(contact.language)
    reference = row.notice.public_id
    subject = words.answer_subject % reference
    message = EmailMessage(policy.SMTP.clone(max_line_length=76))
    message["From"] = HotlineSettings.current().hotline_contact
    message["Reply-To"] = answer_address(reference) or HotlineSettings.current().hotline_contact
    message["To"] = mail_address(contact)
    message["Subject"] = f"{words.demonstration}: {subject}" if PlatformSettings.current().demonstration else subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{key}@{HotlineSettings.current().hotline_domain}>"
    message["In-Reply-To"] = message["References"] = f"<{reference}.0@{HotlineSettings.current().hotline_domain}>"
    message["Auto-Submitted"] = "auto-replied"
    message["Content-Language"] = words.language
    message.set_content(row.words + "\n", cte="quoted-printable")
    return message.as_bytes()
