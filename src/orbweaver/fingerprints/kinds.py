"""Kinds of fingerprint: one Protocol, one registry.

A kind is one class in one file. Ours register below; a licensed one (PhotoDNA, for example) lives in its own package
and names its class under the entry point ``orbweaver.fingerprint_kinds``. Nothing else has to be touched: decoder
processes compute it for every file (``Fingerprints.extra``), and look-ups parse, format and compare by it.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

from orbweaver.errors import ConfigurationError, InvalidInput
from orbweaver.fingerprints.exact import Md5, Sha1, Sha256
from orbweaver.fingerprints.messages import PLUG_IN_FAILS, PLUG_IN_UNUSABLE, UNKNOWN_KIND
from orbweaver.fingerprints.pdq_kind import Pdq

ENTRY_POINT = "orbweaver.fingerprint_kinds"


@runtime_checkable
class FingerprintKind(Protocol):
    """What the rest of Orbweaver needs to know of a kind."""

    @property
    def name(self) -> str:
        """Stable short name in lower case: ``md5``, ``pdq``. At most 32 characters of a-z, 0-9 and _."""
        ...

    @property
    def length(self) -> int:
        """Bytes of one value."""
        ...

    @property
    def radius(self) -> int:
        """Greatest distance that is a match; 0 for a kind that is equal or not."""
        ...

    def parse(self, text: str) -> bytes:
        """The value that a list, a form or a client wrote. Raises BadFingerprint."""
        ...

    def format(self, value: bytes) -> str:
        """The value as others expect it; ``parse`` reads it back."""
        ...

    def of(self, data: bytes) -> bytes | None:
        """The value of a file's bytes, or None when it has none (no picture). Called in a decoder process."""
        ...

    def distance(self, one: bytes, other: bytes) -> int:
        """How far two values are apart; 0 when they are equal. Symmetric."""
        ...


BUILT_IN: tuple[FingerprintKind, ...] = (Md5(), Sha1(), Sha256(), Pdq())


@cache
def kinds() -> dict[str, FingerprintKind]:
    """All kinds by name, ours first. Raises ConfigurationError for a plug-in that does not load or takes a name."""
    found = {kind.name: kind for kind in BUILT_IN}
    for entry in entry_points(group=ENTRY_POINT):
        try:
            kind = entry.load()()
        except Exception as error:
            raise ConfigurationError(PLUG_IN_FAILS.of(name=entry.name, error=str(error))) from error
        if not isinstance(kind, FingerprintKind) or kind.name in found:
            raise ConfigurationError(PLUG_IN_UNUSABLE.of(name=entry.name))
        found[kind.name] = kind
    return found


def plugged_in() -> list[FingerprintKind]:
    """The kinds that are not ours."""
    return [kind for kind in kinds().values() if kind not in BUILT_IN]


def kind_named(name: str) -> FingerprintKind:
    """The kind of that name. Raises InvalidInput when there is none."""
    try:
        return kinds()[name]
    except KeyError:
        raise InvalidInput(UNKNOWN_KIND.of(known=", ".join(kinds()))) from None
