"""Mail to law enforcement's liaison about urgent referrals, at once and once (again only if a crash comes between)."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction

from orbweaver.assess.linking.marking import urgent_letter
from orbweaver.assess.linking.models import ToTell, UrgentReferral
from orbweaver.assess.linking.settings import LinkingSettings
from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.sending.channels.protocol import Outgoing, Session
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings, MailServerSettings

logger = logging.getLogger(__name__)


def tell_liaison(now: dt.datetime) -> int:
    """Write to the liaison's address about what it was not told yet; how many messages.

    The page is the record and shows what waits; the mail only says so. A server that does not answer is tried again.
    """
    if (
        not LinkingSettings.current().liaison_address
        or not MailServerSettings.current().smtp_host
        or HotlineSettings.current().letter_gaps
    ):
        return 0
    told = 0
    with SmtpChannel().session() as session:
        for number in ToTell.objects.order_by("pk").values_list("pk", flat=True):
            try:
                told += _tell(number, session, now)
            except (ChannelDown, ChannelFailed, DeliveryUncertain) as error:
                logger.error("The liaison could not be told by mail (%s); it is tried again.", error.code)
                break
    return told


@transaction.atomic
def _tell(number: int, session: Session, now: dt.datetime) -> bool:
    """One message, unless another worker is at it."""
    waiting = ToTell.objects.select_for_update(skip_locked=True, of=("self",)).select_related("referral")
    found = waiting.filter(pk=number).first()
    if found is None:
        return False
    referral = found.referral
    letter = urgent_letter(referral)
    message = Outgoing(str(letter["From"]), str(letter["To"]), str(letter["Message-ID"]), letter.as_bytes())
    session.deliver(message, lambda: None)
    UrgentReferral.objects.filter(pk=number).update(mailed_at=now)
    found.delete()
    record("urgent.mailed", referral.public_id, at=now)
    return True
