"""Ways that no program can go: a web form, a telephone, a fax, a chat. A person goes them, and says when.

The outbox does with such a message what it does with each (the host is looked up again, a draft is composed anew), and
then leaves it to the desk. Nothing counts as sent before somebody says that it was.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from orbweaver.errors import Message
from orbweaver.notify.notices.errors import ForAPerson
from orbweaver.notify.notices.sending.channels.protocol import Channel, Doubt, Outgoing, Session, Taken
from orbweaver.notify.providers.channel_kinds import AddressField
from orbweaver.notify.providers.errors import ProviderInvalid
from orbweaver.notify.providers.messages import NOT_A_NUMBER, NOT_ON_ONE_LINE
from orbweaver.notify.providers.rules import clean_endpoint

_NUMBER = re.compile(r"\+?[0-9][0-9 ()/.-]{3,40}")
_LINE = re.compile(r"[^\x00-\x1f\x7f]{1,320}")


class ByHand(Channel):
    """What all of them share."""

    by_hand = True
    tries = False
    carries_words = True
    doubt = Doubt.REMAINS

    def why_not(self) -> Message | None:
        """It always works."""
        return None

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Nothing to connect to."""
        yield _ForAPerson()


class WebFormChannel(ByHand):
    """A form on the web: the desk gives its text, and each field apart, to be pasted."""

    name = "web_form"
    title = _("Web form")
    address = AddressField(_("Address of the form"), "https://host.example/report-abuse")

    @classmethod
    def clean_address(cls, text: str) -> str:
        """The form's URL."""
        return clean_endpoint(text)


class PhoneChannel(ByHand):
    """A call."""

    name = "phone"
    title = _("Telephone")
    address = AddressField(_("Number"), "+1 204 555 0100")

    @classmethod
    def clean_address(cls, text: str) -> str:
        """A number as people write it."""
        number = " ".join(text.split())
        if not _NUMBER.fullmatch(number):
            raise ProviderInvalid(NOT_A_NUMBER)
        return number


class FaxChannel(PhoneChannel):
    """A fax: a number that is written to; the text is printed from the desk."""

    name = "fax"
    title = _("Fax")
    address = AddressField(_("Number"), "+1 204 555 0101")


class ChatChannel(ByHand):
    """A chat or messenger."""

    name = "chat"
    title = _("Chat")
    address = AddressField(_("Where to write, and to whom"), "Trust & Safety, chat in the help centre")

    @classmethod
    def clean_address(cls, text: str) -> str:
        """One line of words."""
        line = " ".join(text.split())
        if not _LINE.fullmatch(line):
            raise ProviderInvalid(NOT_ON_ONE_LINE)
        return line


class _ForAPerson:
    def deliver(self, message: Outgoing, before_commit: Callable[[], None]) -> Sequence[Taken]:
        """Left to a person."""
        raise ForAPerson
