"""More of the same: what stands at a request's addresses is looked for elsewhere, by hashes of the person's own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.assess.review.handovers import VerdictReached
from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.intake.models import AskedHash, Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.asked import meet_recorded
from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
from orbweaver.follow.survivors import selectors
from orbweaver.follow.survivors.models import Request
from orbweaver.follow.survivors.more import hear_of_verdict
from orbweaver.follow.survivors.rules import Stage
from orbweaver.follow.survivors.services import Asked, ask, withdraw

from ...conftest import NOW, World, prints_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]

URL = "https://images.example/me.png"
PAGE = "https://images.example/album"
DAY = dt.timedelta(days=1)


def asking(url: str, *, more: bool = True) -> Request:
    made, _ = ask(Asked(Request.Capacity.ADULT, Request.Aim.PICTURE, at_risk=False, urls=[url], search_more=more), NOW)
    return made


def seen(*sightings: Any) -> None:
    sightings_recorded.announce(SightingsRecorded(list(sightings), NOW))


def test_the_picture_at_the_very_address_is_found_elsewhere_before_and_after_and_told(make_sighting: Any) -> None:
    stranger = submit_report("https://other.example/", source=Report.Source.PUBLIC, now=NOW).pk
    before = make_sighting(b"mine", url="https://other.example/copy.png", matches=False, report_id=stranger)
    request = asking(URL)
    seen(make_sighting(b"mine", url=URL, matches=False, report_id=request.parts.get().report_id))
    assert {each.kind for each in AskedHash.objects.all()} == {"sha256", "pdq"}
    meet_recorded(NOW)
    assert before.asked.exists()
    assert ReviewItem.objects.get(sightings=before).rank_at < NOW - 300 * DAY
    address, more = selectors.progress_of(request, NOW + 3 * DAY).parts
    assert (address.is_more, more.is_more) == (False, True)
    assert more.stages == [Stage.ASSESSING]
    seen(make_sighting(b"mine", url=URL))
    assert AskedHash.objects.count() == 2


def test_what_stands_only_at_its_own_address_is_not_told_twice(make_sighting: Any) -> None:
    request = asking(URL)
    seen(make_sighting(b"mine", url=URL, matches=False, report_id=request.parts.get().report_id))
    meet_recorded(NOW)
    _, more = selectors.progress_of(request, NOW + 3 * DAY).parts
    assert more.stages == [Stage.LOOKING]


def test_of_a_page_it_is_what_is_to_be_removed_and_nothing_else(world: World) -> None:
    request = asking(PAGE)
    verdict = world.verdict("https://images.example/one.png", page=PAGE)
    other = world.verdict("https://images.example/logo.png", page=PAGE, outcome="no_action")
    for each in (verdict, other):
        hear_of_verdict(VerdictReached(each, NOW, NOW))
    assert {bytes(each.value) for each in AskedHash.objects.filter(kind="sha256")} == {bytes(verdict.media.sha256)}
    assert request.parts.filter(is_more=True).count() == 1


def test_who_did_not_ask_for_it_or_withdrew_it_has_nothing_looked_for(make_sighting: Any) -> None:
    asking(URL, more=False)
    seen(make_sighting(b"mine", url=URL))
    assert not AskedHash.objects.exists()
    request = asking(URL)
    seen(make_sighting(b"another", url=URL))
    assert {bytes(each.value) for each in AskedHash.objects.filter(kind="sha256")} == {prints_of(b"another").sha256}
    withdraw(request, NOW)
    assert not AskedHash.objects.exists()
    seen(make_sighting(b"third", url=URL))
    assert not AskedHash.objects.exists()
