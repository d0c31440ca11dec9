"""What members do through our own doors: submit entries, retract them, and say what they think of ours.

What a member submits is on a list of its own, for our crawler alone and to review: somebody has to open it for more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orbweaver.detect.exchanges.errors import BadExchange
from orbweaver.detect.exchanges.messages import NO_SHARED_ENTRY, REASON_MISSING
from orbweaver.detect.exchanges.models import Exchange, Member, Opinion, StatedVerdict
from orbweaver.detect.exchanges.opinions import keep_opinion, opinions_of
from orbweaver.detect.exchanges.protocols.protocol import Stated, Vote
from orbweaver.detect.exchanges.receiving import Received, receive
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow, key_of
from orbweaver.detect.hashlists.sharing import exchanged, shared_entries

OURSELVES = "1"
"""The hotline's own number among the members."""
UNBOUND: Final = ~Q(Exists(StatedVerdict.objects.filter(entry=OuterRef("pk")).exclude(terms=[])))
"""Entries that did not come under terms of their own (``telling``)."""
NO_VERDICT: Final[Mapping[str, Any]] = {}
ALWAYS, FOREVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Shared:
    """A page of entries with what belongs to them: who submitted those of each list, and what members say of each.

    ``pulled`` are the lists that exchanges fill: their entries are of the members that their ``source`` names.
    ``numbers`` are those of members by their names, also of such that take part in an exchange further up alone.
    """

    entries: Sequence[HashListEntry]
    members: Mapping[int, Member]
    said: Mapping[int, Sequence[Opinion]]
    numbers: Mapping[str, str]
    pulled: Set[int] = frozenset()

    def giver_of(self, entry: HashListEntry) -> tuple[str, str] | None:
        """Number and name of the member that gave an entry; None for the hotline itself."""
        member = self.members.get(entry.hash_list_id)
        if member is not None:
            return member.number, member.organisation
        if entry.hash_list_id in self.pulled and entry.source in self.numbers:
            return self.numbers[entry.source], entry.source
        return None


def shared_page(
    kinds: Sequence[str], since: dt.datetime, until: dt.datetime, *, after: int, most: int, by: Set[str] = frozenset()
) -> Shared:
    """As ``shared_entries``, with members by their lists and opinions by entries; ``by`` members of these numbers
    alone, where it names any. What came under terms is left out: these protocols have no place for them."""
    only = UNBOUND & _given_by(by) if by else UNBOUND
    return _with_opinions(shared_entries(kinds, since, until, after=after, most=most, only=only))


def _given_by(numbers: Set[str]) -> Q:
    """Entries of which ``Shared.giver_of`` says one of these numbers."""
    rows = {_row_of(number) for number in numbers}
    names = Member.objects.filter(pk__in=rows).values("organisation")
    pulled = Q(hash_list__member=None, hash_list__exchange__isnull=False)
    given = Q(hash_list__member__pk__in=rows) | (pulled & Q(source__in=names))
    if OURSELVES in numbers:
        given |= Q(hash_list__member=None, hash_list__exchange=None) | (pulled & Q(source=""))
    return given


def changed_page(kinds: Sequence[str], *, after: int, most: int) -> Shared:
    """The same of any time and all members, for those who are told the terms of each entry."""
    return _with_opinions(shared_entries(kinds, ALWAYS, FOREVER, after=after, most=most))


def page_with(member: str, name: str) -> Shared:
    """The one entry that ``entry_of`` finds, with its hashes; none, where there is none."""
    found = entry_of(member, name)
    same = HashListEntry.objects.filter(UNBOUND, pk=found.pk) if found else HashListEntry.objects.none()
    return _with_opinions(list(same.select_related("hash_list").prefetch_related("hashes")))


def _with_opinions(entries: Sequence[HashListEntry]) -> Shared:
    lists = {entry.hash_list_id for entry in entries}
    said: dict[int, list[Opinion]] = {}
    for each in Opinion.objects.filter(entry__in=entries).order_by("pk"):
        said.setdefault(each.entry_id, []).append(each)
    members = {each.hash_list_id: each for each in Member.objects.filter(hash_list__in=lists) if each.hash_list_id}
    pulled = set(Exchange.objects.filter(hash_list__in=lists).values_list("hash_list_id", flat=True))
    names = {each.who for of_entry in said.values() for each in of_entry}
    names |= {entry.source for entry in entries if entry.hash_list_id in pulled}
    return Shared(entries, members, said, _numbers_of(names - {""}), pulled)


def _numbers_of(names: Set[str]) -> dict[str, str]:
    """Numbers by names; who has none yet gets the next one and keeps it."""
    known = {each.organisation: each.number for each in Member.objects.filter(organisation__in=names)}
    return known | {name: member_of(name).number for name in sorted(names - known.keys())}


def member_of(organisation: str) -> Member:
    """An organisation as a member, from its first call on."""
    return Member.objects.get_or_create(organisation=organisation)[0]


def all_members() -> list[tuple[str, str]]:
    """Numbers and names of members, without the hotline."""
    return [(each.number, each.organisation) for each in Member.objects.order_by("pk")]


@transaction.atomic
def submit(organisation: str, rows: Iterable[EntryRow], now: dt.datetime, *, gone: Iterable[bytes] = ()) -> Received:
    """Entries of a member, or others in the place of those with the same names; ``gone`` are keys of those that it
    retracts. What it retracted and submits again stands again."""
    stated = [Stated(key_of(row), now, row) for row in rows] + [Stated(key, now, None) for key in gone]
    return receive(_list_of(organisation, now), stated, now) if stated else Received()


def _list_of(organisation: str, now: dt.datetime) -> HashList:
    member = Member.objects.select_for_update().get(pk=member_of(organisation).pk)
    if member.hash_list is None:
        member.hash_list = HashList.objects.create(
            name=f"Submitted by {organisation} ({member.number})"[-120:],
            supplier=organisation,
            allowed=HashList.Allowed.REVIEW,
            doors=[HashList.Door.CRAWLER],
            created_at=now,
        )
        member.save()
    return member.hash_list


def entry_of(member: str, name: str) -> HashListEntry | None:
    """A shared entry by its member's number and the name that it has there."""
    if member == OURSELVES:
        return exchanged().filter(public_id=name, hash_list__member=None).first()
    submitted = exchanged().filter(hash_list__member__pk=_row_of(member), supplier_id=name).first()
    if submitted is not None:
        return submitted
    upstream = Member.objects.filter(pk=_row_of(member)).values("organisation")
    return exchanged().filter(public_id=name, hash_list__exchange__isnull=False, source__in=upstream).first()


def entry_named(public_id: str) -> HashListEntry | None:
    """A shared entry by its own identifier."""
    return exchanged().filter(public_id=public_id).first()


def entries_with(kind: str, value: bytes) -> QuerySet[HashListEntry]:
    """Shared entries that have this hash."""
    return exchanged().filter(hashes__kind=kind, hashes__value=value, hashes__withdrawn=False, hashes__time_s=None)


@transaction.atomic
def say(
    entries: Iterable[HashListEntry],
    kind: str,
    organisation: str,
    *,
    confirms: bool,
    reason: str,
    now: dt.datetime,
    verdict: Mapping[str, Any] = NO_VERDICT,
) -> list[Opinion]:
    """A member's word on a hash of entries, which others hear of with its next change; what is kept of each.

    The ``verdict`` from which it follows is for us alone.
    """
    member_of(organisation)
    said = Vote(kind, organisation, confirms, reason, verdict)
    return [keep_opinion(entry, said, now, to_us=True) for entry in entries]


def dispute(organisation: str, entry_id: str, reason: str, now: dt.datetime) -> Opinion:
    """Somebody of a member says that a shared entry is wrong, all that it holds. Raises BadExchange."""
    if not reason.strip():
        raise BadExchange(REASON_MISSING)
    entry = entry_named(entry_id.strip())
    first = entry.hashes.filter(withdrawn=False, time_s=None).order_by("pk").first() if entry is not None else None
    if entry is None or first is None:
        raise BadExchange(NO_SHARED_ENTRY.of(id=entry_id.strip()[:40]))
    [said] = say([entry], first.kind, organisation, confirms=False, reason=reason.strip(), now=now)
    return said


def disputes_of(organisation: str, *, most: int) -> list[Opinion]:
    """What a member disputes, the newest first."""
    return list(opinions_of(organisation)[:most])


def _row_of(number: str) -> int:
    return int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 10 else 0
