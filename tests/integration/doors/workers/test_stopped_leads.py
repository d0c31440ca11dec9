"""A lead that a person stops: nothing more is fetched because of it, and resumed it loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from orbweaver.detect.crawl.models import Lead, StoppedLead
from orbweaver.detect.crawl.selectors import anything_waits, progress, unfinished
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.crawl.stopping import resume_lead, stop_lead
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.services import create_organisation, create_person
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import now

from .conftest import WebSite, picture
from .test_crawl import crawl, lead, row

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]


@pytest.fixture
def manager(transactional_db: None) -> User:
    home = create_organisation(name="Example Hotline", kind="hotline", country="CA")
    return create_person(
        email="mona@hotline.example",
        display_name="Mona",
        organisation=home,
        roles=[],
        password=None,
        by=None,
        now=now(),
    )


def an_album(site: WebSite, pages: int = 6) -> None:
    site.page("/", "".join(f'<a href="/{number}">x</a>' for number in range(pages)))
    for number in range(pages):
        site.page(f"/{number}", f'<img src="/{number}.jpg">')
        site.picture(f"/{number}.jpg", picture(number, size=(64, 64)))


def pages_of(site: WebSite) -> set[str]:
    return {path for path in site.asked if path not in ("/robots.txt", "/") and not path.endswith(".jpg")}


def test_what_a_stopped_lead_led_to_is_fetched_once_it_is_resumed(make_site: MakeSite, manager: User) -> None:
    site = make_site()
    an_album(site)
    begun = lead(site.url())
    crawl(begun, max_pages=1)
    stop_lead(begun, by=manager, now=now())
    stop_lead(begun, by=manager, now=now())
    assert not unfinished([begun.pk])
    assert not anything_waits()
    assert crawl(begun).put_off == 0
    come = progress([begun])
    assert (come.pages, come.waiting, come.stopped) == (1, 0, 6)
    assert pages_of(site) == set()
    resume_lead(begun, by=manager, now=now())
    crawl(begun)
    assert len(pages_of(site)) == 6
    come = progress([begun])
    assert (come.pages, come.pictures, come.waiting, come.stopped) == (7, 6, 0, 0)
    assert list(Event.objects.filter(subject=begun.public_id).values_list("kind", flat=True)) == [
        "lead.stopped",
        "lead.resumed",
    ]


def test_what_is_in_hand_when_a_lead_is_stopped_adds_nothing_that_is_fetched(
    make_site: MakeSite, manager: User
) -> None:
    begun: list[Lead] = []

    class StoppedWhileAsked(WebSite):
        async def handle(self, request: web.Request) -> web.StreamResponse:
            if request.path == "/":
                await asyncio.to_thread(stop, begun[0], manager)
            return await super().handle(request)

    site = make_site(kind=StoppedWhileAsked)
    an_album(site)
    begun.append(lead(site.url()))
    assert crawl(begun[0]).pages == 1
    assert pages_of(site) == set()
    resume_lead(begun[0], by=manager, now=now())
    crawl(add_lead(site.url(), source=Lead.Source.OPERATOR, now=now()))
    assert len(pages_of(site)) == 6


def stop(begun: Lead, by: User) -> None:
    from django.db import connection

    try:
        stop_lead(begun, by=by, now=now())
    finally:
        connection.close()


def test_another_lead_and_a_report_reach_what_was_stopped(make_site: MakeSite, manager: User) -> None:
    site = make_site()
    an_album(site)
    begun = lead(site.url())
    crawl(begun, max_pages=1)
    stop_lead(begun, by=manager, now=now())
    report = submit_report(site.url("/5"), source=Report.Source.PUBLIC, now=now())
    other = lead(site.url("/4"))
    crawl(*Lead.objects.filter(report_id=report.pk), other)
    assert pages_of(site) == {"/4", "/5"}
    assert row(site.url("/4")).lead_id == other.pk
    assert progress([begun]).stopped == 4


def test_a_report_that_waits_is_not_stopped_with_its_lead(make_site: MakeSite, manager: User) -> None:
    site = make_site()
    site.page("/seen", "<p>words</p>")
    report = submit_report(site.url("/seen"), source=Report.Source.PUBLIC, now=now())
    begun = Lead.objects.get(report_id=report.pk)
    stop_lead(begun, by=manager, now=now())
    assert crawl(begun).pages == 1


def test_more_than_one_request_holds_back_is_held_back_by_whoever_records(
    make_site: MakeSite, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    site.page("/", "".join(f'<a href="/{number}">x</a>' for number in range(200)))
    for number in range(200):
        site.page(f"/{number}", "nothing")
    begun = lead(site.url())
    crawl(begun, max_pages=1)
    limit(monkeypatch, batch=10, batches=1)
    stop_lead(begun, by=manager, now=now())
    assert progress([begun]).stopped == 10
    limit(monkeypatch, batch=1000, batches=1)
    crawl(begun, crawl_host_delay_s=0.05)  # so that some forty are in hand at once
    assert 0 < len(pages_of(site)) < 190
    assert StoppedLead.objects.count() == 1
    resume_lead(begun, by=manager, now=now())
    crawl(begun)
    assert len(pages_of(site)) == 200


def limit(monkeypatch: pytest.MonkeyPatch, **limits: Any) -> None:
    monkeypatch.setattr("orbweaver.detect.crawl.stopping.BATCH", limits["batch"])
    monkeypatch.setattr("orbweaver.detect.crawl.stopping.BATCHES_A_REQUEST", limits["batches"])
