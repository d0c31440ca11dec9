"""Letters that ask companies to keep an item for an authority, and nothing else: written, sent once, in the register.

No removal is asked for by them and no notice is needed: an authority may want that something stays as it is for now,
or a notice may be closed. Without an authority, its number and a law nothing is written. They leave by what notices
leave by (``sending.once``, ADR 5), from a table of their own: a worker that dies before the mail server may have one
leaves what is sent again, one that dies later what is uncertain, and never sent again by itself.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, replace
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from orbweaver.assess.review.models import ReviewItem
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.notify.notices.errors import ChannelDown
from orbweaver.notify.notices.letters.languages import words_of
from orbweaver.notify.notices.rules import WAITING
from orbweaver.notify.notices.sending import once
from orbweaver.notify.notices.sending.channels.protocol import Session
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.notify.notices.sending.outbox import is_paused
from orbweaver.notify.notices.sending.recomposing import not_leaving
from orbweaver.notify.police import within
from orbweaver.notify.police.messages import KEEP_ASKED, KEEP_AUTHORITY, KEEP_NOBODY, KEEP_UNTIL, NOT_SEEN_HERE
from orbweaver.notify.police.models import KeepRequest
from orbweaver.notify.providers.models import Contact
from orbweaver.notify.providers.selectors import contacts_in_order, provider_for
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.languages import of
from orbweaver.platform.network.urls import defang
from orbweaver.platform.settings import PlatformSettings
from orbweaver.platform.shared_clock import shared_now

LONGEST_DAYS: Final = 366
"""How long a letter may ask to keep something: an authority that needs it longer asks anew."""
ENDS_SOON: Final = dt.timedelta(days=14)
LEASE: Final = dt.timedelta(minutes=3)
"""More than a mail server is waited for."""
MOST_URLS: Final = 100
State = KeepRequest.State
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """What an authority wants kept. ``item``: its number here."""

    item: str
    authority: str
    reference: str
    basis: str
    keep_until: dt.date


@transaction.atomic
def ask_to_keep(wanted: Wanted, *, by: User, now: dt.datetime) -> list[KeepRequest]:
    """Have each company at which the item was seen asked by mail to keep it; what is new of it.

    Raises InvalidInput without authority, number or law, for a day that cannot be, an item that is not here, or where
    nobody can be written to; Conflict where all were asked for this case.
    """
    said = replace(
        wanted,
        authority=_line(wanted.authority),
        reference=_line(wanted.reference),
        basis=_line(wanted.basis),
    )
    if not (said.authority and said.reference and said.basis):
        raise InvalidInput(KEEP_AUTHORITY)
    if not now.date() < said.keep_until <= now.date() + dt.timedelta(days=LONGEST_DAYS):
        raise InvalidInput(KEEP_UNTIL.of(days=LONGEST_DAYS))
    items = ReviewItem.objects.filter(media__in=within.media(by)) if by.bounds else ReviewItem.objects.all()
    item = items.select_for_update(of=("self",)).filter(public_id=said.item).first()
    if item is None:
        raise InvalidInput(NOT_SEEN_HERE)
    whom = _whom(item)
    if not whom:
        raise InvalidInput(KEEP_NOBODY)
    asked = KeepRequest.objects.filter(item=item, authority=said.authority, reference=said.reference)
    known = set(asked.values_list("contact", flat=True))
    made = [_write(item, contact, urls, said, by, now) for contact, urls in whom if contact.pk not in known]
    if not made:
        raise Conflict(KEEP_ASKED)
    return made


def _whom(item: ReviewItem) -> list[tuple[Contact, list[str]]]:
    """The mail contact of each company that hosts it, as the registry knows it, with the addresses it has there."""
    urls: dict[Contact, list[str]] = {}
    for sighting in item.sightings.order_by("-last_seen_at", "pk")[:MOST_URLS]:
        provider = provider_for(sighting.host, sighting.address)
        contacts = contacts_in_order(provider) if provider is not None else []
        contact = next((each for each in contacts if each.channel == SmtpChannel.name), None)
        if contact is not None:
            urls.setdefault(contact, []).append(sighting.url)
    return [(contact, list(dict.fromkeys(each))) for contact, each in urls.items()]


def _write(
    item: ReviewItem, contact: Contact, urls: list[str], said: Wanted, by: User, now: dt.datetime
) -> KeepRequest:
    made = KeepRequest(
        item=item,
        contact=contact,
        address=contact.address,
        urls=urls,
        authority=said.authority,
        reference=said.reference,
        basis=said.basis,
        keep_until=said.keep_until,
        asked_at=now,
        asked_by=by,
    )
    made.message_id = f"<{made.public_id}@{HotlineSettings.current().hotline_domain}>"
    made.raw = letter_of(made, now).as_bytes()
    made.save()
    details = {"item": item.public_id, "contact": contact.public_id, "until": said.keep_until.isoformat()}
    details |= {"authority": said.authority, "reference": said.reference}
    record("keep.asked", made.public_id, actor=by, details=details, at=now)
    return made


def letter_of(request: KeepRequest, now: dt.datetime) -> EmailMessage:
    """The letter in the contact's language: addresses that nobody opens by a click, the authority, law and day."""
    hotline, language = HotlineSettings.current(), request.contact.language
    words = words_of(language)
    text = (of(words.language).folder / "letters" / "keep.txt").read_text(encoding="utf-8")
    subject, _, body = text.partition("\n\n")
    if PlatformSettings.current().demonstration:
        subject = f"{words.demonstration}: {subject}"
    letter = EmailMessage(policy.SMTP.clone(max_line_length=76))
    letter["From"] = letter["Reply-To"] = hotline.hotline_contact
    letter["To"] = request.address
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = request.message_id
    letter["Auto-Submitted"] = "auto-generated"
    said = {
        "id": request.public_id,
        "urls": "\n".join(f"    {defang(each)}" for each in request.urls),
        "authority": request.authority,
        "reference": request.reference,
        "basis": request.basis,
        "day": words.date(dt.datetime.combine(request.keep_until, dt.time(12), dt.UTC)),
        "hotline": hotline.hotline_name,
        "contact": hotline.hotline_contact,
    }
    letter["Subject"] = subject.format(**said)
    letter.set_content(body.format(**said), cte="quoted-printable")
    letter["Content-Language"] = words.language  # setting the content takes such a header away
    return letter


def send_due(now: dt.datetime) -> int:
    """Send what waits, each once; how many left. Runs outside any transaction: each step commits by itself.

    What waited beyond its last day stays: a letter that asks for less than nothing would confuse whoever gets it.
    """
    _give_up_doubtful(now)
    if not_leaving() or SmtpChannel().why_not():
        return 0
    sent = 0
    with SmtpChannel().session() as session:
        while not is_paused() and (mine := _claim(now)) is not None:
            try:
                sent += _deliver(mine, session, now)
            except ChannelDown as error:
                logger.error("No company could be asked to keep something (%s); it is tried again.", error.code)
                break
    return sent


@transaction.atomic(durable=True)
def _claim(now: dt.datetime) -> KeepRequest | None:
    waiting = KeepRequest.objects.filter(once.free(), state=State.QUEUED, keep_until__gte=now.date())
    return once.claim(waiting.order_by("pk"), shared_now() + LEASE)


def _deliver(mine: KeepRequest, session: Session, now: dt.datetime) -> int:
    """1 if it left. Raises ChannelDown, with the row free again."""
    message = once.outgoing(mine, "", mine.contact.public_id)
    became = once.hand_over(session, message, lambda: _commit_sending(mine))
    if became is None:
        return 0
    state = State.QUEUED if became.state in WAITING else State(became.state.value)
    left = _conclude(mine, state, now)
    if isinstance(became.failure, ChannelDown):
        raise became.failure
    return left


@transaction.atomic(durable=True)
def _commit_sending(mine: KeepRequest) -> None:
    """The commit before the point of no return. Raises LeaseOver where it is another worker's by now."""
    once.set_sending(KeepRequest.objects.filter(pk=mine.pk), mine.lease, 1, shared_now() + LEASE)


@transaction.atomic(durable=True)
def _conclude(mine: KeepRequest, state: KeepRequest.State, now: dt.datetime) -> int:
    """Write down what became of it, if it is still ours to say; 1 if it left."""
    waits, sent = state == State.QUEUED, state == State.SENT
    facts = {"sent_at": now} if sent else {}
    retry_at = once.again_at(mine.attempts + 1) if waits else None
    changed = once.conclude(KeepRequest.objects.all(), mine, state, retry_at, **facts)
    if changed and not waits:
        record(f"keep.{state.value}", mine.public_id, at=now)
    return int(sent)


def _give_up_doubtful(now: dt.datetime) -> None:
    """What was on its way when its worker died may have arrived: nobody can say, and it is not sent again."""
    for each in once.left_behind(KeepRequest.objects.all()):
        with transaction.atomic(durable=True):
            if once.conclude_left_behind(KeepRequest.objects.all(), each, State.UNCERTAIN):
                record("keep.uncertain", each.public_id, at=now)


def keep_requests() -> QuerySet[KeepRequest]:
    """The register: what ends first on top."""
    return KeepRequest.objects.select_related("item", "contact__provider", "asked_by").order_by("keep_until", "pk")


def keep_requests_end_soon(now: dt.datetime) -> QuerySet[KeepRequest]:
    """Of these, what ends within two weeks and may have arrived."""
    arrived = keep_requests().filter(state__in=(State.SENT, State.UNCERTAIN))
    return arrived.filter(keep_until__gte=now.date(), keep_until__lt=(now + ENDS_SOON).date())


def keep_requests_lost(now: dt.datetime) -> QuerySet[KeepRequest]:
    """What was refused, or of which nobody can say whether it left, until its last day: a person writes or rings."""
    return keep_requests().filter(state__in=(State.REFUSED, State.UNCERTAIN), keep_until__gte=now.date())


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", " ").split())
