"""Sub-type b is a verdict on one place (R32): no notice names a place that nobody judged, and no hash acts for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from urllib.parse import urljoin

import pytest

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.linking.selectors import surroundings_of
from orbweaver.assess.review import services
from orbweaver.assess.review.appeals import request_review
from orbweaver.assess.review.errors import TooLate
from orbweaver.assess.review.messages import ON_LIST
from orbweaver.assess.review.models import ReviewItem, Verdict
from orbweaver.assess.review.selectors import item_for
from orbweaver.assess.review.together import alike
from orbweaver.assess.review.undo import take_back
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput
from orbweaver.notify.notices.letters.parts import parts_of
from orbweaver.notify.notices.models import NoticeUrl, OutboxMessage
from orbweaver.notify.notices.routing.holding import hold, lift, release_held
from orbweaver.notify.notices.routing.previews import preview_for_item
from orbweaver.notify.notices.services import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SUB_TYPE_B = Answers(True, True, Category.OTHER_HARMFUL, 3, 5, nude=True, sexualised_context=True)
SUB_TYPE_C = Answers(True, True, Category.OTHER_HARMFUL, 3, 5, physical_abuse=True)
CSAM = Answers(True, True, Category.CSAM, 3, 5)
RELATED = Answers(True, True, Category.CSAM_RELATED, 3, 5)
HARMLESS = Answers(is_child=True, is_harmed=False, age_min=3, age_max=5)
FORUM, ALBUM = "https://forum.example/stolen.png", "https://family.example/beach.png"
LATER = "https://grandparents.example/summer.png"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]

MakeSighting = Callable[..., Sighting]


@pytest.fixture
def make_sighting(make_sighting: MakeSighting) -> MakeSighting:
    """Each picture lies on the site of its page: where it is linked from elsewhere, the page is the place."""

    def make(body: bytes, *, url: str, **given: object) -> Sighting:
        return make_sighting(body, url=url, page_url=urljoin(url, "/page"), **given)

    return make


@pytest.fixture
def pair(make_person: Callable[..., User]) -> list[User]:
    return [make_person(name, Role.ANALYST) for name in ("Ann", "Bea")]


@pytest.fixture
def item(make_sighting: MakeSighting) -> ReviewItem:
    """One item for the same bytes at two places: nobody had taken it when the second was found."""
    return services.open_items([make_sighting(b"one", url=FORUM), make_sighting(b"one", url=ALBUM)], NOW)[0]


def answer(person: User, item: ReviewItem, answers: Answers, **place: str) -> Verdict | None:
    taken = services.take(item.public_id, person, NOW)
    return services.record_assessment(item.public_id, person, answers, taken.version, NOW, **place).verdict


def decide(people: list[User], item: ReviewItem, answers: Answers, **place: str) -> Verdict:
    verdicts = [answer(person, item, answers, **place) for person in people]
    assert verdicts[-1] is not None
    return verdicts[-1]


def notified() -> set[str]:
    issue_notices(NOW)
    return set(NoticeUrl.objects.values_list("url", flat=True))


def waiting() -> dict[str, ReviewItem]:
    """The items that wait, by the one place that each is about."""
    items = ReviewItem.objects.exclude(state=ReviewItem.State.DECIDED)
    return {item.sightings.get().url: item for item in items}


def test_the_family_album_gets_no_notice_from_a_verdict_on_the_forum(pair: list[User], item: ReviewItem) -> None:
    verdict = decide(pair, item, SUB_TYPE_B)
    assert verdict.sub_type == "b"
    assert notified() == {FORUM}
    assert list(waiting()) == [ALBUM], "the album is a question of its own"


def words_of(message: OutboxMessage) -> str:
    return parts_of(bytes(message.raw)).text


def test_the_preview_is_about_the_place_that_is_judged_alone(item: ReviewItem) -> None:
    album = item.sightings.get(url=ALBUM)
    (shown,) = preview_for_item(item, SUB_TYPE_B, NOW, place=album.public_id)
    assert ("beach.png" in shown.text, "stolen.png" in shown.text) == (True, False)
    assert bytes(item.media.sha256).hex() not in shown.text
    everywhere = " ".join(each.text for each in preview_for_item(item, CSAM, NOW))
    assert "beach.png" in everywhere
    assert "stolen.png" in everywhere


def test_a_held_notice_that_is_released_is_about_the_place_that_was_judged_alone(
    pair: list[User], item: ReviewItem
) -> None:
    host = add_provider("Host", now=NOW, domains=["forum.example", "family.example"])
    add_contact(host, "abuse@host.example", now=NOW)
    policy = hold("not yet", by=None, now=NOW, provider=host)
    decide(pair, item, SUB_TYPE_B)
    issue_notices(NOW)
    assert not OutboxMessage.objects.exists()
    lift(policy.public_id, by=None, now=NOW)
    assert release_held(NOW) == 1
    words = words_of(OutboxMessage.objects.get())
    assert ("stolen.png" in words, "beach.png" in words) == (True, False)


def test_a_letter_about_a_place_names_no_hash_and_asks_for_no_copies(pair: list[User], item: ReviewItem) -> None:
    host = add_provider("Host", now=NOW, domains=["forum.example", "family.example"])
    add_contact(host, "abuse@host.example", now=NOW)
    decide(pair, item, SUB_TYPE_B)
    issue_notices(NOW)
    message = OutboxMessage.objects.get()
    for digest in (item.media.sha256, item.media.sha1, item.media.md5):
        assert bytes(digest).hex() not in bytes(message.raw).decode()
    assert "copies of the same files" not in words_of(message)
    assert "This notice is about these addresses alone" in " ".join(words_of(message).split())


def test_what_is_found_later_is_a_question_of_its_own_too(
    pair: list[User], item: ReviewItem, make_sighting: MakeSighting
) -> None:
    decide(pair, item, SUB_TYPE_B)
    services.open_items([make_sighting(b"one", url=LATER)], NOW)
    assert set(waiting()) == {ALBUM, LATER}
    decide(pair, waiting()[ALBUM], HARMLESS)
    assert notified() == {FORUM}
    decide(pair, waiting()[LATER], SUB_TYPE_B)
    assert notified() == {FORUM, LATER}
    assert waiting() == {}


@pytest.mark.parametrize("answers", [CSAM, RELATED, SUB_TYPE_C])
def test_every_other_verdict_goes_on_covering_the_bytes(
    pair: list[User], item: ReviewItem, make_sighting: MakeSighting, answers: Answers
) -> None:
    decide(pair, item, answers)
    assert notified() == {FORUM, ALBUM}
    assert waiting() == {}
    more = [make_sighting(b"one", url=LATER), make_sighting(b"one", url=f"{LATER}?again")]
    assert len({each.pk for each in services.open_items(more, NOW)}) == 1, "one look for the same bytes"


def test_hashes_of_a_place_are_never_on_a_list(pair: list[User], item: ReviewItem) -> None:
    decide(pair, item, SUB_TYPE_B)
    decide(pair, waiting()[ALBUM], SUB_TYPE_B)
    assert notified() == {FORUM, ALBUM}
    assert not HashListEntry.objects.filter(hash_list__kind="own").exists()


def test_the_analyst_says_which_place_and_the_others_wait(pair: list[User], item: ReviewItem) -> None:
    album = item.sightings.get(url=ALBUM)
    decide(pair, item, SUB_TYPE_B, place=album.public_id)
    assert notified() == {ALBUM}
    assert list(waiting()) == [FORUM]


def test_answers_about_two_places_are_no_agreement(
    pair: list[User], item: ReviewItem, make_person: Callable[..., User]
) -> None:
    for person, url in zip(pair, (FORUM, ALBUM), strict=True):
        assert answer(person, item, SUB_TYPE_B, place=item.sightings.get(url=url).public_id) is None
    item.refresh_from_db()
    assert item.state == ReviewItem.State.DISAGREED
    senior = make_person("Sue", Role.SENIOR_ANALYST)
    answer(senior, item, SUB_TYPE_B, place=item.sightings.get(url=ALBUM).public_id)
    assert notified() == {ALBUM}
    assert list(waiting()) == [FORUM]


def test_a_place_of_another_item_is_refused(pair: list[User], item: ReviewItem, make_sighting: MakeSighting) -> None:
    stranger = make_sighting(b"two", url="https://elsewhere.example/two.png")
    with pytest.raises(InvalidInput, match="does not belong to this item"):
        answer(pair[0], item, SUB_TYPE_B, place=stranger.public_id)


def test_what_comes_while_the_item_is_assessed_is_asked_about_by_itself(
    pair: list[User], item: ReviewItem, make_sighting: MakeSighting
) -> None:
    answer(pair[0], item, SUB_TYPE_B)
    assert services.open_items([make_sighting(b"one", url=LATER)], NOW) == []
    answer(pair[1], item, SUB_TYPE_B)
    assert set(waiting()) == {ALBUM, LATER}


def test_a_report_is_assessed_when_the_last_of_its_places_is(pair: list[User], make_sighting: MakeSighting) -> None:
    report = submit_report("https://forum.example/thread", source=Report.Source.PUBLIC, now=NOW)
    places = [make_sighting(b"one", url=url, report_id=report.pk) for url in (FORUM, ALBUM)]
    decide(pair, services.open_items(places, NOW)[0], SUB_TYPE_B)
    report.refresh_from_db()
    assert report.assessed_at is None
    decide(pair, waiting()[ALBUM], HARMLESS)
    report.refresh_from_db()
    assert report.assessed_at == NOW


def test_places_are_never_decided_together(pair: list[User], item: ReviewItem, make_sighting: MakeSighting) -> None:
    decide(pair, item, SUB_TYPE_B)
    services.open_items([make_sighting(b"one", url=LATER)], NOW)
    taken = services.take(waiting()[ALBUM].public_id, pair[0], NOW)
    assert alike(taken, pair[0]) == []


def test_an_answer_taken_back_brings_the_places_together_again(
    pair: list[User], item: ReviewItem, set_config: Callable[..., None]
) -> None:
    set_config(review_undo_seconds=60)
    decide(pair, item, SUB_TYPE_B)
    take_back(item.public_id, pair[1], NOW)
    (again,) = ReviewItem.objects.exclude(state=ReviewItem.State.DECIDED)
    assert again.pk == item.pk
    assert set(again.sightings.values_list("url", flat=True)) == {FORUM, ALBUM}
    services.record_assessment(item.public_id, pair[1], CSAM, again.version, NOW)
    again.refresh_from_db()
    assert again.state == ReviewItem.State.DISAGREED


def test_nothing_is_taken_back_once_somebody_has_one_of_the_other_places(
    pair: list[User], item: ReviewItem, set_config: Callable[..., None]
) -> None:
    set_config(review_undo_seconds=60)
    decide(pair, item, SUB_TYPE_B)
    services.take(waiting()[ALBUM].public_id, pair[0], NOW)
    with pytest.raises(TooLate):
        take_back(item.public_id, pair[1], NOW)


def test_a_review_that_ends_in_sub_type_b_keeps_one_place_and_takes_the_hashes_back(
    pair: list[User], item: ReviewItem, make_person: Callable[..., User], make_sighting: MakeSighting
) -> None:
    verdict = decide(pair, item, CSAM)
    assert notified() == {FORUM, ALBUM}
    appeal = request_review(verdict.public_id, by=None, requester="provider", reason="it is an album", now=NOW)
    senior = make_person("Sue", Role.SENIOR_ANALYST)
    changed = answer(senior, appeal.item, SUB_TYPE_B)
    assert changed is not None
    issue_notices(NOW)
    about = NoticeUrl.objects.filter(verdict=changed)
    assert [url.url for url in about] == [FORUM]
    assert set(NoticeUrl.objects.filter(verdict=verdict).values_list("state", flat=True)) == {"withdrawn"}
    assert list(waiting()) == [ALBUM]
    own = HashListEntry.objects.filter(hash_list__kind="own")
    assert set(own.values_list("state", "acts_alone")) == {("withdrawn", False)}
    services.open_items([make_sighting(b"one", url=LATER)], NOW)
    assert set(waiting()) == {ALBUM, LATER}


def test_what_the_written_policy_sent_without_a_look_is_looked_at_when_the_verdict_turns_out_to_be_sub_type_b(
    pair: list[User],
    item: ReviewItem,
    make_person: Callable[..., User],
    make_sighting: MakeSighting,
    set_config: Callable[..., None],
) -> None:
    set_config(policy_exact_verified="true", review_acts_alone_assessments=2)
    verdict = decide(pair, item, CSAM)
    services.open_items([make_sighting(b"one", url=LATER)], NOW)
    assert notified() == {FORUM, ALBUM, LATER}
    appeal = request_review(verdict.public_id, by=None, requester="provider", reason="it is an album", now=NOW)
    answer(make_person("Sue", Role.SENIOR_ANALYST), appeal.item, SUB_TYPE_B)
    assert NoticeUrl.objects.get(url=LATER).state == "withdrawn"
    assert set(waiting()) == {ALBUM, LATER}


def test_that_the_bytes_were_judged_elsewhere_is_told_after_ones_own_answer(pair: list[User], item: ReviewItem) -> None:
    verdict = decide(pair, item, SUB_TYPE_B)
    album = waiting()[ALBUM]
    before = item_for(album.public_id, pair[0], NOW)
    assert (before.answers, before.verdict, before.why_here) == ([], None, [ON_LIST.of(lists="Known", n=1)])
    assert surroundings_of(album, pair[0], answered=before.answered).earlier == []
    answer(pair[0], album, HARMLESS)
    after = item_for(album.public_id, pair[0], NOW)
    assert surroundings_of(album, pair[0], answered=after.answered).earlier == [verdict]


def test_a_verdict_on_a_place_keeps_no_hash_of_another_medium_at_work(
    pair: list[User], make_person: Callable[..., User], make_sighting: MakeSighting
) -> None:
    """Two files of one picture: the forum's was csam, the album's is judged by its place; then the first one falls."""
    senior, asker = make_person("Sue", Role.SENIOR_ANALYST), make_person("Max", Role.HOTLINE_MANAGER)
    forum, album = make_sighting(b"one", url=FORUM), make_sighting(b"two", url=ALBUM)
    Media.objects.filter(pk__in=[forum.media_id, album.media_id]).update(pdq=bytes(32), pdq_quality=100)
    first, second = (services.open_items([Sighting.objects.get(pk=each.pk)], NOW)[0] for each in (forum, album))
    verdict = decide(pair, first, CSAM)
    assert HashListEntry.objects.filter(hash_list__kind="own", hashes__kind="pdq", state="active").exists()
    decide(pair, second, SUB_TYPE_B)
    appeal = request_review(verdict.public_id, by=asker, requester="a manager", reason="look again", now=NOW)
    answer(senior, appeal.item, HARMLESS)
    own = HashListEntry.objects.filter(hash_list__kind="own").exclude(state="withdrawn")
    assert not own.exists()


def test_an_answer_about_one_place_taken_back_leaves_the_other_items_of_the_medium_alone(
    pair: list[User], item: ReviewItem, make_sighting: MakeSighting, set_config: Callable[..., None]
) -> None:
    set_config(review_undo_seconds=60)
    decide(pair, item, SUB_TYPE_B)
    services.open_items([make_sighting(b"one", url=LATER)], NOW)
    decide(pair, waiting()[LATER], CSAM)
    (shared,) = services.open_items([make_sighting(b"one", url="https://board.example/1.png")], NOW)
    services.take(shared.public_id, pair[0], NOW)
    album = waiting()[ALBUM]
    assert (shared.place, album.place is None) == (None, False)
    services.release(shared.public_id, pair[0], NOW)
    decide(pair, album, HARMLESS)
    services.take(shared.public_id, pair[0], NOW)
    take_back(album.public_id, pair[1], NOW)
    assert set(waiting()) == {ALBUM, "https://board.example/1.png"}
