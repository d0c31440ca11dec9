"""A test message by a channel, outside the outbox: does it reach the other side, with the settings as they are?

It is a letter like any other about an address that does not exist, and says in every part that it is a test (in XARF
by the tag ``lifecycle:test``). ICCAM knows no tests, and people act on what is reported there: only the account is
tried.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from dataclasses import dataclass

from orbweaver.assess.criteria.loading import current
from orbweaver.errors import InvalidInput, Unavailable
from orbweaver.notify.notices.errors import ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.letters.addressee import NO_ADDRESS
from orbweaver.notify.notices.letters.compose import compose
from orbweaver.notify.notices.letters.letter import Hotline, Letter, LetterUrl, numbered
from orbweaver.notify.notices.letters.tokens import answer_url
from orbweaver.notify.notices.messages import CONTACT_MISSING, NOTHING_TO_TRY, TEST_NOT_TAKEN
from orbweaver.notify.notices.repeating import shortest_interval
from orbweaver.notify.notices.rules import occasion_key
from orbweaver.notify.notices.sending.channels import CHANNELS, Outgoing
from orbweaver.notify.notices.sending.recomposing import not_leaving
from orbweaver.notify.providers.channel_kinds import MAIL, channels_in_words
from orbweaver.notify.providers.messages import UNKNOWN_CHANNEL
from orbweaver.notify.providers.models import Contact
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.identifiers import public_id
from orbweaver.platform.settings import PlatformSettings

URL = "https://test.invalid/orbweaver-test.png"
"""What a test message is about; ``invalid`` is reserved (RFC 2606) and never exists."""
BYTES = b"An Orbweaver test message. There is no such picture.\n"
"""Whose hashes it gives."""


@dataclass(frozen=True)
class Tried:
    """What came of it: the reference in the message, real seconds, and the numbers that the other side gave."""

    reference: str
    seconds: float
    numbers: tuple[str, ...]


def try_channel(channel: str, address: str, now: dt.datetime, *, language: str = "en") -> Tried:
    """Send a test message; returning means that the other side took it. Nothing is stored.

    Raises InvalidInput for an address that is none of this channel, or a webhook that is no contact yet (its secret
    comes with that); Unavailable when the channel is not set up, or the message was not taken.
    """
    if channel not in CHANNELS:
        raise InvalidInput(UNKNOWN_CHANNEL.of(known=channels_in_words()))
    address = CHANNELS[channel].clean_address(address)
    kind = CHANNELS[channel]()
    reason = kind.why_not() or not_leaving()
    if reason:
        raise Unavailable(reason)
    letter = trial_letter(now, language=language, to=address if channel == MAIL else NO_ADDRESS)
    outgoing = Outgoing(
        HotlineSettings.current().hotline_contact,
        address,
        letter.message_id,
        compose(letter).raw,
        occasion_key(letter.reference, 0),
        _contact(channel, address),
    )
    begun = time.monotonic()
    try:
        with kind.session() as session:
            taken = kind.try_out(session, outgoing)
    except (ChannelFailed, DeliveryUncertain) as error:
        raise Unavailable(TEST_NOT_TAKEN.of(reason=error.reason)) from None
    return Tried(letter.reference, time.monotonic() - begun, tuple(each.remote_id for each in taken))


def try_contact(contact: Contact, now: dt.datetime, *, by: User) -> Tried:
    """``try_channel`` to a contact in the registry; that it was tried is kept. Raises InvalidInput, Unavailable.

    Must run outside any transaction.
    """
    channel = CHANNELS.get(contact.channel)
    if channel is not None and not channel.tries:
        raise InvalidInput(NOTHING_TO_TRY)
    record("provider.contact_tried", contact.public_id, actor=by, at=now)
    return try_channel(contact.channel, contact.address, now, language=contact.language)


def _contact(channel: str, address: str) -> str:
    """The public id of the contact that a webhook's secret comes from; "" for other channels."""
    if not CHANNELS[channel].signs_by_contact:
        return ""
    row = Contact.objects.filter(channel=channel, address=address).order_by("-active", "pk").first()
    if row is None:
        raise InvalidInput(CONTACT_MISSING)
    return str(row.public_id)


def trial_letter(now: dt.datetime, *, language: str, to: str) -> Letter:
    """A letter of type ``csam`` about one address that does not exist."""
    reference = public_id("tst")
    criteria = current()
    url = LetterUrl(
        url=URL,
        pages=(),
        host="test.invalid",
        address=None,
        seen_at=now,
        identified=False,
        age_class=criteria.age_classes[0].name,
        baseline=False,
        act="",
        detection="manual_review",
        sha256=hashlib.sha256(BYTES).hexdigest(),
        sha1=hashlib.sha1(BYTES, usedforsecurity=False).hexdigest(),
        md5=hashlib.md5(BYTES, usedforsecurity=False).hexdigest(),
        mime="image/png",
        reasons=(criteria.removal.text,),
        criteria_version=criteria.version,
    )
    return Letter(
        reference=reference,
        occasion=0,
        notice_type="csam",
        sub_type="",
        composed_at=now,
        first_sent_at=None,
        respond_by=now + shortest_interval(),
        reminder_hours=shortest_interval() / dt.timedelta(hours=1),
        to_address=to,
        provider_name=to,
        reduced=False,
        clause="",
        terms_url="",
        answer_url=answer_url(reference),
        hotline=Hotline(
            HotlineSettings.current().hotline_name,
            HotlineSettings.current().hotline_domain,
            HotlineSettings.current().hotline_contact,
            HotlineSettings.current().hotline_country,
        ),
        demonstration=PlatformSettings.current().demonstration,
        urls=numbered([url]),
        language=language,
        trial=True,
    )
