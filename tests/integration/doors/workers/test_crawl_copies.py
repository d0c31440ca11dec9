"""Edited copies of held pictures: a crawled one waits, is compared, fetched again and comes before analysts."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from tests.settings_given import settings_given

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import add_own_entry
from orbweaver.detect.held.models import EarlierPicture, WaitingPicture
from orbweaver.detect.held.status import status
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.detect.matching.rules import Proof
from orbweaver.doors.workers.copies import CopiesWorker
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.fingerprints import fingerprint
from orbweaver.platform.clock import now

from .conftest import WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)
MakeSite = Callable[..., WebSite]


@pytest.fixture
def worker() -> Iterator[CopiesWorker]:
    work = CopiesWorker()
    yield work
    work.close()


def crawl(lead_ids: list[int], **settings: object) -> None:
    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(lead_ids=lead_ids, once=True).run()

    given = {"network_allow": "127.0.0.1:*", "crawl_host_delay_s": 0.0, "decode_workers": 1}
    with settings_given(**given, **settings):
        asyncio.run(go())


def edited(body: bytes) -> bytes:
    """Four ninths of it, mirrored."""
    with Image.open(io.BytesIO(body)) as image:
        part = image.crop((60, 40, 340, 270)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    out = io.BytesIO()
    part.save(out, "JPEG", quality=90)
    return out.getvalue()


def photo(seed: int = 5) -> bytes:
    """Detail at all scales, so that it has points."""
    import numpy as np

    rng = np.random.default_rng(seed)
    total = np.zeros((300, 400, 3))
    for octave in range(2, 8):
        noise = rng.integers(0, 256, (2**octave, 2**octave, 3), dtype=np.uint8)
        layer = Image.fromarray(noise).resize((400, 300), Image.Resampling.BICUBIC)
        total += np.asarray(layer, dtype=np.float64) / 2**octave
    out = io.BytesIO()
    Image.fromarray(np.clip(total * 255 / total.max(), 0, 255).astype(np.uint8)).save(out, "JPEG", quality=92)
    return out.getvalue()


def hold(site: WebSite, worker: CopiesWorker) -> None:
    """The known picture is seen, judged and held."""
    known = fingerprint(photo())
    row = EntryRow("sha256", known.sha256, "csam", "unidentified", "", "Us", False, media_type="image")
    add_own_entry(row, None, "Us", now())
    site.page("/known", "<img src=/known.jpg>")
    site.picture("/known.jpg", photo())
    crawl([add_lead(site.url("/known"), source=Lead.Source.OPERATOR, now=now()).pk])
    HashListEntry.objects.update(media=Sighting.objects.get().media)
    worker.round()
    assert status()["held"] == 1


def judge(site: WebSite, body: bytes) -> None:
    """A verdict on a picture that a report brings."""
    prints = fingerprint(body)
    row = EntryRow("sha256", prints.sha256, "csam", "unidentified", "", "Us", False, media_type="image")
    add_own_entry(row, None, "Us", now())
    site.page("/judged", "<img src=/judged.jpg>")
    site.picture("/judged.jpg", body)
    crawl([add_lead(site.url("/judged"), source=Lead.Source.OPERATOR, now=now()).pk])
    HashListEntry.objects.filter(media=None).update(media=Sighting.objects.get(media__sha256=prints.sha256).media)


def test_a_crawled_copy_is_found_fetched_again_and_reviewed(
    make_site: MakeSite, hotline: None, worker: CopiesWorker
) -> None:
    site = make_site()
    hold(site, worker)
    site.page("/", "<img src=/other.jpg><img src=/copy.jpg><img src=/another.jpg>")
    site.picture("/copy.jpg", edited(photo()))
    for number, name in enumerate(("/other.jpg", "/another.jpg")):
        site.picture(name, picture(number))
    lead = add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now())
    crawl([lead.pk], copies_share=1.0)
    assert WaitingPicture.objects.count() == 3
    assert b"age-encryption" in bytes(WaitingPicture.objects.all()[0].data)
    worker.run_once()
    assert {name: status()[name] for name in ("waiting", "queued", "compared", "proved")} == {
        "waiting": 0,
        "queued": 3,
        "compared": 3,
        "proved": 1,
    }
    assert Match.objects.filter(proof=Proof.GEOMETRY).count() == 0, "nobody kept its bytes"
    crawl([Lead.objects.latest("pk").pk])
    match = Match.objects.get(proof=Proof.GEOMETRY)
    assert (match.sighting.url, match.mirrored) == (site.url("/copy.jpg"), True)
    assert ReviewItem.objects.get(media=match.sighting.media).reason == ReviewItem.Reason.MATCH


def test_what_has_no_room_is_dropped_and_counted_but_never_what_stood_beside_a_match(
    make_site: MakeSite, hotline: None, worker: CopiesWorker
) -> None:
    site = make_site()
    hold(site, worker)
    site.page("/", "<img src=/0.jpg><img src=/1.jpg><img src=/2.jpg>")
    for number in range(3):
        site.picture(f"/{number}.jpg", picture(number))
    lead = add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now())
    crawl([lead.pk], copies_queue=1, copies_share=1.0)
    assert (status()["waiting"], status()["dropped"]) == (1, 2)
    site.page("/known", "<img src=/known.jpg><img src=/beside.jpg>")
    site.picture("/beside.jpg", picture(9))
    lead = add_lead(site.url("/known"), source=Lead.Source.OPERATOR, now=now(), fresh=True)
    crawl([lead.pk], copies_queue=1, copies_share=0.0)
    assert WaitingPicture.objects.filter(certain=True).count() == 1


def test_thousands_beside_a_match_wait_only_as_far_as_there_is_room(
    make_site: MakeSite, hotline: None, worker: CopiesWorker
) -> None:
    site = make_site()
    hold(site, worker)
    names = [f"/{number}.jpg" for number in range(10)]
    site.page("/known", "<img src=/known.jpg>" + "".join(f"<img src={name}>" for name in names))
    for number, name in enumerate(names):
        site.picture(name, picture(number))
    lead = add_lead(site.url("/known"), source=Lead.Source.OPERATOR, now=now(), fresh=True)
    crawl([lead.pk], copies_queue=1, copies_share=0.0)
    assert (status()["waiting"], status()["dropped"]) == (8, 2)


@pytest.mark.sweep
def test_a_copy_crawled_before_its_original_was_judged_is_found_after_the_verdict(
    make_site: MakeSite, hotline: None, worker: CopiesWorker
) -> None:
    site = make_site()
    hold(site, worker)
    original = photo(6)
    site.page("/", "<img src=/copy.jpg><img src=/other.jpg>")
    site.picture("/copy.jpg", edited(original))
    site.picture("/other.jpg", picture(1))
    lead = add_lead(site.url("/"), source=Lead.Source.OPERATOR, now=now())
    crawl([lead.pk], copies_share=1.0)
    worker.run_once()
    assert {name: status()[name] for name in ("kept", "compared", "proved")} == {"kept": 2, "compared": 2, "proved": 0}
    assert all(b"age-encryption" in bytes(row.data) for row in EarlierPicture.objects.all())

    judge(site, original)
    assert worker.run_once()["met"] == 2
    assert [row.wanted for row in EarlierPicture.objects.order_by("-wanted")] == [True, False], "the copy alone"
    crawl([Lead.objects.latest("pk").pk], copies_share=0.0)
    assert WaitingPicture.objects.get().certain
    worker.run_once()
    crawl([Lead.objects.latest("pk").pk])
    match = Match.objects.get(proof=Proof.GEOMETRY)
    assert (match.sighting.url, match.mirrored) == (site.url("/copy.jpg"), True)
    assert "met" not in worker.run_once(), "what was met is not met again"
