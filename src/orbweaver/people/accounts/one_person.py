"""Which accounts may be one person's: those count once, wherever two people are asked for.

Nobody can prove that two people stand behind two accounts. What is taken for one person's until somebody else has said
otherwise: accounts with the same mailbox or name, and all that one person made or let in again alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import chain

from orbweaver.people.accounts.models import User


def mailbox(address: str) -> str:
    """Where mail to this address ends up, as most servers sort it: without what follows ``+``, dots and case."""
    local, _, domain = address.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def plain_name(name: str) -> str:
    """A name without what two spellings of it may differ in."""
    return " ".join(sorted(name.casefold().replace(",", " ").split()))


def behind(account: int, makers: Mapping[int, Collection[int]]) -> set[int]:
    """Who may have an account in hand: itself, whoever made it or let it in again alone, and whoever did so with those.
    ``makers``: account → who did.
    """
    found, at_hand = {account}, [account]
    while at_hand:
        more = {*makers.get(at_hand.pop(), ())} - found
        found |= more
        at_hand.extend(more)
    return found


def accounts_of(person: User, also: Iterable[tuple[int, int]] = ()) -> set[int]:
    """The accounts that count as this person's, their own among them: their answers about one item count once.

    Those behind which the same account may stand, and those with the same name or mailbox: not what hangs together with
    these in turn, or whoever gives an account of theirs another's name would have that one's word count as theirs.
    ``also``: accounts and who made them, besides.
    """
    rows = list(User.objects.order_by().values_list("pk", "email", "display_name", "made_alone_by"))
    makers = _makers([(pk, maker) for pk, _, _, maker in rows if maker is not None], also)
    mine, box, name = behind(person.pk, makers), mailbox(person.email), plain_name(person.display_name)
    return {person.pk} | {
        pk
        for pk, email, display_name, _ in rows
        if mailbox(email) == box or plain_name(display_name) == name or not mine.isdisjoint(behind(pk, makers))
    }


def those_behind(person: User, also: Iterable[tuple[int, int]] = ()) -> list[User]:
    """``behind``, as people, themselves among them. ``also``: as for ``accounts_of``."""
    kept = User.objects.exclude(made_alone_by=None).order_by().values_list("pk", "made_alone_by")
    makers = _makers([(pk, maker) for pk, maker in kept if maker is not None], also)
    return list(User.objects.filter(pk__in=behind(person.pk, makers)).order_by("pk"))


def _makers(*links: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    makers: defaultdict[int, set[int]] = defaultdict(set)
    for account, maker in chain(*links):
        makers[account].add(maker)
    return makers


def named_apart(person: User) -> str:
    """The person's name, with the address where another account has that name as well."""
    rows = User.objects.exclude(pk=person.pk).order_by().values_list("display_name", flat=True)
    if plain_name(person.display_name) not in map(plain_name, rows):
        return person.display_name
    return f"{person.display_name} ({person.email})"


def others_counted_with(person: User) -> list[str]:
    """The names of those in use whose answers and this person's count once, by alphabet."""
    others = User.objects.filter(pk__in=accounts_of(person) - {person.pk}, is_active=True)
    return list(others.order_by("display_name").values_list("display_name", flat=True))
