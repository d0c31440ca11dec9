"""Mail that comes back to the hotline: bounces of every shape, replies of every form, automatic ones."""

from __future__ import annotations

import email.utils
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage, Message
from html import escape

from orbweaver_trials.wild.languages import TONGUES, Tongue
from orbweaver_trials.wild.plan import Answer, Letterbox, Party


@dataclass(frozen=True)
class Notice:
    """What a party has before it: the mail as it came, its words, and the mailbox it came to."""

    message: Message
    text: str
    sender: str
    """Of the envelope: where bounces go."""
    mailbox: str

    @property
    def id(self) -> str:
        """Its Message-ID."""
        return str(self.message["Message-ID"] or "").strip()

    @property
    def subject(self) -> str:
        """Its subject, in one line."""
        return " ".join(str(self.message["Subject"] or "").split())

    @property
    def reply_to(self) -> str:
        """Where a person's mail program answers to."""
        field = str(self.message["Reply-To"] or self.message["From"] or "")
        return email.utils.parseaddr(field)[1]


def reply(notice: Notice, party: Party, marker: str) -> bytes:
    """A person's answer, after the party's fashion; ``marker`` is a word that nothing else holds."""
    tongue = TONGUES[party.tongue]
    words = f"{tongue.done}\n\n{marker}\n"
    message = _headed(notice, party, words)
    compose = _FORMS[party.answer]
    compose(message, notice, tongue, words)
    return message.as_bytes()


def _headed(notice: Notice, party: Party, _: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = notice.mailbox
    message["To"] = notice.reply_to
    message["Date"] = email.utils.formatdate()
    message["Message-ID"] = email.utils.make_msgid(domain=f"{party.key}-party.example")
    return message


def _threaded(message: EmailMessage, notice: Notice, prefix: str = "Re") -> None:
    message["Subject"] = f"{prefix}: {notice.subject}"
    message["In-Reply-To"] = notice.id
    message["References"] = notice.id


def _quoted(notice: Notice, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}" for line in notice.text.splitlines())


def _charset(tongue: Tongue, text: str) -> str:
    try:
        text.encode(tongue.charset)
    except UnicodeEncodeError:
        return "utf-8"
    return tongue.charset


def _text(message: EmailMessage, tongue: Tongue, text: str) -> None:
    message.set_content(text, charset=_charset(tongue, text))


def _top(message: EmailMessage, notice: Notice, tongue: Tongue, words: str) -> None:
    _threaded(message, notice, "AW" if tongue.code == "de" else "Re")
    _text(message, tongue, f"{words}\n{notice.reply_to} {tongue.wrote}\n{_quoted(notice)}\n")


def _bottom(message: EmailMessage, notice: Notice, tongue: Tongue, words: str) -> None:
    _threaded(message, notice)
    _text(message, tongue, f"{notice.reply_to} {tongue.wrote}\n{_quoted(notice)}\n\n{words}")


def _html(message: EmailMessage, notice: Notice, tongue: Tongue, words: str) -> None:
    _threaded(message, notice)
    said = "<br>".join(escape(line) for line in words.splitlines())
    quoted = "<br>".join(escape(line) for line in notice.text.splitlines())
    page = (
        f'<html><body dir="{tongue.direction}"><div><b>{said}</b></div><div class="gmail_quote">'
        f"<blockquote>{quoted}</blockquote></div></body></html>"
    )
    message.set_content(page, subtype="html")


def _elsewhere(message: EmailMessage, notice: Notice, tongue: Tongue, words: str) -> None:
    message.replace_header("From", f"Kim <kim@staff.{notice.mailbox.partition('@')[2]}>")
    message["Subject"] = "Fwd: abuse"
    _text(message, tongue, f"{words}\n---------- Forwarded message ---------\n{notice.text}\n")


def _ticket(message: EmailMessage, notice: Notice, tongue: Tongue, words: str) -> None:
    message.replace_header("From", f"Support <support@{notice.mailbox.partition('@')[2]}>")
    message["Subject"] = "[Ticket#2026112610004711] Ihre Anfrage"
    message["X-Mailer"] = "OTRS Mail Service"
    _text(message, tongue, f"{words}\n-- \n{_quoted(notice)}\n")


def _bare(message: EmailMessage, notice: Notice, tongue: Tongue, words: str) -> None:
    _threaded(message, notice)
    message.replace_header("Subject", "done")
    _text(message, tongue, words)


def _outlook(message: EmailMessage, notice: Notice, tongue: Tongue, words: str) -> None:
    message["Subject"] = f"RES: {notice.subject}"
    head = f"De: {notice.reply_to}\nPara: {notice.mailbox}\nAssunto: {notice.subject}\n"
    _text(message, tongue, f"{words}\n-----Mensagem original-----\n{head}\n{notice.text}\n")


_FORMS: dict[Answer, Callable[[EmailMessage, Notice, Tongue, str], None]] = {
    Answer.TOP: _top,
    Answer.BOTTOM: _bottom,
    Answer.HTML: _html,
    Answer.ELSEWHERE: _elsewhere,
    Answer.TICKET: _ticket,
    Answer.BARE: _bare,
    Answer.OUTLOOK: _outlook,
}


def automatic(notice: Notice, party: Party, *, ticket: bool = False) -> bytes:
    """What a machine answers at once; how it marks itself differs from language to language."""
    tongue = TONGUES[party.tongue]
    message = _headed(notice, party, "")
    message["Subject"] = (
        "[Ticket#2026112610004711] Eingangsbestätigung" if ticket else f"{tongue.away_subject}: {notice.subject}"
    )
    marks = sorted(TONGUES).index(party.tongue) % 4
    if marks == 0 or ticket:
        message["Auto-Submitted"] = "auto-replied"
    elif marks == 1:
        message["X-Autoreply"] = "yes"
        message["Precedence"] = "auto_reply"
    elif marks == 2:
        message["X-Auto-Response-Suppress"] = "All"
        message["In-Reply-To"] = notice.id
    else:
        message["In-Reply-To"] = notice.id
    words = "Ihre Anfrage wurde unter der Nummer 2026112610004711 erfasst." if ticket else tongue.away
    _text(message, tongue, f"{words}\n")
    return message.as_bytes()


def bounce(notice: Notice, kind: Letterbox) -> bytes:
    """A mail that says that the notice did not arrive, as servers of this kind write it."""
    return _BOUNCES[kind](notice)


def _mailer(notice: Notice, subject: str, sender: str = "MAILER-DAEMON@mx.elsewhere.example") -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"Mail Delivery System <{sender}>"
    message["To"] = notice.sender
    message["Subject"] = subject
    message["Date"] = email.utils.formatdate()
    message["Message-ID"] = email.utils.make_msgid(domain="mx.elsewhere.example")
    return message


def _headers(notice: Notice) -> str:
    kept = ("From", "To", "Subject", "Date", "Message-ID")
    return "\n".join(f"{name}: {' '.join(str(notice.message[name]).split())}" for name in kept if notice.message[name])


def _dsn(notice: Notice, status: str = "5.1.1", why: str = "550 5.1.1 User unknown") -> bytes:
    to = notice.sender
    return (
        f"From: MAILER-DAEMON@mx.elsewhere.example\nTo: {to}\nSubject: Undelivered Mail Returned to Sender\n"
        f"Date: {email.utils.formatdate()}\nMessage-ID: {email.utils.make_msgid(domain='mx.elsewhere.example')}\n"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="q1"\n\n'
        "--q1\nContent-Type: text/plain; charset=us-ascii\n\n"
        f"I'm sorry to have to inform you that your message could not be delivered.\n\n<{notice.mailbox}>: {why}\n\n"
        "--q1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.elsewhere.example\n\n"
        f"Final-Recipient: rfc822; {notice.mailbox}\nAction: failed\nStatus: {status}\nDiagnostic-Code: smtp; {why}\n\n"
        f"--q1\nContent-Type: text/rfc822-headers\n\n{_headers(notice)}\n\n--q1--\n"
    ).encode()


def _qmail(notice: Notice) -> bytes:
    message = _mailer(notice, "failure notice")
    message.set_content(
        "Hi. This is the qmail-send program at mx.elsewhere.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{notice.mailbox}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        f"--- Below this line is a copy of the message.\n\nReturn-Path: <{notice.sender}>\n{_headers(notice)}\n"
    )
    return message.as_bytes()


def _exchange(notice: Notice) -> bytes:
    message = _mailer(notice, f"Undeliverable: {notice.subject}", "postmaster@outlook.elsewhere.example")
    message["X-MS-Exchange-Message-Is-Ndr"] = ""
    message.set_content(
        f"<html><body><p><b>Delivery has failed to these recipients or groups:</b></p><p>{notice.mailbox}<br>"
        "The email address you entered couldn't be found. Please check the recipient's email address.</p>"
        "<p><b>Diagnostic information for administrators:</b></p><p>Generating server: EX01.elsewhere.example<br>"
        f"{notice.mailbox}<br>Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found'"
        f"</p><p>Original message headers:</p><pre>{escape(_headers(notice))}</pre></body></html>",
        subtype="html",
    )
    return message.as_bytes()


def _postfix_de(notice: Notice) -> bytes:
    message = _mailer(notice, "Unzustellbare Nachricht")
    message.set_content(
        "Dies ist das Mailsystem von mx.elsewhere.example.\n\n"
        "Ihre Nachricht konnte an einen oder mehrere Empfänger nicht zugestellt werden.\n\n"
        f"<{notice.mailbox}>: Der Zielrechner sagte: 550 5.1.1 <{notice.mailbox}>: Empfänger unbekannt\n"
        f"    (als Antwort auf RCPT TO)\n\n{_headers(notice)}\n"
    )
    return message.as_bytes()


def _dsn_text(notice: Notice) -> bytes:
    message = _mailer(notice, "Returned mail: see transcript for details")
    message.set_content(
        "   ----- The following addresses had permanent fatal errors -----\n"
        f"<{notice.mailbox}>\n    (reason: 550 5.1.1 <{notice.mailbox}>... User unknown)\n\n"
        "   ----- Transcript of session follows -----\n... while talking to mx.elsewhere.example.:\n"
        f">>> DATA\n<<< 550 5.1.1 <{notice.mailbox}>... User unknown\n550 5.1.1 {notice.mailbox}... User unknown\n\n"
        f"Final-Recipient: RFC822; {notice.mailbox}\nAction: failed\nStatus: 5.1.1\n\n{_headers(notice)}\n"
    )
    return message.as_bytes()


_BOUNCES: dict[Letterbox, Callable[[Notice], bytes]] = {
    Letterbox.DSN: _dsn,
    Letterbox.QMAIL: _qmail,
    Letterbox.EXCHANGE: _exchange,
    Letterbox.POSTFIX_DE: _postfix_de,
    Letterbox.DSN_TEXT: _dsn_text,
    Letterbox.FULL: lambda notice: _dsn(notice, "5.2.2", "552 5.2.2 Mailbox full, over quota"),
}
