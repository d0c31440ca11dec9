"""Ways for a notice to travel, one folder each. A channel that is not set up declines to run and says why.

A channel of another package names its class under the entry point ``orbweaver.notice_channels``.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from orbweaver.errors import ConfigurationError
from orbweaver.notify.notices.messages import PLUG_IN_FAILS, PLUG_IN_NAME
from orbweaver.notify.notices.sending.channels.abuse_signal import AbuseSignalChannel
from orbweaver.notify.notices.sending.channels.by_hand import (
    ChatChannel,
    FaxChannel,
    PhoneChannel,
    WebFormChannel,
)
from orbweaver.notify.notices.sending.channels.iccam import IccamChannel
from orbweaver.notify.notices.sending.channels.inbox import InboxChannel
from orbweaver.notify.notices.sending.channels.protocol import (
    AskingSession,
    Channel,
    Doubt,
    Outgoing,
    Session,
    StatusSession,
    Taken,
)
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.notify.notices.sending.channels.webhook import WebhookChannel
from orbweaver.notify.providers.channel_kinds import ChannelKind, register_kind

__all__ = [
    "CHANNELS",
    "AskingSession",
    "Channel",
    "Doubt",
    "Outgoing",
    "Session",
    "StatusSession",
    "Taken",
    "WebFormChannel",
    "load_plug_ins",
]

ENTRY_POINT = "orbweaver.notice_channels"
BUILT_IN: tuple[type[Channel], ...] = (
    SmtpChannel,
    AbuseSignalChannel,
    WebhookChannel,
    InboxChannel,
    IccamChannel,
    WebFormChannel,
    PhoneChannel,
    FaxChannel,
    ChatChannel,
)
CHANNELS: dict[str, type[Channel]] = {}
"""By the name that contacts carry."""


def _register(channel: type[Channel]) -> None:
    CHANNELS[channel.name] = channel
    register_kind(ChannelKind(channel.name, channel.title, channel.address, channel.clean_address, channel.by_hand))


def load_plug_ins() -> None:
    """Take in other packages' channels. Raises ConfigurationError for one that does not load or takes a name."""
    ours = {channel.name for channel in BUILT_IN}
    for entry in entry_points(group=ENTRY_POINT):
        try:
            channel: type[Channel] = entry.load()
            taken = channel.name in ours
        except Exception as error:
            raise ConfigurationError(PLUG_IN_FAILS.of(name=entry.name, error=str(error))) from error
        if taken or len(channel.name) > 12:
            raise ConfigurationError(PLUG_IN_NAME.of(name=entry.name))
        _register(channel)


for _channel in BUILT_IN:
    _register(_channel)
load_plug_ins()
