"""Addresses that a page signs anew at each visit, where only the page tells that they are one place; their reports."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.assess.linking.models import Neighbour
from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import now

from .conftest import WebSite, picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hotline")]
MakeSite = Callable[..., WebSite]


@pytest.fixture(autouse=True)
def settings(set_config: Callable[..., None]) -> None:
    set_config(network_allow="127.0.0.1:*", crawl_host_delay_s=0, decode_workers=1, neighbours_held=2)


def know(seed: int) -> None:
    row = EntryRow("sha256", hashlib.sha256(picture(seed)).digest(), "csam", "unidentified", "", "NCMEC", False)
    upsert_entries(get_or_create_list("List", "NCMEC", now()), [row], now())


def visit(site: WebSite, shown: dict[str, int]) -> None:
    """The page leads to these addresses now, each with the picture of its seed; those of before stay valid."""
    site.page("/", "".join(f'<img src="/image.php?token={token}">' for token in shown))
    for token, seed in shown.items():
        site.picture(f"/image.php?token={token}", picture(seed))
    Lead.objects.update(revisit_before=now())
    add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now() + dt.timedelta(days=30))
    crawl()


def crawl() -> None:
    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(once=True).run()

    asyncio.run(go())


def reported(site: WebSite, path: str, seed: int) -> Report:
    site.picture(path, picture(seed))
    report = submit_report(site.url(path), source=Report.Source.PUBLIC, now=now())
    crawl()
    return Report.objects.get(pk=report.pk)


def tokens() -> set[str]:
    return {url.rpartition("=")[2] for url in Sighting.objects.values_list("url", flat=True)}


def test_what_a_page_signs_anew_is_one_place_with_one_item_and_neighbours_that_are_wanted_once(
    make_site: MakeSite,
) -> None:
    know(1)
    site = make_site()
    visit(site, {"a1": 1, "a2": 2})
    first = Sighting.objects.get()
    for token in ("b", "c"):
        visit(site, {token + "1": 1, token + "2": 2})
    assert tokens() == {"c1"}
    assert Sighting.objects.get().pk == first.pk
    assert ReviewItem.objects.count() == 1
    assert [each.state for each in Neighbour.objects.all()] == ["held"]


def test_two_addresses_that_one_page_shows_are_two_places_also_when_signed_anew(make_site: MakeSite) -> None:
    know(1)
    site = make_site()
    visit(site, {"a1": 1, "a2": 1})
    assert tokens() == {"a1", "a2"}
    visit(site, {"b1": 1, "b2": 1})
    assert tokens() == {"b1", "b2"}
    visit(site, {"b1": 1, "c2": 1})
    assert tokens() == {"b1", "c2"}
    visit(site, {"b1": 1, "c2": 1, "c3": 1})
    assert tokens() == {"b1", "c2", "c3"}


def test_another_known_picture_under_another_token_is_a_place_of_its_own(make_site: MakeSite) -> None:
    know(1)
    know(2)
    site = make_site()
    visit(site, {"a1": 1})
    visit(site, {"b1": 2})
    assert tokens() == {"a1", "b1"}
    assert ReviewItem.objects.count() == 2


def test_a_report_of_a_place_that_is_decided_is_assessed_once_it_is_seen_there_under_another_signature(
    make_site: MakeSite, world: Any
) -> None:
    site = make_site()
    first = reported(site, "/1.jpg?sig=a", 1)
    again = reported(site, "/1.jpg?sig=b", 1)
    assert (first.state, again.state, ReviewItem.objects.count()) == ("fetched", "fetched", 1), "nobody has decided yet"
    item = ReviewItem.objects.get()
    item.state, item.decided_at = ReviewItem.State.DECIDED, now()
    item.save()
    world.verdict(item=item)
    late = reported(site, "/1.jpg?sig=c", 1)
    other = reported(site, "/1.jpg?sig=d", 2)
    assert (late.state, other.state, ReviewItem.objects.count()) == ("assessed", "fetched", 2)
    assert Event.objects.get(kind="report.assessed").subject == late.public_id
