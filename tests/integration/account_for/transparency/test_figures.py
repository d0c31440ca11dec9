"""The figures count what happened, each thing once, and say nothing where there is nothing to count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from orbweaver.account_for.transparency.selectors import figures
from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import services as review
from orbweaver.detect.crawl.services import count
from orbweaver.detect.matching.models import Sighting
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.rules import Role

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=9)
HOUR = dt.timedelta(hours=1)
REMOVE = Answers(is_child=True, is_harmed=True, category=Category.CSAM, age_min=3, age_max=5)
NOTHING = Answers(is_child=False, is_harmed=False)
MakeSighting = Callable[..., Sighting]
Decide = Callable[[Sighting, Answers, int], None]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


@pytest.fixture
def decide(make_person: Callable[..., object]) -> Decide:
    """Two analysts answer about a sighting, after this many looks each."""
    people = [make_person(name, Role.ANALYST) for name in ("Ann", "Bea")]

    def both(sighting: Sighting, answers: Answers, looks: int) -> None:
        item = (review.open_items([sighting], NOW) or [sighting.review_items.get()])[0]
        for person in people:
            taken = review.take(item.public_id, person, NOW)  # type: ignore[arg-type]
            for _ in range(looks):
                review.record_look(item.public_id, person, NOW, bytes)  # type: ignore[arg-type]
            review.record_assessment(item.public_id, person, answers, taken.version, NOW)  # type: ignore[arg-type]

    return both


@pytest.fixture
def provider() -> None:
    known = add_provider("Host", networks=["192.0.2.0/24"], now=NOW)
    add_contact(known, "abuse@host.example", now=NOW)


def sent(at: dt.datetime) -> None:
    """What the outbox does when a server has taken the first messages."""
    issue_notices(NOW)
    OutboxMessage.objects.update(state="sent", sent_at=at)
    Notice.objects.update(first_sent_at=at, last_sent_at=at)


def remove(url: str, at: dt.datetime) -> None:
    assert NoticeUrl.objects.filter(url=url).update(state="removed", removed_at=at)


def test_with_nothing_done_counts_are_zero_and_ratios_are_missing() -> None:
    found = figures(NOW)
    assert (found.images_processed, found.suspected, found.verified, found.notices_sent, found.removed) == (0,) * 5
    assert (found.median_removal_s, found.share_unidentified, found.looks_per_notified_url) == (None, None, None)


def test_images_are_those_that_the_crawler_processed() -> None:
    count(pages=7, images=5, failures=1, size=10, now=NOW)
    count(pages=1, images=2, failures=0, size=10, now=NOW)
    assert figures(NOW).images_processed == 7


def test_a_report_that_matches_nothing_is_not_suspected(make_sighting: MakeSighting) -> None:
    from orbweaver.detect.intake.services import submit_report

    report = submit_report("https://a.example/", source="public", now=NOW)  # type: ignore[arg-type]
    make_sighting(b"reported", matches=False, report_id=report.pk)
    make_sighting(b"known")
    make_sighting(b"known")
    assert figures(NOW).suspected == 2


def test_verified_counts_media_with_a_verdict_of_removal(make_sighting: MakeSighting, decide: Decide) -> None:
    decide(make_sighting(b"one"), REMOVE, 0)
    decide(make_sighting(b"one"), REMOVE, 0)
    decide(make_sighting(b"two"), NOTHING, 0)
    assert figures(NOW).verified == 1


@pytest.mark.usefixtures("provider")
def test_a_notice_counts_once_it_has_left_and_reminders_count_apart(
    make_sighting: MakeSighting, decide: Decide
) -> None:
    decide(make_sighting(b"one"), REMOVE, 0)
    issue_notices(NOW)
    assert figures(NOW).notices_sent == 0
    sent(NOW)
    first = OutboxMessage.objects.get()
    OutboxMessage.objects.create(
        notice=first.notice, number=1, occasion="x.1", channel="smtp", address="a@b.example", message_id="<x.1>",
        raw=b"", state="sent", created_at=NOW, sent_at=NOW,
    )  # fmt: skip
    found = figures(NOW)
    assert (found.notices_sent, found.reminders_sent, found.notified_urls) == (1, 1, 1)


@pytest.mark.usefixtures("provider")
def test_half_removed_counts_what_is_still_there(make_sighting: MakeSighting, decide: Decide) -> None:
    urls = [f"https://h.example/{number}" for number in range(4)]
    for url in urls:
        decide(make_sighting(url.encode(), url=url), REMOVE, 0)
    sent(NOW)
    remove(urls[0], NOW + HOUR)
    assert figures(LATER).median_removal_s is None  # one of four
    for url, hours in zip(urls[1:], (3, 8), strict=False):
        remove(url, NOW + hours * HOUR)
    found = figures(LATER)
    assert (found.notified_urls, found.removed, found.open_urls) == (4, 3, 1)
    assert found.median_removal_s == pytest.approx(3 * 3600, rel=0.022)


@pytest.mark.usefixtures("provider")
def test_what_was_gone_before_the_message_left_is_neither_removed_nor_open(
    make_sighting: MakeSighting, decide: Decide
) -> None:
    decide(make_sighting(b"one", url="https://h.example/1"), REMOVE, 0)
    sent(NOW)
    remove("https://h.example/1", NOW - HOUR)
    found = figures(LATER)
    assert (found.removed, found.open_urls, found.median_removal_s) == (0, 0, None)


@pytest.mark.usefixtures("provider")
def test_an_address_with_two_pictures_is_removed_when_both_are_gone(
    make_sighting: MakeSighting, decide: Decide
) -> None:
    for body in (b"one", b"two"):
        decide(make_sighting(body, url="https://h.example/1"), REMOVE, 0)
    sent(NOW)
    first = NoticeUrl.objects.order_by("pk")[0]
    NoticeUrl.objects.filter(pk=first.pk).update(state="removed", removed_at=NOW + HOUR)
    assert (figures(LATER).notified_urls, figures(LATER).removed, figures(LATER).open_urls) == (1, 0, 1)
    remove("https://h.example/1", NOW + 2 * HOUR)
    assert figures(LATER).removed == 1
    assert figures(LATER).median_removal_s == pytest.approx(7200, rel=0.022)


@pytest.mark.usefixtures("provider")
def test_shares_are_of_notices_sent_and_of_addresses_notified(make_sighting: MakeSighting, decide: Decide) -> None:
    decide(make_sighting(b"one", identified="identified"), REMOVE, 2)
    sent(NOW)
    decide(make_sighting(b"two"), REMOVE, 1)
    decide(make_sighting(b"three"), NOTHING, 1)
    sent(NOW)
    found = figures(NOW)
    assert (found.share_unidentified, found.looks, found.looks_per_notified_url) == (0.5, 8, 4.0)


def test_figures_of_an_earlier_moment_leave_out_what_came_later(make_sighting: MakeSighting, decide: Decide) -> None:
    decide(make_sighting(b"one"), REMOVE, 1)
    before = figures(NOW - HOUR)
    assert (before.suspected, before.verified, before.looks) == (0, 0, 0)
