"""Messages of the folders below, in the language of the page."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext

from orbweaver.errors import Message


def in_language(message: Message) -> str:
    """The words of a message in the language of the page."""
    return message.rendered(_translated)


def _translated(text: str, plural: str, number: int) -> str:
    if plural:
        return ngettext(text, plural, number)
    return gettext(text) if text else ""  # the empty text stands for the catalogue's own head
