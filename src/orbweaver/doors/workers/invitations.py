"""Invitations by mail, to those whom an administrator has made an account for."""

from __future__ import annotations

import logging

from orbweaver.errors import NotAllowed
from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.sending.channels.protocol import Outgoing, Session
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.people.accounts.invitations import TRY_AGAIN_AFTER, claim_due, letter_of
from orbweaver.people.accounts.models import Invitation
from orbweaver.people.accounts.passwords import mail_is_set_up
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now, real_now

logger = logging.getLogger(__name__)


def mail_invitations() -> int:
    """Mail what is due; how many left. A crash on the way mails one a second time, with another link.

    No transaction is open while the mail server is spoken to. What waits for a mail server waits as long as it takes.
    """
    if not mail_is_set_up() or not Invitation.objects.filter(due_at__lte=real_now()).exists():
        return 0
    sent = 0
    with SmtpChannel().session() as session:
        while invitation := claim_due(real_now()):
            try:
                sent += _mail(invitation, session)
            except ChannelFailed as error:
                Invitation.objects.filter(pk=invitation.pk).update(due_at=real_now() + TRY_AGAIN_AFTER)
                logger.warning("An invitation could not be mailed (%s); it is tried again.", error.reason)
                if isinstance(error, ChannelDown):
                    break
    return sent


def _mail(invitation: Invitation, session: Session) -> int:
    """1 if it left, or may have. Raises ChannelFailed when it is to be tried again."""
    person, at = invitation.person, real_now()
    try:
        letter = letter_of(invitation, at)
    except NotAllowed:  # switched off meanwhile
        Invitation.objects.filter(pk=invitation.pk).update(due_at=None)
        return 0
    message = Outgoing(str(letter["From"]), person.email, str(letter["Message-ID"]), letter.as_bytes())
    try:
        session.deliver(message, lambda: None)
    except ChannelFailed as error:
        person.password_links.filter(created_at=at).delete()
        if not error.permanent or isinstance(error, ChannelDown):
            raise
        Invitation.objects.filter(pk=invitation.pk).update(due_at=None)
        record("person.invitation_refused", person.public_id, details={"reason": str(error.reason)}, at=now())
        return 0
    except DeliveryUncertain:  # it may have arrived, so its link stays good
        logger.warning("Whether an invitation arrived is not known.")
    Invitation.objects.filter(pk=invitation.pk).update(due_at=None, sent_at=real_now())
    record("person.invitation_mailed", person.public_id, at=now())
    return 1
