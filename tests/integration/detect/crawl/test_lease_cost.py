"""What a lease reads depends on what it takes: not on what is done or waits, nor on what PostgreSQL believes of it.

So it is with what a batch asks of the pages that show its media."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import pytest
from django.db import connection, transaction

from orbweaver.detect.crawl import frontier, leases, leasing, other_pages
from orbweaver.detect.crawl.frontier import Done
from orbweaver.detect.crawl.models import FrontierUrl, Lead, OtherPage, Site
from orbweaver.detect.crawl.other_pages import Shown
from orbweaver.detect.crawl.selectors import progress, unfinished
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.media.models import Media
from orbweaver.detect.visiting.places import on_new_sites

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
WANT = 50
ROWS_READ = 10 * WANT
"""Rows of the frontier that are looked at, for each URL taken: when it is found, locked and changed, and some more by
chance of the plan. What grows with the table is thousands."""
MANY = 6_000
"""Rows that nothing is to read: twelve times what may be, and still quickly written."""
SO_MANY = 60_000
"""The same where a few rows are looked for by their keys: a small table is read as a whole for that, and rightly."""

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(monkeypatch: pytest.MonkeyPatch) -> Lead:
    monkeypatch.setattr("orbweaver.detect.crawl.services.shared_now", lambda: NOW)
    monkeypatch.setattr("orbweaver.detect.crawl.leases.shared_now", lambda: NOW)
    made = add_lead("http://one.example/", source=Lead.Source.LIST, now=NOW)
    FrontierUrl.objects.all().delete()
    return made


def fill(lead: Lead, state: FrontierUrl.State, count: int) -> None:
    """Rows of the one site, as a crawl leaves them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crawl_frontierurl (url_key, url, site_id, lead_id, kind, hops, priority, past_robots, state,"
            " attempts, error, matched, etag, last_modified) SELECT sha256(gen_random_uuid()::text::bytea),"
            " 'http://one.example/a/path/as/long/as/they/are/' || n, %s, %s, 1, 3, 23, false, %s, 0, '', false, '', ''"
            " FROM generate_series(1, %s) n",
            [lead.site_id, lead.pk, int(state), count],
        )
    assert lead.site_id is not None
    changes = SiteChanges()
    for priority, number in (
        FrontierUrl.objects.filter(state=FrontierUrl.State.WAITING).order_by("pk").values_list("priority", "pk")[:1]
    ):
        changes.waits(lead.site_id, priority, number)
    apply_changes(changes, now=NOW)


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crawl_frontierurl, crawl_site")


def believe_that_sorting_costs_nothing() -> None:
    """What the planner comes to by itself where it believes that little waits: to collect it and sort it."""
    with connection.cursor() as cursor:
        for cost in ("random_page_cost = 1000", "seq_page_cost = 0", "cpu_operator_cost = 0"):
            cursor.execute(f"SET LOCAL {cost}")


@dataclass(frozen=True)
class Read:
    """What a statement about the frontier read: pages of 8 kB, and rows that were looked at, taken or not."""

    pages: int
    rows: float


@contextmanager
def reading() -> Iterator[list[Read]]:
    """What each statement about the frontier reads; it is made twice for that."""
    found: list[Read] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "crawl_frontierurl" in sql:
            point = transaction.savepoint()
            execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params, many, context)
            [(answer,)] = context["cursor"].fetchall()
            plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
            found.append(Read(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], rows_of(plan)))
            transaction.savepoint_rollback(point)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield found


def rows_of(plan: dict[str, Any]) -> float:
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    scans = plan["Node Type"].endswith("Scan") and plan.get("Relation Name", "crawl_frontierurl") == "crawl_frontierurl"
    below = sum(rows_of(each) for each in plan.get("Plans", ()))
    return below + (own * plan["Actual Loops"] if scans else 0)


def lease(worker: int | None = None, **more: Any) -> list[frontier.Leased]:
    worker = worker or leases.enlist("test", now=NOW)
    return leasing.lease(worker, want=WANT, now=NOW, default_delay_s=0.0, **more)


def record(worker: int, taken: list[frontier.Leased]) -> None:
    changes = SiteChanges()
    frontier.complete(worker, [Done(each.id, None, status=200) for each in taken], at=NOW, changes=changes)
    apply_changes(changes, now=NOW)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("of_leads", [False, True], ids=["of-any-lead", "of-leads"])
@pytest.mark.parametrize("known", ["nothing", "all-is-done", "little-waits", "all", "sorting-costs-nothing"])
def test_a_lease_from_one_host_reads_no_more_than_it_takes(lead: Lead, known: str, of_leads: bool) -> None:
    fill(lead, FrontierUrl.State.DONE, MANY)
    if known == "all-is-done":
        analyze()
    fill(lead, FrontierUrl.State.WAITING, 200)
    if known == "little-waits":
        analyze()
    fill(lead, FrontierUrl.State.WAITING, MANY)
    if known == "all":
        analyze()
    if known == "sorting-costs-nothing":
        believe_that_sorting_costs_nothing()
    with reading() as read:
        assert len(lease(lead_ids=[lead.pk] if of_leads else None)) == WANT
    assert sum(each.rows for each in read) < ROWS_READ


@pytest.mark.sampled(1)
@pytest.mark.parametrize("of_leads", [False, True], ids=["of-any-lead", "of-leads"])
def test_what_was_leased_before_is_not_read_again_though_nothing_was_vacuumed(lead: Lead, of_leads: bool) -> None:
    fill(lead, FrontierUrl.State.WAITING, 100 * WANT)
    worker, rounds = leases.enlist("test", now=NOW), []
    for _ in range(90):
        with reading() as read:
            taken = lease(worker, lead_ids=[lead.pk] if of_leads else None)
        record(worker, taken)
        *_, looking = read  # the last statement looks for the first that is left, and changes one row
        rounds.append(looking.pages)
    assert median(rounds[-10:]) < 1.5 * median(rounds[:10])


def says_finished_at_once(lead: Lead) -> None:
    """Whatever the planner knows of the table, hardly a row is read."""
    steps: list[Callable[[], None]] = [lambda: None, analyze, believe_that_sorting_costs_nothing]
    for learn in steps:
        learn()
        with reading() as read:
            assert not unfinished([lead.pk])
        assert sum(each.rows for each in read) < 10


def test_whether_leads_are_finished_is_said_without_reading_what_is_done(lead: Lead) -> None:
    fill(lead, FrontierUrl.State.DONE, MANY)
    says_finished_at_once(lead)


def test_whether_leads_are_finished_is_said_without_reading_what_is_put_off(lead: Lead) -> None:
    other = add_lead("http://one.example/other", source=Lead.Source.LIST, now=NOW)
    FrontierUrl.objects.all().delete()
    fill(other, FrontierUrl.State.LATER, 10_000)
    fill(lead, FrontierUrl.State.LATER, 10_000)
    FrontierUrl.objects.update(attempts=3)
    says_finished_at_once(lead)
    FrontierUrl.objects.filter(pk=FrontierUrl.objects.filter(lead=lead).latest("pk").pk).update(attempts=2)
    assert unfinished([lead.pk])


def test_a_lead_is_counted_over_all_states(lead: Lead) -> None:
    for number, state in enumerate(FrontierUrl.State):
        fill(lead, state, number + 1)
    FrontierUrl.objects.filter(state=FrontierUrl.State.LATER).update(due_at=NOW)
    FrontierUrl.objects.filter(state__in=[0, 3]).update(matched=True)
    FrontierUrl.objects.filter(pk=FrontierUrl.objects.filter(state=FrontierUrl.State.DONE)[0].pk).update(error="dns")
    found = progress([lead])
    assert (found.waiting, found.done, found.failed, found.matched) == (6, 4, 1, 5)


def test_what_waits_again_is_leased_before_what_comes_after_it(lead: Lead) -> None:
    fill(lead, FrontierUrl.State.WAITING, 3 * WANT)
    worker = leases.enlist("test", now=NOW)
    first, second = lease(worker), lease(worker)
    leases.release(worker, [first[0].id, second[0].id])
    record(worker, [*first[1:], *second[1:]])
    assert [each.id for each in lease(worker)[:2]] == [first[0].id, second[0].id]


def test_a_url_that_lies_before_what_its_host_is_said_to_begin_with_is_leased_at_last(lead: Lead) -> None:
    fill(lead, FrontierUrl.State.WAITING, 3)
    urls = list(FrontierUrl.objects.order_by("pk").values_list("pk", flat=True))
    Site.objects.update(best_priority=23, best_id=urls[1])
    worker = leases.enlist("test", now=NOW)
    assert [each.id for each in lease(worker)] == urls[1:]
    assert [each.id for each in lease(worker)] == urls[:1]
    assert lease(worker) == []


def media_on_pages(lead: Lead, count: int) -> list[FrontierUrl]:
    """Pages of the one site, each with a medium that is done and known; back come the media."""
    fill(lead, FrontierUrl.State.DONE, 2 * count)
    pages, media = (list(FrontierUrl.objects.order_by("pk")[at : at + count]) for at in (0, count))
    for number, (page, medium) in enumerate(zip(pages, media, strict=True)):
        medium.kind, medium.parent_id, medium.matched = FrontierUrl.Kind.MEDIA, page.pk, True
        medium.sha256 = number.to_bytes(32)
    FrontierUrl.objects.bulk_update(media, ["kind", "parent_id", "matched", "sha256"])
    return media


@pytest.mark.parametrize("known", ["nothing", "all"])
def test_which_pages_show_a_batch_is_kept_without_reading_what_else_is_known(lead: Lead, known: str) -> None:
    media = media_on_pages(lead, WANT)
    fill(lead, FrontierUrl.State.DONE, SO_MANY)
    other = add_lead("http://two.example/", source=Lead.Source.LIST, now=NOW)
    page = FrontierUrl.objects.get(lead=other)
    if known == "all":
        analyze()
    with reading() as read:
        kept = other_pages.keep([Shown(bytes(each.url_key), page.pk, None) for each in media])
    assert kept == {each.pk for each in media}
    assert sum(each.rows for each in read) < ROWS_READ
    assert OtherPage.objects.count() == WANT


@pytest.mark.parametrize("known", ["nothing", "all"])
def test_what_is_seen_on_a_new_site_is_found_without_reading_what_else_is_known(lead: Lead, known: str) -> None:
    media = media_on_pages(lead, WANT)
    fill(lead, FrontierUrl.State.DONE, SO_MANY)
    Media.objects.bulk_create(
        Media(public_id=f"med_{number:016d}", sha256=each.sha256, sha1=b"", md5=b"", size=1, first_seen_at=NOW)
        for number, each in enumerate(media)
    )
    if known == "all":
        analyze()
    with reading() as read:
        assert on_new_sites([each.pk for each in media]) == {each.pk for each in media}
    assert sum(each.rows for each in read) < SO_MANY / 20  # it joins three tables: by chance some rows of each again
