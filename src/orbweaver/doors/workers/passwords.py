"""Mail with links to set another password, to those who asked for one at the sign-in."""

from __future__ import annotations

import logging

from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.sending.channels.protocol import Outgoing, Session
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.people.accounts.models import PasswordRequest
from orbweaver.people.accounts.passwords import (
    MAILED_LINK_VALID,
    claim_request,
    forget_requests,
    letter_with_link,
    mail_is_set_up,
    make_link,
    person_to_write_to,
    put_off,
)
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now, real_now

logger = logging.getLogger(__name__)


def mail_password_links() -> int:
    """Answer what waits; how many mails left. A crash on the way loses a request: whoever waits asks once more.

    No transaction is open while the mail server is spoken to.
    """
    forget_requests(real_now())
    if not mail_is_set_up():
        return 0
    sent = 0
    with SmtpChannel().session() as session:
        while request := claim_request(real_now()):
            try:
                sent += _answer(request, session)
            except ChannelFailed as error:
                put_off(request, real_now())
                logger.warning("A link for a password could not be mailed (%s); it is tried again.", error.reason)
                if isinstance(error, ChannelDown):
                    break
    return sent


def _answer(request: PasswordRequest, session: Session) -> bool:
    """One request: whether a mail left. Raises ChannelFailed when it is to be tried again."""
    at = real_now()
    person = person_to_write_to(request, at)
    if person is None:
        return False
    letter = letter_with_link(person, make_link(person, valid=MAILED_LINK_VALID, at=at), request.language)
    message = Outgoing(str(letter["From"]), person.email, str(letter["Message-ID"]), letter.as_bytes())
    try:
        session.deliver(message, lambda: None)
    except ChannelFailed as error:
        person.password_links.filter(created_at=at).delete()
        if not error.permanent:
            raise
        record("person.password_link_refused", person.public_id, details={"reason": str(error.reason)}, at=now())
        return False
    except DeliveryUncertain:  # it may have arrived, so its link stays good
        logger.warning("Whether a mail with a link for a password arrived is not known.")
    record("person.password_link_mailed", person.public_id, at=now())
    return True
