"""Verdicts reviewed on request by somebody who was not involved (R70)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from orbweaver.assess.criteria import Answers, Category
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.assess.review.models import Appeal, ReviewItem, Verdict
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.people.accounts.models import User

    MakePerson = Callable[..., User]
    MakeSighting = Callable[..., Sighting]

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
REMOVE = Answers(True, True, Category.CSAM, 3, 5)
RELATED = Answers(True, True, Category.CSAM_RELATED, 3, 5)
NOTHING = Answers(is_child=False, is_harmed=False)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


def answer(person: User, item: ReviewItem, answers: Answers) -> Verdict | None:
    from orbweaver.assess.review import services

    taken = services.take(item.public_id, person, NOW)
    return services.record_assessment(item.public_id, person, answers, taken.version, NOW).verdict


@pytest.fixture
def decided(make_person: MakePerson, make_sighting: MakeSighting) -> Verdict:
    """A removal that Ann and Ida (a senior) agreed on."""
    from orbweaver.assess.review.services import open_items

    (item,) = open_items([make_sighting(b"one")], NOW)
    answer(make_person("Ann", Role.ANALYST), item, REMOVE)
    verdict = answer(make_person("Ida", Role.SENIOR_ANALYST), item, REMOVE)
    assert verdict is not None
    return verdict


@pytest.fixture
def sue(make_person: MakePerson) -> User:
    return make_person("Sue", Role.SENIOR_ANALYST)


def asked(verdict: Verdict, by: User | None = None) -> Appeal:
    from orbweaver.assess.review.appeals import request_review

    return request_review(verdict.public_id, by=by, requester="provider", reason="It says: no child.", now=NOW)


def test_only_a_senior_who_never_answered_about_the_picture_and_did_not_ask_may_decide(
    decided: Verdict, sue: User, make_person: MakePerson
) -> None:
    from orbweaver.assess.review.services import open_to, take, take_next
    from orbweaver.people.accounts.models import User

    asker = make_person("Eve", Role.SENIOR_ANALYST)
    item = asked(decided, by=asker).item
    ida = User.objects.get(display_name="Ida")
    for person in (ida, asker, make_person("Ben", Role.ANALYST)):
        assert item not in open_to(person)
        with pytest.raises(InvalidInput):
            take(item.public_id, person, NOW)
    assert take_next(sue, NOW) == item


def test_a_removal_under_review_goes_to_its_provider_all_the_same(decided: Verdict) -> None:
    from orbweaver.notify.notices.services import issue_notices

    asked(decided)
    issue_notices(NOW + dt.timedelta(minutes=2))
    decided.refresh_from_db()
    assert decided.handed_over_at is not None


def test_upheld_changes_nothing_and_sends_nothing_anew(decided: Verdict, sue: User) -> None:
    from orbweaver.assess.review.models import Appeal, Verdict
    from orbweaver.detect.hashlists.models import HashListEntry

    appeal = asked(decided)
    assert answer(sue, appeal.item, REMOVE) is None
    appeal.refresh_from_db()
    assert (appeal.outcome, appeal.decided_at) == (Appeal.Outcome.UPHELD, NOW)
    assert appeal.item.state == "decided"
    assert list(Verdict.objects.all()) == [decided]
    assert set(HashListEntry.objects.filter(hash_list__kind="own").values_list("state", flat=True)) == {"active"}


def test_changed_to_no_action_withdraws_the_hashes_and_says_so_to_the_notices(decided: Verdict, sue: User) -> None:
    from orbweaver.assess.review.handovers import VerdictWithdrawn, verdict_withdrawn
    from orbweaver.assess.review.models import Verdict
    from orbweaver.detect.hashlists.models import HashListEntry

    heard: list[VerdictWithdrawn] = []
    with verdict_withdrawn.heard_by(heard.append):
        appeal = asked(decided)
        new = answer(sue, appeal.item, NOTHING)
    assert new is not None
    decided.refresh_from_db()
    assert (new.outcome, new.decided_by, decided.superseded_by) == ("no_action", Verdict.By.APPEAL, new)
    assert [(said.verdict, said.replaced_by) for said in heard] == [(decided, new)]
    assert set(HashListEntry.objects.filter(hash_list__kind="own").values_list("state", flat=True)) == {"withdrawn"}


def test_a_verdict_that_was_changed_before_its_notice_left_never_becomes_one(decided: Verdict, sue: User) -> None:
    from orbweaver.notify.notices.models import Notice, ToNotify
    from orbweaver.notify.notices.services import issue_notices

    assert ToNotify.objects.get().verdict == decided
    answer(sue, asked(decided).item, NOTHING)
    assert not ToNotify.objects.exists()
    issue_notices(NOW + dt.timedelta(hours=1))
    assert Notice.objects.count() == 0


def test_changed_to_another_kind_of_removal_makes_a_verdict_of_its_own(decided: Verdict, sue: User) -> None:
    new = answer(sue, asked(decided).item, RELATED)
    assert new is not None
    assert (new.outcome, new.notice_type, new.sub_type, new.handed_over_at) == ("remove", "harmful_abusive", "a", None)


def test_no_action_can_be_reviewed_too_and_becomes_a_removal(
    make_person: MakePerson, make_sighting: MakeSighting, sue: User
) -> None:
    from orbweaver.assess.review.services import open_items

    (item,) = open_items([make_sighting(b"two")], NOW)
    answer(make_person("Ann", Role.ANALYST), item, NOTHING)
    verdict = answer(make_person("Ben", Role.ANALYST), item, NOTHING)
    assert verdict is not None
    new = answer(sue, asked(verdict).item, REMOVE)
    assert new is not None
    assert (new.outcome, new.handed_over_at) == ("remove", None)


def test_one_review_at_a_time_and_none_of_what_was_replaced(decided: Verdict, sue: User) -> None:
    appeal = asked(decided)
    with pytest.raises(Conflict, match="under review already"):
        asked(decided)
    answer(sue, appeal.item, NOTHING)
    with pytest.raises(Conflict, match="changed this verdict already"):
        asked(decided)


def test_new_sightings_of_a_picture_under_review_get_an_item_of_their_own(
    decided: Verdict, make_sighting: MakeSighting
) -> None:
    from orbweaver.assess.review.services import open_items

    appeal = asked(decided)
    (following,) = open_items([make_sighting(b"one", url="https://other.example/1.png")], NOW)
    assert following != appeal.item
    assert following.reason == "match"


def test_an_analyst_cannot_take_back_an_answer_once_its_decision_is_under_review(
    decided: Verdict, set_config: Callable[..., None]
) -> None:
    from orbweaver.assess.review.errors import TooLate
    from orbweaver.assess.review.undo import take_back
    from orbweaver.people.accounts.models import User

    set_config(review_undo_seconds=60)
    asked(decided)
    with pytest.raises(TooLate, match="review of this decision"):
        take_back(decided.item.public_id, User.objects.get(display_name="Ida"), NOW)
