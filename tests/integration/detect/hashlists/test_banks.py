"""Banks that clients keep: what the hotline said of what is in one holds, however often it is removed and added."""

from __future__ import annotations

import datetime as dt

import pytest

from orbweaver.detect.hashlists import banks
from orbweaver.detect.hashlists.models import Bank, HashListEntry
from orbweaver.detect.hashlists.services import set_entry_state
from orbweaver.errors import NotAllowed

pytestmark = pytest.mark.django_db
NAME, OWNER = "OURS", "Company"
State = HashListEntry.State


def added(bank: Bank, now: dt.datetime) -> HashListEntry:
    banks.add_content(bank, [("md5", b"m" * 16)], now, metadata={})
    return bank.hash_list.entries.get()


def added_after_removal(bank: Bank, now: dt.datetime) -> str:
    banks.remove_content(banks.content_of(bank, bank.hash_list.entries.get().pk), now)
    return added(bank, now).state


def test_what_a_client_removed_matches_again_when_it_adds_it(now: dt.datetime) -> None:
    bank = banks.open_bank(NAME, 1.0, OWNER, now)
    added(bank, now)
    assert added_after_removal(bank, now) == "active"


@pytest.mark.parametrize("state", [State.DISPUTED, State.QUARANTINED])
def test_no_client_ends_a_dispute_or_quarantine_by_removing_and_adding(now: dt.datetime, state: State) -> None:
    bank = banks.open_bank(NAME, 1.0, OWNER, now)
    set_entry_state([added(bank, now)], state, reason="Looked at", by=None, now=now)
    assert added(bank, now).state == state
    assert added_after_removal(bank, now) == state
    banks.close_bank(bank, OWNER, now)
    banks.set_aside(NAME, OWNER, now)
    assert added(banks.open_bank(NAME, 1.0, OWNER, now), now).state == state
    other = added(banks.open_bank("THEIRS", 1.0, "Another company", now), now)
    assert other.state == "active"


def test_no_client_adds_what_the_hotline_withdrew_until_the_hotline_lets_it_match(now: dt.datetime) -> None:
    bank = banks.open_bank(NAME, 1.0, OWNER, now)
    entry = added(bank, now)
    set_entry_state([entry], State.WITHDRAWN, reason="A logo", by=None, now=now)
    with pytest.raises(NotAllowed):
        added(bank, now)
    assert bank.hash_list.entries.get().state == "withdrawn"
    set_entry_state([entry], State.ACTIVE, reason="After all", by=None, now=now)
    assert added_after_removal(bank, now) == "active"


@pytest.mark.parametrize("said", [State.DISPUTED, State.QUARANTINED])
def test_what_the_hotline_said_of_a_hash_holds_beside_another_one(now: dt.datetime, said: State) -> None:
    bank = banks.open_bank(NAME, 1.0, OWNER, now)
    set_entry_state([added(bank, now)], said, reason="Looked at", by=None, now=now)
    content = banks.add_content(bank, [("sha256", b"s" * 32), ("md5", b"m" * 16)], now, metadata={})
    assert bank.hash_list.entries.get(pk=content.pk).state == said


def test_no_client_adds_a_hash_that_the_hotline_withdrew_beside_another_one(now: dt.datetime) -> None:
    bank = banks.open_bank(NAME, 1.0, OWNER, now)
    set_entry_state([added(bank, now)], State.WITHDRAWN, reason="A logo", by=None, now=now)
    with pytest.raises(NotAllowed):
        banks.add_content(bank, [("sha256", b"s" * 32), ("md5", b"m" * 16)], now, metadata={})
    assert banks.add_content(bank, [("sha256", b"s" * 32)], now, metadata={}).entry.state == "active"
