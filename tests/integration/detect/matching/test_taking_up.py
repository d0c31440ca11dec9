"""What crawlers recorded reaches those above, and what cannot be taken up holds up nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.integration.conftest import NOW, MakeSighting

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.matching import taking_up
from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
from orbweaver.detect.matching.models import Sighting, ToTakeUp


@pytest.fixture
def three(make_sighting: MakeSighting, db: None) -> list[Sighting]:
    """Two of one batch and one of a later one, none taken up yet."""
    found = [make_sighting(body) for body in (b"one", b"two", b"three")]
    ReviewItem.objects.all().delete()
    taking_up.leave(found[:2], NOW)
    taking_up.leave(found[2:], NOW + dt.timedelta(minutes=1))
    return found


def take_all_up() -> None:
    while taking_up.take_up():
        pass


def with_items() -> set[int]:
    return set(Sighting.objects.filter(review_items__isnull=False).values_list("pk", flat=True))


def test_each_batch_is_heard_of_at_its_own_time(three: list[Sighting]) -> None:
    assert (taking_up.take_up(), taking_up.take_up(), taking_up.take_up()) == (2, 1, 0)
    assert with_items() == {each.pk for each in three}


def test_what_cannot_be_taken_up_waits_behind_all_else_and_is_tried_again(
    three: list[Sighting], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    announce = sightings_recorded.announce

    def refuse_the_first(recorded: SightingsRecorded) -> None:
        if three[0] in recorded.sightings:
            raise ValueError(f"nothing can be made of {three[0].url}")
        announce(recorded)

    with monkeypatch.context() as patch:
        patch.setattr(sightings_recorded, "announce", refuse_the_first)
        take_all_up()
    assert with_items() == {each.pk for each in three[1:]}
    (left,) = ToTakeUp.objects.all()
    assert left.sighting_id == three[0].pk
    assert [line.getMessage().startswith(f"sighting {three[0].pk} ") for line in caplog.records] == [True]
    assert three[0].url not in caplog.text
    assert taking_up.take_up() == 0  # not again and again
    ToTakeUp.objects.update(not_before=NOW - dt.timedelta(days=365))
    take_all_up()
    assert with_items() == {each.pk for each in three}
