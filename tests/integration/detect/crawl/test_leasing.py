"""Which hosts come first, how many requests one of them gets at once, and what people decide of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.detect.crawl import frontier, leases, leasing
from orbweaver.detect.crawl.errors import BadSiteSettings
from orbweaver.detect.crawl.frontier import Done, Leased, NewUrl
from orbweaver.detect.crawl.models import FrontierUrl, Lead, Site
from orbweaver.detect.crawl.selectors import changed_sites, is_crawling_off, switched_off, walled_garden_figures
from orbweaver.detect.crawl.services import add_lead, site_ids
from orbweaver.detect.crawl.site_settings import (
    By,
    SiteSettings,
    change_site,
    sites_named,
    switch_crawling,
    switch_site,
)
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.people.audit.models import Event
from orbweaver.platform.network.urls import parse

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.detect.crawl.services.shared_now", lambda: NOW)
    monkeypatch.setattr("orbweaver.detect.crawl.leases.shared_now", lambda: NOW)


def add(*urls: tuple[str, int], kind: FrontierUrl.Kind = FrontierUrl.Kind.PAGE) -> None:
    """URLs with their priorities, of a lead of its own that is done."""
    lead = Lead.objects.first() or add_lead("http://lead.example/", source=Lead.Source.LIST, now=NOW)
    FrontierUrl.objects.filter(url=lead.url).update(state=FrontierUrl.State.DONE)
    new = []
    for url, priority in urls:
        parsed = parse(url)
        site = site_ids([(parsed.host, parsed.port)])[parsed.host, parsed.port]
        new.append(NewUrl(parsed.key, url, site, lead.pk, kind, hops=1, priority=priority))
    changes = SiteChanges()
    frontier.add_urls(new, max_hops=4, changes=changes)
    apply_changes(changes, now=NOW)


def lease(number: int | None = None, want: int = 100, *, at: float = 0, delay: float = 0, **more: Any) -> list[Leased]:
    number = number or leases.enlist("test", now=NOW)
    now = NOW + dt.timedelta(seconds=at)
    return leasing.lease(number, want=want, now=now, default_delay_s=delay, **more)


def hosts(taken: list[Leased]) -> list[str]:
    return [parse(each.url).host for each in taken]


def site(host: str) -> Site:
    return Site.objects.get(host=host)


def test_hosts_are_chosen_by_the_best_that_waits_there_not_by_how_long_they_wait() -> None:
    add(*((f"http://far{n}.example/", 24) for n in range(80)))
    Site.objects.update(next_fetch_at=NOW - dt.timedelta(hours=1))
    add(*((f"http://near{n}.example/", 20) for n in range(40)), ("http://report.example/", 0))
    Site.objects.filter(host__startswith="near").update(next_fetch_at=NOW)
    taken = hosts(lease(want=64))
    assert taken[0] == "report.example"
    assert {f"near{n}.example" for n in range(40)} <= set(taken)


def test_a_share_goes_to_the_hosts_that_wait_longest_so_that_none_starves() -> None:
    add(("http://old.example/", 24))
    Site.objects.update(next_fetch_at=NOW - dt.timedelta(hours=1))
    add(*((f"http://near{n}.example/", 20) for n in range(200)))
    assert "old.example" in hosts(lease(want=64))


def test_a_host_is_known_by_what_is_left_there_once_its_best_is_taken() -> None:
    add(("http://a.example/1", 10), ("http://a.example/2", 23), ("http://b.example/1", 21))
    assert site("a.example").best_priority == 10
    assert [each.url for each in lease(want=4)] == ["http://a.example/1", "http://b.example/1"]
    assert (site("a.example").best_priority, site("a.example").waiting) == (23, True)
    assert not site("b.example").waiting
    add(("http://b.example/2", 30))
    assert site("b.example").best_priority == 30


def test_what_is_given_back_counts_for_its_host_again() -> None:
    add(("http://a.example/1", 10), ("http://a.example/2", 23))
    number = leases.enlist("test", now=NOW)
    [first] = lease(number, want=1)
    leases.release(number, [first.id])
    assert site("a.example").best_priority == 10


def test_no_more_of_a_host_are_held_at_once_than_it_allows_by_any_number_of_workers() -> None:
    add(*((f"http://a.example/{n}", 20) for n in range(50)))
    number = leases.enlist("first", now=NOW)
    taken = lease(number, delay=0.01, default_concurrency=4)
    assert len(taken) == 4
    assert lease(at=1, delay=0.01, default_concurrency=4) == []
    changes = SiteChanges()
    frontier.complete(number, [Done(taken[0].id, None, status=200)], at=NOW, changes=changes)
    assert len(lease(at=2, delay=0.01, default_concurrency=4)) == 1
    change_site(site("a.example"), SiteSettings(concurrency=6), by=By(), now=NOW)
    assert len(lease(at=3, delay=0.01, default_concurrency=4)) == 2


def test_a_busy_host_is_asked_less_often_by_every_worker_and_recovers() -> None:
    add(*((f"http://a.example/{n}", 20) for n in range(50)))
    changes = SiteChanges()
    changes.answered(site("a.example").pk, busy=True, latency_s=0.1)
    apply_changes(changes, now=NOW, delay_s=1.0, concurrency=4)
    slowed = site("a.example")
    assert (slowed.pace_s, slowed.slots) == (2.0, 2.0)
    assert slowed.next_fetch_at == NOW + dt.timedelta(seconds=2)
    assert lease(at=1, delay=1.0) == []
    assert [each.delay_s for each in lease(at=2, delay=1.0)] == [2.0]
    for _ in range(40):
        changes = SiteChanges()
        for _ in range(3):
            changes.answered(slowed.pk, busy=False, latency_s=0.1)
        apply_changes(changes, now=NOW, delay_s=1.0, concurrency=4)
    assert (site("a.example").pace_s, site("a.example").slots) == (0.0, None)


def test_a_site_keeps_its_own_delay_and_authority_and_the_log_says_who_set_them() -> None:
    [plain, tls] = sites_named("New.example")
    assert [plain.port, tls.port] == [80, 443]
    assert [str(each) for each in sites_named("new.example:8080")] == ["new.example:8080"]
    change_site(plain, SiteSettings(2.5, 3, " A court order of today. "), by=By(), now=NOW)
    plain.refresh_from_db()
    assert (plain.delay_s, plain.concurrency, plain.robots_authority) == (2.5, 3, "A court order of today.")
    event = Event.objects.get(kind="site.changed")
    assert (event.actor_label, event.details["robots"], event.details["site"]) == (
        "command line",
        "does not hold",
        plain.pk,
    )
    assert list(changed_sites()) == [plain]


@pytest.mark.parametrize(
    "settings",
    [
        SiteSettings(delay_s=-1),
        SiteSettings(delay_s=1e9),
        SiteSettings(concurrency=0),
        SiteSettings(robots_authority="x"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: SiteSettings) -> None:
    [plain, _] = sites_named("new.example")
    with pytest.raises(BadSiteSettings):
        change_site(plain, settings, by=By(), now=NOW)


@pytest.mark.parametrize("name", ["", "a b", "host/path", "http://x/"])
def test_what_is_no_host_is_refused(name: str) -> None:
    with pytest.raises(BadSiteSettings):
        sites_named(name)


def test_switches_are_noted_once_and_seen_at_once() -> None:
    [plain, _] = sites_named("new.example")
    for _ in range(2):
        switch_site(plain, off=True, by=By(), now=NOW)
        switch_crawling(off=True, by=By(), now=NOW)
    assert (switched_off().everything, switched_off().sites) == (True, frozenset({plain.pk}))
    assert is_crawling_off()
    switch_crawling(off=False, by=By(), now=NOW)
    assert not is_crawling_off()
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["site.switched_off", "crawl.switched_off", "crawl.switched_on"]


def test_what_points_into_walled_gardens_is_counted_once_each() -> None:
    add(("http://a.example/", 20), ("https://www.facebook.com/1", 22), ("https://m.facebook.com/2", 22))
    add(("https://www.facebook.com/1", 22))
    add_lead("https://www.instagram.com/x", source=Lead.Source.REPORT, report_id=1, now=NOW)
    figures = {each.name: each for each in walled_garden_figures()}
    assert (figures["Facebook and Messenger"].links, figures["Facebook and Messenger"].leads) == (2, 0)
    assert figures["Instagram and Threads"].leads == 1
    assert figures["Signal"].links == 0
    assert site("a.example").links == 0
