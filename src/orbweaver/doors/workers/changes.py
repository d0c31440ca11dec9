"""Changes that have waited their day take effect; and everybody is written to about what nobody else agreed to."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from email.message import EmailMessage

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from orbweaver.detect.evidence.archive import is_older
from orbweaver.detect.evidence.erasing import is_clock_set
from orbweaver.doors.changing import carry_out
from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.sending.channels.protocol import Outgoing, Session
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.one_person import named_apart
from orbweaver.people.accounts.passwords import mail_is_set_up
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import agreement_has_ended
from orbweaver.people.changes import services
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.passing import follow_clock
from orbweaver.people.changes.rules import takes_longer
from orbweaver.people.changes.selectors import have_signed_in_since, hears_of, lately_ended, to_be_told
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.clock import now as clock_now

logger = logging.getLogger(__name__)


def carry_out_due(now: dt.datetime) -> int:
    """Let one change take effect that has waited its day; how many did. A day that the machine's settings make pass in
    seconds is none (``doctor`` says that the clock is set), nor is one that the machine's clock jumped over. In a
    database that was brought back nothing does: it may have been refused since that moment.
    """
    if is_clock_set() or is_older():
        return 0
    with transaction.atomic():  # what is noted holds until it is done: another machine's clock may be another
        follow_clock()
        return services.carry_out_due(carry_out, now)


_written: dict[str, set[int]] = {}
"""Whom this process has written to of each change that not all are told of: where one mailbox puts a mail off for
hours, nobody else is written to again and again."""


def tell_everybody() -> int:
    """Mail all who are to hear (``to_be_told``) of a change that takes effect without a second word, or did; how many
    mails left.

    Every page says so meanwhile, with or without a mail server. A crash on the way writes to some of them twice.
    """
    alone = Q(due_at__isnull=False, state=Change.State.WAITING) | ~Q(forced_because="")
    untold = Change.objects.filter(alone, told_at=None).select_related("asked_by", "decided_by").order_by("pk")
    if not mail_is_set_up():
        _note_who_was_shown(untold)
        return 0
    changes, sent = list(untold), 0
    if not changes:
        return 0
    try:
        with SmtpChannel().session() as session:
            for change in changes:
                sent += _tell_all(change, session)
    except (ChannelFailed, DeliveryUncertain) as error:
        logger.warning("Not everybody could be told of a change (%s); it is tried again.", error.code)
    return sent


def _tell_all(change: Change, session: Session) -> int:
    """How many mails about it left. It is told once no mailbox puts one off any more: none keeps others waiting."""
    written = _written.setdefault(f"{change.public_id} {change.state}", set())
    hearers = [person for person in _hearers(change, clock_now()) if person.pk not in written]
    left = {person.pk: _tell(change, person, session, written) for person in hearers}
    if left.keys() <= written:
        _written.pop(f"{change.public_id} {change.state}")
        services.told(change, clock_now())
    return sum(left.values())


def _note_who_was_shown(untold: Iterable[Change]) -> None:
    """Without a mail server the pages tell: once everybody has signed in since it was asked for, all have been told.

    Whoever has chosen no password yet cannot, and hears of it in the first page that they see.
    """
    now = clock_now()
    for change in untold:
        behind = change.decided_by or change.asked_by
        others = [person for person in _hearers(change, now) if person != behind and person.has_usable_password()]
        if have_signed_in_since(change, others):
            services.told(change, now)


def _hearers(change: Change, now: dt.datetime) -> list[User]:
    """Who is to be told; not those who have no page of changes, nor hear the name of who asked. Whoever could agree
    until somebody ended their organisation's agreement of late is told, or that one would be rid of them unseen.
    """
    people = to_be_told(change, now).select_related("organisation").prefetch_related("role_grants")
    ended = lately_ended(now)
    return [
        person
        for person in people
        if not person.bounds
        and hears_of(person, change.kind)
        and (
            not agreement_has_ended(person, now)
            or (person.organisation.public_id in ended and person.may(Permission.CHANGE_AGREE))
        )
    ]


def _tell(change: Change, person: User, session: Session, written: set[int]) -> int:
    """1 if the mail server took it. One whose address it refuses for good is done with; one who is put off is not."""
    letter = letter_about(change, person)
    message = Outgoing(str(letter["From"]), person.email, str(letter["Message-ID"]), letter.as_bytes())
    try:
        session.deliver(message, lambda: None)
    except ChannelDown:
        raise
    except ChannelFailed as error:
        logger.warning("A mail about a change was refused for one person (%s).", error.code)
        if error.permanent:
            written.add(person.pk)
        return 0
    written.add(person.pk)
    return 1


def letter_about(change: Change, person: User) -> EmailMessage:
    """The mail, in the person's language: who asked, and where to look; not what it gives, nor to whom."""
    hotline = HotlineSettings.current()
    letter = EmailMessage()
    letter["From"], letter["To"] = hotline.hotline_contact, person.email
    until = f"{change.due_at:%Y%m%d%H}" if change.due_at else ""  # told anew it is another mail, or a mailbox drops it
    letter["Message-ID"] = f"<{change.public_id}-{person.public_id}-{change.state}{until}@{hotline.hotline_domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    with override(person.language or "en"):
        by = named_apart(change.decided_by or change.asked_by)
        if change.forced_because:
            letter["Subject"] = _("%(hotline)s: a change was carried out by one person alone")
            text = _(
                "%(name)s carried out a change alone, without a second person's agreement. Look at it under “Changes”."
            )
        elif takes_longer(change.due_at, clock_now()):
            letter["Subject"] = _("%(hotline)s: a change takes effect in a month")
            text = _("%(name)s asked for a change, and nobody else can agree to it. Look at it under “Changes”.")
        else:
            letter["Subject"] = _("%(hotline)s: a change takes effect in a day")
            text = _("%(name)s asked for a change, and nobody else can agree to it. Look at it under “Changes”.")
        subject = str(letter["Subject"]) % {"hotline": hotline.hotline_name}
        letter.replace_header("Subject", subject)
        letter.set_content(text % {"name": by} + "\n")
    return letter
