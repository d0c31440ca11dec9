"""What somebody adds while a lease goes past it is leased all the same, though nobody waits for a host's row."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from orbweaver.detect.crawl import frontier, leases, leasing, passed_over
from orbweaver.detect.crawl.frontier import Done, Leased, NewUrl
from orbweaver.detect.crawl.models import FrontierUrl, Lead, PassedOver, Site
from orbweaver.detect.crawl.services import add_lead, count_pages, hold_leads, site_ids
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.crawl.stopping import stop_lead
from orbweaver.platform.network.urls import parse
from orbweaver.platform.shared_clock import shared_now

pytestmark = pytest.mark.django_db(transaction=True)

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
HOSTS, ADDERS, EACH = 6, 3, 40


@pytest.fixture
def lead() -> Lead:
    lead = add_lead("http://lead.example/", source=Lead.Source.LIST, now=NOW)
    FrontierUrl.objects.filter(url=lead.url).update(state=FrontierUrl.State.DONE)
    Site.objects.update(waiting=False)
    return lead


def add(lead: Lead, *urls: str, priority: int = 21) -> None:
    parsed = [parse(url) for url in urls]
    sites = site_ids((each.host, each.port) for each in parsed)
    kind = FrontierUrl.Kind.PAGE
    new = [
        NewUrl(each.key, each.normal, sites[each.host, each.port], lead.pk, kind, hops=1, priority=priority)
        for each in parsed
    ]
    changes = SiteChanges()
    frontier.add_urls(new, max_hops=9, changes=changes)
    apply_changes(changes, now=shared_now())


def lease(worker: int, want: int = 100) -> list[Leased]:
    with transaction.atomic():
        return leasing.lease(worker, want=want, now=shared_now(), default_delay_s=0.0)


@contextmanager
def adding(lead: Lead, *urls: str, priority: int = 21) -> Iterator[None]:
    """Somebody has added these and looked at the hosts' rows, and ends with the block."""
    added, end = threading.Event(), threading.Event()

    def work() -> None:
        with transaction.atomic():
            add(lead, *urls, priority=priority)
            added.set()
            end.wait(20)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert added.wait(20)
    try:
        yield
    finally:
        end.set()
        thread.join()


def test_who_adds_where_something_waits_holds_no_row_of_a_host(lead: Lead) -> None:
    add(lead, "http://a.example/1")
    with adding(lead, "http://a.example/2"), transaction.atomic():
        Site.objects.select_for_update(nowait=True, no_key=True).get(host="a.example")


def test_what_was_added_while_a_lease_emptied_its_host_is_leased(lead: Lead) -> None:
    worker = leases.enlist("test", now=shared_now())
    add(lead, "http://a.example/1")
    with adding(lead, "http://a.example/2"):
        assert [each.url for each in lease(worker)] == ["http://a.example/1"]
        assert not Site.objects.get(host="a.example").waiting
        assert passed_over.follow() == 0  # somebody who may have added something has not ended
        assert passed_over.follow() == 0
    assert lease(worker) == []
    assert passed_over.follow() == 1
    assert [each.url for each in lease(worker)] == ["http://a.example/2"]
    assert passed_over.follow() == 0
    assert not PassedOver.objects.exists()


def test_what_comes_sooner_is_not_left_behind_a_later_priority(lead: Lead) -> None:
    worker = leases.enlist("test", now=shared_now())
    add(lead, "http://a.example/1", priority=10)
    add(lead, "http://a.example/late", "http://a.example/later", priority=30)
    with adding(lead, "http://a.example/2", priority=15):
        assert [each.url for each in lease(worker, 1)] == ["http://a.example/1"]
        assert Site.objects.get(host="a.example").best_priority == 30
    passed_over.follow()
    assert [each.url for each in lease(worker, 1)] == ["http://a.example/2"]


def test_what_a_lease_passed_over_within_a_priority_is_found(lead: Lead) -> None:
    worker = leases.enlist("test", now=shared_now())
    add(lead, "http://a.example/1")
    with adding(lead, "http://a.example/2"):
        add(lead, "http://a.example/3")
        add(lead, "http://a.example/4")
        assert [each.url for each in lease(worker, 1)] == ["http://a.example/1"]
    assert [each.url for each in lease(worker, 1)] == ["http://a.example/3"]
    assert passed_over.find_forgotten() == 1
    assert [each.url for each in lease(worker, 1)] == ["http://a.example/2"]
    assert passed_over.find_forgotten() == 0


def test_nothing_is_written_where_no_lease_went_past_anything(lead: Lead) -> None:
    add(lead, "http://a.example/1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        before = cursor.fetchone()
        assert passed_over.follow() == 0
        cursor.execute("SELECT pg_current_snapshot()::text")
        assert cursor.fetchone() == before


def test_a_note_of_a_database_that_was_brought_back_is_noticed_anew(lead: Lead) -> None:
    site = Site.objects.get(host="lead.example")
    FrontierUrl.objects.update(state=FrontierUrl.State.WAITING)
    PassedOver.objects.create(site_id=site.pk, unseen_from=2**60)
    assert passed_over.follow() == 1
    assert Site.objects.get(pk=site.pk).waiting


def test_what_waits_at_a_host_that_says_otherwise_is_found(lead: Lead) -> None:
    add(lead, "http://a.example/1", "http://b.example/1", "http://c.example/1")
    Site.objects.filter(host__in=("a.example", "c.example")).update(waiting=False)
    assert passed_over.find_forgotten() == 2
    assert set(Site.objects.filter(waiting=True).values_list("host", flat=True)) == {
        "a.example",
        "b.example",
        "c.example",
    }
    assert passed_over.find_forgotten() == 0


def test_recorders_of_one_lead_do_not_wait_for_one_another_but_a_stop_waits_for_them(
    lead: Lead, make_person: Any
) -> None:
    stopped, manager = threading.Event(), make_person("Mona")

    def stop() -> None:
        stop_lead(lead, by=manager, now=NOW)
        stopped.set()
        connection.close()

    thread = threading.Thread(target=stop)
    with transaction.atomic():
        hold_leads([lead.pk], [])
        with psycopg.connect(**connection.get_connection_params()) as other:
            other.execute("SET lock_timeout = '2s'")
            other.execute("SELECT 1 FROM crawl_lead WHERE id = %s FOR KEY SHARE", [lead.pk])
            other.execute("UPDATE crawl_lead SET fruitless_pages = 3 WHERE id = %s", [lead.pk])
        thread.start()
        assert not stopped.wait(0.3)
    thread.join()
    assert stopped.is_set()


def test_pages_of_a_lead_are_counted_until_something_known_is_found(lead: Lead) -> None:
    assert count_pages({lead.pk: 3}) == {lead.pk: 3}
    assert count_pages({lead.pk: 4}) == {lead.pk: 7}
    with transaction.atomic():
        hold_leads([lead.pk], [lead.pk])
    assert count_pages({lead.pk: 1}) == {lead.pk: 1}
    assert count_pages({}) == {}


def test_nothing_is_forgotten_where_many_add_while_one_leases(lead: Lead) -> None:
    site_ids((f"h{host}.example", 80) for host in range(HOSTS))
    fetched: list[str] = []

    def add_some(own: int) -> None:
        chance = random.Random(own)
        for number in range(EACH):
            urls = [f"http://h{host}.example/{own}-{number}" for host in chance.sample(range(HOSTS), 3)]
            with transaction.atomic():
                add(lead, *urls, priority=chance.choice((5, 21)))
        connection.close()

    worker, nothing = leases.enlist("test", now=shared_now()), 0
    with ThreadPoolExecutor(ADDERS) as pool:
        adding_still = [pool.submit(add_some, own) for own in range(ADDERS)]
        while nothing < 3:
            ended = all(each.done() for each in adding_still)
            taken = lease(worker, 7)
            with transaction.atomic():
                frontier.complete(worker, [Done(each.id, None) for each in taken], at=NOW, changes=SiteChanges())
            fetched += [each.url for each in taken]
            rests = ended and not taken and not passed_over.follow() and not PassedOver.objects.exists()
            nothing = nothing + 1 if rests else 0
            passed_over.follow()
    for each in adding_still:
        each.result()
    assert len(fetched) == len(set(fetched)) == ADDERS * EACH * 3
    assert passed_over.find_forgotten() == 0
