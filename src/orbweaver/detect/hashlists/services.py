"""Verbs on hash lists: terms, states of entries, and the hotline's own verdicts. Files come in by ``importing``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max

from orbweaver.detect.hashlists.handovers import EntriesRestated, EntryStateSet, entries_restated, entry_state_set
from orbweaver.detect.hashlists.messages import OTHER_KIND, OTHER_SUPPLIER, OWN_NOT_IMPORTED, TERMS_MISSING, TESTS_ALONE
from orbweaver.detect.hashlists.models import EntryHash, EntryStateChange, HashList, HashListEntry, Identified
from orbweaver.detect.hashlists.rules import EntryRow, key_of
from orbweaver.detect.hashlists.writing import lock_changes, number_changes, number_list, upsert_entries
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record

SET_STATES: Final = """
WITH moved AS (
    UPDATE hashlists_hashlistentry SET state = %s, changed_at = %s, change = nextval('hashlists_change')
    WHERE id = ANY(%s) RETURNING id, state, changed_at
)
INSERT INTO hashlists_entrystatechange (entry_id, state, reason, said_by, at)
SELECT id, state, %s, '', changed_at FROM moved
"""
"""Each row is written once: with all its indexes a second time costs as much again."""


def get_or_create_list(
    name: str, supplier: str, now: dt.datetime, kind: HashList.Kind = HashList.Kind.KNOWN
) -> HashList:
    """The list of this name. Raises InvalidInput when it belongs to another supplier or is of another kind."""
    found, _ = HashList.objects.get_or_create(
        name=name, defaults={"supplier": supplier, "kind": kind, "created_at": now}
    )
    require_same(found, supplier, kind)
    return found


def require_same(found: HashList, supplier: str, kind: HashList.Kind) -> None:
    """Raises InvalidInput when a list belongs to another supplier or is of another kind than what is to go into it."""
    if found.kind == HashList.Kind.OWN != kind:
        raise InvalidInput(OWN_NOT_IMPORTED.of(name=found.name))
    if found.supplier != supplier and supplier:
        raise InvalidInput(OTHER_SUPPLIER.of(name=found.name, supplier=found.supplier))
    if found.kind != kind:
        raise InvalidInput(OTHER_KIND.of(name=found.name))


@transaction.atomic
def set_terms(hash_list: HashList, terms: Mapping[str, Any], *, by: User | None, now: dt.datetime) -> None:
    """Say how a list may be used: terms, trust, allowed, expires_on, doors, radius. The log keeps what was before.

    Whoever fetches entries hears of all of a list that is opened or closed to the exchange or, while open, allowed for
    something else. Raises InvalidInput for another supplier's list that is to be handed on without terms, and for one
    that is to serve tests and something else: what tests find is known to nobody else.
    """
    lock_changes()
    hash_list.refresh_from_db(from_queryset=HashList.objects.select_for_update())
    doors = terms.get("doors", hash_list.doors)
    if HashList.Door.TESTS in doors and (len(doors) > 1 or hash_list.kind != HashList.Kind.KNOWN):
        raise InvalidInput(TESTS_ALONE)
    changed = {name: value for name, value in terms.items() if getattr(hash_list, name) != value}
    details = {name: {"before": str(getattr(hash_list, name)), "now": str(value)} for name, value in changed.items()}
    was_open = HashList.Door.EXCHANGE in hash_list.doors
    for name, value in changed.items():
        setattr(hash_list, name, value)
    if changed:
        opened = HashList.Door.EXCHANGE in hash_list.doors
        require_terms(hash_list, hash_list.doors, hash_list.terms)
        if opened != was_open:
            _open_or_close(hash_list, now)
        hash_list.save(update_fields=[*changed, "first_shared_at", "last_shared"])
        if opened != was_open or (was_open and "allowed" in changed):
            number_list(hash_list, now)
        record("list.terms_set", hash_list.public_id, actor=by, details=details, at=now)


def require_terms(hash_list: HashList, doors: Collection[str], terms: str) -> None:
    """Raise InvalidInput where a list of somebody else would serve the exchange and nobody wrote under which terms."""
    if HashList.Door.EXCHANGE in doors and hash_list.kind == HashList.Kind.KNOWN and not terms.strip():
        raise InvalidInput(TERMS_MISSING)


def close_expired(now: dt.datetime) -> int:
    """Close lists to the exchange that are past their last day, so that whoever fetched them hears of the end; returns
    how many. Whoever lets one be used longer says again whom it serves."""
    opened = HashList.objects.filter(doors__contains=[HashList.Door.EXCHANGE], expires_on__lt=now.date())
    found = list(opened)
    for each in found:
        doors = [door for door in each.doors if door != HashList.Door.EXCHANGE]
        set_terms(each, {"doors": doors}, by=None, now=now)
    return len(found)


def _open_or_close(hash_list: HashList, now: dt.datetime) -> None:
    """Note what others may have fetched of a list: since when and, of one that is closed, up to which entry."""
    if HashList.Door.EXCHANGE in hash_list.doors:
        hash_list.first_shared_at, hash_list.last_shared = hash_list.first_shared_at or now, None
    else:  # one that was open from the beginning has no time of opening
        hash_list.first_shared_at = hash_list.first_shared_at or hash_list.created_at
        hash_list.last_shared = hash_list.entries.aggregate(last=Max("pk"))["last"]


@transaction.atomic
def set_entry_state(
    entries: Iterable[HashListEntry],
    state: HashListEntry.State,
    *,
    reason: str,
    by: User | None,
    now: dt.datetime,
    said_by: str = "",
) -> None:
    """Withdraw, dispute or restore entries. The index of every process follows within a second.

    ``said_by``: the supplier, where it says so itself through an exchange.
    """
    lock_changes()
    found = list(entries)
    for entry in found:
        HashListEntry.objects.filter(pk=entry.pk).update(state=state)
        number_changes([entry.pk], now)
        EntryStateChange.objects.create(entry=entry, state=state, reason=reason, said_by=said_by, by=by, at=now)
        record(f"entry.{state}", entry.public_id, actor=by, details={"reason": reason}, at=now)
    entry_state_set.announce(EntryStateSet([entry.pk for entry in found], state, reason, said_by, now))


@transaction.atomic
def set_many_states(entries: Sequence[int], state: HashListEntry.State, *, reason: str, now: dt.datetime) -> None:
    """As ``set_entry_state`` for entries by their numbers, which no person decided: the caller logs all as one."""
    if not entries:
        return
    lock_changes()
    with connection.cursor() as cursor:
        cursor.execute(SET_STATES, [state, now, list(entries), reason])
    entry_state_set.announce(EntryStateSet(list(entries), state, reason, "", now))


@transaction.atomic
def withdraw_hashes(hashes: Sequence[EntryHash], *, reason: str, now: dt.datetime) -> None:
    """Take single hashes back from entries that stand."""
    lock_changes()
    EntryHash.objects.filter(pk__in=[each.pk for each in hashes]).update(withdrawn=True)
    entries = {each.entry_id for each in hashes}
    number_changes(sorted(entries), now)
    for entry in HashListEntry.objects.filter(pk__in=entries).order_by("pk"):
        count = sum(each.entry_id == entry.pk for each in hashes)
        record("entry.hashes_withdrawn", entry.public_id, details={"reason": reason, "hashes": count}, at=now)


OWN_LIST = "Own verdicts"


@transaction.atomic
def set_acts_alone(entries: Iterable[HashListEntry], acts_alone: bool, now: dt.datetime) -> None:
    """Say whether own entries may act without another look; followers of the changes see it as one."""
    changed = [entry for entry in entries if entry.acts_alone != acts_alone]
    if not changed:
        return
    lock_changes()
    for entry in changed:
        HashListEntry.objects.filter(pk=entry.pk).update(acts_alone=acts_alone)
        number_changes([entry.pk], now)
        record("entry.acts_alone" if acts_alone else "entry.needs_a_look", entry.public_id, at=now)


@transaction.atomic
def set_identified(entries: Iterable[HashListEntry], identified: Identified, now: dt.datetime) -> None:
    """Say on own entries whether police know the child; followers of the changes see it as one."""
    changed = [entry for entry in entries if entry.identified != identified]
    if not changed:
        return
    lock_changes()
    for entry in changed:
        HashListEntry.objects.filter(pk=entry.pk).update(identified=identified)
        number_changes([entry.pk], now)
        record("entry.identification", entry.public_id, details={"identified": identified}, at=now)
    entries_restated.announce(EntriesRestated([entry.pk for entry in changed], now))


@transaction.atomic
def add_own_entry(row: EntryRow, media: Media | None, supplier: str, now: dt.datetime) -> HashListEntry:
    """Put what was judged on the hotline's own list with all its hashes (R12a), in the caller's transaction.

    What an earlier verdict withdrew is active again: the later one counts.
    """
    hash_list, _ = HashList.objects.get_or_create(
        name=OWN_LIST,
        defaults={
            "supplier": supplier,
            "kind": HashList.Kind.OWN,
            "doors": [HashList.Door.CRAWLER, HashList.Door.SCANS, HashList.Door.EXCHANGE],
            "created_at": now,
        },
    )
    upsert_entries(hash_list, [row], now, whole=True)
    entry = hash_list.entries.get(key=key_of(row))
    if media is not None and entry.media_id != media.pk:
        HashListEntry.objects.filter(pk=entry.pk).update(media=media)
    if entry.state == HashListEntry.State.WITHDRAWN:
        set_entry_state([entry], HashListEntry.State.ACTIVE, reason="a later verdict", by=None, now=now)
    return entry
