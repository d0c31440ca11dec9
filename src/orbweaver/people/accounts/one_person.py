"""Which accounts may be one person's: those count once, wherever two people are asked for.

Nobody can prove that two people stand behind two accounts. What is taken for one person's until somebody else has said
otherwise: accounts with the same mailbox or name, all that one person made or let in again alone, and whatever hangs
together by these, through however many accounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from orbweaver.people.accounts.models import User


def mailbox(address: str) -> str:
    """Where mail to this address ends up, as most servers sort it: without what follows ``+``, dots and case."""
    local, _, domain = address.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def plain_name(name: str) -> str:
    """A name without what two spellings of it may differ in."""
    return " ".join(sorted(name.casefold().replace(",", " ").split()))


def hanging_together(one: int, links: Iterable[tuple[int, object]]) -> set[int]:
    """The accounts that this one is linked with, itself among them. ``links``: an account with another (a number), or
    with what several share. Who made whom makes no difference: two that made each other are linked as well.
    """
    beside: defaultdict[object, set[object]] = defaultdict(set)
    for account, other in links:
        beside[account].add(other)
        beside[other].add(account)
    found: set[object] = {one}
    at_hand: list[object] = [one]
    while at_hand:
        more = beside[at_hand.pop()] - found
        found |= more
        at_hand.extend(more)
    return {each for each in found if isinstance(each, int)}


def was_made_by(maker: int, person: int, makers: Mapping[int, int]) -> bool:
    """Whether this person, or somebody whom they made, and so on, made the maker. ``makers``: account → its maker."""
    seen = {maker}
    while (above := makers.get(maker)) is not None and above not in seen:
        maker = above
        seen.add(maker)
    return person in seen


def accounts_of(person: User, also: Iterable[tuple[int, int]] = ()) -> set[int]:
    """The accounts that count as this person's, their own among them: their answers about one item count once.
    ``also``: accounts that are linked besides."""
    links: list[tuple[int, object]] = list(also)
    for pk, email, name, maker in User.objects.order_by().values_list("pk", "email", "display_name", "made_alone_by"):
        links += [(pk, f"mailbox {mailbox(email)}"), (pk, f"name {plain_name(name)}")]
        if maker is not None:
            links.append((pk, maker))
    return hanging_together(person.pk, links)


def others_counted_with(person: User) -> list[str]:
    """The names of those in use whose answers and this person's count once, by alphabet."""
    others = User.objects.filter(pk__in=accounts_of(person) - {person.pk}, is_active=True)
    return list(others.order_by("display_name").values_list("display_name", flat=True))
