"""How many must agree, what acts alone, and what a third answer does after the notice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import selectors, services
from orbweaver.assess.review.models import ReviewItem, Verdict
from orbweaver.assess.review.queue import queue_for
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.matching.models import Sighting
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
REMOVE = Answers(True, True, Category.CSAM, 3, 5)
RELATED = Answers(True, True, Category.CSAM_RELATED, 3, 5)
SUB_TYPE_B = Answers(True, True, Category.OTHER_HARMFUL, 3, 5, nude=True, sexualised_context=True)
NOTHING = Answers(is_child=False, is_harmed=False)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


def answer(person: User, item: ReviewItem, answers: Answers = REMOVE) -> Verdict | None:
    taken = services.take(item.public_id, person, NOW)
    return services.record_assessment(item.public_id, person, answers, taken.version, NOW).verdict


def alone() -> set[bool]:
    return set(HashListEntry.objects.filter(hash_list__kind="own").values_list("acts_alone", flat=True))


@pytest.fixture
def three(make_person: Callable[..., User]) -> list[User]:
    return [make_person(name, Role.ANALYST) for name in ("Ann", "Bea", "Cleo")]


@pytest.fixture
def item(make_sighting: Callable[..., Sighting]) -> ReviewItem:
    return services.open_items([make_sighting(b"one")], NOW)[0]


def test_two_give_the_verdict_at_once_and_the_third_lets_the_hash_act_alone(
    three: list[User], item: ReviewItem
) -> None:
    ann, bea, cleo = three
    answer(ann, item)
    assert answer(bea, item) is not None
    assert alone() == {False}
    assert answer(cleo, item) is None
    item.refresh_from_db()
    assert item.confirmation == ReviewItem.Confirmation.DONE
    assert alone() == {True}
    assert Verdict.objects.count() == 1
    assert Event.objects.filter(kind="entry.acts_alone").count() == 1


def test_a_third_who_differs_leaves_the_verdict_and_no_hash_acts_alone(three: list[User], item: ReviewItem) -> None:
    for person, answers in zip(three, (REMOVE, REMOVE, RELATED), strict=True):
        answer(person, item, answers)
    item.refresh_from_db()
    assert (item.confirmation, item.state) == (ReviewItem.Confirmation.DIFFERS, ReviewItem.State.DECIDED)
    assert item.verdict.category == "csam"
    assert alone() == {False}
    assert Event.objects.filter(kind="item.not_confirmed").count() == 1


def test_what_waits_for_a_third_answer_comes_after_what_waits_for_a_verdict(
    three: list[User], item: ReviewItem, make_sighting: Callable[..., Sighting]
) -> None:
    ann, bea, cleo = three
    answer(ann, item)
    answer(bea, item)
    (fresh,) = services.open_items([make_sighting(b"two")], NOW + dt.timedelta(hours=1))
    assert services.take_next(cleo, NOW) == fresh


def test_a_third_analyst_cannot_tell_that_there_is_a_verdict(three: list[User], item: ReviewItem) -> None:
    ann, bea, cleo = three
    before = selectors.item_for(item.public_id, cleo, NOW)
    answer(ann, item)
    answer(bea, item)
    services.take(item.public_id, cleo, NOW)
    view = selectors.item_for(item.public_id, cleo, NOW)
    assert (view.state, view.verdict, view.answers) == ("waiting", None, [])
    assert view.why_here == before.why_here
    (row,) = queue_for(cleo, NOW).rows
    assert row.state == "waiting"


@pytest.mark.parametrize("answers", [SUB_TYPE_B, NOTHING])
def test_nobody_is_asked_to_look_again_where_no_hash_could_act(
    three: list[User], item: ReviewItem, answers: Answers
) -> None:
    ann, bea, cleo = three
    answer(ann, item, answers)
    answer(bea, item, answers)
    assert services.take_next(cleo, NOW) is None


def test_what_a_senior_decided_never_acts_alone(
    three: list[User], item: ReviewItem, make_person: Callable[..., User]
) -> None:
    ann, bea, cleo = three
    answer(ann, item)
    answer(bea, item, RELATED)
    answer(make_person("Sue", Role.SENIOR_ANALYST), item)
    assert services.take_next(cleo, NOW) is None
    assert alone() == {False}


def test_analysts_who_agreed_about_the_same_bytes_elsewhere_count(
    three: list[User], item: ReviewItem, make_sighting: Callable[..., Sighting]
) -> None:
    ann, bea, cleo = three
    answer(ann, item)
    answer(bea, item)
    (again,) = services.open_items([make_sighting(b"one")], NOW)
    answer(cleo, again)
    assert alone() == {False}
    answer(ann, again)
    assert alone() == {True}
    again.refresh_from_db()
    assert again.confirmation == ReviewItem.Confirmation.NONE


def test_the_policy_waits_for_the_third_and_then_needs_no_look(
    three: list[User], item: ReviewItem, make_sighting: Callable[..., Sighting], set_config: Callable[..., None]
) -> None:
    set_config(policy_exact_verified="true")
    ann, bea, cleo = three
    answer(ann, item)
    answer(bea, item)
    (early,) = services.open_items([make_sighting(b"one")], NOW)
    assert early.state == ReviewItem.State.WAITING
    answer(cleo, item)
    early.sightings.clear()
    early.delete()
    (later,) = services.open_items([make_sighting(b"one")], NOW)
    assert later.verdict.decided_by == Verdict.By.POLICY
    HashListEntry.objects.filter(hash_list__kind="own").update(state=HashListEntry.State.DISPUTED)
    (disputed,) = services.open_items([make_sighting(b"one")], NOW)
    assert disputed.state == ReviewItem.State.WAITING


def test_a_category_can_ask_for_three_before_its_verdict(
    three: list[User], item: ReviewItem, set_config: Callable[..., None]
) -> None:
    set_config(review_required_csam=3)
    assert [answer(person, item) is not None for person in three] == [False, False, True]
    assert alone() == {True}
