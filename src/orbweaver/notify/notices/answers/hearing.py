"""Answers in words: kept with the notice they are about, shown to a person, and done as that person says.

Mail is threaded by the signed address it came to, the message it answers, the number of a notice in it, or its
sender. Nothing else follows by itself: who writes may be anybody. While an answer is unread nobody is taken for silent.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from email import message_from_bytes, policy

from django.db import transaction
from django.db.models import Q

from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.notify.notices.answers.page_text import page_text
from orbweaver.notify.notices.answers.quoting import split
from orbweaver.notify.notices.answers.reading import Mail
from orbweaver.notify.notices.answers.replies import COMMENT_LIMIT, answer_notice, told_together
from orbweaver.notify.notices.answers.senders import own_domains
from orbweaver.notify.notices.messages import (
    ANSWER_DONE,
    MAY_NOT_DECIDE,
    MEANING_MISSING,
    NO_SUCH_ANSWER,
    NO_SUCH_NOTICE,
    WHICH_NOTICE,
    WORDS_MISSING,
)
from orbweaver.notify.notices.models import BY_HAND, IncomingAnswer, Notice, OutboxMessage, Via
from orbweaver.notify.notices.rules import ANSWERS_LIKE, Meaning
from orbweaver.notify.providers.channel_kinds import MAIL
from orbweaver.notify.providers.models import Contact, Provider
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record

NUMBER = re.compile(r"\bntc_[0-9a-z]+", re.IGNORECASE | re.ASCII)  # no blank stands before it in Chinese or Thai
ABOUT_WORDS = re.compile(r"\bsft_[0-9a-z]{1,28}", re.IGNORECASE | re.ASCII)
"""The number of a message about a survivor's words (``follow.survivors.safety``)."""
NUMBERS_LOOKED_UP = 20
"""Numbers of notices that are looked for in one mail: a forged one may hold thousands."""

FoundBy = IncomingAnswer.FoundBy


@dataclass(frozen=True)
class Thread:
    """What an answer is about, and by what that is known."""

    notice: Notice | None
    provider: Provider | None
    found_by: str
    about: str = ""
    """The number of a message about words, which is no notice."""


@transaction.atomic
def take_mail(
    raw: bytes, mail: Mail, told: Notice | None, came_at: dt.datetime, now: dt.datetime, about: str = ""
) -> IncomingAnswer:
    """Keep a mail that somebody wrote. ``told`` is the notice whose signed address it came to, ``about`` the number of
    the message about words whose signed address that was. Twice is once.

    An automatic one is no answer, and is shown apart; a person may say otherwise.
    """
    digest = hashlib.sha256(raw).digest()
    known = IncomingAnswer.objects.filter(digest=digest).first()
    if known is not None:
        return known
    thread = Thread(None, None, FoundBy.TOKEN, about.lower()) if about else _thread(mail, told)
    words, quotation = split(mail.text, _letter_of(thread.notice) if thread.notice else "")
    row = IncomingAnswer.objects.create(
        notice=thread.notice,
        provider=thread.provider,
        about=thread.about,
        found_by=thread.found_by,
        sender=mail.sender,
        subject=mail.subject,
        words=words,
        quotation=quotation,
        raw=raw,
        digest=digest,
        sign=mail.sign or "",
        came_at=came_at,
        meaning=Meaning.AUTOMATIC.value if mail.sign else "",
    )
    subject = thread.about or (thread.notice.public_id if thread.notice else row.public_id)
    details = {"answer": row.public_id, "found_by": thread.found_by, "automatic": bool(mail.sign)}
    kind = "survivor_safety.answered" if thread.about else "notice.mail_came"
    record(kind, subject, label="mail", details=details, at=now)
    return row


def _thread(mail: Mail, notice: Notice | None) -> Thread:
    if notice is not None:
        return Thread(notice, notice.provider, FoundBy.TOKEN)
    answered = OutboxMessage.objects.filter(message_id__in=mail.answers).select_related("notice__provider")
    row = answered.order_by("-pk").first()
    if row is not None:
        return Thread(row.notice, row.notice.provider, FoundBy.MESSAGE_ID)
    if words := ABOUT_WORDS.search(" ".join(mail.answers)):
        return Thread(None, None, FoundBy.MESSAGE_ID, words[0].lower())
    numbers = list(dict.fromkeys(each.lower() for each in NUMBER.findall(f"{mail.subject}\n{mail.text}")))
    notices = Notice.objects.filter(public_id__in=numbers[:NUMBERS_LOOKED_UP]).select_related("provider")
    by_number = {each.public_id: each for each in notices}
    first = next((by_number[each] for each in numbers if each in by_number), None)
    if first is not None:
        return Thread(first, first.provider, FoundBy.NUMBER)
    if words := ABOUT_WORDS.search(f"{mail.subject}\n{mail.text}"):
        return Thread(None, None, FoundBy.NUMBER, words[0].lower())
    return _by_sender(mail.sender)


def _by_sender(sender: str) -> Thread:
    """The provider that is written to at this address, else at this domain or one above or below it, if it is one."""
    if "@" not in sender:
        return Thread(None, None, "")
    contacts = Contact.objects.filter(channel=MAIL)
    tries = [contacts.filter(address__iexact=sender)]
    if domains := own_domains(sender):
        near = Q(address__iendswith=f".{domains[0]}")
        for each in domains:
            near |= Q(address__iendswith=f"@{each}")
        tries.append(contacts.filter(near))
    for found in tries:
        providers = list(Provider.objects.filter(contacts__in=found).distinct()[:2])
        if len(providers) == 1:
            return Thread(_only_notice(providers[0]), providers[0], FoundBy.SENDER)
    return Thread(None, None, "")


def _only_notice(provider: Provider) -> Notice | None:
    """The notice that it can only be about: the provider has been sent no other."""
    rows = list(Notice.objects.filter(provider=provider, first_sent_at__isnull=False).order_by("-pk")[:2])
    return rows[0] if len(rows) == 1 else None


def _letter_of(notice: Notice) -> str:
    """What we wrote last, as text and as the page that it was, too: mail programs quote either."""
    sent = notice.messages.filter(push_back=None).order_by("-number").first()
    if sent is None:
        return ""
    message = message_from_bytes(bytes(sent.mail.raw), policy=policy.default)
    texts = []
    for part in message.walk():
        if part.get_content_type() in ("text/plain", "text/html"):
            content = str(part.get_content())
            texts.append(page_text(content) if part.get_content_subtype() == "html" else content)
    return "\n".join(texts)


@transaction.atomic
def say_meaning(
    public_id: str, meaning: str, by: User, now: dt.datetime, *, number: str = "", together: bool = False
) -> IncomingAnswer:
    """A person says what an answer means; what the same answer by the link does is done.

    ``together``: to all notices that stood in a mail with the one that it is about.
    ``number`` names the notice where none or another was found. Raises NotAllowed, or InvalidInput for an unknown
    answer, meaning or notice, for one that was acted on before, and where the notice is needed and not known.
    """
    _require_right(by)
    row = IncomingAnswer.objects.select_for_update(of=("self",)).filter(public_id=public_id, about="").first()
    if row is None:
        raise InvalidInput(NO_SUCH_ANSWER)
    if row.reply_id is not None:
        raise InvalidInput(ANSWER_DONE)
    if number.strip():
        row.notice = _notice(number.strip())
        row.provider, row.found_by = row.notice.provider, FoundBy.PERSON
    said = _meaning(meaning)
    _say(row, said, by, now)
    row.save()
    if together and row.notice is not None and said in ANSWERS_LIKE:
        action, reason = ANSWERS_LIKE[said]
        for other in told_together(row.notice)[1:]:
            answer_notice(other.pk, action, reason, now, comment=row.words[:COMMENT_LIMIT], via=row.via)
    return row


@transaction.atomic
def read_about_words(public_id: str, meaning: Meaning, by: User, now: dt.datetime) -> None:
    """Somebody of survivor support has read what a company answered about words. Raises NotAllowed, InvalidInput."""
    if not by.may(Permission.SURVIVOR_HANDLE):
        raise NotAllowed(MAY_NOT_DECIDE)
    row = IncomingAnswer.objects.select_for_update().filter(public_id=public_id).exclude(about="").first()
    if row is None:
        raise InvalidInput(NO_SUCH_ANSWER)
    row.meaning, row.read_by, row.read_at = meaning.value, by, now
    row.save(update_fields=["meaning", "read_by", "read_at"])
    details = {"answer": row.public_id, "meaning": meaning.value}
    record("survivor_safety.answer_read", row.about, actor=by, details=details, at=now)


@transaction.atomic
def record_by_hand(number: str, via: str, meaning: str, words: str, by: User, now: dt.datetime) -> IncomingAnswer:
    """What was answered by telephone, fax, chat, web form or on paper, as the person heard it.

    Raises NotAllowed, or InvalidInput for an unknown notice, way or meaning, and without words.
    """
    _require_right(by)
    notice = _notice(number)
    words = words.replace("\x00", "").strip()
    if via not in {each.value for each in BY_HAND} or not words:
        raise InvalidInput(WORDS_MISSING)
    row = IncomingAnswer(
        notice=notice, provider=notice.provider, via=Via(via), found_by=FoundBy.PERSON, words=words, came_at=now
    )
    _say(row, _meaning(meaning), by, now)
    row.save()
    return row


def _require_right(by: User) -> None:
    if not by.may(Permission.NOTICE_CONTROL):
        raise NotAllowed(MAY_NOT_DECIDE)


def _notice(number: str) -> Notice:
    notice = Notice.objects.select_related("provider").filter(public_id=number.lower()).first()
    if notice is None:
        raise InvalidInput(NO_SUCH_NOTICE.of(number=number[:40]))
    return notice


def _meaning(text: str) -> Meaning:
    try:
        return Meaning(text)
    except ValueError:
        raise InvalidInput(MEANING_MISSING) from None


def _say(row: IncomingAnswer, meaning: Meaning, by: User, now: dt.datetime) -> None:
    """Write the meaning into the row, not saved, and do what it asks for."""
    row.meaning, row.read_by, row.read_at = meaning.value, by, now
    if meaning in ANSWERS_LIKE:
        if row.notice is None:
            raise InvalidInput(WHICH_NOTICE)
        action, reason = ANSWERS_LIKE[meaning]
        row.reply = answer_notice(row.notice.pk, action, reason, now, comment=row.words[:COMMENT_LIMIT], via=row.via)
    elif meaning is not Meaning.AUTOMATIC and row.notice is not None:
        Notice.objects.filter(pk=row.notice.pk).update(unreached="")  # whoever answers has it
    about = row.notice.public_id if row.notice else row.public_id
    details = {"answer": row.public_id, "meaning": meaning.value, "via": str(row.via)}
    record("notice.answer_read", about, actor=by, details=details, at=now)
