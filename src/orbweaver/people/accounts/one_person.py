"""Which accounts may be one person's: those count once, wherever two people are asked for.

Nobody can prove that two people stand behind two accounts. What is taken for one person's until somebody else has said
otherwise: accounts with the same mailbox or name, and all that one person made alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from orbweaver.people.accounts.models import User


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


def accounts_of(person: User) -> set[int]:
    """The accounts that count as this person's, their own among them: their answers about one item count once."""
    rows = list(User.objects.order_by().values_list("pk", "email", "display_name", "made_alone_by"))
    makers = {pk: maker for pk, _, _, maker in rows if maker is not None}
    box, name, behind = mailbox(person.email), plain_name(person.display_name), origin(person.pk, makers)
    return {person.pk} | {
        pk
        for pk, email, display_name, _ in rows
        if mailbox(email) == box or plain_name(display_name) == name or origin(pk, makers) == behind
    }


def others_counted_with(person: User) -> list[str]:
    """The names of those in use whose answers and this person's count once, by alphabet."""
    others = User.objects.filter(pk__in=accounts_of(person) - {person.pk}, is_active=True)
    return list(others.order_by("display_name").values_list("display_name", flat=True))
