"""An answer can be taken back for a minute: everything is as it was before, and a notice waits for that minute."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import services
from orbweaver.assess.review.errors import TooLate
from orbweaver.assess.review.models import Assessment, ReviewItem, Verdict
from orbweaver.assess.review.undo import last_answer, take_back
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.models import Sighting
from orbweaver.notify.notices.models import Notice, ToNotify
from orbweaver.notify.notices.services import issue_notices
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SOON, LATE = NOW + dt.timedelta(seconds=20), NOW + dt.timedelta(seconds=61)
REMOVE = Answers(True, True, Category.CSAM, 3, 5)
RELATED = Answers(True, True, Category.CSAM_RELATED, 3, 5)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("minute")]


@pytest.fixture
def minute(hotline: None, set_config: Callable[..., None]) -> None:
    set_config(review_undo_seconds=60)


@pytest.fixture
def pair(make_person: Callable[..., User]) -> list[User]:
    return [make_person(name, Role.ANALYST) for name in ("Ann", "Bea")]


@pytest.fixture
def item(make_sighting: Callable[..., Sighting]) -> ReviewItem:
    report = submit_report("https://images.example/x.png", source=Report.Source.PUBLIC, now=NOW)
    return services.open_items([make_sighting(b"one", report_id=report.pk)], NOW)[0]


def answer(person: User, item: ReviewItem, answers: Answers = REMOVE) -> Verdict | None:
    taken = services.take(item.public_id, person, NOW)
    return services.record_assessment(item.public_id, person, answers, taken.version, NOW).verdict


def reported(url: str, day: int, state: Report.State = Report.State.FETCHED) -> Report:
    """A report of that day; what was reported within a day would be the same one."""
    report = submit_report(url, source=Report.Source.PUBLIC, now=NOW + dt.timedelta(days=2 * day))
    Report.objects.filter(pk=report.pk).update(state=state)
    return report


def states(*reports: Report) -> list[str]:
    return [Report.objects.get(pk=report.pk).state for report in reports]


def test_reports_that_a_later_one_overtook_are_assessed_with_it_once_all_that_it_led_to_is_and_opened_with_it(
    pair: list[User], make_sighting: Callable[..., Sighting]
) -> None:
    page, first, second = (f"https://images.example/{name}" for name in ("page", "1.png", "2.png"))
    of_page, of_picture = reported(page, 0), reported(first, 0)
    in_vain = reported(page, 1, Report.State.UNREACHABLE)
    leads = reported(page, 2)
    later = reported(page, 3)
    sightings = [make_sighting(name, url=url, report_id=leads.pk) for name, url in ((b"1", first), (b"2", second))]
    one, two = services.open_items(sightings, NOW)
    for person in pair:
        answer(person, one)
    assert states(of_page, of_picture, leads) == ["fetched"] * 3, "the second picture has not been looked at"
    for person in pair:
        answer(person, two)
    assert states(of_page, of_picture, leads) == ["assessed"] * 3
    assert states(in_vain, later) == ["unreachable", "fetched"]
    assert Event.objects.filter(kind="report.assessed").count() == 3
    take_back(two.public_id, pair[1], SOON)
    assert states(of_page, of_picture, leads) == ["fetched"] * 3


def test_a_later_report_of_the_same_place_is_assessed_with_it_and_opened_with_it(
    pair: list[User], make_sighting: Callable[..., Sighting]
) -> None:
    address = "https://images.example/1.png?sig="
    first, later = reported(address + "a", 0), reported(address + "b", 2)
    seen = [make_sighting(b"1", url=each.url, page_url=address, report_id=each.pk) for each in (first, later)]
    assert seen[0] == seen[1]
    (item,) = services.open_items(seen[:1], NOW)
    for person in pair:
        answer(person, item)
    assert states(first, later) == ["assessed"] * 2
    take_back(item.public_id, pair[1], SOON)
    assert states(first, later) == ["fetched"] * 2


def test_a_verdict_waits_its_minute_and_then_goes_to_notices(pair: list[User], item: ReviewItem) -> None:
    for person in pair:
        answer(person, item)
    assert issue_notices(SOON) == 0
    shown = last_answer(pair[1], SOON)
    assert shown is not None
    assert (shown.seconds_left, shown.sends) == (40, True)
    assert issue_notices(LATE) == 1
    assert last_answer(pair[1], LATE) is None


@pytest.mark.django_db(transaction=True)
def test_the_answer_that_decided_is_offered_on_a_page_which_has_no_transaction(
    pair: list[User], item: ReviewItem
) -> None:
    for person in pair:
        answer(person, item)
    assert last_answer(pair[1], SOON) is not None
    take_back(item.public_id, pair[1], SOON)
    assert not Verdict.objects.exists()


def test_taken_back_everything_is_as_it_was(pair: list[User], item: ReviewItem) -> None:
    ann, bea = pair
    answer(ann, item)
    taken = services.take(item.public_id, bea, NOW)
    before = {"state": taken.state, "rank_at": taken.rank_at, "decided_at": None, "confirmation": "none"}
    services.record_assessment(item.public_id, bea, REMOVE, taken.version, NOW)
    assert Report.objects.get().state == Report.State.ASSESSED
    back = take_back(item.public_id, bea, SOON)
    assert {name: getattr(back, name) for name in before} == before
    assert back.leased_to == bea
    assert back.version > taken.version
    assert list(Assessment.objects.values_list("analyst", flat=True)) == [ann.pk]
    assert not Verdict.objects.exists()
    assert Report.objects.get().state == Report.State.FETCHED
    own = HashListEntry.objects.filter(hash_list__kind="own")
    assert set(own.values_list("state", flat=True)) == {"withdrawn"}
    assert Event.objects.filter(kind="item.answer_taken_back", actor=bea, subject=item.public_id).count() == 1
    assert issue_notices(LATE) == 0
    assert services.record_assessment(item.public_id, bea, REMOVE, back.version, SOON).verdict is not None
    assert set(own.values_list("state", flat=True)) == {"active"}


def test_a_disagreement_is_undone_too(pair: list[User], item: ReviewItem) -> None:
    answer(pair[0], item)
    answer(pair[1], item, RELATED)
    item.refresh_from_db()
    assert item.state == ReviewItem.State.DISAGREED
    assert take_back(item.public_id, pair[1], SOON).state == ReviewItem.State.WAITING


@pytest.mark.parametrize("seconds", [60, 3600])
def test_after_the_minute_the_answer_stands(pair: list[User], item: ReviewItem, seconds: int) -> None:
    answer(pair[0], item)
    with pytest.raises(TooLate):
        take_back(item.public_id, pair[0], NOW + dt.timedelta(seconds=seconds))
    assert Assessment.objects.count() == 1


def test_once_somebody_answered_after_it_stands(pair: list[User], item: ReviewItem) -> None:
    for person in pair:
        answer(person, item)
    with pytest.raises(TooLate, match="answered after you"):
        take_back(item.public_id, pair[0], SOON)
    assert last_answer(pair[0], SOON) is None


def test_once_handed_over_it_stands(pair: list[User], item: ReviewItem) -> None:
    for person in pair:
        answer(person, item)
    ToNotify.objects.update(due_at=NOW)
    assert issue_notices(SOON) == 1
    with pytest.raises(TooLate, match="notice is on its way"):
        take_back(item.public_id, pair[1], SOON)
    assert Notice.objects.count() == 1


def test_the_item_that_opened_behind_it_is_closed_again(
    pair: list[User], item: ReviewItem, make_sighting: Callable[..., Sighting]
) -> None:
    answer(pair[0], item)
    late = make_sighting(b"one")
    assert services.open_items([late], NOW) == []
    answer(pair[1], item)
    assert ReviewItem.objects.count() == 2
    take_back(item.public_id, pair[1], SOON)
    assert ReviewItem.objects.get() == item
    assert not late.review_items.exists()


def test_a_confirming_answer_taken_back_lets_the_hash_act_alone_no_more(
    pair: list[User], item: ReviewItem, make_person: Callable[..., User]
) -> None:
    cleo = make_person("Cleo", Role.ANALYST)
    for person in (*pair, cleo):
        answer(person, item)
    own = HashListEntry.objects.filter(hash_list__kind="own")
    assert set(own.values_list("acts_alone", flat=True)) == {True}
    back = take_back(item.public_id, cleo, SOON)
    assert (back.state, back.confirmation) == (ReviewItem.State.DECIDED, ReviewItem.Confirmation.OPEN)
    assert set(own.values_list("acts_alone", flat=True)) == {False}
    assert Verdict.objects.count() == 1


def test_nobody_takes_back_what_is_not_theirs(pair: list[User], item: ReviewItem) -> None:
    answer(pair[0], item)
    with pytest.raises(TooLate):
        take_back(item.public_id, pair[1], SOON)
