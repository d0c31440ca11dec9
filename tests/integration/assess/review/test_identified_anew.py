"""Police identify a child about whom nothing was to be done: the picture is asked about anew, by rule (R29, R74)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.series.rules import LinkReason
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.assess.review.models import ReviewItem, Verdict
    from orbweaver.assess.series.models import Victim
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.detect.media.models import Media
    from orbweaver.people.accounts.models import User

    MakePerson = Callable[..., User]
    MakeSighting = Callable[..., Sighting]

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SOON = NOW + dt.timedelta(hours=1)
ADULT = Answers(is_child=False, is_harmed=False)
ADOLESCENT = Answers(True, True, Category.CSAM, 15, 17)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


def answer(person: User, item: ReviewItem, answers: Answers, now: dt.datetime = NOW) -> Verdict | None:
    from orbweaver.assess.review import services

    taken = services.take(item.public_id, person, now)
    return services.record_assessment(item.public_id, person, answers, taken.version, now).verdict


@pytest.fixture
def liaison(make_person: MakePerson) -> User:
    return make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)


@pytest.fixture
def sue(make_person: MakePerson) -> User:
    return make_person("Sue", Role.SENIOR_ANALYST)


@pytest.fixture
def refused(make_person: MakePerson, make_sighting: MakeSighting) -> Verdict:
    """A picture of somebody whom both analysts took for an adult."""
    from orbweaver.assess.review.services import open_items

    (item,) = open_items([make_sighting(b"one", url="https://host.example/1.png")], NOW)
    answer(make_person("Ann"), item, ADULT)
    verdict = answer(make_person("Ben"), item, ADULT)
    assert verdict is not None
    return verdict


def child_of(media: Media, liaison: User) -> Victim:
    """The one child of a series that a person put the medium into."""
    from orbweaver.assess.series.services import add_victim, link_item, open_series

    series = open_series("The lake", by=liaison, now=NOW)
    link_item(series, media, reason=LinkReason.PLACE, by=liaison, now=NOW)
    return add_victim(series, "the child", 15, 17, by=liaison, now=NOW)


def identify(victim: Victim, liaison: User, *, identified: bool = True) -> None:
    from orbweaver.assess.series.services import set_identified

    set_identified(victim, identified=identified, source="RCMP", on=SOON.date(), by=liaison, now=SOON)


def asked_about(media: Media) -> list[ReviewItem]:
    from orbweaver.assess.review.models import ReviewItem

    return list(ReviewItem.objects.filter(media=media).exclude(state=ReviewItem.State.DECIDED))


def test_an_adolescent_taken_for_an_adult_is_asked_about_anew_and_the_provider_is_told_at_once(
    refused: Verdict, liaison: User, sue: User, make_sighting: MakeSighting
) -> None:
    from orbweaver.assess.review.services import open_items, take_next
    from orbweaver.notify.notices.models import OutboxMessage
    from orbweaver.notify.notices.services import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    add_contact(add_provider("Host", now=NOW, domains=["host.example"]), "abuse@host.example", now=NOW)
    open_items([make_sighting(b"older")], NOW - dt.timedelta(days=30))
    identify(child_of(refused.media, liaison), liaison)
    (item,) = asked_about(refused.media)
    assert list(item.sightings.all()) == list(refused.item.sightings.all())
    assert take_next(sue, SOON) == item, "it comes before what waited long"
    new = answer(sue, item, ADOLESCENT, SOON)
    refused.refresh_from_db()
    assert new is not None
    assert (new.outcome, new.identified, refused.superseded_by) == ("remove", "identified", new)
    issue_notices(SOON)
    letter = bytes(OutboxMessage.objects.get().raw)
    assert b"hxxps://host[.]example/1.png" in letter
    assert b"identified by law enforcement: yes" in letter


def test_whoever_decides_reads_that_police_identified_the_child_and_not_what_was_decided(
    refused: Verdict, liaison: User, sue: User
) -> None:
    from orbweaver.assess.review.selectors import item_for

    identify(child_of(refused.media, liaison), liaison)
    (item,) = asked_about(refused.media)
    reasons = [str(each) for each in item_for(item.public_id, sue, SOON).why_here]
    assert reasons[0] == "Law enforcement has identified the child since it was decided. It is reviewed again."


def test_a_list_that_says_it_of_these_very_bytes_counts_too(refused: Verdict, make_sighting: MakeSighting) -> None:
    make_sighting(b"one", url="https://host.example/1.png", identified="identified", now=SOON)
    assert len(asked_about(refused.media)) == 1


def test_the_same_word_again_asks_nothing_anew(refused: Verdict, liaison: User, sue: User) -> None:
    from orbweaver.assess.review.models import Appeal

    child = child_of(refused.media, liaison)
    identify(child, liaison)
    identify(child, liaison)
    (item,) = asked_about(refused.media)
    assert answer(sue, item, ADULT, SOON) is None
    assert Appeal.objects.get().outcome == Appeal.Outcome.UPHELD
    identify(child, liaison)
    assert asked_about(refused.media) == []
    identify(child, liaison, identified=False)
    refused.refresh_from_db()
    assert refused.identified == "unidentified"


def test_a_picture_that_only_looks_like_a_listed_one_stays_as_it_was_decided(
    make_person: MakePerson, make_sighting: MakeSighting
) -> None:
    from orbweaver.assess.review.services import open_items
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries
    from orbweaver.detect.matching.models import Match

    sighting = make_sighting(b"one")
    known = get_or_create_list("Known", "NCMEC", NOW)
    upsert_entries(known, [EntryRow("pdq", bytes(32), "csam", "unidentified", "", "NCMEC", False)], NOW)
    Match.objects.update(entry=known.entries.get(hashes__kind="pdq"), kinds=["pdq"], exact=False, distance=20)
    (item,) = open_items([sighting], NOW)
    answer(make_person("Ann"), item, ADULT)
    answer(make_person("Ben"), item, ADULT)
    upsert_entries(known, [EntryRow("pdq", bytes(32), "csam", "identified", "", "NCMEC", False)], SOON)
    assert asked_about(sighting.media) == []


def test_what_was_decided_by_who_knew_of_it_stands(
    make_person: MakePerson, make_sighting: MakeSighting, liaison: User
) -> None:
    from orbweaver.assess.review.services import open_items

    sighting = make_sighting(b"one")
    child = child_of(sighting.media, liaison)
    identify(child, liaison)
    (item,) = open_items([sighting], SOON)
    answer(make_person("Ann"), item, ADULT, SOON)
    answer(make_person("Ben"), item, ADULT, SOON)
    identify(child, liaison)
    assert asked_about(sighting.media) == []


def test_an_address_that_was_given_up_for_an_objection_is_notified_anew(
    make_person: MakePerson, make_sighting: MakeSighting, liaison: User, sue: User
) -> None:
    from orbweaver.assess.review.appeals import request_review
    from orbweaver.assess.review.services import open_items
    from orbweaver.notify.notices.models import Notice
    from orbweaver.notify.notices.services import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    add_contact(add_provider("Host", now=NOW, domains=["host.example"]), "abuse@host.example", now=NOW)
    (item,) = open_items([make_sighting(b"one", url="https://host.example/1.png")], NOW)
    answer(make_person("Ann"), item, ADOLESCENT)
    removal = answer(make_person("Ben"), item, ADOLESCENT)
    assert removal is not None
    issue_notices(NOW)
    objection = request_review(removal.public_id, by=None, requester="provider", reason="not a child", now=NOW)
    answer(make_person("Sam", Role.SENIOR_ANALYST), objection.item, ADULT)
    assert Notice.objects.get().state == "closed"
    identify(child_of(removal.media, liaison), liaison)
    (item,) = asked_about(removal.media)
    answer(sue, item, ADOLESCENT, SOON)
    issue_notices(SOON)
    anew = Notice.objects.get(state="open")
    assert anew.identified
    assert [each.url for each in anew.urls.all()] == ["https://host.example/1.png"]
