"""Earlier sightings are leads: where something was confirmed the crawler looks again."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import services
from orbweaver.assess.review.trails import MAX_PLACES, lead_back
from orbweaver.detect.crawl.messages import KNOWN_SEEN
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.matching.models import Sighting
from orbweaver.people.accounts.models import User

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
REMOVE = Answers(True, True, Category.CSAM, 3, 5)
NOTHING = Answers(is_child=False, is_harmed=False)
MakeSighting = Callable[..., Sighting]
Decide = Callable[..., None]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


@pytest.fixture
def decide(make_person: Callable[..., User]) -> Decide:
    """Two analysts give the same answers about what was seen."""
    people = [make_person("Ann"), make_person("Bea")]

    def both(sighting: Sighting, answers: Answers = REMOVE, at: dt.datetime = NOW) -> None:
        (item,) = services.open_items([sighting], at)
        for person in people:
            taken = services.take(item.public_id, person, at)
            services.record_assessment(item.public_id, person, answers, taken.version, at)

    return both


def leads() -> list[str]:
    return sorted(Lead.objects.filter(source=Lead.Source.SIGHTING).values_list("url", flat=True))


def test_the_page_of_a_confirmed_sighting_is_a_lead_that_says_why_robots_txt_does_not_hold(
    decide: Decide, make_sighting: MakeSighting
) -> None:
    decide(make_sighting(b"one"))
    lead = Lead.objects.get()
    assert (lead.source, lead.url) == ("sighting", "https://forum.example/thread/1")
    assert lead.authority == KNOWN_SEEN
    row = FrontierUrl.objects.get()
    assert (row.url, row.hops, row.state, row.past_robots) == (lead.url, 0, FrontierUrl.State.WAITING, True)


def test_what_needs_no_action_leads_nowhere(decide: Decide, make_sighting: MakeSighting) -> None:
    decide(make_sighting(b"one"), NOTHING)
    assert leads() == []


def test_a_page_with_many_pictures_is_one_lead_until_some_days_later(
    decide: Decide, make_sighting: MakeSighting
) -> None:
    page = "https://forum.example/thread/album"
    for day, body in ((0, b"one"), (1, b"two"), (9, b"three")):
        sighting = make_sighting(body)
        Sighting.objects.filter(pk=sighting.pk).update(page_url=page)
        decide(sighting, at=NOW + dt.timedelta(days=day))
    assert leads() == [page, page]


@pytest.mark.parametrize("page", ["", "https://www.google.com/search?tbm=isch&q=x"])
def test_where_no_page_or_a_query_showed_it_the_lead_is_its_own_address(
    decide: Decide, make_sighting: MakeSighting, page: str
) -> None:
    sighting = make_sighting(b"one", url="https://images.example/own.png")
    Sighting.objects.filter(pk=sighting.pk).update(page_url=page)
    decide(sighting)
    assert leads() == ["https://images.example/own.png"]


def test_what_was_seen_on_many_pages_is_led_back_to_at_once(make_sighting: MakeSighting) -> None:
    """Row by row, an analyst's answer would hold rows of one page while it waits for those of another."""
    one, many = ([make_sighting(body) for _ in range(places)] for body, places in ((b"one", 1), (b"many", 60)))
    asked = []
    for sightings in (one, many):
        (item,) = set(services.open_items(sightings, NOW))
        with CaptureQueriesContext(connection) as queries:
            lead_back([item], NOW)
        asked.append(len(queries))
    assert len(leads()) == 1 + MAX_PLACES
    assert asked[1] <= asked[0] + 2


@pytest.mark.django_db(transaction=True)
def test_an_answer_does_not_wait_for_pages_that_the_crawler_holds(decide: Decide, make_sighting: MakeSighting) -> None:
    """The crawler may wait for a host's row that the answer has changed: each would wait for the other."""
    sighting = make_sighting(b"one")
    add_lead(sighting.page_url, source=Lead.Source.LIST, now=NOW)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(FrontierUrl.objects.select_for_update())
            held.set()
            done.wait(20)
        connection.close()

    crawler = threading.Thread(target=hold)
    crawler.start()
    assert held.wait(20)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '3s'")
    try:
        decide(sighting)
    finally:
        done.set()
        crawler.join()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert leads() == [sighting.page_url]
