"""What stands in a letter's To."""

from __future__ import annotations

from orbweaver.notify.providers.channel_kinds import MAIL
from orbweaver.notify.providers.models import Contact

NO_ADDRESS = "nobody@invalid"
"""Stands for the contact of a held notice in a preview; ``invalid`` is reserved (RFC 2606) and never sent to."""


def mail_address(contact: Contact | None) -> str:
    """What stands in the message's To: a contact that mail does not go to has its channel's name there."""
    if contact is None:
        return NO_ADDRESS
    return contact.address if contact.channel == MAIL else f"{contact.channel}@invalid"
