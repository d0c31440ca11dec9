"""Verbs on banks: lists that a client keeps itself, through the HMA door. Nothing of them is lost: deleting withdraws.

A client writes to its own banks alone: the supplier of such a list is the client's organisation. What it puts
there others are told to review, never to act on: else one company could have another's uploads refused.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from orbweaver.detect.hashlists.errors import NoSuchBank
from orbweaver.detect.hashlists.messages import (
    BANK_EXISTS,
    BANK_NAME,
    BANK_OF_OTHERS,
    BANK_RATIO,
    NO_SUCH_BANK,
    NO_SUCH_CONTENT,
    WITHDRAWN_BY_HOTLINE,
)
from orbweaver.detect.hashlists.models import Bank, BankContent, EntryStateChange, HashList, HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow, RowHash, key_of
from orbweaver.detect.hashlists.services import set_entry_state
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.people.audit.services import record

NAME: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,119}")
CLASSIFICATION: Final = "unclassified"
"""Of what is in a bank: its client says nothing of what it shows."""
DELETED, AGAIN, REMOVED = "its bank was deleted", "added to its bank again", "removed from its bank"
"""Why a client's own doing changes the state of what is in its banks."""
GRAVER: Final = (
    HashListEntry.State.ACTIVE,
    HashListEntry.State.DISPUTED,
    HashListEntry.State.QUARANTINED,
    HashListEntry.State.WITHDRAWN,
)
"""From the least to the gravest that can be said of an entry."""
TOGETHER: Final = 1_000
"""Entries that are read at once when a bank is deleted."""


def bank_named(name: str) -> Bank:
    """An open bank. Raises NoSuchBank."""
    found = Bank.objects.filter(hash_list__name=name, closed_at__isnull=True).select_related("hash_list").first()
    if found is None:
        raise NoSuchBank(NO_SUCH_BANK.of(name=name[:120]))
    return found


def open_banks() -> list[Bank]:
    """All banks, by name."""
    return list(Bank.objects.filter(closed_at__isnull=True).select_related("hash_list").order_by("hash_list__name"))


def own_bank(name: str, owner: str) -> Bank:
    """An open bank of this organisation. Raises NoSuchBank, NotAllowed."""
    bank = bank_named(name)
    if bank.hash_list.supplier != owner:
        raise NotAllowed(BANK_OF_OTHERS.of(name=name))
    return bank


@transaction.atomic
def open_bank(name: str, ratio: float, owner: str, now: dt.datetime) -> Bank:
    """A new bank; one that was deleted is opened again, empty. Raises InvalidInput, Conflict, NotAllowed."""
    _check(name, ratio)
    hash_list, is_new = HashList.objects.get_or_create(
        name=name,
        defaults={
            "supplier": owner,
            "kind": HashList.Kind.KNOWN,
            "allowed": HashList.Allowed.REVIEW,
            "created_at": now,
        },
    )
    bank = Bank.objects.select_for_update().filter(hash_list=hash_list).first()
    if bank is not None and bank.closed_at is None:
        raise Conflict(BANK_EXISTS.of(name=name))
    if not is_new and (bank is None or hash_list.supplier != owner):
        raise NotAllowed(BANK_OF_OTHERS.of(name=name))
    bank, _ = Bank.objects.update_or_create(hash_list=hash_list, defaults={"enabled_ratio": ratio, "closed_at": None})
    bank.hash_list = hash_list  # an older row has not loaded it
    record("bank.opened", hash_list.public_id, details={"by": owner}, at=now)
    return bank


@transaction.atomic
def set_aside(name: str, owner: str, now: dt.datetime) -> None:
    """Give a deleted bank of this organisation another name, with which it stays on record: its own is free again."""
    found = HashList.objects.filter(name=name, supplier=owner, bank__closed_at__isnull=False).first()
    if found is not None:
        found.name = f"{name[:90]} ({found.public_id})"
        found.save(update_fields=["name"])
        record("bank.set_aside", found.public_id, details={"by": owner}, at=now)


@transaction.atomic
def change_bank(bank: Bank, now: dt.datetime, *, name: str | None = None, ratio: float | None = None) -> Bank:
    """Another name or share. Raises InvalidInput, Conflict."""
    _check(name or bank.hash_list.name, bank.enabled_ratio if ratio is None else ratio)
    if name is not None and name != bank.hash_list.name:
        if HashList.objects.filter(name=name).exists():
            raise Conflict(BANK_EXISTS.of(name=name))
        bank.hash_list.name = name
        bank.hash_list.save(update_fields=["name"])
        record("bank.renamed", bank.hash_list.public_id, at=now)
    if ratio is not None:
        bank.enabled_ratio = ratio
        bank.save(update_fields=["enabled_ratio"])
    return bank


@transaction.atomic
def close_bank(bank: Bank, owner: str, now: dt.datetime) -> int:
    """Delete a bank: its entries are withdrawn and stay on record. Returns how many."""
    count, active = 0, bank.hash_list.entries.exclude(state=HashListEntry.State.WITHDRAWN)
    while entries := list(active[:TOGETHER]):
        set_entry_state(entries, HashListEntry.State.WITHDRAWN, reason=DELETED, by=None, now=now)
        count += len(entries)
    bank.closed_at = now
    bank.save(update_fields=["closed_at"])
    record("bank.closed", bank.hash_list.public_id, details={"by": owner, "entries": count}, at=now)
    return count


@transaction.atomic
def add_content(
    bank: Bank, values: Sequence[tuple[str, bytes]], now: dt.datetime, *, note: str = "", metadata: Mapping[str, Any]
) -> BankContent:
    """Put the hashes of one thing, (kind, value) each, into a bank; what the client removed matches again.

    What the hotline said of any of these hashes holds, in whichever of the client's banks it was and with whichever
    others: disputed or in quarantine it is so again. Raises NotAllowed for what the hotline withdrew.
    """
    source = bank.hash_list.supplier
    (kind, value), *others = values
    further = tuple(RowHash(*each) for each in others)
    row = EntryRow(kind, value, CLASSIFICATION, "unidentified", "", source, False, further=further)
    state = _by_the_hotline(source, values)
    if state == HashListEntry.State.WITHDRAWN:
        raise NotAllowed(WITHDRAWN_BY_HOTLINE)
    upsert_entries(bank.hash_list, [row], now)
    entry = bank.hash_list.entries.get(key=key_of(row))
    if entry.state in (HashListEntry.State.WITHDRAWN, HashListEntry.State.ACTIVE) and entry.state != state:
        set_entry_state([entry], state, reason=AGAIN, by=None, now=now)
    content, _ = BankContent.objects.update_or_create(
        entry=entry, defaults={"note": note, "metadata": dict(metadata), "disabled_until": None}
    )
    return content


def _by_the_hotline(owner: str, values: Sequence[tuple[str, bytes]]) -> HashListEntry.State:
    """What the hotline, or its rule of quarantine, said last of what has any of these hashes in this organisation's
    banks: the gravest; else active."""
    said = EntryStateChange.objects.filter(entry__hash_list__supplier=owner, entry__hash_list__bank__isnull=False)
    theirs = said.filter(said_by="").exclude(by=None, reason__in=(DELETED, AGAIN, REMOVED))
    same = reduce(or_, (Q(entry__hashes__kind=kind, entry__hashes__value=value) for kind, value in values))
    last = dict(theirs.filter(same).order_by("pk").values_list("entry", "state"))
    return max(map(HashListEntry.State, last.values()), key=GRAVER.index, default=HashListEntry.State.ACTIVE)


def content_of(bank: Bank, number: int) -> BankContent:
    """What is in a bank under a number. Raises NoSuchBank."""
    found = (
        BankContent.objects.filter(entry_id=number, entry__hash_list=bank.hash_list_id)
        .exclude(entry__state=HashListEntry.State.WITHDRAWN)
        .select_related("entry")
        .first()
    )
    if found is None:
        raise NoSuchBank(NO_SUCH_CONTENT.of(number=number))
    return found


@transaction.atomic
def remove_content(content: BankContent, now: dt.datetime) -> None:
    """Withdraw what is under a number."""
    withdrawn = HashListEntry.State.WITHDRAWN
    set_entry_state([content.entry], withdrawn, reason=REMOVED, by=None, now=now)


def disable_content(content: BankContent, *, until: dt.datetime | None = None, note: str | None = None) -> BankContent:
    """Hide it from its client's look-ups until then (None: not any more), and note why."""
    content.disabled_until = until
    if note is not None:
        content.note = note[:255]
    content.save(update_fields=["disabled_until", "note"])
    return content


def _check(name: str, ratio: float) -> None:
    if not NAME.fullmatch(name):
        raise InvalidInput(BANK_NAME)
    if not 0 <= ratio <= 1:
        raise InvalidInput(BANK_RATIO)
