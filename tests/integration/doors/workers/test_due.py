"""The worker: everything that falls due, one failing duty beside the others, an orderly stop."""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orbweaver.doors.due import Found
from orbweaver.doors.duties import DUTIES
from orbweaver.doors.workers import due
from orbweaver.doors.workers.due import Worker
from orbweaver.errors import Unavailable
from orbweaver.follow.conduct.models import ProviderConduct
from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import now
from orbweaver.platform.pulse import PULSE_S

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
BESIDE_A_STATE_OR_TIME = {
    "audit_event.actor_id",  # verifying the log compares who is named, once a day
    "police_force.ended_at",  # the few forces that are still told
    "police_force.organisation_id",  # of them, those that no agreement ends
    "escalation_escalation.id",  # none is begun yet; the table says why it is not begun with the notice
    "evidence_evidenceobject.erased_at",
    "evidence_evidenceobject.held_at",  # what is due and under no legal hold
    "evidence_hold.ended_at",  # holds whose last day is over
    "linking_neighbour.held_id",  # what was not kept, when its time has come
    "machines_machine.gone_at",  # the few machines that were not let go
    "matching_missedevidence.retry_at",
    "notices_incominganswer.notice_id",  # mails whose time has come, of no notice that is open
    "notices_notice.contact_id",
    "notices_notice.news_at",
    "notices_outboxmessage.lease_until",
    "notices_outboxmessage.retry_at",
    "notices_tolookup.push_back_id",
    "police_order.keep_until",  # the few orders that last: what was captured since is held before anything goes
    "police_referral.failed_at",  # those that wait, and not those that could not be written a moment ago
    "survivors_stop.ended_at",  # whose week is over, and which nobody has taken back
}
"""What may be empty where a state is looked for or a time that has come."""


@pytest.fixture
def verdict(world: Any) -> None:
    add_contact(add_provider("Host", now=NOW, domains=["host.example"]), "abuse@host.example", now=NOW)
    world.verdict("https://host.example/1.png")


def wait_until(condition: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_once_does_what_is_due_and_says_what_it_was(verdict: None) -> None:
    done = Worker().run_once()
    assert done["notices issued"] == 1
    assert done["audit events sealed"] > 0
    assert OutboxMessage.objects.get().state == "queued"  # no mail server is set
    assert RecheckTarget.objects.count() == 1
    assert not Event.objects.filter(position__isnull=True).exists()


def test_no_duty_looks_for_work_by_a_column_that_is_empty_but_those_whose_reason_stands_in_the_table() -> None:
    said = {
        f"{apps.get_model(waits.where)._meta.db_table}.{waits.field}"
        for waits in (duty.waits for duty in DUTIES)
        if waits is not None and waits.found == Found.EMPTY and waits.why
    }
    with CaptureQueriesContext(connection) as queries:
        Worker().run_once()
    asked = {
        column for query in queries.captured_queries for column in re.findall(r'"(\w+"\."\w+)" IS NULL', query["sql"])
    }
    assert {each.replace('"', "") for each in asked} <= BESIDE_A_STATE_OR_TIME | said


def test_it_assesses_how_providers_behave_once_a_day(verdict: None) -> None:
    Worker().run_once()
    assert not ProviderConduct.objects.exists()  # nothing was sent yet
    Notice.objects.update(first_sent_at=now() - dt.timedelta(days=1))
    assert Worker().run_once()["conduct of providers assessed"] == 1
    assert ProviderConduct.objects.get().provider.name == "Host"
    assert "conduct of providers assessed" not in Worker().run_once()


class Running:
    """A worker in a thread of the test, stopped in the end."""

    def __init__(self) -> None:
        self.worker = Worker()
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.worker.run()
        except Exception as error:
            self.error = error

    def __enter__(self) -> Worker:
        self.thread.start()
        return self.worker

    def __exit__(self, *_: object) -> None:
        self.worker.stop()
        self.thread.join(due.STOP_WITHIN_S + 5)
        assert not self.thread.is_alive()


def test_a_running_worker_takes_up_a_verdict_by_itself_and_stops_when_asked(verdict: None) -> None:
    with Running():
        wait_until(Notice.objects.exists)
        began = time.monotonic()
    assert time.monotonic() - began < due.STOP_WITHIN_S


def test_a_duty_that_fails_stops_neither_its_lane_nor_the_others(
    verdict: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(now: dt.datetime) -> int:
        raise RuntimeError("https://secret.example/ is what went wrong")

    monkeypatch.setattr("orbweaver.notify.notices.sending.reminders.queue_reminders", fail)
    monkeypatch.setattr(due, "PAUSE_AFTER_ERROR_S", 0.01)
    with Running() as worker:
        wait_until(lambda: worker.done["reminders queued failed"] > 1)
        wait_until(Notice.objects.exists)
    assert "reminders queued failed: RuntimeError at" in caplog.text
    assert "secret.example" not in caplog.text


def test_a_lane_that_cannot_run_at_all_ends_the_worker_so_that_it_is_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("orbweaver.follow.recheck.checking.Checker.__enter__", fail)
    running = Running()
    with running:
        running.thread.join(10)
    assert isinstance(running.error, Unavailable)
    assert "rechecks lane" in str(running.error)


def test_at_rest_what_needs_a_commit_to_be_due_is_looked_for_more_seldom_than_what_time_brings() -> None:
    rests = {duty.name: duty.rest_s for lane in Worker()._lanes() for duty in lane.duties}
    assert (rests["sightings linked"], rests["referrals to police written"]) == (180, 180)
    assert (rests["rechecks"], rests["reminders queued"]) == (60, 60)
    assert rests["messages sent"] == 20, "a lease that ran out is a time, too"


def test_a_faster_clock_makes_the_worker_look_more_often(set_config: Any) -> None:
    usual = {duty.name: duty.rest_s for lane in Worker()._lanes() for duty in lane.duties}
    set_config(clock_speed=600, clock_epoch="2026-11-24T00:00:00Z")
    hurried = {duty.name: duty.rest_s for lane in Worker()._lanes() for duty in lane.duties}
    assert set(hurried.values()) == {due.REST_SHORTEST_S}
    assert all(usual[name] > rest for name, rest in hurried.items())


def test_a_worker_at_rest_looks_at_next_to_nothing_until_something_is_committed(
    monkeypatch: pytest.MonkeyPatch, world: Any
) -> None:
    looks: list[float] = []

    def link() -> int:
        looks.append(time.monotonic())
        return 0

    monkeypatch.setattr("orbweaver.assess.linking.sightings.link", link)
    with Running():
        wait_until(lambda: looks and time.monotonic() - looks[-1] > 3 * PULSE_S, 60)  # what it wrote itself is over
        before = len(looks)
        add_provider("Host", now=NOW, domains=["host.example"])
        wait_until(lambda: len(looks) > before, seconds=2)


@pytest.mark.parametrize(
    ("name", "rest_s", "kept"),
    [("found", 180, False), ("rechecks", 60, True), ("upkeep", 60, False), ("upkeep", 20, True)],
)
def test_a_lane_that_rests_for_long_gives_its_connection_back(
    own_sessions: None, name: str, rest_s: float, kept: bool
) -> None:
    worker, sessions = Worker(), list[int]()

    def look() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            sessions.extend(cursor.fetchone())
        return 0

    lane = due.Lane(name, [due.Duty("looks", look, rest_s=rest_s, stirred=False)])
    thread = threading.Thread(target=worker._run_lane, args=(lane,))
    thread.start()
    try:
        wait_until(lambda: sessions)
        time.sleep(0.5)
        assert is_there(sessions[0]) == kept
    finally:
        worker.stop()
        lane.stir.set()
        thread.join(5)
    assert not is_there(sessions[0])


def test_lanes_that_give_theirs_back_each_minute_are_there() -> None:
    assert set(due.WIDE) <= {lane.name for lane in Worker()._lanes()}


def is_there(session: int) -> bool:
    """Whether the server has it, half a second after it may have gone."""
    deadline = time.monotonic() + 0.5
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [session])
            found = bool(cursor.rowcount)
        if not found or time.monotonic() > deadline:
            return found


def test_who_knows_when_something_is_due_looks_then_and_no_sooner() -> None:
    left: list[float | None] = [None, 0.5, 0.0, 40.0]
    duty = due.Duty("notices issued", lambda: 0, rest_s=2, next_due=lambda: left.pop(0), ran_at=0.0, stirred=False)
    rests = []
    for _ in range(4):
        duty.run_due(30.0)
        rests.append(duty.due_at)
    assert rests == [30.0, 0.5, 2, 30.0]


def test_a_verdict_that_can_still_be_taken_back_says_when_its_notice_goes(verdict: None) -> None:
    from orbweaver.notify.notices.models import ToNotify
    from orbweaver.notify.notices.routing.issuing import seconds_to_next

    assert ToNotify.objects.update(due_at=NOW + dt.timedelta(seconds=45)) == 1
    assert seconds_to_next(NOW) == 45
    assert seconds_to_next(NOW + dt.timedelta(minutes=2)) == 0
    ToNotify.objects.all().delete()
    assert seconds_to_next(NOW) is None
