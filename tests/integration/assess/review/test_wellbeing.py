"""Budgets and breaks hold in the services, whatever page or program asks; managers see totals alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from orbweaver.assess.criteria import Answers
from orbweaver.assess.review import services
from orbweaver.assess.review.errors import BudgetSpent, OnBreak
from orbweaver.assess.review.models import ReviewItem, WorkSpell
from orbweaver.assess.review.wellbeing import exposure_of, team_exposure
from orbweaver.detect.matching.models import Sighting
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import real_now

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
NOTHING = Answers(is_child=False, is_harmed=False)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


@pytest.fixture
def ann(make_person: Callable[..., User]) -> User:
    return make_person("Ann", Role.ANALYST)


@pytest.fixture
def item(make_sighting: Callable[..., Sighting]) -> ReviewItem:
    return services.open_items([make_sighting(b"one")], NOW)[0]


def worked(person: User, minutes: float, *, until: float = 0) -> None:
    """A spell that ended so many minutes ago, inside today."""
    end = real_now() - dt.timedelta(minutes=until)
    WorkSpell.objects.create(person=person, began_at=end - dt.timedelta(minutes=minutes), ended_at=end)


def test_the_days_looks_are_a_budget_and_the_item_can_still_be_saved(
    ann: User, item: ReviewItem, set_config: Callable[..., None]
) -> None:
    set_config(wellbeing_looks_per_day=2)
    taken = services.take(item.public_id, ann, NOW)
    services.record_look(item.public_id, ann, NOW, bytes)
    services.record_look(item.public_id, ann, NOW, bytes)
    with pytest.raises(BudgetSpent, match="enough pictures today"):
        services.record_look(item.public_id, ann, NOW, bytes)
    assert item.looks.count() == 2
    services.record_assessment(item.public_id, ann, NOTHING, taken.version, NOW)
    with pytest.raises(BudgetSpent):
        services.take_next(ann, NOW)


def test_a_look_whose_answer_was_lost_is_asked_for_again_and_counts_once(
    ann: User, item: ReviewItem, set_config: Callable[..., None]
) -> None:
    set_config(wellbeing_looks_per_day=2)
    services.take(item.public_id, ann, NOW)
    for key in ("the first", "the first", "the next", "the next"):
        services.record_look(item.public_id, ann, NOW, bytes, key=key)
    assert item.looks.count() == 2
    events = Event.objects.filter(kind="item.looked_at").order_by("pk")
    assert [event.details.get("again", False) for event in events] == [False, True, False, True]
    item.looks.update(asked_at=real_now() - dt.timedelta(minutes=3))
    for key in ("", "the next"):
        with pytest.raises(BudgetSpent):
            services.record_look(item.public_id, ann, NOW, bytes, key=key)


def test_a_break_locks_the_queue_and_saving_and_giving_back_stay_open(
    ann: User, item: ReviewItem, set_config: Callable[..., None]
) -> None:
    services.take(item.public_id, ann, NOW)
    set_config(wellbeing_work_minutes=1)
    worked(ann, 2)
    for begin in (services.take_next, lambda user, now: services.record_look(item.public_id, user, now, bytes)):
        with pytest.raises(OnBreak, match="time for a break"):
            begin(ann, NOW)
    services.release(item.public_id, ann, NOW)
    item.refresh_from_db()
    assert item.leased_to is None


def test_a_break_ends_by_itself(ann: User, item: ReviewItem, set_config: Callable[..., None]) -> None:
    set_config(wellbeing_work_minutes=1)
    worked(ann, 2, until=11)
    assert services.take_next(ann, NOW) == item


def test_the_days_hours_are_a_budget(ann: User, item: ReviewItem, set_config: Callable[..., None]) -> None:
    set_config(wellbeing_hours_per_day=0.0001, wellbeing_work_minutes=600)
    start_of_day = real_now().replace(hour=0, minute=0, second=0, microsecond=0)
    WorkSpell.objects.create(person=ann, began_at=start_of_day, ended_at=start_of_day + dt.timedelta(seconds=1))
    with pytest.raises(BudgetSpent, match="enough hours today"):
        services.take_next(ann, NOW)


def test_work_is_counted_in_spells_that_grow(ann: User, item: ReviewItem) -> None:
    services.take(item.public_id, ann, NOW)
    services.record_look(item.public_id, ann, NOW, bytes)
    services.renew_lease(item.public_id, ann, NOW)
    assert WorkSpell.objects.filter(person=ann).count() == 1
    WorkSpell.objects.update(
        began_at=real_now() - dt.timedelta(minutes=40), ended_at=real_now() - dt.timedelta(minutes=11)
    )
    services.renew_lease(item.public_id, ann, NOW)
    assert WorkSpell.objects.filter(person=ann).count() == 2


def test_each_person_sees_their_own_days_and_the_team_its_totals_once_it_is_large_enough(
    ann: User, make_person: Callable[..., User], item: ReviewItem
) -> None:
    services.take(item.public_id, ann, NOW)
    services.record_look(item.public_id, ann, NOW, bytes)
    own = exposure_of(ann)
    assert (len(own.days), own.days[-1].looks, own.pace.looks) == (14, 1, 1)
    bea, cleo = make_person("Bea", Role.ANALYST), make_person("Cleo", Role.ANALYST)
    assert exposure_of(bea).days[-1].looks == 0
    worked(bea, 1)
    assert team_exposure().days == []
    worked(cleo, 1)
    team = team_exposure()
    assert (team.people, team.days[-1].looks) == (3, 1)
