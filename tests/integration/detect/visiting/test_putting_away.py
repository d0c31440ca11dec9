"""What is done leaves the frontier, and whoever asks for it finds it: real PostgreSQL, real transactions."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from django.db import connection, transaction

from orbweaver.detect.crawl import away, extents, frontier
from orbweaver.detect.crawl.frontier import NewUrl
from orbweaver.detect.crawl.models import (
    AwayCount,
    AwayDetails,
    AwayUrl,
    FrontierUrl,
    Lead,
    OtherPage,
    Revisit,
    Site,
)
from orbweaver.detect.crawl.selectors import lead_outcome, progress, work_of
from orbweaver.detect.crawl.services import add_lead, site_ids
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.held import finding
from orbweaver.detect.matching import rematch, seen
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import Media
from orbweaver.detect.visiting import putting_away
from orbweaver.detect.visiting.putting_away import PuttingAway
from orbweaver.doors import retention
from orbweaver.doors.cli.doctor import checks
from orbweaver.doors.cli.doctor.checks import away_check
from orbweaver.platform.network.urls import parse
from orbweaver.platform.runtime.checks import Level

pytestmark = pytest.mark.django_db(transaction=True)

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
LONG_AGO = NOW - dt.timedelta(days=40)
Kind, State = FrontierUrl.Kind, FrontierUrl.State


@pytest.fixture(autouse=True)
def few_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(putting_away, "LEAST", 1)


@pytest.fixture(autouse=True)
def partitions_go() -> Iterator[None]:
    """They are no part of an empty database."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class ON oid = inhparent"
                       " WHERE relname LIKE 'crawl_away%' AND relkind = 'p'")  # fmt: skip
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {name}")


def put(path: str, lead: Lead, **more: Any) -> FrontierUrl:
    """A row that was done long ago and that nothing rests on, unless ``more`` says otherwise."""
    url = parse(f"http://site.example/{path}")
    known: dict[str, Any] = {
        "kind": Kind.MEDIA,
        "hops": 1,
        "priority": 5,
        "state": State.DONE,
        "parent_id": 10**9,
        "status": 200,
        "sha256": path.encode().ljust(32, b"."),
        "pdq": bytes(32),
        "pdq_quality": 99,
        "context": {"alt": path, "position": 1},
        "etag": '"1"',
        "fetched_at": LONG_AGO,
    }
    site = site_ids([(url.host, url.port)])[url.host, url.port]
    return FrontierUrl.objects.create(url_key=url.key, url=url.normal, site_id=site, lead=lead, **(known | more))


@pytest.fixture
def lead() -> Lead:
    """It was made before all that it led to."""
    made = add_lead("http://site.example/", source=Lead.Source.LIST, now=LONG_AGO - dt.timedelta(days=1))
    FrontierUrl.objects.update(state=State.DONE, fetched_at=LONG_AGO, kind=Kind.PAGE)
    return made


def walk(at: dt.datetime = NOW) -> int:
    return PuttingAway().put_away(at)


def paths() -> set[str]:
    """What is in the frontier beside the lead's own."""
    return {url.removeprefix("http://site.example/") for url in FrontierUrl.objects.values_list("url", flat=True)} - {
        ""
    }


def found(path: str, lead: Lead, **more: Any) -> int:
    """A crawler comes upon it; how many wait because of that."""
    url = parse(f"http://site.example/{path}")
    site = site_ids([(url.host, url.port)])[url.host, url.port]
    known: dict[str, Any] = {"kind": Kind.MEDIA, "hops": 1, "priority": 5, "parent_id": 7}
    changes = SiteChanges()
    with transaction.atomic():
        added = frontier.add_urls(
            [NewUrl(url.key, url.normal, site, lead.pk, **(known | more))], max_hops=4, changes=changes
        )
        apply_changes(changes, now=NOW)
    return added


def test_what_is_done_long_ago_leaves_and_only_that(lead: Lead) -> None:
    put("old", lead)
    put("young", lead, fetched_at=NOW - dt.timedelta(days=29))
    put("waits", lead, state=State.WAITING)
    put("put off", lead, state=State.LATER)
    assert walk() == 1
    assert paths() == {"young", "waits", "put%20off"}
    [row] = AwayUrl.objects.all()
    assert row.key == away.half_of(parse("http://site.example/old").key)
    assert (row.fetched_on, row.kind, row.hops) == (LONG_AGO.date(), Kind.MEDIA, 1)
    assert walk() == 0


def revisit(url: FrontierUrl) -> Revisit:
    return Revisit.objects.create(url=url, due_at=NOW, hours=6, found_at=NOW, visited_at=NOW)


def on(page: FrontierUrl, medium: FrontierUrl, kind: FrontierUrl.Kind = Kind.MEDIA) -> None:
    FrontierUrl.objects.filter(pk=medium.pk).update(parent_id=page.pk, kind=kind)


def sighted(url: FrontierUrl, page: FrontierUrl | None = None) -> Sighting:
    media = Media.objects.create(sha256=b"m" * 32, md5=b"m" * 16, sha1=b"m" * 20, size=1, first_seen_at=NOW)
    return Sighting.objects.create(
        media=media,
        url=url.url,
        url_key=url.url_key,
        page_url_key=page.url_key if page else b"",
        first_seen_at=NOW,
        last_seen_at=NOW,
    )


def leads_on(medium: FrontierUrl, to: FrontierUrl, **more: Any) -> None:
    FrontierUrl.objects.filter(pk=medium.pk).update(led_to_id=to.pk)
    FrontierUrl.objects.filter(pk=to.pk).update(**more)


Rest: TypeAlias = Callable[[Lead, FrontierUrl], object]
"""Makes the row ``kept``, on which one thing rests. There is another row, which is young."""
RESTS: dict[str, Rest] = {
    "matched": lambda lead, _: put("kept", lead, matched=True),
    "reported": lambda lead, _: put("kept", lead, report_id=3),
    "a lead's own": lambda lead, _: put("kept", lead, hops=0),
    "of no page": lambda lead, _: put("kept", lead, parent_id=None),
    "a page with a medium": lambda lead, other: on(put("kept", lead, kind=Kind.PAGE), other),
    "a page with a link": lambda lead, other: on(put("kept", lead, kind=Kind.PAGE), other, Kind.PAGE),
    "where a medium leads to": lambda lead, other: FrontierUrl.objects.filter(pk=other.pk).update(
        led_to_id=put("kept", lead).pk
    ),
    "what leads to a match": lambda lead, other: leads_on(put("kept", lead, error="redirect"), other, matched=True),
    "shown elsewhere": lambda lead, other: OtherPage.objects.create(
        url_id=put("kept", lead).pk, page_id=other.pk, near_id=1
    ),
    "another page of a medium": lambda lead, other: OtherPage.objects.create(
        url_id=other.pk, page_id=put("kept", lead, kind=Kind.PAGE).pk, near_id=1
    ),
    "visited again": lambda lead, _: revisit(put("kept", lead, kind=Kind.PAGE)),
    "on a page that is visited again": lambda lead, other: (revisit(other), put("kept", lead, parent_id=other.pk)),
    "in a walled garden": lambda lead, _: (put("kept", lead), Site.objects.update(walled_garden=True)),
    "seen": lambda lead, _: sighted(put("kept", lead)),
    "a page of what was seen": lambda lead, other: sighted(other, put("kept", lead, kind=Kind.PAGE)),
    "beside what was seen": lambda lead, other: (sighted(other, other), put("kept", lead, parent_id=other.pk)),
}


@pytest.mark.parametrize("name", RESTS)
def test_what_something_rests_on_stays(lead: Lead, name: str) -> None:
    RESTS[name](lead, put("other", lead, fetched_at=NOW))
    assert walk() == 0
    assert paths() == {"kept", "other"}


def test_a_page_goes_after_what_it_shows(lead: Lead) -> None:
    page = put("page", lead, kind=Kind.PAGE, sha256=None)
    put("1.jpg", lead, parent_id=page.pk)
    assert (walk(), paths()) == (1, {"page"})
    assert (walk(), paths()) == (1, set())


def test_a_crawler_that_comes_upon_it_adds_it_only_where_its_lead_wants_it_fresher(lead: Lead) -> None:
    put("old", lead)
    put("page", lead, kind=Kind.PAGE, hops=4, sha256=None)
    assert walk() == 2
    assert found("old", lead) == 0
    assert found("page", lead, kind=Kind.PAGE, hops=4) == 0
    assert paths() == set()
    assert found("page", lead, kind=Kind.PAGE, hops=2) == 1, "it is nearer than before, and had links cut off"
    later = add_lead("http://other.example/", source=Lead.Source.OPERATOR, now=NOW)
    assert found("old", later) == 1
    row = FrontierUrl.objects.get(url__endswith="/old")
    assert (row.state, row.lead_id, row.parent_id) == (State.WAITING, later.pk, 7)
    assert found("old", later) == 0, "it is in the frontier, whatever is left over of it elsewhere"


def test_what_was_fetched_once_more_leaves_once_more_and_stands_there_once(lead: Lead) -> None:
    put("old", lead)
    walk()
    later = add_lead("http://other.example/", source=Lead.Source.OPERATOR, now=NOW)
    found("old", later)
    FrontierUrl.objects.filter(url__endswith="/old").update(state=State.DONE, fetched_at=NOW, status=404)
    assert walk(NOW + dt.timedelta(days=31)) == 1
    assert AwayUrl.objects.get().fetched_on == NOW.date()
    [known] = away.find([parse("http://site.example/old").key])
    assert known.status == 404


def test_it_comes_back_as_it_was_with_its_page_and_what_stood_beside_it(lead: Lead) -> None:
    page = put("page", lead, kind=Kind.PAGE, sha256=None, pdq=None, pdq_quality=None, context={"title": "An album"})
    one, two = (put(f"{number}.jpg", lead, parent_id=page.pk) for number in (1, 2))
    put("elsewhere.jpg", lead)
    before = {row["id"]: row for row in FrontierUrl.objects.values()}
    walk()
    walk()
    assert paths() == set()
    assert away.bring_back(places=[one.pk]) == 3
    after = {row["id"]: row for row in FrontierUrl.objects.values()}
    for number in (page.pk, one.pk, two.pk):
        assert after[number] == before[number] | {"etag": "", "last_modified": ""}
    assert paths() == {"page", "1.jpg", "2.jpg"}
    assert AwayUrl.objects.count() == 1
    assert away.bring_back(places=[one.pk], keys=[bytes(two.url_key)]) == 0


def test_a_lead_at_an_address_that_left_finds_it_with_its_page(lead: Lead) -> None:
    page = put("page", lead, kind=Kind.PAGE, sha256=None)
    medium = put("1.jpg", lead, parent_id=page.pk)
    walk()
    walk()
    added = add_lead("http://site.example/1.jpg", source=Lead.Source.OPERATOR, now=NOW)
    row = FrontierUrl.objects.get(pk=medium.pk)
    assert (row.state, row.lead_id, row.parent_id, row.context) == (State.WAITING, added.pk, page.pk, medium.context)
    assert FrontierUrl.objects.get(pk=page.pk).state == State.DONE


def test_a_held_picture_has_the_place_fetched_again_that_left(lead: Lead) -> None:
    row = put("old", lead)
    walk()
    assert not finding.fetch_again(row.pk, b"another".ljust(32), NOW)
    walk()
    assert finding.fetch_again(row.pk, b"old".ljust(32, b"."), NOW)
    again = FrontierUrl.objects.get(pk=row.pk)
    assert (again.state, again.sha256, Lead.objects.latest("pk").source) == (State.WAITING, None, Lead.Source.LIST)


def test_without_pyarrow_nothing_leaves_and_a_lead_at_what_left_begins_anew(
    lead: Lead, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("old", lead)
    put("another", lead)
    walk()

    def missing() -> None:
        raise ImportError

    monkeypatch.setattr("orbweaver.detect.crawl.away_details._parquet", missing)
    put("third", lead)
    assert walk() == 0
    add_lead("http://site.example/old", source=Lead.Source.OPERATOR, now=NOW)
    assert FrontierUrl.objects.get(url__endswith="/old").state == State.WAITING


def test_figures_of_a_lead_do_not_sink_and_do_not_count_twice(lead: Lead) -> None:
    put("old", lead)
    put("page", lead, kind=Kind.PAGE, sha256=None, pdq=None)
    put("gone", lead, error="http_error", sha256=None, pdq=None)
    put("cut", lead, error="too_large", sha256=None, pdq=None)
    put("before it was made", lead, fetched_at=lead.created_at - dt.timedelta(days=5))
    before = progress([lead]), work_of([lead.pk])
    assert before[0].done == 6
    assert walk() == 5
    assert (progress([lead]), work_of([lead.pk])) == before
    away.bring_back(keys=[parse(f"http://site.example/{path}").key for path in ("old", "gone")])
    assert (progress([lead]), work_of([lead.pk])) == before
    assert {row.addresses for row in AwayCount.objects.all()} == {0, 1}


def test_what_came_of_a_lead_is_known_when_its_own_address_left(lead: Lead) -> None:
    put("old", lead, status=410, error="http_error")
    walk()
    found_first = Lead(url="http://site.example/old")
    assert lead_outcome(found_first) == (410, "http_error")


def test_what_changed_since_it_was_chosen_or_is_held_stays(lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
    changed, held, free = (put(name, lead) for name in ("changed", "held", "free"))
    leave = putting_away._leave_of
    let_go = threading.Event()

    def hold(has_it: threading.Event) -> None:
        with transaction.atomic():
            FrontierUrl.objects.select_for_update().get(pk=held.pk)
            has_it.set()
            let_go.wait(20)
        connection.close()

    def meanwhile(*given: Any) -> int:
        FrontierUrl.objects.filter(pk=changed.pk).update(priority=6)
        return leave(*given)

    monkeypatch.setattr(putting_away, "_leave_of", meanwhile)
    has_it = threading.Event()
    other = threading.Thread(target=hold, args=(has_it,))
    other.start()
    try:
        assert has_it.wait(20)
        assert walk() == 1
    finally:
        let_go.set()
        other.join()
    assert paths() == {"changed", "held"}
    assert away.find([bytes(changed.url_key)]) == []
    assert away.bring_back(places=[changed.pk, free.pk]) == 1, "of what stayed details are left over, and not used"


def test_two_workers_at_once_put_everything_away_once(lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(putting_away, "FILE_ROWS", 10)
    monkeypatch.setattr(putting_away, "WINDOW", 10)
    for number in range(120):
        put(f"{number}.jpg", lead)
    counts = []

    def work() -> None:
        counts.append(sum(walk() for _ in range(6)))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    walk()
    assert paths() == set()
    assert AwayUrl.objects.count() == AwayUrl.objects.values("key").distinct().count() == 120
    assert sum(AwayCount.objects.values_list("addresses", flat=True)) == 120


@pytest.mark.sweep
def test_a_worker_that_is_killed_at_any_moment_loses_nothing_and_leaves_nothing_twice(
    lead: Lead, own_sessions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(putting_away, "FILE_ROWS", 5)
    monkeypatch.setattr(putting_away, "WINDOW", 5)
    keys = {bytes(put(f"{number}.jpg", lead).url_key) for number in range(400)}
    chance = random.Random(2)
    kills = 0
    while (left := AwayUrl.objects.count()) < len(keys):
        connection.close()
        if (child := os.fork()) == 0:
            try:
                while True:
                    walk()
            finally:
                os._exit(1)
        while AwayUrl.objects.count() == left:
            time.sleep(0.01)
        time.sleep(chance.random() / 20)
        os.kill(child, signal.SIGKILL)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        kills += 1
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            here = {bytes(key) for key in FrontierUrl.objects.filter(kind=Kind.MEDIA).values_list("url_key", flat=True)}
            gone = keys - here
            assert sorted(AwayUrl.objects.values_list("key", flat=True)) == sorted(map(away.half_of, gone))
            assert {parse(each.url).key for each in away.find(gone)} == gone
    assert kills > 3


def test_nothing_leaves_while_somebody_brings_back(lead: Lead) -> None:
    put("old", lead)
    has_it, let_go = threading.Event(), threading.Event()

    def bring() -> None:
        with transaction.atomic():
            away.hold_still()
            has_it.set()
            let_go.wait(20)
        connection.close()

    other = threading.Thread(target=bring)
    other.start()
    try:
        assert has_it.wait(20)
        assert walk() == 0
    finally:
        let_go.set()
        other.join()
    assert walk() == 1


def test_a_quarter_past_its_time_is_dropped_whole_and_what_was_in_it_is_new(
    lead: Lead, set_config: Callable[..., None]
) -> None:
    set_config(crawl_done_kept_days=365)
    put("old", lead, fetched_at=dt.datetime(2025, 5, 1, tzinfo=dt.UTC))
    put("newer", lead, fetched_at=dt.datetime(2025, 12, 31, 23, tzinfo=dt.UTC))
    assert walk() == 2
    AwayDetails.objects.update(first=1)  # what came back and left again begins a file of each
    [kind] = [each for each in retention.KINDS if "AwayUrl" in each.where]
    assert retention._remove(kind, dt.datetime(2026, 6, 30, tzinfo=dt.UTC)) == 0, "its quarter is not past yet"
    assert retention._remove(kind, dt.datetime(2026, 7, 2, tzinfo=dt.UTC)) == 1
    assert [row.fetched_on for row in AwayUrl.objects.all()] == [dt.date(2025, 12, 31)]
    assert AwayDetails.objects.count() == 1
    assert found("old", lead) == 1
    assert progress([lead]).done == 3


def test_one_walk_a_day_and_none_where_it_is_switched_off(
    lead: Lead, set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    put("old", lead)
    set_config(crawl_done_days=0)
    worker = PuttingAway()
    assert worker.put_away(NOW) == 0
    set_config(crawl_done_days=30)
    assert worker.put_away(NOW) == 1
    put("another", lead)
    assert worker.put_away(NOW) == 0
    monkeypatch.setattr(putting_away, "REST_S", 0.0)
    assert worker.put_away(NOW) == 1


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    """It runs, with a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def others_wait() -> int:
    """How many sessions of this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def test_what_leads_to_no_match_goes_before_where_it_leads(lead: Lead) -> None:
    first, second, third = (put(name, lead) for name in ("first", "second", "third"))
    leads_on(first, second, error="redirect")
    leads_on(second, third)
    assert [(walk(), paths()) for _ in range(3)] == [
        (1, {"second", "third"}),
        (1, {"third"}),
        (1, set()),
    ]


def test_what_leads_to_a_match_over_others_stays(lead: Lead) -> None:
    first, second, third = (put(name, lead) for name in ("first", "second", "third"))
    leads_on(first, second, error="redirect")
    leads_on(second, third, matched=True)
    assert walk() == 0


def test_what_is_fetched_anew_is_no_new_address_of_its_host(lead: Lead) -> None:
    put("old", lead)
    walk()
    url, later = parse("http://site.example/old"), add_lead("http://b.example/", source=Lead.Source.OPERATOR, now=NOW)
    names = extents.names_of(later.pk, url.host)
    changes = SiteChanges()
    for path in ("old", "new"):
        url = parse(f"http://site.example/{path}")
        new = NewUrl(url.key, url.normal, Site.objects.get(host="site.example").pk, later.pk, Kind.MEDIA, 1, 5, 7)
        with transaction.atomic():
            assert frontier.add_urls([replace(new, extents=names)], max_hops=4, changes=changes) == 1
    assert changes.grown == dict.fromkeys(names, 1)


def test_nothing_leaves_while_places_are_looked_for_that_a_ledger_or_an_entry_hit(
    lead: Lead, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be gone from the one place when it is looked for, and from the other."""
    row = put("old", lead)
    digest = bytes(row.sha256 or b"")
    bring_back, counts = away.bring_back, list[int]()

    def and_somebody_puts_away(**asked: Any) -> int:
        count = bring_back(**asked)
        in_a_thread(lambda: counts.append(walk())).join()
        return count

    monkeypatch.setattr(away, "bring_back", and_somebody_puts_away)
    assert rematch._add_leads({(bytes(row.url_key), digest)}, NOW) == (1, 0)
    FrontierUrl.objects.update(state=State.DONE, hops=1, sha256=digest)
    assert seen._fetch_again([(row.pk, int.from_bytes(digest[:8], "little"))], NOW) == 1
    FrontierUrl.objects.update(state=State.DONE, hops=1, sha256=digest)
    assert finding.fetch_again(row.pk, digest, NOW)
    assert len(counts) == 6
    assert not any(counts)


def test_an_entry_finds_a_place_that_left_again_since_its_rows_were_read(lead: Lead) -> None:
    row = put("old", lead)
    away.bring_back(places=[row.pk])
    assert walk() == 1
    assert seen._fetch_again([(row.pk, int.from_bytes(bytes(row.sha256 or b"")[:8], "little"))], NOW) == 1


def test_the_doctor_says_where_what_left_cannot_be_read(lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
    put("old", lead)
    assert (away_check().level, walk()) == (Level.OK, 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    check = away_check()
    assert (check.level, "about 1 did" in check.found) == (Level.OK, True)

    def missing() -> None:
        raise ImportError

    monkeypatch.setattr("orbweaver.detect.crawl.away_details._parquet", missing)
    assert away_check().level is Level.FAIL
    AwayDetails.objects.all().delete()
    assert away_check().level is Level.OK
    monkeypatch.setattr(checks, "MANY_ADDRESSES", 1)
    assert away_check().level is Level.WARN


def test_two_who_bring_back_what_one_lead_led_to_do_not_wait_in_a_circle(lead: Lead) -> None:
    paths_by_key = sorted(
        (f"{number}" for number in range(4)), key=lambda path: parse(f"http://site.example/{path}").key
    )
    kinds = (Kind.PAGE, Kind.MEDIA, Kind.MEDIA, Kind.PAGE)
    page, medium, other_medium, other_page = (
        put(path, lead, kind=kind, parent_id=None if kind == Kind.PAGE else 1, hops=1)
        for path, kind in zip(paths_by_key, kinds, strict=True)
    )
    FrontierUrl.objects.filter(pk__in=[page.pk, other_page.pk]).update(parent_id=10**9)
    FrontierUrl.objects.filter(pk=medium.pk).update(parent_id=page.pk)
    FrontierUrl.objects.filter(pk=other_medium.pk).update(parent_id=other_page.pk)
    walk()
    walk()
    assert paths() == set()
    came: list[int] = []

    def bring(number: int) -> None:
        with transaction.atomic():
            came.append(away.bring_back(places=[number]))

    with transaction.atomic():  # somebody comes upon the first medium at this moment, and does not go on
        put(paths_by_key[1], lead)
        first = in_a_thread(lambda: bring(medium.pk))
        until(lambda: others_wait() == 1)
        second = in_a_thread(lambda: bring(other_medium.pk))
        second.join(2)
        transaction.set_rollback(True)
    first.join()
    second.join()
    assert came == [2, 2]
    assert paths() == {"0", "1", "2", "3"}


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
