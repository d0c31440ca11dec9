"""The inbox for industry: nothing is pushed. A message is there once the outbox says that it was sent."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from orbweaver.errors import Message
from orbweaver.notify.notices.sending.channels.protocol import Channel, Doubt, Outgoing, Session, Taken
from orbweaver.notify.providers.channel_kinds import AddressField


class InboxChannel(Channel):
    """Pages and calls show what was sent; so sending is a row of ours, and a repetition changes nothing."""

    name = "inbox"
    title = _("Inbox for industry")
    address = AddressField(_("Anything: the provider fetches its notices here"), "inbox")
    carries_words = True
    tries = False
    doubt = Doubt.REPEAT

    @classmethod
    def clean_address(cls, text: str) -> str:
        """``inbox``, whatever was given."""
        return cls.name

    def why_not(self) -> Message | None:
        """It always works."""
        return None

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Nothing to connect to."""
        yield _InboxSession()


class _InboxSession:
    def deliver(self, message: Outgoing, before_commit: Callable[[], None]) -> Sequence[Taken]:
        """The commit that follows is the delivery."""
        before_commit()
        return ()
