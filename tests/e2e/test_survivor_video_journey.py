"""Somebody has a video at home: what of it is found elsewhere comes to an analyst, who reads when it is shown.

A sweep; `test_survivor_journey.py` holds a sample.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import shoot
from .hashing_pictures import video
from .test_film_journey import take
from .test_hashing_at_home import choose, ready

if TYPE_CHECKING:
    from tests.e2e.conftest import Hotline, OpenPage

pytestmark = [pytest.mark.sweep, pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def crawled(body: bytes, moment: dt.datetime) -> None:
    """What the crawler does with a file that is on no list."""
    from django.db import transaction

    from orbweaver.detect.matching.asked import AskedHashes
    from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.detect.matching.services import Finding, record_findings
    from orbweaver.fingerprints import fingerprint

    prints = fingerprint(body)
    [asked] = AskedHashes().find([prints])
    origin = Sighting.Origin.CRAWL
    finding = Finding("https://videos.example/9.mp4", "192.0.2.1", body, prints, [], None, origin, asked=asked)
    with transaction.atomic():
        sightings_recorded.announce(SightingsRecorded(record_findings([finding], moment), moment))


def test_a_video_at_home_leads_to_an_item_that_says_when_and_the_person_reads_that_it_was_found(
    hotline: Hotline, open_page: OpenPage, tmp_path: Path
) -> None:
    from orbweaver.follow.survivors.models import Request
    from orbweaver.platform.clock import now

    page = open_page("/info/ask/", width=390)
    ready(page)
    (tmp_path / "home.webm").write_bytes(video((7, 8)))
    choose(page, [tmp_path / "home.webm"])
    shoot(page, "survivors-video")
    page.get_by_label("I am 18 or older, and it is about me").check()
    page.get_by_label("Pictures or videos").check()
    page.get_by_label("No, or I do not know").check()
    page.get_by_role("button", name="Send").click()
    reference, secret = page.locator("#reference").inner_text(), page.locator("#secret").inner_text()
    Request.objects.update(created_at=now() - dt.timedelta(days=4))
    crawled(video((1, 2), "mp4", "libvpx-vp9"), now() - dt.timedelta(days=3))
    crawled(video((1, 2, 8), "mp4", "libvpx-vp9"), now() - dt.timedelta(days=3))

    own = open_page()
    take(own)
    assert "asks for its removal" in own.locator("#why + ul").inner_text()
    assert "At 0:04.0 in this video, as at 0:02.0 in their video" in " ".join(own.locator("main").inner_text().split())
    assert own.locator("form.still button:visible").first.inner_text().split() == ["0:04.0", "asked", "for"]
    shoot(own, "item-asked-video")

    page.goto("/info/follow/")
    page.locator("[name=reference]").fill(reference)
    page.locator("[name=secret]").fill(secret)
    page.get_by_role("button", name="Show").click()
    page.get_by_text("We found something, and trained people are looking at it.").wait_for()
    assert "0:0" not in page.locator("main").inner_text()
