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
    CREDITED = "credited"
    """Removes within days, and closes the accounts behind it, which the hotline notes to its credit."""
    PROMPT = "prompt"
    """Does nothing by itself, and removes within three days of a notice."""
    LATE = "late"
    """Says nothing, and removes after weeks."""
    ARGUING = "arguing"
    """Asks for proof of age first, and removes after weeks."""
    PRESSED = "pressed"
    """Does nothing until the network that carries its traffic presses it."""
    RETURNING = "returning"
    """Removes within days, and lets the same pictures come back at the same addresses."""
    MOVING = "moving"
    """Removes within days, and shows the same pictures at new addresses some days later."""
    CLAIMING = "claiming"
    """Answers that it has removed, and removes nothing."""
    DEAF = "deaf"
    """Neither answers nor removes."""
    SELLING = "selling"
    """Neither answers nor removes, and sells access on its pages."""
    FRONTED = "fronted"
    """Stands behind a CDN, and removes within three days."""
    REFERRED = "referred"
    """In a country whose hotline takes referrals, and has it removed within two days."""
    ABANDONED = "abandoned"
    """In a country whose hotline does not act; removes within two days once it is told itself."""


@dataclass(frozen=True)
class Manner:
    """How a character acts. ``removes``: least and most days from being told of an address to its removal."""

    count: int
    """Of the forty."""
    removes: tuple[float, float] | None
    expected: frozenset[str]
    """The words of the spectrum that it deserves."""


MANNERS: Final[dict[Character, Manner]] = {
    Character.CAREFUL: Manner(4, (0.1, 0.5), frozenset({"proactive", "reactive"})),
    Character.CREDITED: Manner(2, (0.5, 3.0), frozenset({"proactive", "reactive"})),
    Character.PROMPT: Manner(8, (0.5, 3.0), frozenset({"reactive"})),
    Character.LATE: Manner(4, (10.0, 35.0), frozenset({"resistant"})),
    Character.ARGUING: Manner(4, (10.0, 35.0), frozenset({"resistant"})),
    Character.PRESSED: Manner(2, None, frozenset({"resistant"})),
    Character.RETURNING: Manner(3, (1.0, 5.0), frozenset({"resistant"})),
    Character.MOVING: Manner(2, (1.0, 5.0), frozenset({"reactive", "resistant"})),
    Character.CLAIMING: Manner(2, None, frozenset({"non_compliant"})),
    Character.DEAF: Manner(3, None, frozenset({"non_compliant"})),
    Character.SELLING: Manner(2, None, frozenset({"non_compliant", "complicit"})),
    Character.FRONTED: Manner(2, (0.5, 3.0), frozenset({"reactive"})),
    Character.REFERRED: Manner(1, (0.5, 2.0), frozenset()),
    Character.ABANDONED: Manner(1, (0.5, 2.0), frozenset({"reactive"})),
}
"""What comes back at the same address is gone for good only late. Whoever moves it does remove in time, too."""

RETURN_DAYS: Final = (12.0, 30.0)
"""Days between a removal and the return of the same picture at the same address."""

MOVE_DAYS: Final = (2.0, 6.0)
"""Days between a removal and the same picture at another address of the same provider."""

ANSWERS: Final = ("404", "410", "placeholder")
"""What a provider's server says where a picture was: a status, or a page with status 200 that says it was removed."""

OUTAGES: Final = 3
"""How often in the year the server of every fourth provider is out of order (status 503), for one to three days."""


class Role(StrEnum):
    """Who else is told, and why."""

    UPSTREAM = "upstream"
    REGISTRAR = "registrar"
    PAYMENT = "payment"
    CDN = "cdn"
    REFERRAL = "referral"


@dataclass(frozen=True)
class Party:
    """Somebody besides the forty. ``acts``: least and most days in which it gets an address removed; None: never."""

    name: str
    role: Role
    country: str
    acts: tuple[float, float] | None
    expected: frozenset[str]
    of: tuple[Character, ...]
    """The characters that it keeps going, stands before, or is the hotline of."""

    @property
    def mailbox(self) -> str:
        """Where it takes notices."""
        return f"abuse@{self.name.lower().replace(' ', '-')}.example"


PARTIES: Final = (
    Party("Network One", Role.UPSTREAM, "CA", (2.0, 5.0), frozenset({"reactive"}), (Character.PRESSED,)),
    Party("Network Two", Role.UPSTREAM, "PA", None, frozenset({"non_compliant"}), (Character.DEAF,)),
    Party("Registrar One", Role.REGISTRAR, "PA", None, frozenset({"non_compliant"}), (Character.SELLING,)),
    Party("Payment One", Role.PAYMENT, "PA", None, frozenset({"non_compliant"}), (Character.SELLING,)),
    Party("Delivery One", Role.CDN, "CA", None, frozenset(), (Character.FRONTED,)),
    Party("Hotline One", Role.REFERRAL, "NL", (0.5, 2.0), frozenset(), (Character.REFERRED,)),
    Party("Hotline Two", Role.REFERRAL, "DE", None, frozenset(), (Character.ABANDONED,)),
)
"""A CDN is judged by nothing that others host, and a hotline is no provider: neither has a word."""


@dataclass(frozen=True)
class Host:
    """One provider with its site."""

    number: int
    character: Character
    answer: str
    country: str
    outages: tuple[tuple[float, float], ...] = ()
    """Days of the year from and to which its server is out of order."""

    @property
    def name(self) -> str:
        """As the registry has it."""
        return f"Provider {self.number:02d}"

    @property
    def host(self) -> str:
        """Of its site."""
        return f"p{self.number:02d}.example"

    @property
    def mailbox(self) -> str:
        """Where it takes notices."""
        return f"abuse@p{self.number:02d}.example"

    @property
    def is_fronted(self) -> bool:
        """Whether its address is a CDN's."""
        return self.character is Character.FRONTED


def forty(seed: int, scale: float = 1.0, days: int = 365) -> list[Host]:
    """The providers; with ``scale`` below 1 fewer of each character, at least one."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    each = [name for name, manner in MANNERS.items() for _ in range(max(1, round(manner.count * scale)))]
    rng.shuffle(each)
    return [_host(rng, number, character, days) for number, character in enumerate(each, start=1)]


def _host(rng: random.Random, number: int, character: Character, days: int) -> Host:
    answer, country = rng.choice(ANSWERS), rng.choice(("CA", "CA", "BR", "VN", "PA"))
    hotline = next((each for each in PARTIES if each.role is Role.REFERRAL and character in each.of), None)
    outages = []
    if number % 4 == 0:
        for _ in range(OUTAGES):
            begin = rng.uniform(0, days)
            outages.append((begin, begin + rng.uniform(1, 3)))
    return Host(number, character, answer, hotline.country if hotline else country, tuple(outages))


def parties_of(hosts: list[Host]) -> list[Party]:
    """The others that these providers bring with them."""
    present = {host.character for host in hosts}
    return [party for party in PARTIES if present.intersection(party.of)]
