"""Which doors a list serves, and who else says what of a picture."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orbweaver.detect.hashlists import for_tests
from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow, RowHash
from orbweaver.detect.hashlists.selectors import summaries, summary_of
from orbweaver.detect.hashlists.services import close_expired, get_or_create_list, set_entry_state, set_terms
from orbweaver.detect.hashlists.sharing import exchanged, is_gone, is_withheld, shared_entries
from orbweaver.detect.hashlists.witnesses import disagreements, witnesses
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.rules import Hit, counting_hits
from orbweaver.detect.matching.selectors import hashes_of, known_matches, terms_of
from orbweaver.errors import InvalidInput

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
MD5, PDQ = b"m" * 16, b"p" * 32
Door = HashList.Door


def put(name: str, classification: str = "csam", identified: str = "unidentified", *more: RowHash) -> HashListEntry:
    known = get_or_create_list(name, name, NOW)
    upsert_entries(known, [EntryRow("md5", MD5, classification, identified, "", name, False, further=more)], NOW)
    return known.entries.get()


def shared() -> list[HashListEntry]:
    return shared_entries(["md5"], NOW - dt.timedelta(days=1), NOW, after=0, most=10)


@pytest.mark.parametrize("doors", [[], [Door.CRAWLER], [Door.SCANS], [Door.CRAWLER, Door.SCANS, Door.EXCHANGE]])
def test_a_list_serves_the_doors_that_it_may_and_no_other(doors: list[str]) -> None:
    entry = put("Known")
    set_terms(entry.hash_list, {"terms": "May go on", "doors": doors}, by=None, now=NOW)
    hits = [Hit(entry.hashes.get().pk, "md5")]
    assert bool(known_matches(hits)) == (Door.SCANS in doors)
    assert bool(counting_hits(hits, terms_of(hashes_of(hits), Door.CRAWLER), 31)) == (Door.CRAWLER in doors)
    assert bool(shared()) == (Door.EXCHANGE in doors)


def test_a_new_list_of_another_supplier_is_not_handed_on_and_one_for_review_withheld() -> None:
    entry = put("Known")
    assert shared() == []
    set_terms(entry.hash_list, {"terms": "May go on", "doors": [Door.EXCHANGE]}, by=None, now=NOW)
    assert [is_withheld(each) for each in shared()] == [False]
    set_terms(entry.hash_list, {"allowed": HashList.Allowed.REVIEW}, by=None, now=NOW)
    assert [is_withheld(each) for each in shared()] == [True]


def test_what_changed_since_a_time_is_found_without_reading_what_did_not() -> None:
    known = get_or_create_list("Many", "NCMEC", NOW)
    for minute in range(20):
        values = [(minute * 100 + number).to_bytes(16, "big") for number in range(100)]
        rows = [EntryRow("md5", value, "csam", "unidentified", "", "NCMEC", False) for value in values]
        upsert_entries(known, rows, NOW - dt.timedelta(minutes=minute))
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        cursor.execute("ANALYZE hashlists_hashlistentry, hashlists_entryhash")
        shared_entries(["md5"], NOW - dt.timedelta(seconds=30), NOW, after=0, most=10)
        cursor.execute("SET LOCAL enable_seqscan = off")  # they lie on a few pages
        cursor.execute("EXPLAIN " + asked[0]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "entry_by_time" in plan, plan


@pytest.mark.parametrize("doors", [[Door.TESTS, Door.SCANS], [Door.TESTS, Door.CRAWLER]])
def test_a_list_for_tests_serves_tests_alone(doors: list[str]) -> None:
    known = put("Known").hash_list
    with pytest.raises(InvalidInput):
        set_terms(known, {"doors": doors}, by=None, now=NOW)
    set_terms(known, {"doors": [Door.TESTS]}, by=None, now=NOW)
    hits = [Hit(known.entries.get().hashes.get().pk, "md5")]
    assert (known_matches(hits), shared()) == ([], [])
    assert known_matches(hits, door=Door.TESTS) != []
    assert for_tests.put_in_place(NOW) == for_tests.put_in_place(NOW)
    pictures = HashListEntry.objects.filter(hash_list__name=for_tests.NAME).order_by("supplier_id")
    found = [(each.supplier_id, sorted(each.hashes.values_list("kind", flat=True))) for each in pictures]
    assert found == [(f"test-{number}.jpg", ["pdq", "sha1", "sha256"]) for number in (1, 2)]


def test_a_list_for_tests_of_an_earlier_version_is_read_again() -> None:
    first = for_tests.put_in_place(NOW)
    EntryHash.objects.filter(entry__hash_list=first, kind="sha1").delete()
    assert for_tests.put_in_place(NOW) == first
    assert EntryHash.objects.filter(entry__hash_list=first, kind="sha1").count() == 2


def test_an_entry_shows_its_witnesses_and_where_they_disagree() -> None:
    one = put("One", "csam", "unidentified", RowHash("pdq", PDQ))
    put("Two", "csam_related", "identified", RowHash("pdq", PDQ))
    three = put("Three")
    set_entry_state([three], HashListEntry.State.WITHDRAWN, reason="a test", by=None, now=NOW)
    found = [(each.entry.hash_list.name, each.kinds, each.differs, each.entry.state) for each in witnesses(one)]
    assert found == [
        ("Two", ("MD5", "PDQ"), ("classification", "identified"), "active"),
        ("Three", ("MD5",), (), "withdrawn"),
    ]


def test_a_list_shows_all_that_others_say_otherwise_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.detect.hashlists.witnesses.AT_FIRST", 1)
    monkeypatch.setattr("orbweaver.detect.hashlists.witnesses.AT_ONCE", 2)
    values = [bytes([number]) * 16 for number in range(5)]

    def put_all(name: str, said: dict[int, str]) -> HashList:
        known = get_or_create_list(name, name, NOW)
        rows = [EntryRow("md5", values[number], each, "unidentified", "", name, False) for number, each in said.items()]
        upsert_entries(known, rows, NOW)
        return known

    one = put_all("One", dict.fromkeys(range(5), "csam"))
    two = put_all("Two", {0: "csam", 1: "csam_related", 3: "csam_related", 4: "csam_related"})
    gone = two.entries.get(hashes__value=values[4])
    set_entry_state([gone], HashListEntry.State.WITHDRAWN, reason="a test", by=None, now=NOW)
    parts = list(disagreements(one))
    assert [part.looked_at for part in parts] == [1, 2, 2]
    found = [each for part in parts for each in part.found]
    assert {bytes(each.entry.hashes.get().value) for each in found} == {values[1], values[3]}
    assert {(each.other.hash_list.name, each.differs) for each in found} == {("Two", ("classification",))}
    assert [part.looked_at for part in disagreements(one, parts[0].last)] == [1, 2, 1]
    assert sum(len(part.found) for part in disagreements(two)) == 2


def test_frames_that_films_share_are_no_witnesses() -> None:
    rows = [
        EntryRow("md5", value, "csam", "unidentified", "", "x", False, further=(RowHash("pdq", PDQ, 1.0),))
        for value in (MD5, b"n" * 16)
    ]
    known = get_or_create_list("Films", "x", NOW)
    upsert_entries(known, rows, NOW)
    assert all(witnesses(entry) == [] for entry in known.entries.all())


def test_an_expired_list_is_handed_on_no_longer_and_whoever_fetched_it_hears_of_the_end() -> None:
    entry = put("Known")
    last = NOW.date() - dt.timedelta(days=1)
    set_terms(
        entry.hash_list,
        {"terms": "May go on", "doors": [Door.SCANS, Door.EXCHANGE]},
        by=None,
        now=NOW - dt.timedelta(hours=2),
    )
    before = shared()[0].change
    assert close_expired(NOW) == 0
    HashList.objects.filter(pk=entry.hash_list_id).update(expires_on=last)
    assert [is_withheld(each) for each in shared()] == [True], "also before the worker came to it"
    assert list(exchanged()) == []
    assert close_expired(NOW) == 1
    assert close_expired(NOW) == 0
    (told,) = shared()
    assert is_gone(told)
    assert told.change > before
    assert HashList.objects.get().doors == [Door.SCANS]


def test_entries_are_counted_by_their_states_without_looking_at_them() -> None:
    entry = put("Known")
    upsert_entries(
        entry.hash_list,
        [EntryRow("md5", bytes([n]) * 16, "csam", "unidentified", "", "x", False) for n in range(5)],
        NOW,
    )
    others = entry.hash_list.entries.exclude(pk=entry.pk)
    set_entry_state(others[:2], HashListEntry.State.DISPUTED, reason="x", by=None, now=NOW)
    set_entry_state([entry], HashListEntry.State.WITHDRAWN, reason="x", by=None, now=NOW)
    put("Other")
    with CaptureQueriesContext(connection) as queries:
        found = {each.hash_list.name: each for each in summaries()}
    one = found["Known"]
    assert (one.active, one.disputed, one.quarantined, one.withdrawn) == (3, 2, 0, 1)
    assert found["Other"].active == 1
    assert "hashlistentry" not in " ".join(each["sql"] for each in queries)
    assert summary_of(entry.hash_list) == one
    counted = {state: entry.hash_list.entries.filter(state=state).count() for state in HashListEntry.State}
    assert {each.state: each.entries for each in entry.hash_list.counts.all()} == {
        str(state): count for state, count in counted.items() if count
    }
