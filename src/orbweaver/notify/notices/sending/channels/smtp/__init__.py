"""Mail over SMTP, driven step by step, so that the point of no return is the final dot and nothing before it.

A server that loses the connection before the dot must drop the message (RFC 5321, 4.1.1.4 and 6.1). After the dot only
its reply tells; when that is not heard, the delivery is uncertain. Where the settings give a journal, the same message
goes to it as a second recipient of the same transaction: the server takes it for both or for neither.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from orbweaver.errors import Message
from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.letters.tokens import bounce_address, journal_address
from orbweaver.notify.notices.sending.channels.protocol import Channel, Doubt, Outgoing, Session, Taken
from orbweaver.notify.notices.sending.channels.smtp.messages import (
    ANSWERED,
    ANSWERED_MESSAGE,
    ANSWERED_STEP,
    NO_MAIL_SERVER,
    UNCONFIRMED,
    UNREACHABLE,
)
from orbweaver.notify.notices.settings import NoticeSettings
from orbweaver.notify.providers.channel_kinds import AddressField
from orbweaver.notify.providers.rules import clean_mail_address
from orbweaver.people.settings import MailServerSettings

TIMEOUT_S = 60.0
"""Longest wait for a reply. RFC 5321 advises ten minutes after the dot; what takes longer here is uncertain."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_STATUS = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


class SmtpChannel(Channel):
    """The mail server that the settings name."""

    name = "smtp"
    title = _("Mail")
    address = AddressField(_("Mail address"), "abuse@host.example")
    settings = MailServerSettings
    carries_words = True
    joins = True

    def __init__(self) -> None:
        self.doubt = Doubt.JOURNAL if NoticeSettings.current().journal else Doubt.REMAINS

    @classmethod
    def clean_address(cls, text: str) -> str:
        """A mail address."""
        return clean_mail_address(text)

    def why_not(self) -> Message | None:
        """A reason when no mail server is set."""
        return None if MailServerSettings.current().smtp_host else NO_MAIL_SERVER

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Connects with the first message and again after a failure."""
        session = _SmtpSession()
        try:
            yield session
        finally:
            session.close()


class _SmtpSession:
    def __init__(self) -> None:
        self._settings = MailServerSettings.current()
        self._server: smtplib.SMTP | None = None

    def deliver(self, message: Outgoing, before_commit: Callable[[], None]) -> Sequence[Taken]:
        """One message. After any failure the connection is dropped, which also makes the server forget a half one."""
        try:
            server = self._connected()
            self._announce(server, message)
            server.send(_body(message.raw))
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise _failed(error) from None
        except ChannelFailed:
            self._drop()
            raise
        try:
            before_commit()
        except BaseException:
            self._drop()
            raise
        self._finish(server)
        return ()

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            try:
                self._server = self._connect()
            except (OSError, smtplib.SMTPException) as error:
                raise ChannelDown(_failed(error).reason) from None
        return self._server

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        # made where it is used alone: to read all authorities takes more than to send a message
        context = None if settings.smtp_tls == "none" else ssl.create_default_context()
        if settings.smtp_tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S, context=context
            )
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S)
        try:
            if settings.smtp_tls == "starttls":
                server.starttls(context=context)
            server.ehlo_or_helo_if_needed()
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
        except BaseException:
            server.close()
            raise
        return server

    def _announce(self, server: smtplib.SMTP, message: Outgoing) -> None:
        """Sender, recipient and DATA; the server has promised nothing yet."""
        _require(server.mail(bounce_address(message.key) or message.sender), "the sender")
        _require_recipient(server.rcpt(message.address))
        copy_to = journal_address(message.key)
        if copy_to:
            _require(server.rcpt(copy_to), "our own mailbox", lasting=False)
        _require(server.docmd("data"), "the message")

    def _finish(self, server: smtplib.SMTP) -> None:
        try:
            server.send(b".\r\n")
            code, reply = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise DeliveryUncertain(UNCONFIRMED.of(kind=type(error).__name__)) from None
        if code != 250:
            self._drop()
            raise _refused(ANSWERED_MESSAGE.of(status=code), code, reply)

    def _drop(self) -> None:
        """Close without a word."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        """Say goodbye, if anybody listens."""
        if self._server is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._server.quit()
            self._drop()


def _body(raw: bytes) -> bytes:
    """The bytes for DATA: lines end in CRLF, leading dots doubled, the final dot left out."""
    lines = _LINE_END.sub(b"\r\n", raw)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _LEADING_DOT.sub(b"..", lines)


def _require(answer: tuple[int, bytes], step: str, *, lasting: bool = True) -> None:
    code = answer[0]
    if code not in (250, 251, 354):
        raise ChannelFailed(ANSWERED_STEP.of(status=code, step=step), permanent=lasting and code >= 500)


def _require_recipient(answer: tuple[int, bytes]) -> None:
    code, reply = answer
    if code not in (250, 251):
        raise _refused(ANSWERED_STEP.of(status=code, step="the recipient"), code, reply)


def _refused(reason: Message, code: int, reply: bytes) -> ChannelFailed:
    """What the server says of this recipient, or of this message for them; by a 4xx it is to be tried again."""
    found = _STATUS.match(reply)
    status = found[1].decode() if found and found[1].startswith(str(code)[:1].encode()) else ""
    return ChannelFailed(reason, permanent=code >= 500, answered=code, status=status)


def _failed(error: Exception) -> ChannelFailed:
    """The error as the desk shows it: a code or a kind, never a text of the server, which may repeat addresses."""
    if isinstance(error, smtplib.SMTPResponseException):
        return ChannelFailed(ANSWERED.of(status=error.smtp_code), permanent=500 <= error.smtp_code < 600)
    return ChannelFailed(UNREACHABLE.of(kind=type(error).__name__))
