"""Mail to people about what waits for them: what is new since the last one, once in a while, and at once where a child
may be in danger. The page of alerts is the record; a mail only says that it is worth looking."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from orbweaver.doors.alert_kinds import KINDS
from orbweaver.doors.alerting import counts, kinds_of
from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.sending.channels.protocol import Outgoing
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.people.accounts.models import AlertMail, User
from orbweaver.people.accounts.passwords import mail_is_set_up
from orbweaver.people.settings import AlertSettings, HotlineSettings
from orbweaver.platform.settings import PlatformSettings

CHECK_EVERY: Final = dt.timedelta(minutes=5)
"""How soon it is seen that something urgent waits for a person."""

logger = logging.getLogger(__name__)


def mail_alerts(now: dt.datetime) -> int:
    """Write to everybody for whom something new waits; how many mails left.

    No transaction is open while the mail server is spoken to. A crash in between loses one mail, never the alert.
    """
    if not mail_is_set_up() or not AlertSettings.current().alert_mail_hours:
        return 0
    _begin_with_new_people(now)
    due = list(AlertMail.objects.filter(due_at__lte=now, is_wanted=True, person__is_active=True).order_by("due_at"))
    if not due:
        return 0
    waits, sent = counts(KINDS, now), 0
    for row in due:
        try:
            sent += _mail_one(row.pk, waits, now)
        except (ChannelDown, ChannelFailed, DeliveryUncertain) as error:
            logger.warning("An alert could not be mailed (%s); it is tried again.", error.code)
            if isinstance(error, ChannelDown):
                break
    return sent


def _begin_with_new_people(now: dt.datetime) -> None:
    new = User.objects.filter(Q(alert_mail=None), is_active=True)
    AlertMail.objects.bulk_create([AlertMail(person=each, due_at=now) for each in new], ignore_conflicts=True)


def _mail_one(number: int, waits: Mapping[str, int], now: dt.datetime) -> int:
    """Mail this person if something new waits. Returns 1 if a mail left."""
    with transaction.atomic():
        rows = AlertMail.objects.select_for_update(skip_locked=True, of=("self",)).select_related("person")
        row = rows.filter(pk=number, due_at__lte=now).first()
        if row is None:
            return 0
        row.due_at = now + CHECK_EVERY
        if row.person.bounds:
            waits = counts(kinds_of(row.person, now), now)
        mine = {kind.name: waits[kind.name] for kind in kinds_of(row.person, now) if kind.name in waits}
        new = {name for name, count in mine.items() if count > row.said.get(name, 0)}
        if not _is_time(row, new, now):
            # what went is forgotten, so that it counts as new when it comes again; what came waits for its mail
            row.said = {name: min(count, mine[name]) for name, count in row.said.items() if name in mine}
            row.save(update_fields=["due_at", "said"])
            return 0
        before = row.said, row.sent_at
        row.said, row.sent_at = mine, now
        row.save(update_fields=["due_at", "said", "sent_at"])
    try:
        _send(row.person, mine, now)
    except ChannelFailed as error:
        if not error.permanent or isinstance(error, ChannelDown):
            AlertMail.objects.filter(pk=number).update(said=before[0], sent_at=before[1])
        raise
    return 1


def _is_time(row: AlertMail, new: set[str], now: dt.datetime) -> bool:
    if any(kind.is_urgent and kind.name in new for kind in KINDS):
        return True
    pause = dt.timedelta(hours=AlertSettings.current().alert_mail_hours)
    return bool(new) and (row.sent_at is None or row.sent_at + pause <= now)


def _send(person: User, mine: Mapping[str, int], now: dt.datetime) -> None:
    letter = letter_to(person, mine, now)
    message = Outgoing(str(letter["From"]), person.email, str(letter["Message-ID"]), letter.as_bytes())
    with SmtpChannel().session() as session:
        session.deliver(message, lambda: None)


def letter_to(person: User, mine: Mapping[str, int], now: dt.datetime) -> EmailMessage:
    """The mail in the person's language: how much of what waits, and where to look. No address, picture or name."""
    hotline = HotlineSettings.current()
    letter = EmailMessage()
    letter["From"], letter["To"] = hotline.hotline_contact, person.email
    letter["Message-ID"] = f"<alerts-{person.public_id}-{now:%Y%m%d%H%M%S}@{hotline.hotline_domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    with override(person.language or "en"):
        letter["Subject"] = _("%(hotline)s: what waits for you") % {"hotline": hotline.hotline_name}
        lines = [f"- {kind.words % {'n': mine[kind.name]}}" for kind in KINDS if kind.name in mine]
        where = _("Look at it here: %(link)s") % {"link": f"{PlatformSettings.current().base_url.rstrip('/')}/alerts/"}
        less = _("On that page you can say that you want no such mails.")
        letter.set_content("\n".join([*lines, "", where, less, ""]))
    return letter
