"""Earlier sightings are leads: where something was confirmed the crawler looks again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from orbweaver.accounts.models import User
from orbweaver.crawl.models import FrontierUrl, Lead
from orbweaver.criteria import Answers, Category
from orbweaver.matching.models import Sighting
from orbweaver.review import services

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
    assert "Known material" in lead.authority
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
