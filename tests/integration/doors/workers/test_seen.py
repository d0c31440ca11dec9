"""A list entry meets what was seen before it, by itself: a real site, real PostgreSQL, the worker's duty."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.selectors import last_change
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching import seen
from orbweaver.detect.matching.index import EXACT_WIDTHS, index_dir
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.doors.workers.due import Worker
from orbweaver.fingerprints import pdq
from orbweaver.index.seen import ROW
from orbweaver.platform.clock import now

from .conftest import Answer, WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)

MakeSite = Callable[..., WebSite]


@pytest.fixture(autouse=True)
def settings(set_config: Callable[..., None], tmp_path: Path) -> None:
    set_config(data_dir=tmp_path / "data", network_allow="127.0.0.1:*", crawl_host_delay_s=0, decode_workers=1)


def crawl() -> None:
    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(once=True).run()

    asyncio.run(go())


def know(kind: str, value: bytes, *, list_kind: HashList.Kind = HashList.Kind.KNOWN) -> None:
    known = get_or_create_list(f"List {list_kind}", "NCMEC", now(), kind=list_kind)
    upsert_entries(known, [EntryRow(kind, value, "csam", "unidentified", "", "NCMEC", False)], now())


def seen_site(make_site: MakeSite) -> WebSite:
    """Two pictures on a page, crawled while nothing was on a list."""
    site = make_site()
    site.page("/", '<title>Album</title><img src="/one.jpg" alt="an alt"><img src="/two.jpg">')
    for number, path in enumerate(("/one.jpg", "/two.jpg"), 1):
        site.answers[path] = Answer(picture(number), "image/jpeg", headers={"ETag": f'"{number}"'})
    add_lead(site.url(), source=Lead.Source.OPERATOR, now=now())
    crawl()
    assert not Sighting.objects.exists()
    return site


def value_of(kind: str) -> bytes:
    body = picture(1)
    return bytes.fromhex(pdq(body)[0]) if kind == "pdq" else hashlib.new(kind, body, usedforsecurity=False).digest()


@pytest.mark.sampled(1)
@pytest.mark.parametrize("kind", ["pdq", "md5", "sha1", "sha256"])
def test_what_was_seen_before_it_was_on_a_list_is_reviewed_with_nothing_switched_on(
    make_site: MakeSite, kind: str
) -> None:
    site = seen_site(make_site)
    know(kind, value_of(kind))
    assert Worker().run_once()["new entries met with what was seen"] == 1
    assert seen.meet_new_entries(now()) == 0
    crawl()
    sighting = Sighting.objects.get()
    assert (sighting.url, sighting.context["alt"]) == (site.url("/one.jpg"), "an alt")
    assert ReviewItem.objects.get().media.sha256 == hashlib.sha256(picture(1)).digest()
    assert (site.asked.count("/one.jpg"), site.asked.count("/two.jpg")) == (2, 1)


def test_a_worker_that_is_killed_before_it_kept_its_position_makes_nothing_twice(make_site: MakeSite) -> None:
    seen_site(make_site)
    know("pdq", value_of("pdq"))
    position = index_dir() / "seen" / "position"
    assert seen.meet_new_entries(now()) == 1
    position.unlink()
    assert seen.meet_new_entries(now()) == 0, "it waits already"
    crawl()
    position.unlink()
    assert seen.meet_new_entries(now()) == 0, "it was looked at"
    assert (Match.objects.count(), Lead.objects.filter(source=Lead.Source.LIST).count()) == (1, 1)


def test_after_a_standby_was_promoted_numbers_that_were_searched_for_are_searched_for_again(
    make_site: MakeSite,
) -> None:
    seen_site(make_site)
    know("md5", b"another entry...")
    assert seen.meet_new_entries(now()) == 0
    know("sha256", value_of("sha256"))
    (index_dir() / "seen" / "position").write_text(str(last_change()))  # it had seen as far, of what then never was
    assert seen.meet_new_entries(now()) == 0
    (index_dir() / "seen" / "lineage").write_text("the one before")
    assert seen.meet_new_entries(now()) == 1
    assert seen.meet_new_entries(now()) == 0


def test_a_place_that_holds_something_else_by_now_is_asked_once(make_site: MakeSite) -> None:
    site = seen_site(make_site)
    site.picture("/one.jpg", picture(7))
    know("sha256", value_of("sha256"))
    assert seen.meet_new_entries(now()) == 1
    crawl()
    know("pdq", value_of("pdq"))
    assert seen.meet_new_entries(now()) == 0
    assert not Sighting.objects.exists()


def test_known_good_and_withdrawn_entries_ask_for_nothing(make_site: MakeSite) -> None:
    seen_site(make_site)
    know("sha256", value_of("sha256"), list_kind=HashList.Kind.KNOWN_GOOD)
    know("pdq", value_of("pdq"))
    HashListEntry.objects.filter(hashes__kind="pdq").update(state=HashListEntry.State.WITHDRAWN)
    assert seen.meet_new_entries(now()) == 0


def test_more_entries_than_one_pass_takes_are_all_met(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "ENTRIES", 2)
    seen_site(make_site)
    for kind in ("md5", "sha1", "pdq"):
        know(kind, bytes(EXACT_WIDTHS.get(kind, 32)))
    know("sha256", hashlib.sha256(picture(2)).digest())
    know("pdq", value_of("pdq"))
    assert seen.meet_new_entries(now()) == 2


def test_what_the_frontier_lost_is_left_out(make_site: MakeSite) -> None:
    seen_site(make_site)
    FrontierUrl.objects.filter(kind=FrontierUrl.Kind.MEDIA).delete()
    know("pdq", value_of("pdq"))
    assert seen.meet_new_entries(now()) == 0


def test_entries_that_were_there_before_anything_was_seen_are_not_searched_for(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    know("pdq", bytes(32))
    seen_site(make_site)
    monkeypatch.setattr(seen, "_wanted", lambda *_: pytest.fail("there is nothing that they could meet"))
    assert seen.meet_new_entries(now()) == 0


def test_entries_of_a_list_that_has_expired_ask_for_nothing(make_site: MakeSite) -> None:
    seen_site(make_site)
    know("pdq", value_of("pdq"))
    HashList.objects.update(expires_on=now().date() - dt.timedelta(days=1))
    assert seen.meet_new_entries(now()) == 0


def test_rows_that_are_rubbish_and_a_file_cut_short_cost_no_other_row(make_site: MakeSite) -> None:
    """Beside the rows of the pictures lie bytes of a broken disk; the last row lost its end."""
    seen_site(make_site)
    [part] = (index_dir() / "seen").glob("part-*")
    part.write_bytes(part.read_bytes() + b"\xff" * ROW.itemsize * 5 + b"half a row")
    know("pdq", value_of("pdq"))
    assert seen.meet_new_entries(now()) == 1


def test_what_was_seen_before_a_survivor_asked_for_it_is_reviewed_and_is_on_no_list(make_site: MakeSite) -> None:
    from orbweaver.detect.intake.rules import AskedFor
    from orbweaver.detect.intake.services import ask_for_hashes

    seen_site(make_site)
    ask_for_hashes([AskedFor("pdq", value_of("pdq"))], now())
    assert Worker().run_once()["new entries met with what was seen"] == 1
    assert seen.meet_new_entries(now()) == 0
    crawl()
    sighting = Sighting.objects.get()
    assert sighting.url.endswith("/one.jpg")
    assert sighting.asked.count() == 1
    assert ReviewItem.objects.get().reason == "report"
    assert not Match.objects.exists()
    assert not HashListEntry.objects.exists()
