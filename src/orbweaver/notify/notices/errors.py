"""Errors about notices."""

from __future__ import annotations

from orbweaver.errors import InvalidInput, Message, OrbweaverError, Unavailable, message_of
from orbweaver.notify.notices.messages import A_PERSON_SENDS_IT, MAY_HAVE_ARRIVED, NOT_SENT


class XarfInvalid(OrbweaverError):
    """A machine-readable report does not fit the schema; nothing was queued."""

    code = "xarf_invalid"


class BadToken(InvalidInput):
    """A link in a notice that was not made by this installation, or was changed on the way."""

    code = "bad_token"


class ChannelFailed(Unavailable):
    """A message was not taken over; the server cannot have it, so it may be tried again.

    ``permanent``: the server refuses it for good, so that trying the same again is no use. ``answered`` is the
    number that it gave where that concerns the recipient, ``status`` the enhanced one, if any (``fate_of_failure``).
    ``reason`` is short and holds no address, for the desk.
    """

    code = "channel_failed"

    def __init__(self, reason: Message | str, *, permanent: bool = False, answered: int = 0, status: str = "") -> None:
        self.reason = message_of(reason)
        super().__init__(NOT_SENT.of(reason=self.reason))
        self.permanent, self.answered, self.status = permanent, answered, status


class ChannelDown(ChannelFailed):
    """The channel itself does not work now, whatever the message: others need not be tried."""

    code = "channel_down"


class ForAPerson(Unavailable):
    """No program can hand it over: a person does, and says when."""

    code = "for_a_person"

    def __init__(self) -> None:
        super().__init__(A_PERSON_SENDS_IT)


class DeliveryUncertain(Unavailable):
    """The last word of a delivery was not heard: the server may have the message or not."""

    code = "delivery_uncertain"

    def __init__(self, reason: Message | str) -> None:
        self.reason = message_of(reason)
        super().__init__(MAY_HAVE_ARRIVED.of(reason=self.reason))


class LeaseOver(OrbweaverError):
    """Another worker has this message now; nothing was sent."""

    code = "outbox_lease_over"
