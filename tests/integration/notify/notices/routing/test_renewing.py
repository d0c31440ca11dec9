"""A host that signs its addresses anew at each visit: one place, one item, one notice, with the newest address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.assess.linking.models import Neighbour
from orbweaver.assess.linking.neighbours import PictureOnPage, want
from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
from orbweaver.detect.matching.models import Sighting
from orbweaver.follow.recheck.leasing import lease_due
from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.routing.drafting import letter_for
from orbweaver.notify.notices.services import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.platform.network.signed import file_key
from orbweaver.platform.network.urls import parse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
PAGE = "https://forum.example/thread/1"

Visit = Callable[..., Sighting]


def signed(number: int, path: str = "/1.png") -> str:
    return f"https://cdn.host.example{path}?Expires={1795521600 + number}&Signature=ab{number}"


@pytest.fixture
def visit(make_sighting: Callable[..., Sighting]) -> Visit:
    """The page is visited once more, and what it shows is recorded as the crawler does."""

    def once_more(number: int, *, body: bytes = b"one", page: str = PAGE) -> Sighting:
        at = NOW + number * HOUR
        sighting = make_sighting(body, url=signed(number), page_url=page, now=at)
        sightings_recorded.announce(SightingsRecorded([sighting], at))
        return sighting

    return once_more


@pytest.fixture
def notified(visit: Visit, world: Any) -> NoticeUrl:
    """What the first visit found, decided and notified."""
    add_contact(add_provider("Host", now=NOW, domains=["host.example"]), "abuse@host.example", now=NOW)
    visit(0)
    decide(world)
    return NoticeUrl.objects.get()


def decide(world: Any) -> None:
    item = ReviewItem.objects.exclude(state=ReviewItem.State.DECIDED).get()
    item.state, item.decided_at = ReviewItem.State.DECIDED, NOW
    item.save()
    world.verdict(item=item)
    issue_notices(NOW + 9 * HOUR)


def test_a_place_that_is_signed_anew_has_one_item_and_one_notice_with_its_newest_address(
    notified: NoticeUrl, visit: Visit
) -> None:
    assert notified.url == signed(0)
    for number in (1, 2, 3):
        visit(number)
    assert (Sighting.objects.count(), ReviewItem.objects.count(), issue_notices(NOW + 9 * HOUR)) == (1, 1, 0)
    assert Sighting.objects.get().url == NoticeUrl.objects.get().url == signed(3)
    notice = Notice.objects.get()
    letter = letter_for(notice, notice.urls.select_related("verdict", "media"), NOW)
    assert [each.url for each in letter.urls] == [signed(3)]
    RecheckTarget.objects.update(due_at=NOW)
    assert [due.url for due in lease_due(NOW, 10)] == [signed(3)]


def test_an_older_visit_that_is_recorded_late_does_not_bring_its_address_back(
    notified: NoticeUrl, visit: Visit
) -> None:
    visit(3)
    visit(2)
    notified.refresh_from_db()
    assert Sighting.objects.get().url == notified.url == signed(3)


@pytest.mark.usefixtures("notified")
def test_other_bytes_there_are_another_picture(visit: Visit, world: Any) -> None:
    visit(1, body=b"another")
    decide(world)
    assert ReviewItem.objects.count() == 2
    assert set(NoticeUrl.objects.values_list("url", flat=True)) == {signed(0), signed(1)}


@pytest.mark.usefixtures("notified")
def test_another_page_that_shows_it_joins_the_place_in_its_notice(visit: Visit, world: Any) -> None:
    visit(1, page="https://forum.example/thread/2")
    decide(world)
    url = NoticeUrl.objects.get()
    assert (url.url, url.pages) == (signed(1), [PAGE, "https://forum.example/thread/2"])


def test_a_first_notice_has_the_newest_address_of_a_place_on_two_pages(visit: Visit, world: Any) -> None:
    visit(0)
    visit(1, page="https://forum.example/thread/2")
    decide(world)
    assert NoticeUrl.objects.get().url == signed(1)


def test_what_is_withdrawn_keeps_its_address(notified: NoticeUrl, visit: Visit) -> None:
    NoticeUrl.objects.update(state="withdrawn")
    visit(1)
    notified.refresh_from_db()
    assert notified.url == signed(0)


@pytest.mark.parametrize("state", ["removed", "offline", "live"])
def test_what_was_over_and_is_seen_again_is_checked_soon(notified: NoticeUrl, visit: Visit, state: str) -> None:
    NoticeUrl.objects.update(state=state)
    RecheckTarget.objects.update(due_at=NOW + 900 * HOUR)
    visit(0)
    assert (RecheckTarget.objects.get().due_at < NOW + HOUR) is (state != "live")


def test_a_neighbour_that_is_signed_anew_is_wanted_once_at_its_newest_address(visit: Visit) -> None:
    beside = [PictureOnPage(url, file_key(parse(url)), 1, "") for url in (signed(0, "/2.png"), signed(1, "/2.png"))]
    sighting = visit(0)
    assert [want(sighting, [each], NOW) for each in beside] == [1, 0]
    assert Neighbour.objects.get().url == signed(1, "/2.png")
