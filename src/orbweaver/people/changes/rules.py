"""Who can give a second word, and for how long what was done alone is shown. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

ALONE_AFTER: Final = dt.timedelta(days=1)
"""How long a change waits, in everybody's sight, where nobody else can agree to it."""
SETTLED_AFTER: Final = dt.timedelta(days=30)
"""After so long in everybody's sight an account that one person made alone is taken to be somebody else's."""
SHOWN_FOR: Final = dt.timedelta(days=7)
"""How long every page says that somebody carried out a change alone."""


def mailbox(address: str) -> str:
    """Where mail to this address ends up, as most servers sort it: without what follows ``+``, dots and case."""
    local, _, domain = address.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def plain_name(name: str) -> str:
    """A name without what two spellings of it may differ in."""
    return " ".join(sorted(name.casefold().replace(",", " ").split()))


def origin(person: int, makers: Mapping[int, int]) -> int:
    """Who stands behind an account: whoever made it alone, or who made that one. ``makers``: account → its maker."""
    seen = {person}
    while (maker := makers.get(person)) is not None and maker not in seen:
        person = maker
        seen.add(maker)
    return person
