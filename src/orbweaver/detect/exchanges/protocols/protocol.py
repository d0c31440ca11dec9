"""What the rest of Orbweaver needs to know of a protocol by which lists are exchanged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from orbweaver.detect.hashlists.rules import EntryRow

if TYPE_CHECKING:
    from orbweaver.detect.exchanges.calls import Calls


def storable(text: str, most: int) -> str:
    """Words of others as the database can keep them: JSON can write characters that it cannot."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:most]


@dataclass(frozen=True, slots=True)
class Vote:
    """What a member of the exchange says of one hash of an entry, by the name of its kind here."""

    kind: str
    who: str
    confirms: bool
    reason: str = ""
    verdict: Mapping[str, Any] = field(default_factory=dict)
    """Of theirs, from which it follows; nothing where they name none."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which an entry is handed on: whose they are, in words, and the last day of use."""

    by: str
    text: str
    until: dt.date | None = None

    def are_over(self, day: dt.date) -> bool:
        """Whether the last day of use has passed."""
        return self.until is not None and self.until < day


@dataclass(frozen=True, slots=True)
class Told:
    """What a hotline tells of an entry beside its hashes: its verdict (``exchanges.verdicts``), its series by its own
    names, and the terms under which all this is handed on."""

    verdict: Mapping[str, Any] = field(default_factory=dict)
    series: Sequence[str] = ()
    terms: Sequence[Terms] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """One entry as the exchange states it at its own time. ``key`` as of ``rules.key_of``; ``row`` with all its
    hashes, or None: it is withdrawn. ``told``: what a hotline tells of it besides."""

    key: bytes
    at: dt.datetime
    row: EntryRow | None
    said: Sequence[Vote] = ()
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """An address that an exchange hands to this hotline to be assessed. ``number``: theirs for it; ``verdict``: what
    another hotline said of it."""

    number: str
    url: str
    words: str = ""
    verdict: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what an exchange has. ``checkpoint`` is where to go on once the page is written; ``more``: there is
    more to ask for now; ``refused`` entries could not be used; ``reported``: addresses, where it hands out such."""

    stated: Sequence[Stated]
    checkpoint: Mapping[str, Any]
    more: bool
    refused: int = 0
    reported: Sequence[Reported] = ()


@dataclass(frozen=True, slots=True)
class About:
    """One hash of an entry by what its supplier knows of it, and what we say: it confirms, or it disputes.

    ``verdict``: of ours, from which it follows.
    """

    supplier_id: str
    member: str
    kind: str
    value: bytes
    confirms: bool
    reason: str
    verdict: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class ExchangeProtocol(Protocol):
    """How one kind of exchange is asked. It knows the syntax and where to go on; what comes of a page is not its."""

    @property
    def name(self) -> str:
        """Stable short name, as ``exchanges add --protocol`` takes it."""
        ...

    @property
    def title(self) -> str:
        """As people call it."""
        ...

    @property
    def addresses(self) -> Mapping[str, str]:
        """Known base addresses by short names; any other may be given."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets that open it."""
        ...

    @property
    def feedback_kinds(self) -> tuple[str, ...]:
        """Kinds of hash on which it takes feedback."""
        ...

    @property
    def takes_verdicts(self) -> bool:
        """Whether it can be told what was decided; else a verdict of no action says nothing to it."""
        ...

    def pages(
        self, calls: Calls, secrets: Mapping[str, str], checkpoint: Mapping[str, Any], moment: dt.datetime
    ) -> Iterator[Page]:
        """All that changed since the checkpoint ({} at first) until ``moment``, in real time.

        Written page by page in this order, it may end after any: the checkpoint of the last one goes on there. Raises
        ExchangeFailed.
        """
        ...

    def give(self, calls: Calls, secrets: Mapping[str, str], about: About) -> None:
        """Send feedback; sending it again changes nothing there. Raises ExchangeFailed."""
        ...
