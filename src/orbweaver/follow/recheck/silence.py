"""Hosts that answer nobody: from which network, since when, and when that makes them offline (R81). Pure.

A host is offline when it has answered nothing for days, whatever was asked of it, from as many networks as the settings
say and from every one that is set up. A network of ours that reaches nobody tells nothing of others: its silence counts
only if another host answered there meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

NO_ANSWER = frozenset({"dns", "refused", "connect_timeout", "deadline", "disconnected"})
"""Codes of fetches to which nobody answered: no name, no connection, nothing in time, hung up before a word."""

UNKNOWN = frozenset({"proxy", "address_blocked", "invalid_url", "no_tor", "robots_unreachable"})
"""Codes that come from our side, and tell nothing of whether the host answers."""

LEAST_CHECKS = 3
"""Checks without an answer from a network, at least, before its silence counts."""


def is_silent(error: str | None) -> bool:
    """Whether nobody answered a fetch."""
    return error in NO_ANSWER


def is_heard(error: str | None) -> bool:
    """Whether the host answered a fetch, be it with nonsense."""
    return error not in NO_ANSWER and error not in UNKNOWN


@dataclass(frozen=True)
class Quiet:
    """A host from one network: since when it has not answered, and how many checks have got none since."""

    since: dt.datetime
    checks: int


def offline_since(
    quiet: Mapping[str, Quiet],
    heard: Mapping[str, dt.datetime],
    *,
    at: dt.datetime,
    networks: frozenset[str],
    least_networks: int,
    days: float,
) -> dt.datetime | None:
    """Since when a host has been offline, or None if it is not, or not for long enough.

    ``quiet`` is the host by network, ``heard`` when each network last got an answer from anybody, ``networks`` those
    that are set up. The moment is the last of those from which it was silent in each.
    """
    if not networks or len(networks) < least_networks:
        return None
    found = [each for network in networks if (each := quiet.get(network)) is not None]
    reach = [network in heard and network in quiet and heard[network] > quiet[network].since for network in networks]
    if len(found) < len(networks) or not all(reach):
        return None
    since = max(each.since for each in found)
    long_enough = at - since >= dt.timedelta(days=days) and min(each.checks for each in found) >= LEAST_CHECKS
    return since if long_enough else None
