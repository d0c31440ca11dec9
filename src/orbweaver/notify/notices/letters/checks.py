"""What ``orbweaver doctor`` says of letters: who writes them, the mail server, the mailbox they come back to."""

from __future__ import annotations

import os
import smtplib
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path

from orbweaver.notify.notices.settings import NoticeSettings
from orbweaver.people.settings import HotlineSettings, MailServerSettings
from orbweaver.platform.runtime.checks import Check, Level, mode_of


def identity_check() -> Check:
    """Whether letters may leave: they say who writes."""
    settings = HotlineSettings.current()
    gaps = settings.letter_gaps
    if not gaps:
        return Check("who the hotline is", Level.OK, settings.hotline_name)
    advice = f"Set {', '.join(gaps)}. Nothing is sent until then; what waits goes out by itself."
    return Check("who the hotline is", Level.FAIL, "a placeholder stands for the hotline", advice)


def _connected(settings: MailServerSettings) -> smtplib.SMTP:
    """With TLS from the first byte the certificate is checked, too: a password follows."""
    place = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_tls == "tls":
        return smtplib.SMTP_SSL(*place, timeout=5, context=ssl.create_default_context())
    return smtplib.SMTP(*place, timeout=5)


def server_check() -> Check:
    """Whether the mail server takes us, and mail for our own mailbox."""
    settings = MailServerSettings.current()
    if not settings.smtp_host:
        advice = "Set ORBWEAVER_SMTP_HOST. Until then notices wait in the outbox; none is lost."
        return Check("mail server", Level.WARN, "none is set", advice)
    try:
        with _connected(settings) as server:
            if settings.smtp_tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            refused = _mailbox_refused(server)
    except (OSError, smtplib.SMTPException) as error:
        advice = "Check ORBWEAVER_SMTP_HOST, _PORT, _TLS, _USER and _PASSWORD. Notices wait in the outbox meanwhile."
        return Check("mail server", Level.FAIL, f"does not accept us ({type(error).__name__})", advice)
    if refused:
        advice = (
            "No notice can leave: have it take mail for ORBWEAVER_BOUNCE_ADDRESS with any +tag, or see channels.md."
        )
        return Check("mail server", Level.FAIL, f"answers {refused} to mail for our own mailbox", advice)
    return Check("mail server", Level.OK, f"{settings.smtp_host}:{settings.smtp_port} answers")


def _mailbox_refused(server: smtplib.SMTP) -> int:
    """The reply code when the server does not take a copy for our own mailbox, which goes with every notice; else 0."""
    journal = NoticeSettings.current().journal
    if not journal:
        return 0
    local, _, domain = journal.rpartition("@")
    server.ehlo_or_helo_if_needed()
    server.mail(HotlineSettings.current().hotline_contact)
    code = server.rcpt(f"{local}+doctor@{domain}")[0]
    server.rset()
    return 0 if code in (250, 251) else code


def mailbox_checks() -> Iterator[Check]:
    """Whether mail that comes back is read, and a crash while sending can be concluded by a copy."""
    settings = NoticeSettings.current()
    if not MailServerSettings.current().smtp_host:
        return
    if not settings.journal and settings.bounce_address and settings.mail_dir:
        advice = "Take ORBWEAVER_JOURNAL_ADDRESS=off away. Until then a notice in doubt waits for its reminder."
        yield Check("mailbox", Level.WARN, "bounces are read; copies of notices are off", advice)
    elif not settings.journal:
        advice = (
            "Set ORBWEAVER_BOUNCE_ADDRESS and ORBWEAVER_MAIL_DIR. Until then people read what comes back, and a notice "
            "that a crash leaves in doubt is not sent again before its reminder."
        )
        yield Check("mailbox", Level.WARN, "bounces and copies of notices are not read", advice)
    else:
        yield _maildir_check(settings.mail_dir)


def _maildir_check(folder: Path | None) -> Check:
    """Whether the worker can take messages out of it; raises OSError where it cannot even be looked at."""
    new = folder / "new" if folder else None
    if new is None or not stat.S_ISDIR(mode_of(new) or 0):
        advice = "ORBWEAVER_MAIL_DIR must be a Maildir, with `new` in it, into which your mail server delivers."
        return Check("mailbox", Level.FAIL, "the folder is no Maildir", advice)
    if not os.access(new, os.R_OK | os.W_OK | os.X_OK):
        advice = f"Let the account that Orbweaver runs as (uid {os.geteuid()}) read, write and enter it."
        return Check("mailbox", Level.FAIL, f"messages cannot be taken out of {new}", advice)
    return Check("mailbox", Level.OK, "bounces and copies of notices are read")
