"""Ways for a notice to travel, one file each. A channel that is not set up declines to run and says why."""

from __future__ import annotations

from orbweaver.notify.notices.sending.channels.abuse_signal import AbuseSignalChannel
from orbweaver.notify.notices.sending.channels.iccam import IccamChannel
from orbweaver.notify.notices.sending.channels.inbox import InboxChannel
from orbweaver.notify.notices.sending.channels.protocol import AskingSession, Channel, Doubt, Outgoing, Session, Taken
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.notify.notices.sending.channels.webhook import WebhookChannel

__all__ = ["CHANNELS", "AskingSession", "Channel", "Doubt", "Outgoing", "Session", "Taken"]

CHANNELS: dict[str, type[Channel]] = {
    "smtp": SmtpChannel,
    "abuse_signal": AbuseSignalChannel,
    "webhook": WebhookChannel,
    "inbox": InboxChannel,
    "iccam": IccamChannel,
}
"""By the name that contacts carry (``providers.models.Contact.Channel``)."""
