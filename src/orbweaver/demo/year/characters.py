"""Forty providers and what each is like. All of it follows from the seed; nothing here knows how they are judged."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Character(StrEnum):
    """What a provider is like, in its own eyes."""

    CAREFUL = "careful"
    """Checks uploads against the lists, and removes within hours."""
    PROMPT = "prompt"
    """Does nothing by itself, and removes within three days of a notice."""
    ARGUING = "arguing"
    """Asks for proof of age first, and removes after weeks."""
    DEAF = "deaf"
    """Neither answers nor removes."""
    RETURNING = "returning"
    """Removes within days, and lets the same pictures come back."""
    SELLING = "selling"
    """Neither answers nor removes, and sells access on its pages."""


SHARES: Final[dict[Character, int]] = {
    Character.CAREFUL: 6,
    Character.PROMPT: 12,
    Character.ARGUING: 8,
    Character.DEAF: 6,
    Character.RETURNING: 4,
    Character.SELLING: 4,
}
"""How many of the forty are of each character."""

REMOVAL_DAYS: Final[dict[Character, tuple[float, float]]] = {
    Character.CAREFUL: (0.1, 0.5),
    Character.PROMPT: (0.5, 3.0),
    Character.ARGUING: (15.0, 50.0),
    Character.RETURNING: (1.0, 5.0),
}
"""Days between the first notice about an address and its removal: least and most. The others remove nothing."""

EXPECTED: Final[dict[Character, frozenset[str]]] = {
    Character.CAREFUL: frozenset({"proactive", "reactive"}),
    Character.PROMPT: frozenset({"reactive"}),
    Character.ARGUING: frozenset({"resistant"}),
    Character.DEAF: frozenset({"non_compliant"}),
    Character.RETURNING: frozenset({"resistant"}),
    Character.SELLING: frozenset({"non_compliant", "complicit"}),
}
"""The words of the spectrum that each character deserves. What comes back is removed when it stays away: late."""

RETURN_DAYS: Final = (12.0, 30.0)
"""Days between a removal and the return of the same picture at the same address."""

ANSWERS: Final = ("404", "410", "placeholder")
"""What a provider's server says where a picture was: a status, or a page with status 200 that says it was removed."""


@dataclass(frozen=True)
class Host:
    """One provider with its site."""

    number: int
    character: Character
    answer: str
    country: str

    @property
    def name(self) -> str:
        """As the registry has it."""
        return f"Provider {self.number:02d}"

    @property
    def host(self) -> str:
        """Of its site; every name below ``localhost`` is loopback (RFC 6761)."""
        return f"p{self.number:02d}.localhost"

    @property
    def mailbox(self) -> str:
        """Where it takes notices."""
        return f"abuse@p{self.number:02d}.example"


def forty(seed: int, scale: float = 1.0) -> list[Host]:
    """The providers; with ``scale`` below 1 fewer of each character, at least one."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    each = [name for name, count in SHARES.items() for _ in range(max(1, round(count * scale)))]
    rng.shuffle(each)
    countries = ("CA", "CA", "BR", "VN", "PA")
    return [
        Host(number, character, rng.choice(ANSWERS), rng.choice(countries))
        for number, character in enumerate(each, start=1)
    ]
