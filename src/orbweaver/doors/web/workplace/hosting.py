"""Where what an item is about is hosted, for what national law says there (R67)."""

from __future__ import annotations

from typing import Final

from orbweaver.assess.review.selectors import ItemView
from orbweaver.notify.notices.routing.router import hosting_of

HOSTS_LOOKED_AT: Final = 3
"""Of an item that was seen at many; each costs a look at what is known of it."""


def countries_of(view: ItemView) -> list[str]:
    """Codes of the countries that host it, ``unknown`` among them; none until the person has answered: nobody's answer
    is to be swayed by what is an offence where (R24, R67).
    """
    if not view.answered:
        return []
    seen = view.item.sightings.order_by("first_seen_at", "pk").values_list("host", "address")
    first = dict(reversed(list(seen[: 10 * HOSTS_LOOKED_AT])))  # of each host the address that was seen first
    hosts = list(reversed(first))[:HOSTS_LOOKED_AT]
    return list(dict.fromkeys(hosting_of(host, first[host]).country for host in hosts))
