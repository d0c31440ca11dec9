"""What contacts know of channels: name, title and how an address is written. Channels register; they live higher up.

The channels themselves (``notices.sending.channels``) send, and import much that contacts must not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from orbweaver.notify.providers.errors import ProviderInvalid
from orbweaver.notify.providers.messages import UNKNOWN_CHANNEL

MAIL = "smtp"
"""The channel of addresses that registries and sites give, and of a contact of which nothing else is said."""


@dataclass(frozen=True)
class AddressField:
    """What is filled in as a contact's address: its label, and one as it may look."""

    label: str | Promise
    example: str


@dataclass(frozen=True)
class ChannelKind:
    """One channel, as contacts see it. ``clean_address`` raises ProviderInvalid."""

    name: str
    title: str | Promise
    address: AddressField
    clean_address: Callable[[str], str]
    by_hand: bool = False
    """Whether a person has to hand over what goes there."""


_KINDS: dict[str, ChannelKind] = {}


def register_kind(kind: ChannelKind) -> None:
    """Make a channel known to contacts; a later one of the same name takes its place."""
    _KINDS[kind.name] = kind


def channel_names() -> list[str]:
    """The channels that a contact may have."""
    return list(_KINDS)


def channel_kinds() -> list[ChannelKind]:
    """All channels, in the order in which they registered."""
    return list(_KINDS.values())


def is_by_hand(name: str) -> bool:
    """Whether a person has to hand over what goes by this channel."""
    return name in _KINDS and _KINDS[name].by_hand


def channels_in_words() -> str:
    """The names of all channels, each with what its address is."""
    return ", ".join(f"{kind.name} ({kind.address.label}: {kind.address.example})" for kind in _KINDS.values())


def channel_title(name: str) -> str:
    """How people read the channel's name; the bare name where its plug-in is gone."""
    return str(_KINDS[name].title) if name in _KINDS else name


def clean_address(channel: str, text: str) -> str:
    """A contact's address as its channel writes it. Raises ProviderInvalid."""
    if channel not in _KINDS:
        raise ProviderInvalid(UNKNOWN_CHANNEL.of(known=channels_in_words()))
    return _KINDS[channel].clean_address(text)
