"""Asking a company to remove words about a survivor, or legal pictures that harass them (R20, R59).

A ``survivor_safety`` notice of its own.

It rests on the person's privacy and safety and on the company's own terms, not on the two questions: there is no
verdict, no item, no ``Notice``, so it is in no chart and on no list. A person of survivor support has read the page
before. The letter holds the address and nothing else of the case: what names the person is on the company's own page.
"""

from __future__ import annotations

import datetime as dt
import logging
from email.message import EmailMessage
from typing import Final

from django.db import transaction
from django.db.models import DateTimeField, F, Max, OuterRef, Q, QuerySet, Subquery

from orbweaver.errors import InvalidInput
from orbweaver.follow.survivors.messages import (
    ALREADY_ASKED,
    IS_ASKED,
    NO_WORDS_ASKED,
    NOBODY_TO_ASK,
    NOT_ASKED_YET,
)
from orbweaver.follow.survivors.models import Request, RequestPart, SafetyNotice, WordsStep
from orbweaver.follow.survivors.rules import LOOK_AGAIN, WordsEvent
from orbweaver.notify.notices.answers.hearing import read_about_words
from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.letters.languages import words_of
from orbweaver.notify.notices.letters.tokens import answer_address
from orbweaver.notify.notices.models import IncomingAnswer
from orbweaver.notify.notices.rules import Meaning
from orbweaver.notify.notices.sending.channels.protocol import Outgoing, Session
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.notify.providers.models import Contact
from orbweaver.notify.providers.selectors import contacts_in_order, provider_for
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings, MailServerSettings
from orbweaver.platform.languages import of
from orbweaver.platform.network.urls import parse

logger = logging.getLogger(__name__)

MAIL: Final = SmtpChannel.name
State = SafetyNotice.State
Kind = WordsStep.Kind


def is_about_words(part: RequestPart) -> bool:
    """Whether this is an address whose words, or legal pictures, are to go."""
    return bool(part.url) and part.request.aim != Request.Aim.PICTURE


def may_ask(part: RequestPart) -> bool:
    """Whether the company may be asked now: for the first time, where no message could be delivered, or where
    somebody has looked since the last one and it was still there, or there again."""
    last = part.safety.order_by("-pk").first()
    if last is None or last.state == State.FAILED:
        return True
    seen = part.words_steps.exclude(kind=Kind.REFUSED).order_by("-at", "-pk").first()
    return last.sent_at is not None and seen is not None and seen.kind == Kind.THERE and seen.at > last.sent_at


def words_events(part: RequestPart) -> list[tuple[dt.datetime, WordsEvent]]:
    """All that happened to the words at this address, in order."""
    found = []
    for notice in part.safety.all():
        found.append((notice.made_at, WordsEvent.MADE))
        if notice.sent_at is not None:
            found.append((notice.sent_at, WordsEvent.SENT))
    found += [(each.came_at, WordsEvent.ANSWERED) for each in answers_to(part) if each.meaning != Meaning.AUTOMATIC]
    found += [(step.at, WordsEvent(step.kind)) for step in part.words_steps.order_by("pk")]
    return sorted(found, key=lambda each: each[0])


def answers_to(part: RequestPart) -> QuerySet[IncomingAnswer]:
    """What companies wrote about this address, the newest last."""
    numbers = [notice.public_id for notice in part.safety.all()]
    return IncomingAnswer.objects.filter(about__in=numbers).select_related("read_by").order_by("came_at", "pk")


def unread_answers() -> QuerySet[IncomingAnswer]:
    """Those that nobody of survivor support has read."""
    return IncomingAnswer.objects.filter(meaning="").exclude(about="").order_by("came_at", "pk")


def answers_to_nothing() -> list[IncomingAnswer]:
    """Unread ones with a number that no message of ours has: somebody mistyped it, or made it up."""
    found = list(unread_answers())
    notices = SafetyNotice.objects.filter(public_id__in=[each.about for each in found])
    ours = set(notices.values_list("public_id", flat=True))
    return [each for each in found if each.about not in ours]


def requests_answered() -> QuerySet[Request]:
    """Requests of which a company's answer waits to be read."""
    return Request.objects.filter(parts__safety__public_id__in=unread_answers().values("about")).distinct()


def whom_to_ask(part: RequestPart) -> Contact | None:
    """The mail contact of whoever hosts the page, as the registry knows it now; None where nobody is known."""
    provider = provider_for(parse(part.url).host, None)
    contacts = contacts_in_order(provider) if provider is not None else []
    return next((each for each in contacts if each.channel == MAIL), None)


@transaction.atomic
def ask_company(part: RequestPart, *, by: User, now: dt.datetime) -> SafetyNotice:
    """Ask whoever hosts the page to remove the words; again, once somebody has seen that they are still there.

    Raises InvalidInput: nothing to ask, or nobody to.
    """
    if not is_about_words(part):
        raise InvalidInput(NO_WORDS_ASKED)
    RequestPart.objects.select_for_update().get(pk=part.pk)
    if not may_ask(part):
        raise InvalidInput(ALREADY_ASKED)
    contact = whom_to_ask(part)
    if contact is None:
        raise InvalidInput(NOBODY_TO_ASK)
    made = SafetyNotice(part=part, contact=contact, address=contact.address, made_by=by, made_at=now)
    made.raw = _letter(made, contact).as_bytes()
    made.save()
    record("survivor_safety.made", made.public_id, actor=by, details={"contact": contact.public_id}, at=now)
    return made


def _letter(notice: SafetyNotice, contact: Contact) -> EmailMessage:
    """The message; a later one to the same company says since when it was asked, and when we looked again."""
    settings, letter = HotlineSettings.current(), EmailMessage()
    terms = contact.provider.terms_url
    before = list(
        notice.part.safety.filter(sent_at__isnull=False, contact__provider=contact.provider).order_by("sent_at")
    )
    words = _since(notice.part, before[0], contact.language) if before else {}
    words |= {
        "url": notice.part.url,
        "terms": f" ({terms})" if terms else "",
        "hotline": settings.hotline_name,
        "contact": settings.hotline_contact,
        "id": notice.public_id,
    }
    letter["From"], letter["To"] = settings.hotline_contact, notice.address
    letter["Reply-To"] = answer_address(notice.public_id) or settings.hotline_contact
    what = "pictures" if notice.part.request.is_legal else "words"
    subject, text = _texts(f"{what}_again_on_a_page" if before else f"{what}_on_a_page", contact.language)
    letter["Subject"] = subject.format(id=notice.public_id)
    letter["Message-ID"] = notice.message_id
    if before:
        letter["In-Reply-To"] = before[-1].message_id
        letter["References"] = " ".join(each.message_id for each in before)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text.format(**words), cte="8bit")
    return letter


def _since(part: RequestPart, first: SafetyNotice, language: str) -> dict[str, str]:
    """Since when the company has been asked, and when somebody of ours saw again that it is there."""
    looked = part.words_steps.filter(kind=Kind.THERE).order_by("-at", "-pk").first()
    words = words_of(language)
    asked_at = first.sent_at or first.made_at
    return {
        "first": first.public_id,
        "day": words.date(asked_at),
        "seen": words.date(looked.at if looked is not None else asked_at),
    }


def _texts(name: str, language: str) -> tuple[str, str]:
    """Subject and text of a letter of this name, which stand in the language's folder."""
    subject, _, text = (of(language).folder / "letters" / f"{name}.txt").read_text(encoding="utf-8").partition("\n\n")
    return subject, text


def send_due(now: dt.datetime) -> int:
    """Send what is not sent yet; how many messages. A duty: a server that does not answer is tried again."""
    if not MailServerSettings.current().smtp_host or HotlineSettings.current().letter_gaps:
        return 0
    waiting = list(SafetyNotice.objects.filter(state=State.QUEUED).order_by("pk").values_list("pk", flat=True))
    if not waiting:
        return 0
    sent = 0
    with SmtpChannel().session() as session:
        for number in waiting:
            try:
                sent += _send(number, session, now)
            except (ChannelDown, DeliveryUncertain) as error:
                logger.error("A company could not be asked by mail (%s); it is tried again.", error.code)
                break
            except ChannelFailed as error:
                logger.error("A company's mail server refused what we ask (%s); a person has to see to it.", error.code)
                SafetyNotice.objects.filter(pk=number).update(state=State.FAILED)
    return sent


@transaction.atomic
def _send(number: int, session: Session, now: dt.datetime) -> bool:
    """One message, unless another worker is at it."""
    waiting = SafetyNotice.objects.select_for_update(skip_locked=True).filter(pk=number, state=State.QUEUED)
    found = waiting.first()
    if found is None:
        return False
    message = Outgoing(
        HotlineSettings.current().hotline_contact, found.address, found.message_id, bytes(found.raw), found.public_id
    )
    session.deliver(message, lambda: None)
    SafetyNotice.objects.filter(pk=number).update(state=State.SENT, sent_at=now)
    record("survivor_safety.sent", found.public_id, at=now)
    return True


@transaction.atomic
def note_step(part: RequestPart, kind: WordsStep.Kind, *, by: User, now: dt.datetime) -> WordsStep:
    """Keep what somebody of survivor support saw of the words, or what the company says. Raises InvalidInput."""
    if not is_about_words(part):
        raise InvalidInput(NO_WORDS_ASKED)
    was_sent = part.safety.filter(sent_at__isnull=False).exists()
    if kind == Kind.REFUSED and not was_sent:
        raise InvalidInput(NOT_ASKED_YET)
    if kind == Kind.LEFT and part.safety.exclude(state=State.FAILED).exists():
        raise InvalidInput(IS_ASKED)
    made = WordsStep.objects.create(part=part, kind=kind, by=by, at=now)
    record(f"survivor_words.{kind}", part.request.public_id, actor=by, at=now)
    if kind == Kind.REFUSED:
        for answer in answers_to(part).filter(meaning=""):
            read_about_words(answer.public_id, Meaning.REFUSES, by, now)
    return made


def to_look_at(now: dt.datetime) -> QuerySet[RequestPart]:
    """Addresses at which somebody is to look again: a company was asked, or they were still there, a while ago."""
    steps = WordsStep.objects.filter(part=OuterRef("pk")).order_by("-at", "-pk")
    asked = SafetyNotice.objects.values("part")  # few: or the last message is looked for with every open address
    parts = RequestPart.objects.filter(pk__in=asked, request__done_at=None, request__withdrawn_at=None).annotate(
        last_sent=Max("safety__sent_at"),
        last_kind=Subquery(steps.values("kind")[:1]),
        last_step=Subquery(steps.values("at")[:1], output_field=DateTimeField()),
    )
    since = now - LOOK_AGAIN
    looked = Q(last_kind=Kind.THERE) | Q(last_step__lt=F("last_sent"))
    return parts.filter(Q(last_step=None) | Q(looked, last_step__lte=since), last_sent__lte=since)
