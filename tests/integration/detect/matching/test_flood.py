from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from orbweaver.detect.hashlists.models import EntryStateChange, HashListEntry
from orbweaver.detect.hashlists.records import quarantined
from orbweaver.detect.hashlists.services import set_entry_state
from orbweaver.detect.matching.flood import count_scans, quarantine_floods
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.detect.matching.often import call_right, waiting
from orbweaver.detect.matching.rules import EntryHit, Hit
from orbweaver.detect.matching.selectors import marks_of
from orbweaver.errors import Conflict

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def entry(make_sighting: Callable[..., Sighting], set_config: Callable[..., None]) -> HashListEntry:
    set_config(match_flood_least=5, match_flood_times=3)
    make_sighting(b"one")
    Match.objects.all().delete()
    return HashListEntry.objects.get()


def match(entry: HashListEntry, count: int, at: dt.datetime) -> None:
    media, first = Sighting.objects.earliest("pk").media, Sighting.objects.count()
    for number in range(first, first + count):
        key = number.to_bytes(32)
        sighting = Sighting.objects.create(
            media=media, url_key=key, url=f"https://x.example/{number}", host="x.example", origin="crawl",
            first_seen_at=at, last_seen_at=at,
        )  # fmt: skip
        Match.objects.create(sighting=sighting, entry=entry, kinds=["pdq"], exact=False, found_at=at)


def scans(entry: HashListEntry, count: int, at: dt.datetime, *companies: str) -> None:
    for company in companies or ("Acme", "Bolt", "Coil"):
        count_scans({(entry.pk, company): count}, at)


def state(entry: HashListEntry) -> str:
    return HashListEntry.objects.get(pk=entry.pk).state


def test_what_suddenly_matches_far_more_than_usual_waits_for_a_person_and_does_not_act(entry: HashListEntry) -> None:
    match(entry, 4, NOW)
    assert (quarantine_floods(NOW), state(entry)) == (0, "active")
    match(entry, 1, NOW)
    assert (quarantine_floods(NOW), state(entry)) == (1, "quarantined")
    (change,) = quarantined()
    assert (change.entry, change.by, change.reason) == (entry, None, "5 matches within a day; usually there are 1.0.")
    found = HashListEntry.objects.select_related("hash_list").get()
    assert marks_of(EntryHit((Hit(found.hashes.get().pk, "pdq"),)), found) == "quarantined"
    assert quarantine_floods(NOW) == 0, "once"


def test_what_is_usual_for_it_and_what_a_person_let_go_stays(entry: HashListEntry) -> None:
    for day in range(1, 31):
        match(entry, 2, NOW - day * DAY - DAY / 2)
    match(entry, 5, NOW)
    assert quarantine_floods(NOW) == 0, "two a day are usual, so that five are not too many"
    match(entry, 2, NOW)
    assert quarantine_floods(NOW) == 1
    set_entry_state([entry], HashListEntry.State.ACTIVE, reason="it spreads", by=None, now=NOW)
    assert (quarantine_floods(NOW), state(entry)) == (0, "active")
    match(entry, 7, NOW + DAY / 4)
    assert quarantine_floods(NOW + DAY / 4) == 1, "counted again from then on"


def test_the_setting_switches_it_off(entry: HashListEntry, set_config: Callable[..., None]) -> None:
    set_config(match_flood_least=0)
    match(entry, 9, NOW)
    assert quarantine_floods(NOW) == 0
    assert not EntryStateChange.objects.exists()


def test_what_scans_of_companies_suddenly_find_far_more_than_usual_waits_for_a_person(
    entry: HashListEntry, set_config: Callable[..., None]
) -> None:
    set_config(match_flood_least=5, scan_flood_least=100, match_flood_times=3)
    scans(entry, 20, NOW - dt.timedelta(hours=3))
    scans(entry, 13, NOW)
    assert (quarantine_floods(NOW), state(entry)) == (0, "active")
    scans(entry, 1, NOW, "Bolt")
    assert (quarantine_floods(NOW), state(entry)) == (0, "active")
    scans(entry, 1, NOW, "Acme", "Coil")
    assert (quarantine_floods(NOW), state(entry)) == (1, "quarantined")
    (change,) = quarantined()
    said = "Found by 102 scans of companies within a day; usually there are 1.0. Whose they were: "
    assert change.reason == said + "Acme 34, Bolt 34, Coil 34."
    set_entry_state([entry], HashListEntry.State.ACTIVE, reason="a well-known picture", by=None, now=NOW)
    later = NOW + dt.timedelta(hours=2)
    scans(entry, 33, later)
    assert quarantine_floods(later) == 0, "what came before it was let go counts no longer"


def test_no_company_puts_an_entry_aside_for_all_the_others_by_scanning_it_often(
    entry: HashListEntry, set_config: Callable[..., None]
) -> None:
    set_config(scan_flood_least=100, match_flood_times=3)
    scans(entry, 1_000_000, NOW, "Acme", "Bolt")
    scans(entry, 32, NOW, "Coil")
    assert (quarantine_floods(NOW), state(entry)) == (0, "active"), "two companies, whatever they send"
    scans(entry, 1, NOW, "Dyne")
    scans(entry, 1, NOW, "Echo")
    assert (quarantine_floods(NOW), state(entry)) == (1, "quarantined")
    assert quarantined().get().reason.endswith("Acme 1,000,000, Bolt 1,000,000, Coil 32, Dyne 1, Echo 1.")


def test_what_few_companies_find_far_more_than_usual_goes_on_and_is_put_before_a_person(
    entry: HashListEntry, set_config: Callable[..., None]
) -> None:
    set_config(scan_flood_least=100, match_flood_times=3)
    scans(entry, 99, NOW, "Acme")
    assert (quarantine_floods(NOW), waiting().count()) == (0, 0)
    scans(entry, 30, NOW, "Bolt")
    assert (quarantine_floods(NOW), state(entry)) == (0, "active")
    row = waiting().get()
    assert (row.entry, row.found, row.usual, row.organisations) == (entry, 129, 1.0, 2)
    assert (row.who, row.noticed_at) == ("Acme 99, Bolt 30", NOW)
    scans(entry, 71, NOW, "Bolt")
    later = NOW + dt.timedelta(hours=1)
    quarantine_floods(later)
    row = waiting().get()
    assert (row.found, row.noticed_at) == (200, NOW), "asked once; the most is shown"
    call_right(entry.public_id, because="A picture of the news.", by=None, now=later)
    quarantine_floods(later)
    assert not waiting().exists()
    with pytest.raises(Conflict, match="does not wait"):
        call_right(entry.public_id, because="Again.", by=None, now=later)
    scans(entry, 199, later, "Acme")
    assert (quarantine_floods(later), waiting().count()) == (0, 0), "not twice as often yet"
    scans(entry, 1, later, "Acme")
    quarantine_floods(later)
    assert waiting().get().found == 400, "it grew"
    set_entry_state([entry], HashListEntry.State.DISPUTED, reason="a logo", by=None, now=later)
    assert not waiting().exists()
    quarantine_floods(later)
    set_entry_state([entry], HashListEntry.State.ACTIVE, reason="none", by=None, now=later)
    quarantine_floods(later)
    assert not waiting().exists(), "a person has seen it; what comes after that counts"


def test_that_an_entry_is_right_holds_for_a_month(entry: HashListEntry, set_config: Callable[..., None]) -> None:
    set_config(scan_flood_least=100, match_flood_times=3)
    scans(entry, 1_000_000, NOW, "Acme")
    quarantine_floods(NOW)
    call_right(entry.public_id, because="A picture of the news.", by=None, now=NOW)

    def asked_after(days: int) -> bool:
        scans(entry, 100, NOW + days * DAY, "Bolt")
        quarantine_floods(NOW + days * DAY)
        return waiting().exists()

    assert [asked_after(days) for days in (29, 30)] == [False, True]


def test_no_company_moves_alone_what_is_usual_of_an_entry(
    entry: HashListEntry, set_config: Callable[..., None]
) -> None:
    set_config(scan_flood_least=100, match_flood_times=3)
    for day in range(2, 31):
        scans(entry, 1_000_000, NOW - day * DAY, "Acme")
        scans(entry, 1, NOW - day * DAY, "Bolt")
    scans(entry, 100, NOW, "Acme")
    quarantine_floods(NOW)
    assert waiting().get().usual == pytest.approx(58 / 30), "Acme counts for as much as Bolt"
    scans(entry, 40, NOW, "Bolt", "Coil")
    assert (quarantine_floods(NOW), state(entry)) == (1, "quarantined")


def test_scans_that_are_usual_for_an_entry_leave_it_be(entry: HashListEntry, set_config: Callable[..., None]) -> None:
    set_config(match_flood_least=5, scan_flood_least=100, match_flood_times=3)
    for day in range(2, 31):
        scans(entry, 20, NOW - day * DAY)
    scans(entry, 50, NOW)
    assert quarantine_floods(NOW) == 0
    set_config(match_flood_least=5, scan_flood_least=0, match_flood_times=3)
    scans(entry, 10_000, NOW)
    assert quarantine_floods(NOW) == 0, "switched off"
