"""What a manager sees of agreement: Krippendorff's alpha of blind answers, by category and by analyst, from what the
database holds; no figure from too few answers, and none of answers that were not blind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import pytest

from orbweaver.assess.review.agreement import Rating, agreement
from orbweaver.assess.review.models import Assessment, KnownAnswer, ReviewItem
from orbweaver.assess.review.team import ENOUGH_ITEMS, ratings, team
from orbweaver.people.accounts.messages import TRAINING_MISSING
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]

Answered = Callable[..., ReviewItem]


@pytest.fixture
def people(make_person: Callable[..., User]) -> list[User]:
    return [make_person(name, Role.ANALYST) for name in ("Ann", "Bea", "Cleo")]


@pytest.fixture
def answered(world: object, people: list[User]) -> Answered:
    """An item with what each analyst said of it, in order; ``facts`` are of the answers."""

    def make(categories: Sequence[str], **facts: object) -> ReviewItem:
        item: ReviewItem = world.item("https://images.example/x.png")  # type: ignore[attr-defined]  # tests' own World
        for person, category in zip(people, categories, strict=False):
            said: dict[str, object] = {
                "answers": {},
                "outcome": "remove" if category else "no_action",
                "category": category,
                "criteria_version": "1",
                "training_completed_on": NOW.date(),
                "made_at": NOW,
            }
            Assessment.objects.create(item=item, analyst=person, **(said | facts))
        return item

    return make


def fill(answered: Answered) -> None:
    """Ann and Bea agree about most of ``ENOUGH_ITEMS`` items, Cleo differs from them half the time."""
    for number in range(ENOUGH_ITEMS):
        truth = "csam" if number % 2 else ""
        bea = "csam_related" if number == 1 else truth
        cleo = truth if number % 4 < 2 else "other_harmful"
        answered([truth, bea, cleo])


def test_alpha_of_all_answers_by_category_and_by_analyst(answered: Answered) -> None:
    fill(answered)
    found = team(NOW)
    assert found.overall.items == ENOUGH_ITEMS
    assert found.overall.alpha == agreement(ratings()).alpha
    assert found.overall.alpha is not None
    assert 0 < found.overall.alpha < 0.8
    rows = {row.name: row for row in found.by_category}
    sides = [Rating(each.item, each.analyst, each.value == "csam") for each in ratings()]
    assert rows["csam"].alpha == agreement(sides).alpha
    assert rows["csam_related"].alpha is None, "one answer of it says nothing"
    assert [row.name for row in found.by_analyst] == ["Ann", "Bea", "Cleo"]
    ann, bea, cleo = (row.alpha for row in found.by_analyst)
    assert ann is not None
    assert bea is not None
    assert cleo is not None
    assert ann > bea > cleo, "who differs from the others stands out"


def test_the_interval_holds_the_figure(answered: Answered) -> None:
    fill(answered)
    overall = team(NOW).overall
    assert overall.interval is not None
    assert overall.alpha is not None
    assert overall.interval.low <= overall.alpha <= overall.interval.high


def test_too_few_answers_give_no_figure(answered: Answered) -> None:
    for _ in range(ENOUGH_ITEMS - 1):
        answered(["csam", ""])
    found = team(NOW)
    assert (found.overall.items, found.overall.alpha) == (ENOUGH_ITEMS - 1, None)
    assert [row.alpha for row in found.by_analyst] == [None, None]


def test_only_blind_answers_about_real_items_count(answered: Answered, people: list[User]) -> None:
    first = answered(["csam", "csam"])
    answered(["csam"], adjudicates=True)
    answered(["csam"], together_with=first)
    appeal = answered(["csam"])
    known = answered(["csam"])
    ReviewItem.objects.filter(pk=appeal.pk).update(reason=ReviewItem.Reason.APPEAL)
    source = KnownAnswer.objects.create(item=first, designated_by=people[2], designated_at=NOW)
    ReviewItem.objects.filter(pk=known.pk).update(known_answer=source)
    assert {rating.item for rating in ratings()} == {first.pk}


def test_the_coverage_says_who_can_assess_and_whose_right_ends_soon(make_person: Callable[..., User]) -> None:
    make_person("Ann", Role.ANALYST)
    make_person("Bea", Role.ANALYST, trained_on=None)
    make_person("Cleo", Role.ANALYST, trained_on=NOW.date() - dt.timedelta(days=350))
    make_person("Mona", Role.HOTLINE_MANAGER)
    rows = {row.name: row for row in team(NOW).people}
    assert set(rows) == {"Ann", "Bea", "Cleo"}
    assert (rows["Ann"].why_not, rows["Ann"].warnings) == (None, [])
    assert rows["Bea"].why_not == TRAINING_MISSING
    assert "lapses on 9 Dec 2026" in rows["Cleo"].warnings[0]
