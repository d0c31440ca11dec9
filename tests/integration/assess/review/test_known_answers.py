"""Items whose answer is known are mixed in fairly: like any other, blind, without consequences, never twice, never the
gravest; each person sees their own result."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pytest

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import known_answers, services
from orbweaver.assess.review.errors import BudgetSpent
from orbweaver.assess.review.models import KnownAnswer, Look, ReviewItem, Verdict
from orbweaver.assess.review.queue import queue_for
from orbweaver.assess.review.selectors import item_for
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.matching.models import Sighting
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=5)
RELATED = Answers(True, True, Category.CSAM_RELATED, 9, 10)
OTHER = Answers(is_child=True, is_harmed=False)
GRAVEST = Answers(True, True, Category.CSAM, 3, 5)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("always")]

Decide = Callable[..., ReviewItem]


@pytest.fixture
def always(hotline: None, set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever one could be mixed in, it is: chance draws the lowest number."""
    set_config(review_known_answer_rate=0.1, review_acts_alone_assessments=2)

    class Lowest(random.Random):
        def random(self) -> float:
            return 0.0

    monkeypatch.setattr(known_answers, "_chance", Lowest())


@pytest.fixture
def manager(make_person: Callable[..., User]) -> User:
    return make_person("Mona", Role.HOTLINE_MANAGER)


@pytest.fixture
def cleo(make_person: Callable[..., User]) -> User:
    return make_person("Cleo", Role.ANALYST)


@pytest.fixture
def decided(make_sighting: Callable[..., Sighting], make_person: Callable[..., User]) -> Decide:
    """An item that Ann and Bea answered alike."""
    pair = [make_person(name, Role.ANALYST) for name in ("Ann", "Bea")]

    def decide(body: bytes = b"known", answers: Answers = RELATED) -> ReviewItem:
        item = services.open_items([make_sighting(body)], NOW)[0]
        for person in pair:
            taken = services.take(item.public_id, person, NOW)
            services.record_assessment(item.public_id, person, answers, taken.version, NOW)
        item.refresh_from_db()
        return item

    return decide


@pytest.fixture
def waiting(make_sighting: Callable[..., Sighting]) -> Callable[[bytes], ReviewItem]:
    return lambda body: services.open_items([make_sighting(body)], NOW)[0]


def answer(item: ReviewItem, person: User, answers: Answers) -> services.AssessmentResult:
    return services.record_assessment(item.public_id, person, answers, item.version, LATER)


def test_it_comes_only_while_real_work_waits_and_looks_like_it(
    decided: Decide, waiting: Callable[[bytes], ReviewItem], manager: User, cleo: User
) -> None:
    source = decided()
    known_answers.designate(source.public_id, by=manager, now=NOW)
    assert services.take_next(cleo, LATER) is None, "nothing waits, so nothing is asked for"
    real = waiting(b"real")
    given = services.take_next(cleo, LATER)
    assert given is not None
    assert given.known_answer is not None
    assert given.media == source.media
    view = item_for(given.public_id, cleo, LATER)
    assert view.item.created_at == real.created_at, "it seems to have waited as long as what would have come"
    assert (view.held_by_me, view.verdict, view.answers) == (True, None, [])
    assert queue_for(cleo, LATER).waiting == 1, "it is counted nowhere"


def test_it_costs_no_notice_and_changes_no_verdict_and_the_real_item_comes_next(
    decided: Decide, waiting: Callable[[bytes], ReviewItem], manager: User, cleo: User
) -> None:
    source = decided()
    known_answers.designate(source.public_id, by=manager, now=NOW)
    real = waiting(b"real")
    given = services.take_next(cleo, LATER)
    assert given is not None
    before = Verdict.objects.get()
    result = answer(given, cleo, OTHER)
    assert result.verdict is None
    assert Verdict.objects.get() == before
    given.refresh_from_db()
    assert given.state == ReviewItem.State.DECIDED
    assert services.take_next(cleo, LATER) == real, "of what somebody answered about, nothing is given again"


def test_nobody_else_can_take_it(
    decided: Decide, waiting: Callable[[bytes], ReviewItem], manager: User, cleo: User, make_person: Callable[..., User]
) -> None:
    known_answers.designate(decided().public_id, by=manager, now=NOW)
    waiting(b"real")
    given = services.take_next(cleo, LATER)
    assert given is not None
    assert given.given_to == cleo
    services.release(given.public_id, cleo, LATER)
    with pytest.raises(InvalidInput):
        services.take(given.public_id, make_person("Dan", Role.ANALYST), LATER)


def test_who_has_seen_the_picture_or_chose_it_is_never_given_it(
    decided: Decide,
    waiting: Callable[[bytes], ReviewItem],
    manager: User,
    cleo: User,
    make_person: Callable[..., User],
) -> None:
    source = decided()
    both = make_person("Dan", Role.ANALYST, Role.HOTLINE_MANAGER)
    known_answers.designate(source.public_id, by=both, now=NOW)
    real = waiting(b"real")
    Look.objects.create(item=source, person=cleo, at=NOW)
    ann = User.objects.get(display_name="Ann")
    for person in (cleo, both, ann):
        assert services.take_next(person, LATER) == real
        services.release(real.public_id, person, LATER)


def test_while_the_same_bytes_await_a_verdict_they_are_given_to_nobody(
    decided: Decide,
    waiting: Callable[[bytes], ReviewItem],
    make_sighting: Callable[..., Sighting],
    manager: User,
    cleo: User,
) -> None:
    known_answers.designate(decided().public_id, by=manager, now=NOW)
    again = services.open_items([make_sighting(b"known")], NOW)[0]
    assert services.take_next(cleo, LATER) == again


def test_while_a_third_answer_is_wanted_nobody_is_given_it_beside(
    decided: Decide, manager: User, cleo: User, set_config: Callable[..., None]
) -> None:
    set_config(review_acts_alone_assessments=3)
    source = decided()
    known_answers.designate(source.public_id, by=manager, now=NOW)
    assert services.take_next(cleo, LATER) == source, "one look, for the verdict's own sake"


def test_a_look_at_it_counts_in_the_days_budget(
    decided: Decide,
    waiting: Callable[[bytes], ReviewItem],
    manager: User,
    cleo: User,
    set_config: Callable[..., None],
) -> None:
    known_answers.designate(decided().public_id, by=manager, now=NOW)
    waiting(b"real")
    set_config(wellbeing_looks_per_day=1, review_known_answer_rate=0.1)
    given = services.take_next(cleo, LATER)
    assert given is not None
    services.record_look(given.public_id, cleo, LATER, bytes)
    with pytest.raises(BudgetSpent):
        services.record_look(given.public_id, cleo, LATER, bytes)


@pytest.mark.parametrize(("said", "same"), [(RELATED, True), (OTHER, False)])
def test_each_sees_their_own_result_and_managers_see_counts(
    decided: Decide,
    waiting: Callable[[bytes], ReviewItem],
    manager: User,
    cleo: User,
    said: Answers,
    same: bool,
) -> None:
    known_answers.designate(decided().public_id, by=manager, now=NOW)
    waiting(b"real")
    given = services.take_next(cleo, LATER)
    assert given is not None
    assert known_answers.results_for(cleo) == []
    answer(given, cleo, said)
    [result] = known_answers.results_for(cleo)
    assert (result.item, result.same) == (given.public_id, same)
    assert known_answers.results_for(manager) == []
    assert known_answers.rates() == [known_answers.KnownRate("Cleo", 1, int(same))]


def test_a_verdict_that_a_review_changed_counts_for_nobody(
    decided: Decide, waiting: Callable[[bytes], ReviewItem], manager: User, cleo: User
) -> None:
    source = decided()
    known_answers.designate(source.public_id, by=manager, now=NOW)
    waiting(b"real")
    given = services.take_next(cleo, LATER)
    assert given is not None
    answer(given, cleo, OTHER)
    Verdict.objects.filter(item=source).update(superseded_by=Verdict.objects.get(item=decided(b"other")))
    assert known_answers.results_for(cleo) == []
    assert known_answers.rates() == []


def test_what_cannot_be_compared_or_should_not_be_shown_is_refused(
    decided: Decide, waiting: Callable[[bytes], ReviewItem], manager: User, cleo: User
) -> None:
    with pytest.raises(NotAllowed):
        known_answers.designate(decided(b"one").public_id, by=cleo, now=NOW)
    with pytest.raises(InvalidInput, match="people decided"):
        known_answers.designate(waiting(b"two").public_id, by=manager, now=NOW)
    with pytest.raises(InvalidInput, match="gravest"):
        known_answers.designate(decided(b"three", GRAVEST).public_id, by=manager, now=NOW)
    erased = decided(b"four")
    EvidenceObject.objects.filter(pk=erased.media.evidence.pk).update(erased_at=NOW)  # type: ignore[union-attr]
    with pytest.raises(InvalidInput, match="not archived"):
        known_answers.designate(erased.public_id, by=manager, now=NOW)
    with pytest.raises(InvalidInput, match="no such item"):
        known_answers.designate("itm_none", by=manager, now=NOW)
    assert KnownAnswer.objects.count() == 0


def test_choosing_and_retiring_are_audited_and_a_retired_one_is_given_to_nobody(
    decided: Decide, waiting: Callable[[bytes], ReviewItem], manager: User, cleo: User
) -> None:
    source = decided()
    known = known_answers.designate(source.public_id, by=manager, now=NOW)
    with pytest.raises(Conflict):
        known_answers.designate(source.public_id, by=manager, now=NOW)
    for _ in range(2):
        known_answers.retire(known.public_id, by=manager, now=NOW)
    real = waiting(b"real")
    assert services.take_next(cleo, LATER) == real
    kinds = Event.objects.filter(kind__startswith="known_answer.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["known_answer.designated", "known_answer.retired"]


def test_with_the_rate_of_the_setting_at_nought_none_is_mixed_in(
    decided: Decide,
    waiting: Callable[[bytes], ReviewItem],
    manager: User,
    cleo: User,
    set_config: Callable[..., None],
) -> None:
    known_answers.designate(decided().public_id, by=manager, now=NOW)
    set_config(review_known_answer_rate=0)
    real = waiting(b"real")
    assert services.take_next(cleo, LATER) == real
