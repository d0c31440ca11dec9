"""How long data are kept changes with a second person's word: by no page alone, no command, no machine's variable."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.settings_given import settings_given

from orbweaver.assess.review.models import Look, ReviewItem
from orbweaver.assess.review.services import open_items
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.changing import carry_out, keep_periods, refuse_alone
from orbweaver.doors.retention import remove_due
from orbweaver.doors.workers.changes import carry_out_due
from orbweaver.errors import NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record, seal_events
from orbweaver.people.audit.verifying import verify
from orbweaver.people.changes import services
from orbweaver.people.changes.models import Change
from orbweaver.people.policy.models import Version
from orbweaver.people.policy.periods import all_kept, days_kept, keep
from orbweaver.people.policy.services import PERIODS, change, take_up
from orbweaver.platform import config

pytestmark = pytest.mark.django_db
MakePerson = Callable[..., User]
DAY = dt.timedelta(days=1)
PAGE, SET = "/audit/retention/", "/audit/retention/set/"


@pytest.fixture(autouse=True)
def own_settings_afterwards() -> Iterator[None]:
    yield
    config.forget()


@pytest.fixture
def ada(make_person: MakePerson) -> User:
    return make_person("Ada", Role.ADMINISTRATOR)


@pytest.fixture
def at_work(make_person: MakePerson, make_sighting: Callable[..., Sighting], now: dt.datetime) -> None:
    """Somebody has looked at an item: there is something to be guarded."""
    open_items([make_sighting()], now)
    Look.objects.create(item=ReviewItem.objects.get(), person=make_person("Ann", Role.ANALYST), at=now)


def asked(client: Client, person: User, **changes: Any) -> Any:
    client.force_login(person)
    return client.post(SET, {**all_kept(), **changes})


def old_report(now: dt.datetime) -> Report:
    report = submit_report("https://a.example/1", source=Report.Source.PUBLIC, comment="words", now=now)
    Report.objects.filter(pk=report.pk).update(state=Report.State.ASSESSED, created_at=now - 30 * DAY)
    return report


@pytest.mark.usefixtures("at_work")
def test_another_period_waits_for_a_second_person_and_then_counts_at_once_in_what_runs(
    ada: User, make_person: MakePerson, client: Client, now: dt.datetime
) -> None:
    mo = make_person("Mo", Role.HOTLINE_MANAGER)
    report = old_report(now)
    answer = asked(client, ada, report_comment_days=7)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    remove_due(now)
    report.refresh_from_db()
    assert report.comment == "words"  # nothing took effect by one person's word
    change = Change.objects.get(kind="retention.set")
    assert change.details == {"report_comment_days": 7}
    client.force_login(mo)
    assert "Words of reports that are dealt with: 365 → 7" in client.get("/people/changes/").content.decode()
    services.agree(change.public_id, by=mo, carry_out=carry_out, now=now)
    remove_due(now)  # a worker that has run since before the change
    report.refresh_from_db()
    assert report.comment == ""
    event = Event.objects.get(kind="retention.set")
    assert (event.actor, event.details["agreed_by"], event.details["report_comment_days"]) == (ada, mo.public_id, 7)
    seal_events()
    assert not verify().found  # no word of a log that was changed


def test_no_event_of_a_person_is_written_without_them(now: dt.datetime) -> None:
    with pytest.raises(AssertionError):
        record("policy.changed", "version 1", label="usr_aaaabbbbccccdddd", at=now)


@pytest.mark.usefixtures("at_work")
def test_where_nobody_else_could_agree_it_takes_a_day_after_everybody_was_told(ada: User, client: Client) -> None:
    asked(client, ada, survivor_words_days=1)
    change = Change.objects.get(kind="retention.set")
    assert change.due_at is not None
    services.told(change, change.asked_at)
    assert carry_out_due(change.asked_at + DAY / 2) == 0
    assert days_kept("survivor_words_days") == 365
    assert carry_out_due(change.asked_at + DAY) == 1
    assert days_kept("survivor_words_days") == 1


@pytest.mark.usefixtures("at_work")
def test_no_emergency_lets_one_person_alone_have_data_removed_sooner(
    ada: User, client: Client, now: dt.datetime
) -> None:
    asked(client, ada, report_comment_days=7, incoming_mail_days=730)
    shorter = Change.objects.get(kind="retention.set")
    assert "/alone/" not in client.get("/people/changes/").content.decode()
    with pytest.raises(NotAllowed, match="for good"):
        services.carry_out_alone(shorter.public_id, "It cannot wait", by=ada, carry_out=carry_out, now=now)
    services.refuse(shorter.public_id, by=ada, now=now)
    assert days_kept("report_comment_days") == 365
    asked(client, ada, report_comment_days=730)  # a court wants them kept, today
    longer = Change.objects.get(kind="retention.set", state=Change.State.WAITING)
    assert "/alone/" in client.get("/people/changes/").content.decode()
    services.carry_out_alone(longer.public_id, "A court's order", by=ada, carry_out=carry_out, now=now)
    assert days_kept("report_comment_days") == 730


@pytest.mark.usefixtures("at_work")
def test_a_page_that_stood_open_asks_for_nothing_that_was_not_touched_there(
    ada: User, client: Client, now: dt.datetime
) -> None:
    client.force_login(ada)
    html = client.get(PAGE).content.decode()
    shown = dict(re.findall(r'<input type="(?:number|hidden)" name="([\w-]+)" value="(\d+)"', html))
    change({"report_comment_days": 730}, now, label="two others")
    client.post(SET, {**shown, "incoming_mail_days": "30"})
    assert Change.objects.get(kind="retention.set").details == {"incoming_mail_days": 30}


def test_before_anybody_has_worked_here_it_takes_effect_at_once(ada: User, client: Client) -> None:
    asked(client, ada, incoming_mail_days=30)
    assert days_kept("incoming_mail_days") == 30
    assert not Change.objects.exists()


@pytest.mark.usefixtures("at_work")
def test_what_cannot_be_a_period_is_refused_on_the_page_and_nothing_else_is_a_change(ada: User, client: Client) -> None:
    answer = asked(client, ada, age_proof_days=0)
    assert answer.status_code == 400
    assert "greater than or equal to 1" in answer.content.decode()
    assert asked(client, ada).status_code == 302
    assert not Change.objects.exists()


def test_who_only_reads_the_log_sees_no_form(make_person: MakePerson, client: Client) -> None:
    client.force_login(make_person("Mo", Role.HOTLINE_MANAGER))
    assert SET not in client.get(PAGE).content.decode()


@pytest.mark.usefixtures("at_work")
def test_no_variable_of_a_machine_shortens_what_was_in_force_once_somebody_has_worked_here(now: dt.datetime) -> None:
    with settings_given(report_comment_days=200):
        assert keep_periods(now) == len(PERIODS) - 1  # nobody has said how long evidence is kept: it stays open
        assert keep_periods(now) == 0
    report = old_report(now)
    with settings_given(report_comment_days=1, retention_days=90):
        remove_due(now)
        report.refresh_from_db()
        assert (report.comment, days_kept("report_comment_days")) == ("words", 200)
        take_up()  # as a process does when it begins
        assert days_kept("report_comment_days") == 200
        assert keep_periods(now) == 1
        assert days_kept("retention_days") == 90
    assert Version.objects.order_by("-pk")[0].set_by == "worker"


def test_until_somebody_has_worked_here_a_machines_own_settings_hold(now: dt.datetime) -> None:
    assert keep_periods(now) == 0
    with settings_given(report_comment_days=10):
        assert days_kept("report_comment_days") == 10
    refuse_alone(["report_comment_days"])


@pytest.mark.usefixtures("at_work")
def test_no_command_changes_it_alone(now: dt.datetime) -> None:
    with pytest.raises(NotAllowed, match="retention_days"):
        refuse_alone(["crawl_host_delay_s", "retention_days"])
    refuse_alone(["crawl_host_delay_s"])


@pytest.mark.usefixtures("at_work")
def test_who_says_that_it_is_a_demonstration_goes_round_nobody_where_people_worked_in_earnest(now: dt.datetime) -> None:
    with settings_given(demonstration=True):
        refuse_alone(["report_comment_days"])
        assert keep_periods(now) == 0
    keep_periods(now)
    with settings_given(demonstration=True), pytest.raises(NotAllowed, match="report_comment_days"):
        refuse_alone(["report_comment_days"])


@pytest.mark.django_db(transaction=True)
def test_a_worker_writes_nothing_over_what_two_people_agreed_to_in_the_same_moment(now: dt.datetime) -> None:
    def of_worker() -> None:
        try:
            keep(now)
        finally:
            connection.close()

    with settings_given(report_comment_days=1):
        with transaction.atomic():
            change({"report_comment_days": 90}, now, label="two people")
            worker = Thread(target=of_worker)
            worker.start()
            wait_until_one_waits()
        worker.join()
        assert days_kept("report_comment_days") == 90


def wait_until_one_waits() -> None:
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    pytest.fail("nobody waited")


def test_the_page_asks_for_the_policy_once_and_shows_what_holds_now(ada: User, client: Client) -> None:
    client.force_login(ada)
    for days in (33, 44):
        change({"survivor_words_days": days}, dt.datetime.now(dt.UTC), label="test")
        with CaptureQueriesContext(connection) as asked:
            page = client.get(PAGE).content.decode()
        assert f">{days}<" in page
        assert sum('FROM "policy_version"' in each["sql"] for each in asked) <= 2
