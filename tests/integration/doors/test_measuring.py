"""What the installation's figures say, and what they never hold."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from tests.integration.conftest import World

from orbweaver.detect.crawl.leases import enlist
from orbweaver.detect.crawl.models import FrontierUrl, Lead, Revisit
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.media.models import Media
from orbweaver.doors import measuring
from orbweaver.doors.measuring import overdue_by_duty
from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.follow.recheck.rules import SECOND_NETWORK
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.services import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.platform.clock import now
from orbweaver.platform.shared_clock import shared_now

pytestmark = pytest.mark.django_db
HOST = "secret-host.example"


@pytest.fixture(autouse=True)
def read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "KEPT_S", 0.0)


def figures() -> dict[tuple[str, str], float]:
    answer = Client().get("/metrics", headers={"host": "127.0.0.1"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert HOST not in text
    return {
        (sample.name, " ".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_leases_are_counted_and_those_of_nobody_apart() -> None:
    add_lead(f"http://{HOST}/a", source=Lead.Source.LIST, now=now())
    add_lead(f"http://{HOST}/b", source=Lead.Source.LIST, now=now())
    first, second = FrontierUrl.objects.order_by("pk")
    FrontierUrl.objects.filter(pk=first.pk).update(
        state=FrontierUrl.State.LEASED, worker_id=enlist("x", now=shared_now())
    )
    FrontierUrl.objects.filter(pk=second.pk).update(state=FrontierUrl.State.LEASED, worker_id=123_456)
    found = figures()
    assert found["orbweaver_database_up", ""] == 1
    assert found["orbweaver_leases", "any"] == 2
    assert found["orbweaver_leases", "nobody"] == 1
    assert found["orbweaver_crawlers", ""] == 1


def test_addresses_are_told_by_where_they_are() -> None:
    add_lead(f"http://{HOST}/a", source=Lead.Source.LIST, now=now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crawl_frontierurl")
    found = figures()
    assert (found["orbweaver_addresses", "frontier"], found["orbweaver_addresses", "away"]) == (1, 0)


def test_each_duty_that_waits_for_a_time_has_its_age() -> None:
    found = figures()
    assert found["orbweaver_duty_overdue_seconds", "rechecks"] == 0
    assert found["orbweaver_oldest_due_notice_seconds", ""] == 0
    Revisit.objects.create(
        url=_a_url(), due_at=now() - dt.timedelta(hours=3), hours=6, found_at=now(), visited_at=now()
    )
    assert 3 * 3600 <= figures()["orbweaver_duty_overdue_seconds", "known places visited again"] < 4 * 3600


def test_what_is_done_with_is_not_overdue_though_its_time_has_passed(world: World) -> None:
    at = now()
    add_contact(add_provider("Host", now=at, domains=[HOST]), f"abuse@{HOST}", now=at)
    world.verdict(f"http://{HOST}/1.png", decided_at=at)
    issue_notices(at)
    long_ago = at - dt.timedelta(days=3)
    Notice.objects.update(state="open", remind_at=long_ago)
    assert overdue_by_duty(at)["reminders queued"] > 0
    Notice.objects.update(state="closed")
    assert overdue_by_duty(at)["reminders queued"] == 0
    Notice.objects.update(state="open", route="referral", deadline_at=long_ago)
    late = overdue_by_duty(at)
    assert late["referrals followed up"] > 0
    assert late["reminders queued"] == 0  # a hotline has a deadline instead
    told = Notice.objects.get()
    told.pk, told.public_id, told.parent_id, told.route = None, "ntc_told_directly", told.pk, "provider"
    told.deadline_at = None
    told.save(force_insert=True)
    assert overdue_by_duty(at)["referrals followed up"] == 0


def test_evidence_that_is_erased_or_on_hold_is_not_overdue() -> None:
    at = now()
    EvidenceObject.objects.create(
        kind="media",
        size=1,
        file_name="a.age",
        authority="a law",
        created_at=at,
        retain_until=at - dt.timedelta(days=3),
    )
    assert overdue_by_duty(at)["evidence erased"] > 0
    EvidenceObject.objects.update(held_at=at)
    assert overdue_by_duty(at)["evidence erased"] == 0
    EvidenceObject.objects.update(held_at=None, erased_at=at)
    assert overdue_by_duty(at)["evidence erased"] == 0


def test_evidence_that_an_open_notice_keeps_is_not_overdue_until_it_is_closed(world: World) -> None:
    at = now()
    add_contact(add_provider("Host", now=at, domains=[HOST]), f"abuse@{HOST}", now=at)
    world.verdict(f"http://{HOST}/1.png", decided_at=at)
    issue_notices(at)
    kept, free = (
        EvidenceObject.objects.create(
            kind="media",
            size=1,
            file_name=f"{days}.age",
            authority="a law",
            created_at=at,
            retain_until=at - dt.timedelta(days=days),
        )
        for days in (3, 1)
    )
    Media.objects.update(evidence=kept)
    day = 86_400
    assert overdue_by_duty(at)["evidence erased"] == pytest.approx(day, abs=60)
    free.delete()
    assert overdue_by_duty(at)["evidence erased"] == 0
    Notice.objects.update(state="closed", closed_at=at)
    assert overdue_by_duty(at)["evidence erased"] == pytest.approx(3 * day, abs=60)


def test_removals_that_the_second_network_could_not_confirm_are_counted(world: World) -> None:
    at = now()
    add_contact(add_provider("Host", now=at, domains=[HOST]), f"abuse@{HOST}", now=at)
    world.verdict(f"http://{HOST}/1.png", decided_at=at)
    issue_notices(at)
    assert RecheckTarget.objects.count() == 1
    assert figures()["orbweaver_removals_unconfirmed", ""] == 0
    RecheckTarget.objects.update(outcome="unclear", reason=SECOND_NETWORK)
    assert figures()["orbweaver_removals_unconfirmed", ""] == 1


def _a_url() -> FrontierUrl:
    add_lead(f"http://{HOST}/a", source=Lead.Source.LIST, now=now())
    return FrontierUrl.objects.get()


def test_a_visitor_from_elsewhere_and_one_through_a_proxy_get_no_figures_and_are_told_that_all_is_well() -> None:
    assert Client(REMOTE_ADDR="192.0.2.1").get("/metrics", headers={"host": "127.0.0.1"}).status_code == 403
    assert Client().get("/metrics", headers={"host": "hotline.example"}).status_code == 403
    assert Client(REMOTE_ADDR="192.0.2.1").get("/healthz").content == b"ok\n"
    assert Client(REMOTE_ADDR="192.0.2.1").get("/readyz").content == b"ok\n"
