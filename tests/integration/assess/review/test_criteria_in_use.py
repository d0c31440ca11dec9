"""By which version answers are judged, and what another version would change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.integration.assess.governance.conftest import use_version_2

from orbweaver.assess.criteria import Answers, Category, read_answers
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.assess.review.models import ReviewItem, Verdict
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.people.accounts.models import User

    MakePerson = Callable[..., User]
    MakeSighting = Callable[..., Sighting]

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=1)
NINE = Answers(True, True, Category.CSAM, 9, 9)
NOTHING = Answers(is_child=False, is_harmed=False)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


def answer(person: User, item: ReviewItem, answers: Answers, now: dt.datetime) -> Verdict | None:
    from orbweaver.assess.review import services

    taken = services.take(item.public_id, person, now)
    return services.record_assessment(item.public_id, person, answers, taken.version, now).verdict


@pytest.fixture
def ann(make_person: MakePerson) -> User:
    return make_person("Ann", Role.ANALYST)


@pytest.fixture
def bea(make_person: MakePerson) -> User:
    return make_person("Bea", Role.ANALYST)


def opened(make_sighting: MakeSighting, body: bytes = b"one") -> ReviewItem:
    from orbweaver.assess.review.services import open_items

    return open_items([make_sighting(body)], NOW)[0]


def test_two_blind_answers_about_one_item_are_judged_by_one_version(
    ann: User, bea: User, make_sighting: MakeSighting
) -> None:
    item, next_item = opened(make_sighting), opened(make_sighting, b"two")
    answer(ann, item, NINE, NOW)
    use_version_2(ann, LATER)
    old = answer(bea, item, NINE, LATER)
    assert old is not None
    assert (old.criteria_version, old.age_class) == ("1", "pubescent")
    assert set(item.assessments.values_list("criteria_version", flat=True)) == {"1"}
    answer(ann, next_item, NINE, LATER)
    new = answer(bea, next_item, NINE, LATER)
    assert new is not None
    assert (new.criteria_version, new.age_class) == ("2", "prepubescent")


def test_the_letter_says_the_years_of_the_version_that_decided(
    ann: User, bea: User, make_sighting: MakeSighting
) -> None:
    from orbweaver.notify.notices.routing.previews import preview_for_item

    before = opened(make_sighting)
    answer(ann, before, NINE, NOW)
    use_version_2(ann, LATER)
    after = opened(make_sighting, b"two")
    for person in (ann, bea):
        answer(person, after, NINE, LATER)
    for item, years in ((before, "pubescent (9 to 12 years)"), (after, "prepubescent (0 to 9 years)")):
        item.refresh_from_db()
        [preview] = preview_for_item(item, NINE, LATER)
        assert f"Age class of the youngest child: {years}" in preview.text
        assert "The youngest child appears" not in preview.text, "the class has its line, and no other"


def test_an_analyst_is_judged_by_the_questions_that_were_on_screen(ann: User, make_sighting: MakeSighting) -> None:
    from orbweaver.assess.review import services

    item = services.take(opened(make_sighting).public_id, ann, NOW)
    use_version_2(ann, LATER)
    services.record_assessment(item.public_id, ann, NINE, item.version, LATER)
    assert item.assessments.get().criteria_version == "1"


def test_a_form_with_the_questions_of_an_older_version_conflicts_after_the_item_was_taken_anew(
    ann: User, bea: User, make_sighting: MakeSighting
) -> None:
    from orbweaver.assess.review import services
    from orbweaver.assess.review.errors import ItemChanged

    item = services.take(opened(make_sighting).public_id, ann, NOW)
    services.release(item.public_id, ann, NOW)
    use_version_2(ann, LATER)
    services.take(item.public_id, bea, LATER)
    with pytest.raises(ItemChanged):
        services.record_assessment(item.public_id, bea, NINE, item.version, LATER)


def test_the_policy_of_r12_does_not_act_on_verdicts_of_an_earlier_version(
    ann: User, bea: User, make_sighting: MakeSighting, set_config: Callable[..., None]
) -> None:
    from orbweaver.assess.review.services import open_items

    set_config(policy_exact_verified="true", review_acts_alone_assessments=2)
    item = opened(make_sighting)
    answer(ann, item, NINE, NOW)
    answer(bea, item, NINE, NOW)
    (copy,) = open_items([make_sighting(b"one", url="https://a.example/1.png")], NOW)
    assert copy.state == "decided"
    use_version_2(ann, LATER)
    (later,) = open_items([make_sighting(b"one", url="https://b.example/1.png")], LATER)
    assert later.state == "waiting"


def test_what_would_change_is_counted_on_decided_items_only(ann: User, bea: User, make_sighting: MakeSighting) -> None:
    from orbweaver.assess.review.models import Verdict
    from orbweaver.assess.review.what_would_change import what_would_change

    use_version_2(ann, LATER)
    decided, other, undecided = (opened(make_sighting, body) for body in (b"one", b"two", b"three"))
    for item, answers in ((decided, NINE), (other, NOTHING)):
        answer(ann, item, answers, NOW)
        answer(bea, item, answers, NOW)
    answer(ann, undecided, NINE, NOW)
    found = what_would_change("2", NOW)
    assert (found.comparison.old_version, found.comparison.new_version) == ("1", "2")
    assert (found.comparison.answers, found.items) == (4, 1)
    assert [change.reference for change in found.comparison.changes] == [decided.public_id] * 2
    assert found.comparison.counts == {"age_class": 2}
    assert what_would_change("2", NOW, newest=2).comparison.changes == ()
    assert Verdict.objects.filter(criteria_version="2").count() == 0


def test_past_answers_that_repeat_one_another_are_read_once(
    ann: User, bea: User, make_sighting: MakeSighting, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orbweaver.assess.review import what_would_change as module

    use_version_2(ann, LATER)
    for number in range(4):
        item = opened(make_sighting, b"%d" % number)
        for person in (ann, bea):
            answer(person, item, NINE, NOW)
    read: list[object] = []

    def reading(stored: dict[str, object]) -> Answers:
        read.append(stored)
        return read_answers(stored)

    monkeypatch.setattr(module, "read_answers", reading)
    assert module.what_would_change("2", NOW).comparison.answers == 8
    assert len(read) == 1
