from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Callable

import pytest
from django.db import connection

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import selectors, services
from orbweaver.assess.review.errors import ItemChanged, LeaseLost
from orbweaver.assess.review.models import Look, ReviewItem, Verdict
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.rules import AskedFor
from orbweaver.detect.intake.services import ask_for_hashes, ask_for_url, submit_report
from orbweaver.detect.matching.asked import meet_recorded
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
REMOVE = Answers(True, True, Category.CSAM, 3, 5)
RELATED = Answers(True, True, Category.CSAM_RELATED, 3, 5)
SUB_TYPE_B = Answers(True, True, Category.OTHER_HARMFUL, 3, 5, nude=True, sexualised_context=True)
NOTHING = Answers(is_child=False, is_harmed=False)
MakePerson = Callable[..., User]
MakeSighting = Callable[..., Sighting]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


def answer(person: User, item: ReviewItem, answers: Answers) -> Verdict | None:
    taken = services.take(item.public_id, person, NOW)
    return services.record_assessment(item.public_id, person, answers, taken.version, NOW).verdict


@pytest.fixture
def ann(make_person: MakePerson) -> User:
    return make_person("Ann", Role.ANALYST)


@pytest.fixture
def bea(make_person: MakePerson) -> User:
    return make_person("Bea", Role.ANALYST)


@pytest.fixture
def item(make_sighting: MakeSighting) -> ReviewItem:
    return services.open_items([make_sighting(b"one", identified="identified", baseline=True)], NOW)[0]


def test_two_analysts_who_agree_make_a_verdict_and_one_does_not(ann: User, bea: User, item: ReviewItem) -> None:
    assert answer(ann, item, REMOVE) is None
    verdict = answer(bea, item, REMOVE)
    assert verdict is not None
    assert (verdict.outcome, verdict.category, verdict.notice_type, verdict.sub_type) == ("remove", "csam", "csam", "")
    assert (verdict.identified, verdict.identified_source, verdict.baseline) == ("identified", "NCMEC", True)
    assert verdict.decided_by == Verdict.By.AGREEMENT


def test_the_verdict_puts_the_hashes_on_the_own_list(ann: User, bea: User, item: ReviewItem) -> None:
    answer(ann, item, REMOVE)
    answer(bea, item, REMOVE)
    own = HashListEntry.objects.filter(hash_list__kind="own")
    assert sorted(own.values_list("hashes__kind", flat=True)) == ["md5", "pdq", "sha1", "sha256"]


def test_a_later_verdict_withdraws_all_own_hashes_of_the_bytes_and_another_one_brings_them_back(
    ann: User, bea: User, make_sighting: MakeSighting
) -> None:
    def states() -> set[str]:
        return set(HashListEntry.objects.filter(hash_list__kind="own").values_list("state", flat=True))

    for number, (answers, expected) in enumerate([(REMOVE, "active"), (NOTHING, "withdrawn"), (REMOVE, "active")]):
        (item,) = services.open_items([make_sighting(b"one", url=f"https://host.example/{number}.png")], NOW)
        answer(ann, item, answers)
        answer(bea, item, answers)
        assert states() == {expected}
    assert HashListEntry.objects.filter(hash_list__kind="own").count() == 1


def test_a_copy_that_needs_no_action_does_not_withdraw_the_pdq_hash_of_one_that_does(
    ann: User, bea: User, make_sighting: MakeSighting
) -> None:
    first, copy = make_sighting(b"one"), make_sighting(b"two", url="https://host.example/copy.png")
    type(copy.media).objects.filter(pk=copy.media.pk).update(pdq=first.media.pdq)
    for sighting, answers in ((first, REMOVE), (copy, NOTHING)):
        (item,) = services.open_items([sighting], NOW)
        answer(ann, item, answers)
        answer(bea, item, answers)
    own = HashListEntry.objects.filter(hash_list__kind="own")
    assert set(own.values_list("state", flat=True)) == {"active"}


def test_hashes_of_sub_type_b_are_never_put_on_a_list(ann: User, bea: User, item: ReviewItem) -> None:
    answer(ann, item, SUB_TYPE_B)
    verdict = answer(bea, item, SUB_TYPE_B)
    assert verdict is not None
    assert verdict.sub_type == "b"
    assert not HashListEntry.objects.filter(hash_list__kind="own").exists()


def test_a_disagreement_goes_to_a_senior_who_was_not_involved(
    ann: User, bea: User, make_person: MakePerson, item: ReviewItem
) -> None:
    senior, involved = make_person("Sue", Role.SENIOR_ANALYST), make_person("Ida", Role.SENIOR_ANALYST)
    answer(involved, item, REMOVE)
    assert answer(bea, item, RELATED) is None
    item.refresh_from_db()
    assert item.state == ReviewItem.State.DISAGREED
    for person in (ann, involved):
        with pytest.raises(InvalidInput):
            services.take(item.public_id, person, NOW)
    verdict = answer(senior, item, RELATED)
    assert verdict is not None
    assert (verdict.decided_by, verdict.sub_type) == (Verdict.By.ADJUDICATION, "a")


def test_nobody_answers_twice(ann: User, item: ReviewItem) -> None:
    answer(ann, item, REMOVE)
    with pytest.raises(InvalidInput):
        services.take(item.public_id, ann, NOW)
    assert services.take_next(ann, NOW) is None


def test_classification_and_others_answers_stay_hidden_until_ones_own_is_in(
    ann: User, bea: User, item: ReviewItem
) -> None:
    answer(ann, item, REMOVE)
    before = selectors.item_for(item.public_id, bea, NOW)
    shown = before.sightings[0].matches[0]
    assert (before.answers, before.verdict) == ([], None)
    assert (shown.classification, shown.baseline, shown.series) == (None, None, None)
    assert before.identified == "identified"
    answer(bea, item, REMOVE)
    after = selectors.item_for(item.public_id, bea, NOW)
    assert [each.analyst for each in after.answers] == ["Ann", "Bea"]
    assert after.sightings[0].matches[0].classification == "csam"
    assert after.verdict is not None


def test_an_earlier_verdict_of_our_own_is_not_told_before_ones_own_answer(
    ann: User, bea: User, item: ReviewItem, make_sighting: MakeSighting
) -> None:
    verified(ann, bea, item)
    again = make_sighting(b"one")
    own = HashListEntry.objects.get(hash_list__kind="own")
    Match.objects.create(sighting=again, entry=own, kinds=["sha256"], exact=True, found_at=NOW)
    (following,) = services.open_items([again], NOW)
    before = selectors.item_for(following.public_id, ann, NOW)
    assert [match.list_name for match in before.sightings[0].matches] == ["Known"]
    assert "Own verdicts" not in " ".join(map(str, before.why_here))
    answer(ann, following, REMOVE)
    after = selectors.item_for(following.public_id, ann, NOW)
    assert sorted(match.list_name for match in after.sightings[0].matches) == ["Known", "Own verdicts"]


def test_a_look_needs_the_lease_and_is_counted_and_audited(ann: User, item: ReviewItem) -> None:
    with pytest.raises(LeaseLost):
        services.record_look(item.public_id, ann, NOW, bytes)
    services.take(item.public_id, ann, NOW)
    assert services.record_look(item.public_id, ann, NOW, bytes) == b"one"
    assert Look.objects.filter(person=ann, item=item).count() == 1
    assert Event.objects.filter(kind="item.looked_at", subject=item.public_id, actor=ann).count() == 1


def test_an_item_is_with_one_analyst_until_the_lease_ends(ann: User, bea: User, item: ReviewItem) -> None:
    services.take(item.public_id, ann, NOW)
    with pytest.raises(LeaseLost):
        services.take(item.public_id, bea, NOW)
    assert services.take_next(bea, NOW) is None
    ReviewItem.objects.update(leased_until=dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(LeaseLost):
        services.record_assessment(item.public_id, ann, REMOVE, 0, NOW)
    assert services.take_next(bea, NOW) == item


def test_a_stale_form_conflicts_and_saves_nothing(ann: User, item: ReviewItem) -> None:
    services.take(item.public_id, ann, NOW)
    with pytest.raises(ItemChanged):
        services.record_assessment(item.public_id, ann, REMOVE, item.version + 1, NOW)
    assert not item.assessments.exists()


def test_contradicting_answers_are_refused_and_the_item_stays_with_its_analyst(ann: User, item: ReviewItem) -> None:
    services.take(item.public_id, ann, NOW)
    with pytest.raises(InvalidInput):
        services.record_assessment(item.public_id, ann, Answers(True, True, Category.OTHER_HARMFUL, 3, 5), 0, NOW)
    item.refresh_from_db()
    assert item.leased_to == ann


@pytest.mark.parametrize(
    ("roles", "trained_on"),
    [((Role.ANALYST,), None), ((Role.ANALYST,), dt.date(2025, 11, 24)), ((Role.HOTLINE_MANAGER,), NOW.date())],
)
def test_without_training_or_role_nobody_assesses(
    make_person: MakePerson, item: ReviewItem, roles: tuple[Role, ...], trained_on: dt.date | None
) -> None:
    person = make_person("Una", *roles, trained_on=trained_on)
    with pytest.raises(NotAllowed):
        services.take(item.public_id, person, NOW)


def test_a_right_that_lapses_in_the_middle_is_refused_at_the_end(ann: User, item: ReviewItem) -> None:
    services.take(item.public_id, ann, NOW)
    with pytest.raises(NotAllowed, match="training"):
        services.record_assessment(item.public_id, ann, REMOVE, 0, NOW + dt.timedelta(days=366))


def test_sightings_of_one_medium_share_an_item_until_somebody_works_on_it(
    ann: User, bea: User, make_sighting: MakeSighting
) -> None:
    first, second = make_sighting(b"same"), make_sighting(b"same")
    (item, same) = services.open_items([first, second], NOW)
    assert item == same
    answer(ann, item, REMOVE)
    late = make_sighting(b"same")
    assert services.open_items([late], NOW) == []
    answer(bea, item, REMOVE)
    following = ReviewItem.objects.exclude(state=ReviewItem.State.DECIDED).get()
    assert list(following.sightings.all()) == [late]
    assert item.sightings.count() == 2


def test_opening_again_changes_nothing(make_sighting: MakeSighting) -> None:
    sighting = make_sighting(b"one")
    services.open_items([sighting], NOW)
    assert services.open_items([sighting], NOW) == []
    assert ReviewItem.objects.count() == 1


def test_a_report_is_assessed_when_its_pictures_are(ann: User, bea: User, make_sighting: MakeSighting) -> None:
    address, source = "https://images.example/x.png", Report.Source.PUBLIC
    report = submit_report(address, source=source, comment="the third one", now=NOW)
    (item,) = services.open_items([make_sighting(b"new", matches=False, report_id=report.pk)], NOW)
    assert [each.comment for each in selectors.item_for(item.public_id, ann, NOW).reporters] == ["the third one"]
    assert item.reason == ReviewItem.Reason.REPORT
    answer(ann, item, NOTHING)
    report.refresh_from_db()
    assert report.state != Report.State.ASSESSED
    verdict = answer(bea, item, NOTHING)
    report.refresh_from_db()
    assert report.state == Report.State.ASSESSED
    assert verdict is not None
    assert verdict.outcome == "no_action"


def verified(ann: User, bea: User, item: ReviewItem, answers: Answers = REMOVE) -> None:
    answer(ann, item, answers)
    answer(bea, item, answers)


def test_the_policy_of_r12_is_off_and_identical_copies_are_reviewed(
    ann: User, bea: User, item: ReviewItem, make_sighting: MakeSighting
) -> None:
    verified(ann, bea, item)
    (again,) = services.open_items([make_sighting(b"one")], NOW)
    assert again.state == ReviewItem.State.WAITING


def test_switched_on_it_decides_identical_copies_of_what_our_analysts_verified_as_csam(
    ann: User, bea: User, item: ReviewItem, make_sighting: MakeSighting, set_config: Callable[..., None]
) -> None:
    set_config(policy_exact_verified="true", review_acts_alone_assessments=2)
    verified(ann, bea, item)
    (again,) = services.open_items([make_sighting(b"one")], NOW)
    assert again.verdict.decided_by == Verdict.By.POLICY
    assert again.verdict.handed_over_at is None
    (other,) = services.open_items([make_sighting(b"only imported")], NOW)
    assert other.state == ReviewItem.State.WAITING


@pytest.mark.parametrize("by", ["its address", "its page", "its hash", "a redirect", "nobody"])
def test_it_decides_no_copy_of_a_picture_that_a_survivor_asks_for(
    ann: User, bea: User, make_sighting: MakeSighting, set_config: Callable[..., None], by: str
) -> None:
    set_config(policy_exact_verified="true", review_acts_alone_assessments=2)
    address, page = "https://images.example/me.png", "https://images.example/me"
    first = make_sighting(b"one", url=address, page_url=page)
    (item,) = services.open_items([first], NOW)
    verified(ann, bea, item)
    if by == "its address":
        ask_for_url(address, NOW)
    elif by == "its page":
        ask_for_url(page, NOW)
    elif by == "its hash":
        ask_for_hashes([AskedFor("sha256", bytes(first.media.sha256))], NOW)
        meet_recorded(NOW)
    elif by == "a redirect":
        first.later_reports.add(ask_for_url("https://short.example/a", NOW))
    (again,) = services.open_items([make_sighting(b"one", url="https://elsewhere.example/copy.png")], NOW)
    assert (again.state == ReviewItem.State.DECIDED) == (by == "nobody")


def test_what_only_looks_like_verified_material_never_inherits_its_category(
    ann: User, bea: User, item: ReviewItem, make_sighting: MakeSighting, set_config: Callable[..., None]
) -> None:
    set_config(policy_exact_verified="true", review_acts_alone_assessments=2)
    verified(ann, bea, item)
    derived = make_sighting(b"a copy saved anew")
    derived.media.pdq = item.media.pdq
    derived.media.save()
    (alike,) = services.open_items([derived], NOW)
    assert (alike.state, Verdict.objects.filter(item=alike).count()) == (ReviewItem.State.WAITING, 0)


@pytest.mark.parametrize("answers", [RELATED, SUB_TYPE_B, NOTHING])
def test_it_never_decides_anything_but_csam(
    ann: User,
    bea: User,
    item: ReviewItem,
    make_sighting: MakeSighting,
    set_config: Callable[..., None],
    answers: Answers,
) -> None:
    set_config(policy_exact_verified="true", review_acts_alone_assessments=2)
    verified(ann, bea, item, answers)
    (again,) = services.open_items([make_sighting(b"one")], NOW)
    assert again.state == ReviewItem.State.WAITING


@pytest.mark.django_db(transaction=True)
def test_of_two_analysts_who_take_the_next_item_at_once_each_gets_another(
    ann: User, bea: User, make_sighting: MakeSighting
) -> None:
    services.open_items([make_sighting(b"one"), make_sighting(b"two")], NOW)
    taken: list[ReviewItem | None] = []
    barrier = threading.Barrier(2)

    def work(person: User) -> None:
        barrier.wait()
        taken.append(services.take_next(person, NOW))
        connection.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in (ann, bea)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in taken
    assert taken[0] != taken[1]


def test_what_only_looks_like_a_picture_of_the_baseline_is_not_on_it(
    ann: User, bea: User, make_sighting: MakeSighting
) -> None:
    """R30: the baseline is Interpol's word on certain pictures; another one never inherits it."""
    sighting = make_sighting(b"one")
    known = get_or_create_list("Known", "NCMEC", NOW)
    upsert_entries(known, [EntryRow("pdq", bytes(32), "csam", "unidentified", "", "NCMEC", True)], NOW)
    Match.objects.update(entry=known.entries.get(hashes__kind="pdq"), kinds=["pdq"], exact=False, distance=4)
    (item,) = services.open_items([sighting], NOW)
    answer(ann, item, REMOVE)
    verdict = answer(bea, item, REMOVE)
    assert verdict is not None
    assert not verdict.baseline
    assert set(HashListEntry.objects.filter(hash_list__kind="own").values_list("baseline", flat=True)) == {False}


def test_what_was_ticked_to_be_recorded_is_among_the_answers(ann: User, make_sighting: MakeSighting) -> None:
    (item,) = services.open_items([make_sighting(b"one")], NOW)
    answer(ann, item, dataclasses.replace(REMOVE, markers=frozenset({"self_generated"})))
    (said,) = selectors.item_for(item.public_id, ann, NOW).answers
    assert said.markers == [("self_generated", "")]


def marked(*names: str, others: tuple[int, int, int] = (0, 0, 0)) -> Answers:
    return dataclasses.replace(REMOVE, markers=frozenset(names), others=others)


def test_analysts_mark_the_baseline_and_only_where_all_of_them_do_is_it_so(
    ann: User, bea: User, make_sighting: MakeSighting
) -> None:
    """R30: on the own list by the very bytes alone; removal does not depend on it."""
    for number, (second, said) in enumerate([(marked("interpol_baseline"), True), (REMOVE, False)]):
        (item,) = services.open_items([make_sighting(b"%d" % number)], NOW)
        answer(ann, item, marked("interpol_baseline"))
        verdict = answer(bea, item, second)
        assert verdict is not None
        assert (verdict.outcome, verdict.baseline) == ("remove", said)
        assert HashListEntry.objects.filter(hash_list__kind="own").latest("pk").baseline == said


def test_the_verdict_counts_the_children_and_records_self_generation(ann: User, bea: User, item: ReviewItem) -> None:
    answer(ann, item, marked("self_generated", others=(0, 1, 0)))
    verdict = answer(bea, item, marked(others=(1, 1, 1)))
    assert verdict is not None
    assert verdict.self_generated
    assert verdict.children == 4
    assert verdict.children_by_class == {"prepubescent": 2, "pubescent": 1, "post_pubescent": 1}


def test_another_child_is_never_younger_than_the_youngest(ann: User, item: ReviewItem) -> None:
    taken = services.take(item.public_id, ann, NOW)
    older = Answers(True, True, Category.CSAM, 9, 12, others=(1, 0, 0))
    with pytest.raises(InvalidInput, match="youngest governs"):
        services.record_assessment(item.public_id, ann, older, taken.version, NOW)
