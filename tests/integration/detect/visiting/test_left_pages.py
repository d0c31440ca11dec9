"""A page that one crawler keeps in the moment in which another is done with its medium: neither sees the other's work,
and it is a place all the same (R32)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from orbweaver.detect.crawl import frontier, leases, leasing, other_pages
from orbweaver.detect.crawl.frontier import Done, NewUrl
from orbweaver.detect.crawl.models import FrontierUrl, Lead, OtherPage, UrlKind
from orbweaver.detect.crawl.services import add_lead, site_ids
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.visiting import places
from orbweaver.detect.visiting.places import LeftPages
from orbweaver.platform.network.urls import parse
from orbweaver.platform.shared_clock import shared_now

pytestmark = pytest.mark.django_db(transaction=True)

PICTURE, STORE = "http://album.example/a.jpg", "http://store.example/a.jpg"
PAGES = ("http://album.example/", "http://forum.example/", "http://other.example/")
State, Kind = FrontierUrl.State, FrontierUrl.Kind


def row(url: str) -> FrontierUrl:
    return FrontierUrl.objects.get(url_key=parse(url).key)


def add(*urls: str, kind: UrlKind, page: str = "") -> set[int]:
    lead, changes, also = Lead.objects.earliest("pk"), SiteChanges(), set[int]()
    parent = row(page).pk if page else None
    new = []
    for url in urls:
        parsed = parse(url)
        site = site_ids([(parsed.host, parsed.port)])[parsed.host, parsed.port]
        new.append(NewUrl(parsed.key, url, site, lead.pk, kind, 1, 9, parent_id=parent, context="{}"))
    frontier.add_urls(new, max_hops=4, changes=changes, shown_too=also)
    apply_changes(changes, now=shared_now())
    return also


@pytest.fixture
def crawler() -> int:
    """A crawler that has the picture of the first page in hand; the other two pages were read, and show nothing yet."""
    add_lead(PAGES[0], source=Lead.Source.LIST, now=shared_now())
    number = leases.enlist("test", now=shared_now())
    add(*PAGES[1:], kind=Kind.PAGE)
    FrontierUrl.objects.update(kind=Kind.PAGE, state=State.DONE, status=200)
    add(PICTURE, kind=Kind.MEDIA, page=PAGES[0])
    assert [each.url for each in lease(number)] == [PICTURE]
    return number


def lease(number: int) -> list[frontier.Leased]:
    return leasing.lease(number, want=9, now=shared_now(), default_delay_s=0)


def complete(number: int, url: str, *, to: str = "", matched: bool = False) -> None:
    changes = SiteChanges()
    error = "redirect" if to else ""
    done = Done(id=row(url).pk, report_id=None, error=error, kind=Kind.MEDIA, matched=matched, sha256=b"s" * 32)
    frontier.complete(number, [done], at=shared_now(), changes=changes)
    if to:
        add(to, kind=Kind.MEDIA, page=PAGES[0])
        other_pages.move([(row(url).pk, parse(to).key)])
    apply_changes(changes, now=shared_now())


@contextmanager
def not_committed_yet(work: Callable[[], None]) -> Iterator[None]:
    """Another crawler did this; it commits after what is done here."""
    is_done, may_commit = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with transaction.atomic():
                work()
                is_done.set()
                assert may_commit.wait(20)
        except BaseException as error:
            failures.append(error)
        finally:
            is_done.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert is_done.wait(20)
    try:
        yield
    finally:
        may_commit.set()
        thread.join()
    assert not failures


def kept() -> set[tuple[str, str]]:
    urls = dict(FrontierUrl.objects.values_list("pk", "url"))
    return {(urls[each.url_id], urls[each.page_id]) for each in OtherPage.objects.all()}


def test_a_page_kept_while_its_medium_redirects_goes_where_it_leads(crawler: int) -> None:
    with not_committed_yet(lambda: complete(crawler, PICTURE, to=STORE)):
        add(PICTURE, kind=Kind.MEDIA, page=PAGES[1])
    assert (row(PICTURE).state, kept()) == (State.DONE, {(PICTURE, PAGES[1])}), "neither saw the other's work"
    assert LeftPages().follow()
    assert kept() == {(STORE, PAGES[1])}
    assert not LeftPages().follow(), "what waits is no longer asked about"


def test_a_page_kept_while_its_medium_matches_has_it_fetched_again(
    crawler: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with not_committed_yet(lambda: complete(crawler, PICTURE, matched=True)):
        also = add(PICTURE, kind=Kind.MEDIA, page=PAGES[1])
        assert places.on_new_sites(also) == set(), "it is not known yet that it matched"
    monkeypatch.setattr(places, "on_new_sites", set)  # nothing was sighted here
    assert LeftPages().follow()
    assert (row(PICTURE).state, kept()) == (State.WAITING, {(PICTURE, PAGES[1])})


def test_a_page_kept_while_its_medium_turns_out_unknown_is_forgotten(crawler: int) -> None:
    with not_committed_yet(lambda: complete(crawler, PICTURE)):
        add(PICTURE, kind=Kind.MEDIA, page=PAGES[1])
    assert kept() == {(PICTURE, PAGES[1])}
    assert not LeftPages().follow()
    assert kept() == set()


def test_a_page_that_is_no_new_place_is_forgotten(crawler: int) -> None:
    complete(crawler, PICTURE, matched=True)
    assert add(PICTURE, kind=Kind.MEDIA, page=PAGES[1])
    LeftPages().follow()
    assert (row(PICTURE).state, kept()) == (State.DONE, set())


def test_where_it_leads_is_followed_to_the_end_and_a_circle_ends(crawler: int) -> None:
    further = "http://further.example/a.jpg"
    complete(crawler, PICTURE, to=STORE)
    assert [each.url for each in lease(crawler)] == [STORE]
    complete(crawler, STORE, to=further)
    OtherPage.objects.create(url_id=row(PICTURE).pk, page_id=row(PAGES[1]).pk, near_id=1)
    assert LeftPages().follow()
    assert kept() == {(further, PAGES[1])}
    assert [each.url for each in lease(crawler)] == [further]
    complete(crawler, further, to=PICTURE)
    FrontierUrl.objects.filter(pk=row(PICTURE).pk).update(state=State.DONE)
    OtherPage.objects.create(url_id=row(STORE).pk, page_id=row(PAGES[2]).pk, near_id=1)
    LeftPages().follow()
    assert kept() == set()


def test_pages_of_one_that_leads_on_by_another_arrive_at_once(crawler: int) -> None:
    """The second address was found to lead on before the first was."""
    further = "http://further.example/a.jpg"
    add(STORE, kind=Kind.MEDIA, page=PAGES[2])
    assert [each.url for each in lease(crawler)] == [STORE]
    complete(crawler, STORE, to=further)
    add(PICTURE, kind=Kind.MEDIA, page=PAGES[1])
    complete(crawler, PICTURE, to=STORE)
    assert (further, PAGES[1]) in kept()


def test_more_than_one_round_takes_are_all_followed_and_old_ones_not_looked_at_again(
    crawler: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other_pages, "MOST_LEFT", 2)
    complete(crawler, PICTURE)
    pictures = [f"http://album.example/{number}.jpg" for number in range(5)]
    add(*pictures, kind=Kind.MEDIA, page=PAGES[0])
    add(*pictures, kind=Kind.MEDIA, page=PAGES[1])
    assert len(kept()) == 5
    left = LeftPages()
    assert not left.follow()
    assert len(kept()) == 5
    FrontierUrl.objects.filter(kind=Kind.MEDIA).update(state=State.DONE)
    monkeypatch.setattr(places, "TRANSACTION_S", 0.0)
    left.follow()
    assert kept() == set()
    add(*pictures, kind=Kind.MEDIA, page=PAGES[2])
    OtherPage.objects.create(pk=1, url_id=row(PICTURE).pk, page_id=row(PAGES[1]).pk, near_id=1)
    left.follow()
    assert kept() == {(PICTURE, PAGES[1])}


def test_a_page_that_another_crawler_keeps_while_known_ones_are_forgotten_stays(
    crawler: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is committed after it was asked which of the medium's pages are new, and was not among them."""
    complete(crawler, PICTURE, matched=True)
    assert add(PICTURE, kind=Kind.MEDIA, page=PAGES[1])

    def none_new_and_another_comes(_: object) -> set[int]:
        if not OtherPage.objects.filter(page_id=row(PAGES[2]).pk).exists():
            with not_committed_yet(keep_another):
                pass
        return set()

    def keep_another() -> None:
        OtherPage.objects.create(url_id=row(PICTURE).pk, page_id=row(PAGES[2]).pk, near_id=1)

    monkeypatch.setattr(places, "on_new_sites", none_new_and_another_comes)
    LeftPages().follow()
    assert kept() == {(PICTURE, PAGES[2])}, "it is looked at by itself"
