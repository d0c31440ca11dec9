"""Which bodies a web server takes in: how large, from whom, and how many bytes of them at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Environ = dict[str, Any]
"""A request as WSGI has it."""


@dataclass(frozen=True)
class BodyRule:
    """What an address takes: ``most`` bytes; more than anybody may send only when ``may_send`` says so.

    ``may_send`` is asked with the head alone, before any of the body is read, and may look into the database.

    Of a body of up to ``heard_out`` bytes that is too large, the beginning reaches the application, which can answer
    with all that was typed; the rest is read and thrown away, for a browser hears no answer before it has sent all.
    """

    most: int
    may_send: Callable[[Environ], bool]
    heard_out: int = 0
    of_anybody: bool = False
    """Nobody has to be known for it: what is held of such bodies is bounded apart from those of whom we know."""


RuleOf = Callable[[str], BodyRule | None]
"""The rule of a path, or None where nobody needs to send more than a form."""

TOO_LARGE = "orbweaver.body_too_large"
"""In a request whose body was refused for its size: the most bytes that would have been taken."""


BEGINNING = "orbweaver.body_is_beginning"
"""In such a request whose application has the beginning of the body."""


class OverQuota(Exception):
    """Everything that may be held is held by what nobody can be asked to give up."""


class Quota:
    """Bytes that may be held at once for connections. Whoever has waited longest is let go when there is no more.

    An honest client is through in a moment, so the one that has been at it longest is the one that stalls.
    """

    def __init__(self, most: int, let_go: Callable[[Any], None]) -> None:
        self._most, self._let_go, self._total = most, let_go, 0
        self._held: OrderedDict[Any, int] = OrderedDict()  # in a dict the first is far to seek when many have gone
        self._kept: dict[Any, int] = {}

    def hold(self, who: Any, more: int) -> None:
        """Hold so many more bytes for somebody. Raises OverQuota when letting go of the others does not suffice."""
        self._held[who] = self._held.get(who, 0) + more
        self._total += more
        while self._total > self._most:
            first = next((each for each in self._held if each is not who), None)
            if first is None:
                raise OverQuota
            self.release(first)
            self._let_go(first)

    def keep(self, who: Any) -> None:
        """What is held for somebody is in our own hands now: nobody else's need takes it away."""
        if who in self._held:
            self._kept[who] = self._held.pop(who)

    def release(self, who: Any) -> None:
        """Somebody needs nothing any more."""
        self._total -= self._held.pop(who, 0) + self._kept.pop(who, 0)
