"""The inbox for industry: nothing is pushed. A message is there once the outbox says that it was sent."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from orbweaver.errors import Message
from orbweaver.notify.notices.sending.channels.protocol import Channel, Doubt, Outgoing, Session, Taken
from orbweaver.notify.providers.models import Contact
from orbweaver.platform.config import Config


class InboxChannel(Channel):
    """Pages and calls show what was sent; so sending is a row of ours, and a repetition changes nothing."""

    name = "inbox"
    title = Contact.Channel.INBOX.label
    carries_words = True
    doubt = Doubt.REPEAT

    def __init__(self, config: Config) -> None:
        pass

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
