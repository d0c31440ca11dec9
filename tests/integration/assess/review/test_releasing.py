"""On the day the right to assess goes, the work in hand goes back to the queue: for a training, for an agreement, for
somebody who was switched off; nobody else's is touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from orbweaver.assess.criteria import Answers
from orbweaver.assess.review import services
from orbweaver.assess.review.models import Assessment, ReviewItem
from orbweaver.assess.review.releasing import release_all_of, release_without_right
from orbweaver.detect.matching.models import Sighting
from orbweaver.errors import NotAllowed
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
NOTHING = Answers(is_child=False, is_harmed=False)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]

Held = Callable[[User], ReviewItem]


@pytest.fixture
def held(make_sighting: Callable[..., Sighting]) -> Held:
    """An item that this person has taken."""

    def take(person: User) -> ReviewItem:
        body = person.display_name.encode()
        return services.take(services.open_items([make_sighting(body)], NOW)[0].public_id, person, NOW)

    return take


def holder_of(item: ReviewItem) -> User | None:
    item.refresh_from_db()
    return item.leased_to


def test_on_the_day_a_training_lapses_its_holders_item_is_free_and_no_answer_is_taken(
    make_person: Callable[..., User], held: Held
) -> None:
    ann = make_person("Ann", Role.ANALYST, trained_on=NOW.date() - dt.timedelta(days=364))
    bea = make_person("Bea", Role.ANALYST)
    hers, other = held(ann), held(bea)
    assert release_without_right(NOW) == 0
    with pytest.raises(NotAllowed, match="training"):
        services.record_assessment(hers.public_id, ann, NOTHING, hers.version, NOW + DAY)
    assert Assessment.objects.count() == 0
    assert release_without_right(NOW + DAY) == 1
    assert (holder_of(hers), holder_of(other)) == (None, bea)
    assert services.take(hers.public_id, bea, NOW + DAY) == hers


def test_when_the_agreement_of_an_organisation_ends_all_its_people_give_back_what_they_hold(
    make_person: Callable[..., User], held: Held, organisation: Organisation
) -> None:
    people = [make_person(name, Role.ANALYST) for name in ("Ann", "Bea")]
    items = [held(person) for person in people]
    organisation.agreements.update(ends_on=NOW.date())
    assert release_without_right(NOW) == 0, "it counts to the end of its last day"
    assert release_without_right(NOW + DAY) == 2
    assert [holder_of(item) for item in items] == [None, None]


def test_an_organisation_that_is_not_vetted_assesses_nothing(
    make_person: Callable[..., User], held: Held, organisation: Organisation
) -> None:
    item = held(make_person("Ann", Role.ANALYST))
    Organisation.objects.filter(pk=organisation.pk).update(vetted_on=None)
    assert release_without_right(NOW) == 1
    assert holder_of(item) is None


def test_each_release_says_why_and_whose_it_was_and_happens_once(make_person: Callable[..., User], held: Held) -> None:
    ann = make_person("Ann", Role.ANALYST)
    item = held(ann)
    assert [release_all_of(ann, NOW), release_all_of(ann, NOW)] == [1, 0]
    event = Event.objects.get(kind="item.released")
    assert event.subject == item.public_id
    assert event.details == {"why": "no_right", "held_by": ann.public_id}
