"""One look and one decision for near-duplicates, one assessment and one audit row for each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import services, together
from orbweaver.assess.review.errors import ItemChanged, LeaseLost
from orbweaver.assess.review.models import Assessment, ReviewItem, Verdict
from orbweaver.assess.review.undo import take_back
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
REMOVE = Answers(True, True, Category.CSAM, 3, 5)
SUB_TYPE_B = Answers(True, True, Category.OTHER_HARMFUL, 3, 5, nude=True, sexualised_context=True)
BASE = bytes(range(32))
TURNED = bytes(255 - each for each in range(32))

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]
Opened = Callable[..., ReviewItem]


@pytest.fixture
def pair(make_person: Callable[..., User]) -> list[User]:
    return [make_person(name, Role.ANALYST) for name in ("Ann", "Bea")]


@pytest.fixture
def opened(make_sighting: Callable[..., Sighting]) -> Opened:
    """An item whose picture differs in ``bits`` bits from one and the same."""

    def make(
        name: bytes, bits: int = 0, *, pdq: bytes = BASE, turned: bytes | None = None, width: int = 640
    ) -> ReviewItem:
        sighting = make_sighting(name)
        near = (int.from_bytes(pdq, "big") ^ ((1 << bits) - 1)).to_bytes(32, "big")
        Media.objects.filter(pk=sighting.media_id).update(pdq=near, pdq_turned=turned, width=width)
        return services.open_items([Sighting.objects.get(pk=sighting.pk)], NOW)[0]

    return make


def versions(*items: ReviewItem) -> dict[str, int]:
    return {item.public_id: item.version for item in ReviewItem.objects.filter(pk__in=[each.pk for each in items])}


def test_near_duplicates_form_a_cluster_and_others_do_not(opened: Opened, pair: list[User]) -> None:
    first, near, far = opened(b"1"), opened(b"2", 10), opened(b"3", 60)
    services.take(first.public_id, pair[0], NOW)
    found = together.take_alike(first.public_id, pair[0], NOW)
    assert [(each.item, each.bits) for each in found] == [(near, 10)]
    assert far.cluster != first.cluster


def test_a_turned_copy_is_the_same_picture_and_a_crop_is_another(opened: Opened, pair: list[User]) -> None:
    first = opened(b"1", turned=TURNED)
    mirrored, crop = opened(b"2", 3, pdq=TURNED, turned=BASE), opened(b"3", 2, width=480)
    services.take(first.public_id, pair[0], NOW)
    assert [each.item for each in together.take_alike(first.public_id, pair[0], NOW)] == [mirrored]
    assert crop.cluster != first.cluster


def test_one_that_joins_two_clusters_makes_them_one(opened: Opened) -> None:
    left, right = opened(b"1"), opened(b"2", 18)
    assert left.cluster != right.cluster
    opened(b"3", 9)
    assert len(set(ReviewItem.objects.values_list("cluster", flat=True))) == 1


def test_one_decision_gives_each_item_its_assessment_its_audit_row_and_its_verdict(
    opened: Opened, pair: list[User]
) -> None:
    items = [opened(b"%d" % number, number) for number in range(5)]
    for person in pair:
        first = services.take_next(person, NOW)
        assert first is not None
        together.take_alike(first.public_id, person, NOW)
        done = together.assess_together(first.public_id, versions(*items), person, REMOVE, NOW)
        assert (len(done.results), done.left_out) == (5, [])
    assert Assessment.objects.count() == 10
    assert Event.objects.filter(kind="item.assessed").count() == 10
    assert Verdict.objects.filter(outcome="remove").count() == 5
    assert Assessment.objects.filter(together_with=items[0]).count() == 8


def test_never_for_sub_type_b(opened: Opened, pair: list[User]) -> None:
    items = [opened(b"%d" % number, number) for number in range(2)]
    services.take(items[0].public_id, pair[0], NOW)
    together.take_alike(items[0].public_id, pair[0], NOW)
    with pytest.raises(InvalidInput, match="each item by itself"):
        together.assess_together(items[0].public_id, versions(*items), pair[0], SUB_TYPE_B, NOW)
    assert not Assessment.objects.exists()


def test_what_somebody_else_holds_or_has_changed_is_left_out_and_named(opened: Opened, pair: list[User]) -> None:
    ann, bea = pair
    first, held, changed, free = (opened(b"%d" % number, number) for number in range(4))
    services.take(held.public_id, bea, NOW)
    services.take(first.public_id, ann, NOW)
    together.take_alike(first.public_id, ann, NOW)
    shown = versions(first, held, changed, free)
    ReviewItem.objects.filter(pk=changed.pk).update(version=7)
    done = together.assess_together(first.public_id, shown, ann, REMOVE, NOW)
    assert done.left_out == sorted([held.public_id, changed.public_id])
    assert {result.item for result in done.results} == {first, free}


def test_an_item_that_is_no_look_alike_is_never_decided_along(opened: Opened, pair: list[User]) -> None:
    first, other = opened(b"1"), opened(b"2", 60)
    services.take(first.public_id, pair[0], NOW)
    done = together.assess_together(first.public_id, versions(first, other), pair[0], REMOVE, NOW)
    assert done.left_out == [other.public_id]
    assert not other.assessments.exists()


def test_without_the_first_items_lease_or_with_a_stale_form_nothing_is_saved(opened: Opened, pair: list[User]) -> None:
    first = opened(b"1")
    with pytest.raises(LeaseLost):
        together.assess_together(first.public_id, versions(first), pair[0], REMOVE, NOW)
    services.take(first.public_id, pair[0], NOW)
    with pytest.raises(ItemChanged):
        together.assess_together(first.public_id, {first.public_id: 9}, pair[0], REMOVE, NOW)


def test_given_back_they_are_free_again(opened: Opened, pair: list[User]) -> None:
    first, near = opened(b"1"), opened(b"2", 1)
    services.take(first.public_id, pair[0], NOW)
    together.take_alike(first.public_id, pair[0], NOW)
    assert together.release_alike(first.public_id, pair[0], NOW) == 1
    near.refresh_from_db()
    assert near.leased_to is None


def test_all_are_taken_back_together(opened: Opened, pair: list[User], set_config: Callable[..., None]) -> None:
    set_config(review_undo_seconds=60)
    items = [opened(b"%d" % number, number) for number in range(3)]
    services.take(items[0].public_id, pair[0], NOW)
    together.take_alike(items[0].public_id, pair[0], NOW)
    together.assess_together(items[0].public_id, versions(*items), pair[0], REMOVE, NOW)
    take_back(items[0].public_id, pair[0], NOW + dt.timedelta(seconds=5))
    assert not Assessment.objects.exists()
    assert set(ReviewItem.objects.values_list("leased_to", flat=True)) == {pair[0].pk}
