"""What stands beside a match is held, encrypted, until review links it or it is erased."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.settings_given import settings_given

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.linking.crawled_neighbours import TRIES, fetch_again
from orbweaver.assess.linking.models import Neighbour
from orbweaver.assess.linking.neighbours import erase_neighbours, link_neighbour
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.selectors import item_for
from orbweaver.assess.review.services import record_assessment, take
from orbweaver.assess.series.services import open_series
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.revisits import visit_again
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.evidence import services as evidence
from orbweaver.detect.evidence import stores
from orbweaver.detect.evidence.erasing import Permit
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import Media
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.errors import InvalidInput
from orbweaver.notify.notices.models import NoticeUrl
from orbweaver.notify.notices.services import issue_notices
from orbweaver.platform.clock import now, real_now

from .conftest import Answer, WebSite, picture

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
State = Neighbour.State
CLOTHED = Answers(True, True, Category.CSAM_RELATED, 5, 7)


def crawl(lead: Lead, at_once: int = 1) -> None:

    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(lead_ids=[lead.pk], once=True).run()

    with settings_given(
        network_allow="127.0.0.1:*",
        crawl_host_delay_s=0.0,
        decode_workers=1,
        neighbours_held=2,
        crawl_concurrency=at_once,
    ):
        asyncio.run(go())


def gallery(site: WebSite, known: int, pictures: int = 6) -> None:
    """A page of pictures in order, of which one is on a list."""
    tags = "".join(f"<img src=/{n}.jpg alt='number {n}'>" for n in range(pictures))
    site.page("/", f"<title>Album</title>{tags}")
    for n in range(pictures):
        site.picture(f"/{n}.jpg", picture(n))
    row = EntryRow("sha256", hashlib.sha256(picture(known)).digest(), "csam", "unidentified", "", "NCMEC", False)
    upsert_entries(get_or_create_list("Known", "NCMEC", now()), [row], now())


@pytest.fixture
def crawled(make_site: Callable[..., WebSite], hotline: None) -> WebSite:
    site = make_site()
    gallery(site, known=3)
    crawl(add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now()))
    return site


def test_neighbours_on_both_sides_are_held_and_only_readable_with_the_key(crawled: WebSite, tmp_path: Path) -> None:
    held = Neighbour.objects.order_by("position")
    assert [(each.position, each.state, each.alt) for each in held] == [
        (n, State.HELD, f"number {n}") for n in (1, 2, 4, 5)
    ]
    assert Media.objects.count() == Sighting.objects.count() == 1
    for each in held:
        assert each.held is not None
        assert evidence.read(each.held) == picture(each.position)
        stored = stores.evidence_dir() / each.held.file_name
        assert picture(each.position)[:64] not in stored.read_bytes()


def test_linking_keeps_a_neighbour_as_a_medium_of_the_series(
    crawled: WebSite, make_person: Callable[..., User]
) -> None:
    ann = make_person("Ann")
    item = ReviewItem.objects.get()
    series = open_series("The lake", by=ann, now=now())
    one = Neighbour.objects.get(position=2)
    link = link_neighbour(item, one.public_id, series, by=ann, now=now())
    assert bytes(link.media.sha256) == hashlib.sha256(picture(2)).digest()
    assert link.reason == "page"
    with pytest.raises(InvalidInput):
        link_neighbour(item, one.public_id, series, by=ann, now=now())
    assert erase_neighbours(Permit(now() + dt.timedelta(days=31), EvidenceObject.objects.none())) == 3
    assert {each.state for each in Neighbour.objects.exclude(pk=one.pk)} == {State.ERASED}
    assert link.media.evidence is not None
    assert evidence.read(link.media.evidence) == picture(2)


def test_what_nobody_linked_is_erased_with_its_key(crawled: WebSite) -> None:
    assert erase_neighbours(Permit(now(), EvidenceObject.objects.none())) == 0
    files = [stores.evidence_dir() / each.held.file_name for each in Neighbour.objects.all() if each.held]
    assert all(path.exists() for path in files)
    assert erase_neighbours(Permit(now() + dt.timedelta(days=31), EvidenceObject.objects.none())) == 4
    assert not any(path.exists() for path in files)
    assert not Neighbour.objects.exclude(prints=None).exists()


def test_where_the_archive_is_off_nothing_is_held(make_site: Callable[..., WebSite], db: None) -> None:
    site = make_site()
    gallery(site, known=3)
    crawl(add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now()))
    assert Sighting.objects.count() == 1
    assert not Neighbour.objects.exists()


def test_what_is_linked_beside_a_match_is_asked_about_and_its_own_address_is_notified(
    crawled: WebSite, make_person: Callable[..., User]
) -> None:
    """R13: the clothed picture before is on no list; nobody would ever have been told of it."""
    ann, ben = make_person("Ann"), make_person("Ben")
    found = ReviewItem.objects.get()
    series = open_series("The lake", by=ann, now=now())
    link = link_neighbour(found, Neighbour.objects.get(position=2).public_id, series, by=ann, now=now())
    item = ReviewItem.objects.exclude(pk=found.pk).get()
    assert (item.media, item.reason) == (link.media, ReviewItem.Reason.SERIES)
    view = item_for(item.public_id, ben, now())
    assert [str(each) for each in view.why_here] == ["It was found next to known material and was put into its series."]
    assert [(each.context["title"], each.context["alt"]) for each in view.sightings] == [("Album", "number 2")]
    for person in (ann, ben):
        taken = take(item.public_id, person, now())
        record_assessment(item.public_id, person, CLOTHED, taken.version, now())
    issue_notices(now())
    (row,) = NoticeUrl.objects.all()
    assert (row.url, row.pages, row.detection) == (crawled.url("/2.jpg"), [crawled.url("/")], "manual_review")


def test_linking_a_neighbour_that_was_judged_meanwhile_asks_nothing_anew(
    crawled: WebSite, make_person: Callable[..., User]
) -> None:
    ann = make_person("Ann")
    found, series = ReviewItem.objects.get(), open_series("The lake", by=ann, now=now())
    upsert_entries(
        get_or_create_list("Known", "NCMEC", now()),
        [EntryRow("sha256", hashlib.sha256(picture(2)).digest(), "csam", "unidentified", "", "NCMEC", False)],
        now(),
    )
    lead = add_lead(crawled.url("/2.jpg"), source=Lead.Source.OPERATOR, now=now())
    crawl(lead)
    seen = Sighting.objects.get(media__sha256=hashlib.sha256(picture(2)).digest())
    link_neighbour(found, Neighbour.objects.get(position=2).public_id, series, by=ann, now=now())
    assert ReviewItem.objects.filter(media=seen.media).count() == 1


def test_what_could_not_be_fetched_beside_a_match_is_fetched_again_soon_and_not_for_ever(
    make_site: Callable[..., WebSite], hotline: None
) -> None:
    site = make_site()
    gallery(site, known=3)
    lost, never = site.answers.pop("/2.jpg"), site.answers.pop("/4.jpg")
    lead = add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now())
    crawl(lead)
    assert set(Neighbour.objects.filter(state=State.WANTED).values_list("position", flat=True)) == {2, 4}
    assert fetch_again(now()) == 0, "the crawler has a minute"
    site.answers["/2.jpg"] = lost
    for _ in range(20):
        Neighbour.objects.exclude(retry_at=None).update(retry_at=real_now())
        if not fetch_again(now()):
            break
        crawl(lead)
    assert Neighbour.objects.get(position=2).state == State.HELD
    assert Neighbour.objects.get(position=4).state == State.WANTED
    assert never.body == picture(4)
    assert site.asked.count("/4.jpg") == 1 + TRIES + 1, "found, named at the match, and as often as is tried"


def test_what_is_signed_anew_at_each_visit_has_one_item_and_each_neighbour_once(
    make_site: Callable[..., WebSite], hotline: None
) -> None:
    site = make_site()
    gallery(site, known=1, pictures=0)
    lead = add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now())
    for visit in (1, 2):
        site.answers = {}
        signed = [f"/{n}.jpg?Expires={1795521600 + visit}&Signature=ab{visit}" for n in range(3)]
        site.page("/", "<title>Album</title>" + "".join(f'<img src="{each}">' for each in signed))
        for n, each in enumerate(signed):
            if (n, visit) != (2, 1):  # this one cannot be had at first
                site.picture(each, picture(n))
        crawl(lead)
        visit_again(now() + dt.timedelta(hours=25))
    assert (Sighting.objects.count(), ReviewItem.objects.count()) == (1, 1)
    assert Sighting.objects.get().url == site.url(signed[1])
    held = {each.position: (each.state, each.url) for each in Neighbour.objects.all()}
    assert held.keys() == {0, 2}
    assert held[2] == (State.HELD, site.url(signed[2]))


def test_what_was_fetched_before_the_match_was_known_is_held_though_it_did_not_change(
    make_site: Callable[..., WebSite], hotline: None
) -> None:
    site = make_site()
    gallery(site, known=3)
    site.answers["/3.jpg"].wait_s = 3.0
    crawl(add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now()), at_once=8)
    assert site.asked.count("/2.jpg") == 2, "once before the match, once for it"
    assert {each.state for each in Neighbour.objects.all()} == {State.HELD}


def test_what_stands_beside_a_match_comes_before_what_else_waits_there(
    make_site: Callable[..., WebSite], hotline: None
) -> None:
    site = make_site()
    gallery(site, known=3, pictures=120)
    crawl(add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now()))
    assert {each.state for each in Neighbour.objects.all()} == {State.HELD}
    again = max(place for place, path in enumerate(site.asked) if path in ("/1.jpg", "/2.jpg"))
    assert again - site.asked.index("/3.jpg") <= 30, "what was under way, then these"


def test_the_other_members_of_an_archive_stand_beside_the_one_that_matches(
    make_site: Callable[..., WebSite], hotline: None, make_person: Callable[..., User]
) -> None:
    site, ann = make_site(), make_person("Ann")
    gallery(site, known=3)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for n in range(6):
            archive.writestr(f"{n}.jpg", picture(n))
    site.page("/", "<title>Set</title><a href=/set.zip>all of it</a>")
    site.answers["/set.zip"] = Answer(packed.getvalue(), "application/zip")
    crawl(add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now()))
    beside = Neighbour.objects.order_by("position")
    assert [(each.position, each.state, each.alt) for each in beside] == [
        (n, State.HELD, f"{n}.jpg") for n in (1, 2, 4, 5)
    ]
    found = ReviewItem.objects.get()
    link_neighbour(found, beside[1].public_id, open_series("The lake", by=ann, now=now()), by=ann, now=now())
    item = ReviewItem.objects.exclude(pk=found.pk).get()
    assert [each.url for each in item.sightings.all()] == [site.url("/set.zip")]
    assert bytes(item.media.sha256) == hashlib.sha256(picture(2)).digest()
