"""A request is stopped for somebody who lost its code: two people, seven days, and whoever has the code says no."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from orbweaver.detect.evidence.erasing import ERASURE_ALLOWED
from orbweaver.detect.evidence.models import Archive
from orbweaver.detect.intake.models import AskedHash
from orbweaver.detect.intake.rules import AskedFor
from orbweaver.doors.changing import ask_for, carry_out, never_alone
from orbweaver.doors.workers.changes import carry_out_due
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.follow.survivors import services as requests
from orbweaver.follow.survivors import stops
from orbweaver.follow.survivors.models import Request, Stop
from orbweaver.follow.survivors.selectors import requests as listed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record
from orbweaver.people.changes import services
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.rules import SURVIVOR_STOP

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]
MakePerson = Callable[..., User]
DAY = dt.timedelta(days=1)
WORDS, CONTACT, IN_PERSON = "words", "safe_contact", "in_person"


@pytest.fixture
def sol(make_person: MakePerson) -> User:
    return make_person("Sol", Role.SURVIVOR_SUPPORT)


@pytest.fixture
def sam(make_person: MakePerson) -> User:
    return make_person("Sam", Role.SURVIVOR_SUPPORT)


@pytest.fixture
def request_(now: dt.datetime) -> Request:
    asked = requests.Asked(
        capacity=Request.Capacity.CHILD,
        aim=Request.Aim.PICTURE,
        at_risk=False,
        hashes=[AskedFor("sha256", b"\xab" * 32)],
        words="Only at school.",
    )
    return requests.ask(asked, now)[0]


def ask_to_stop(request: Request, surety: str, by: User, now: dt.datetime) -> Change:
    change = ask_for(SURVIVOR_STOP, request.public_id, request.public_id, {"surety": surety}, by=by, now=now)
    assert change is not None, "it waits, also before anybody has looked at an item"
    return change


def agree(change: Change, by: User, now: dt.datetime) -> Change:
    return services.agree(change.public_id, by=by, carry_out=carry_out, now=now)


def agreed(request: Request, surety: str, sol: User, sam: User, now: dt.datetime) -> Stop:
    agree(ask_to_stop(request, surety, sol, now), sam, now)
    return Stop.objects.latest("pk")


def is_on(request: Request) -> bool:
    """Whether it goes on: neither withdrawn nor its fingerprint gone."""
    fresh = Request.objects.get(pk=request.pk)
    assert (fresh.withdrawn_at is None) == AskedHash.objects.exists()
    return fresh.withdrawn_at is None


@pytest.mark.parametrize("surety", [WORDS, CONTACT])
def test_two_people_and_seven_days_end_it_and_nothing_sooner(
    request_: Request, sol: User, sam: User, now: dt.datetime, surety: str
) -> None:
    change = ask_to_stop(request_, surety, sol, now)
    assert change.due_at is None
    with pytest.raises(NotAllowed, match="yourself"):
        agree(change, sol, now)
    assert not Stop.objects.exists()
    agree(change, sam, now)
    stop = Stop.objects.get()
    assert 7 * DAY <= stop.stops_at - now < 8 * DAY
    assert (stops.stop_due(stop.stops_at - dt.timedelta(seconds=1)), is_on(request_)) == (0, True)
    assert (stops.stop_due(stop.stops_at), is_on(request_)) == (1, False)
    assert stops.stop_due(stop.stops_at) == 0, "once"
    agreed_to = Event.objects.get(kind=SURVIVOR_STOP)
    assert (agreed_to.actor, agreed_to.details["agreed_by"]) == (sol, sam.public_id)
    ended = Event.objects.get(kind="survivor_request.withdrawn")
    assert (ended.actor, ended.details) == (sol, {"hashes": 1, "surety": surety})
    assert Stop.objects.get().outcome == Stop.Outcome.STOPPED
    assert stops.stopped_by_us(request_)


def test_who_came_in_person_has_it_stopped_as_soon_as_two_agree_also_while_a_week_runs(
    request_: Request, sol: User, sam: User, now: dt.datetime
) -> None:
    agreed(request_, WORDS, sol, sam, now)
    with pytest.raises(Conflict, match="agreed already"):
        ask_to_stop(request_, CONTACT, sol, now)
    change = ask_to_stop(request_, IN_PERSON, sol, now)
    assert is_on(request_)
    agree(change, sam, now + DAY)
    assert not is_on(request_)
    assert [(each.surety, each.outcome) for each in Stop.objects.all()] == [(IN_PERSON, Stop.Outcome.STOPPED)]
    assert stops.stop_due(now + 9 * DAY) == 0


def test_whoever_has_the_code_says_that_it_goes_on_and_support_sees_that_first(
    request_: Request, sol: User, sam: User, now: dt.datetime
) -> None:
    requests.finish(request_, done=True, by=sol, now=now)
    stop = agreed(request_, WORDS, sol, sam, now)
    assert request_ not in listed()
    assert stops.go_on(request_, now + DAY)
    assert not stops.go_on(request_, now + DAY), "once"
    assert (stops.stop_due(stop.stops_at), is_on(request_)) == (0, True)
    assert Event.objects.filter(kind="survivor_request.gone_on", subject=request_.public_id).count() == 1
    assert request_ in listed(), "though nothing was left to do for it"
    assert [each.request for each in stops.gone_on()] == [request_]
    requests.finish(request_, done=True, by=sol, now=now + 2 * DAY)
    assert request_ not in listed()
    again = agreed(request_, CONTACT, sol, sam, now + 2 * DAY)
    assert (stops.stop_due(again.stops_at), is_on(request_)) == (1, False)
    assert not stops.gone_on().exists()


def test_one_of_support_alone_calls_it_off_and_that_is_not_said_to_be_whoever_has_the_code(
    request_: Request, sol: User, sam: User, now: dt.datetime
) -> None:
    stop = agreed(request_, WORDS, sol, sam, now)
    assert stops.go_on(request_, now + DAY, by=sam)
    assert (stops.stop_due(stop.stops_at), is_on(request_)) == (0, True)
    assert Event.objects.get(kind="survivor_request.gone_on").actor == sam
    assert not stops.gone_on().exists()
    agreed(request_, WORDS, sol, sam, now + 2 * DAY)


def test_whoever_has_the_code_stops_it_meanwhile_and_no_change_or_duty_does_so_again(
    request_: Request, sol: User, sam: User, now: dt.datetime
) -> None:
    stop = agreed(request_, WORDS, sol, sam, now)
    change = ask_to_stop(request_, IN_PERSON, sol, now)
    requests.withdraw(request_, now + DAY)
    assert Stop.objects.get().outcome == Stop.Outcome.BY_CODE
    assert not stops.stopped_by_us(request_), "the page says that the person stopped it"
    assert (stops.stop_due(stop.stops_at), stops.go_on(request_, now + DAY)) == (0, False)
    with pytest.raises(Conflict, match="already"):
        agree(change, sam, now + DAY)
    with pytest.raises(InvalidInput, match="withdrawn"):
        ask_to_stop(request_, CONTACT, sol, now + DAY)
    assert Event.objects.filter(kind="survivor_request.withdrawn").count() == 1


def test_a_worker_that_dies_on_the_way_has_stopped_nothing_and_the_next_one_does(
    request_: Request, sol: User, sam: User, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = agreed(request_, WORDS, sol, sam, now)

    def dies(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("orbweaver.follow.survivors.services.record", dies)
        with pytest.raises(SystemExit):
            stops.stop_due(stop.stops_at)
    assert is_on(request_)
    assert (stops.stop_due(stop.stops_at), is_on(request_)) == (1, False)


def test_while_the_clock_may_have_jumped_none_stops(request_: Request, sol: User, sam: User, now: dt.datetime) -> None:
    stop = agreed(request_, WORDS, sol, sam, now)
    Archive.objects.update_or_create(pk=1, defaults={"bound_at": now, "swept_at": now, "simulated": False})
    assert (stops.stop_due(stop.stops_at), is_on(request_)) == (0, True)
    Archive.objects.update(swept_at=stop.stops_at)
    assert (stops.stop_due(stop.stops_at), is_on(request_)) == (1, False)


def test_no_emergency_lets_one_person_stop_it(
    request_: Request, sol: User, sam: User, make_person: MakePerson, now: dt.datetime
) -> None:
    ada, change = make_person("Ada", Role.ADMINISTRATOR), ask_to_stop(request_, IN_PERSON, sol, now)
    assert never_alone(change) is not None
    with pytest.raises(NotAllowed, match="not even in an emergency"):
        services.carry_out_alone(change.public_id, "Now!", by=ada, carry_out=carry_out, now=now)
    assert is_on(request_)


def test_who_may_read_the_request_agrees_and_administrators_only_where_nobody_else_may(
    request_: Request, sol: User, make_person: MakePerson, now: dt.datetime
) -> None:
    ada, ann = make_person("Ada", Role.ADMINISTRATOR), make_person("Ann", Role.ANALYST)
    sam = make_person("Sam", Role.SURVIVOR_SUPPORT)
    change = ask_to_stop(request_, WORDS, sol, now)
    with pytest.raises(NotAllowed, match="they can read the request"):
        agree(change, ada, now)
    User.objects.filter(pk=sam.pk).update(is_active=False)
    with pytest.raises(NotAllowed, match="administrators"):
        agree(change, ann, now)
    agree(change, ada, now)
    assert Stop.objects.exists()


def test_one_account_of_the_asker_is_not_another_person(
    request_: Request, sol: User, make_person: MakePerson, now: dt.datetime
) -> None:
    other = make_person("S. Ol", Role.SURVIVOR_SUPPORT)
    User.objects.filter(pk=other.pk).update(display_name="sol")
    change = ask_to_stop(request_, WORDS, sol, now)
    assert change.due_at == now + DAY
    with pytest.raises(NotAllowed):
        agree(change, User.objects.get(pk=other.pk), now)


def test_support_refuses_and_in_a_hotline_of_one_it_takes_a_day_and_then_the_week(
    request_: Request, sol: User, now: dt.datetime, make_person: MakePerson
) -> None:
    change = ask_to_stop(request_, WORDS, sol, now)
    assert change.due_at == now + DAY
    services.told(change, now)
    assert (carry_out_due(now + DAY), Stop.objects.count()) == (1, 1)
    assert is_on(request_)
    stop = Stop.objects.get()
    assert stop.stops_at - now >= 8 * DAY
    stops.go_on(request_, now + 2 * DAY)
    again = ask_to_stop(request_, WORDS, sol, now + 2 * DAY)
    services.refuse(again.public_id, by=make_person("Sam", Role.SURVIVOR_SUPPORT), now=now + 2 * DAY)
    assert not stops.waiting().exists()


def test_in_a_hotline_of_one_a_week_passes_also_for_who_came_in_person(
    request_: Request, sol: User, now: dt.datetime
) -> None:
    change = ask_to_stop(request_, IN_PERSON, sol, now)
    services.told(change, now)
    assert (carry_out_due(now + DAY), is_on(request_)) == (1, True)
    assert Stop.objects.get().stops_at - now >= 8 * DAY


@pytest.mark.django_db(transaction=True)
def test_whoever_says_at_the_very_moment_that_it_goes_on_is_heard(
    request_: Request, sol: User, sam: User, now: dt.datetime
) -> None:
    stop = agreed(request_, WORDS, sol, sam, now)

    def at_the_same_moment() -> int:
        try:
            return stops.stop_due(stop.stops_at)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as others:
        with transaction.atomic():
            assert stops.go_on(request_, stop.stops_at)
            duty = others.submit(at_the_same_moment)
            time.sleep(0.3)
            assert not duty.done(), "it waits for what is said"
        duty.result(timeout=20)
    assert is_on(request_)
    assert Stop.objects.get().outcome == Stop.Outcome.GONE_ON


def test_what_was_asked_for_before_somebody_said_go_on_stops_nothing_afterwards(
    request_: Request, sol: User, sam: User, now: dt.datetime
) -> None:
    """Neither of the two had read it. In a hotline of one it would come about by itself."""
    agreed(request_, WORDS, sol, sam, now)
    change = ask_to_stop(request_, IN_PERSON, sol, now + DAY / 2)
    Change.objects.filter(pk=change.pk).update(due_at=now + 2 * DAY, told_at=now)
    stops.go_on(request_, now + DAY)
    assert Change.objects.get(pk=change.pk).state == Change.State.WITHDRAWN
    Change.objects.filter(pk=change.pk).update(state=Change.State.WAITING)  # agreed to at the same moment
    with pytest.raises(Conflict, match="ask again"):
        agree(change, sam, now + 2 * DAY)
    assert (carry_out_due(now + 2 * DAY), is_on(request_)) == (1, True)
    assert Change.objects.get(pk=change.pk).state == Change.State.REFUSED


def test_what_waits_about_a_request_that_stopped_waits_no_more(
    request_: Request, sol: User, now: dt.datetime, make_person: MakePerson
) -> None:
    make_person("Sam", Role.SURVIVOR_SUPPORT)
    change = ask_to_stop(request_, WORDS, sol, now)
    requests.withdraw(request_, now + DAY)
    assert Change.objects.get(pk=change.pk).state == Change.State.WITHDRAWN


def test_where_the_clock_was_in_doubt_the_week_begins_anew_once_a_person_says_that_it_is_right(
    request_: Request, sol: User, sam: User, now: dt.datetime
) -> None:
    """For so long nothing may have run: nobody could open the page and say that it goes on."""
    stop = agreed(request_, WORDS, sol, sam, now)
    back = now + 9 * DAY
    record(ERASURE_ALLOWED, "archive", at=back)
    assert (stops.stop_due(back), is_on(request_)) == (1, True)
    stop.refresh_from_db()
    assert 7 * DAY <= stop.stops_at - back < 8 * DAY
    assert (stops.stop_due(back + 6 * DAY), stops.stop_due(stop.stops_at), is_on(request_)) == (0, 1, False)


@pytest.mark.parametrize("kind", ["role.taken", "person.switched_off"])
def test_nobody_alone_takes_away_whoever_else_could_say_no(
    request_: Request, sam: User, make_person: MakePerson, now: dt.datetime, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("orbweaver.doors.changing.anything_to_guard", lambda: True)
    ada = make_person("Ada", Role.ADMINISTRATOR, Role.SURVIVOR_SUPPORT)
    details = {"role": Role.SURVIVOR_SUPPORT.value} if kind == "role.taken" else {}
    change = ask_for(kind, sam.public_id, "Sam", details, by=ada, now=now)
    assert change is not None
    assert ask_to_stop(request_, IN_PERSON, ada, now).due_at is None, "Sam is asked"
    services.carry_out_alone(change.public_id, "Gone", by=ada, carry_out=carry_out, now=now)
    assert ask_to_stop(request_, WORDS, ada, now).due_at == now + 30 * DAY
