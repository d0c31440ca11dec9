"""What a channel must do, whatever it speaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Protocol, runtime_checkable

from django.utils.functional import Promise

from orbweaver.errors import Message
from orbweaver.notify.notices.rules import Action
from orbweaver.notify.providers.channel_kinds import AddressField
from orbweaver.platform.config import Settings


@dataclass(frozen=True)
class Outgoing:
    """One message: where to, from whom, and the exact bytes.

    ``key`` is the occasion: the same for the same message however often it is tried, different for every other one.
    ``contact`` is the contact's public id, for channels that have a secret with it.
    """

    sender: str
    address: str
    message_id: str
    raw: bytes
    key: str = ""
    contact: str = ""


@dataclass(frozen=True)
class Taken:
    """A report that the other side took over: our key of it, and the number that the other side gave it."""

    key: str
    remote_id: str


class Doubt(Enum):
    """What can be done when a delivery was cut off after the point of no return."""

    REPEAT = "repeat"
    """The other side knows a message again by its key: it is sent once more, and has one effect."""
    JOURNAL = "journal"
    """A copy comes back from the mail server if it took the message; when none comes, it did not."""
    ASK = "ask"
    """The other side tells what it has: its session is an ``AskingSession``."""
    REMAINS = "remains"
    """Nothing: it is not sent again on this occasion, and the desk shows it."""


class Session(Protocol):
    """A connection that delivers one message after another."""

    def deliver(self, message: Outgoing, before_commit: Callable[[], None]) -> Sequence[Taken]:
        """Hand the message over; returning means that the other side has it. Returns what it gave numbers to.

        ``before_commit`` is called once, as late as the channel can, before the step after which the other side may
        have the message. If it raises, the other side does not get the message and the error goes on.

        Raises:
            ChannelFailed: the other side does not have it (or, with ``Doubt.REPEAT``, not all of it).
            DeliveryUncertain: it may have it or not.
            ForAPerson: a person hands it over.
        """


@runtime_checkable
class AskingSession(Session, Protocol):
    """A session that can also look for what was sent before."""

    def find(self, address: str, key: str) -> Taken | None:
        """What the other side has under our key; None when it lists nothing with it.

        Raises:
            ChannelFailed: it did not answer the question.
        """


@runtime_checkable
class StatusSession(Session, Protocol):
    """A session that can tell what became of a report that the other side gave a number to."""

    def status(self, address: str, remote_id: str) -> tuple[str, str]:
        """Status and reason code of a report. Raises ChannelFailed."""


class Channel(Protocol):
    """A way to send, and all that is particular to it. Subclasses give ``name``, ``title``, ``address`` and ``doubt``.

    Made anew, without arguments, for each round; it reads its settings then.
    """

    name: ClassVar[str]
    """As contacts carry it: at most 12 characters of a-z and _."""
    title: ClassVar[str | Promise]
    """As people read it."""
    address: ClassVar[AddressField]
    """The field of a form in which people write a contact's address."""
    carries_words: ClassVar[bool] = False
    """Whether it takes words, too: answers to objections. Others take reports alone."""
    joins: ClassVar[bool] = False
    """Whether messages for the same contact can go as one; others take one notice at a time."""
    by_hand: ClassVar[bool] = False
    """Whether a person hands it over: its session raises ForAPerson, and the desk has a task."""
    tries: ClassVar[bool] = True
    """Whether a test message shows anything."""
    signs_by_contact: ClassVar[bool] = False
    """Whether it has a secret with each contact, so that even a test message needs a contact."""
    report_answers: ClassVar[Mapping[str, tuple[Action, str]]] = {}
    """What its reason codes mean: action, and reason of a push-back. Its session is a ``StatusSession``."""
    settings: ClassVar[type[Settings] | None] = None
    """The group of settings that it reads, where it has one; ``doctor`` and the documentation list it."""
    doubt: Doubt
    """What can be done about a delivery that was cut off; it may depend on the settings."""

    @classmethod
    def clean_address(cls, text: str) -> str:
        """A contact's address as this channel writes it. Raises ProviderInvalid."""

    def why_not(self) -> Message | str | None:
        """Why nothing can be sent this way now; None when it can. It names the setting that is missing."""

    def session(self) -> AbstractContextManager[Session]:
        """A session, closed in the end. Connects when it is first needed."""

    def try_out(self, session: Session, message: Outgoing) -> Sequence[Taken]:
        """Send a test message. A channel whose other side knows no tests tries less, and says so."""
        return session.deliver(message, lambda: None)
