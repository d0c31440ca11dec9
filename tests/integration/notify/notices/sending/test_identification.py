"""Police identify a child (R29, R74): every letter says it, and what is still there is notified anew at once, once."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from orbweaver.account_for.transparency.datasets import responses
from orbweaver.account_for.transparency.folding import bring_up_to_date
from orbweaver.assess.review.models import Appeal, Verdict
from orbweaver.assess.review.own_list import update_own_list
from orbweaver.assess.series.models import Victim, VictimSeries
from orbweaver.assess.series.rules import LinkReason
from orbweaver.assess.series.services import add_victim, end_link, link_item, open_series, set_identified
from orbweaver.detect.hashlists.importing import import_list
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.matching.models import Match
from orbweaver.doors.duties import lanes
from orbweaver.notify.notices.letters.parts import parts_of
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage, PushBack
from orbweaver.notify.notices.routing import lookup
from orbweaver.notify.notices.rules import OutboxState, Rank
from orbweaver.notify.notices.sending.outbox import Sender
from orbweaver.notify.notices.sending.reminders import queue_news
from orbweaver.notify.notices.services import (
    ask_for_review,
    confirm_removal,
    decide_push_back,
    issue_notices,
    preview,
    queue_reminders,
    send_due,
)
from orbweaver.notify.providers.models import HostLookup
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.platform.network.resolver import GuardedResolver

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SOON = NOW + dt.timedelta(hours=1)
SAID = "Law enforcement has identified a child in this material since our last message"
TAG = "custom:child-identified-by-law-enforcement"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


@pytest.fixture
def liaison(make_person: Callable[..., User]) -> User:
    return make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)


@pytest.fixture(autouse=True)
def provider() -> None:
    add_contact(add_provider("Host", now=NOW, domains=["host.example"]), "abuse@host.example", now=NOW)


@pytest.fixture
def verdict(world: Any) -> Verdict:
    made: Verdict = world.verdict("https://host.example/1.png")
    return made


@pytest.fixture
def victim(verdict: Verdict, liaison: User) -> Victim:
    series = open_series("The lake", by=liaison, now=NOW)
    link_item(series, verdict.media, reason=LinkReason.SEQUENCE, by=liaison, now=NOW)
    return add_victim(series, "the child", 5, 7, by=liaison, now=NOW)


def identify(victim: Victim, liaison: User, *, identified: bool = True, now: dt.datetime = SOON) -> None:
    set_identified(victim, identified=identified, source="Police file 77", on=now.date(), by=liaison, now=now)


def sent(notice: Notice, now: dt.datetime = NOW) -> None:
    """As the sender leaves it."""
    notice.messages.update(state=OutboxState.SENT, sent_at=now)
    Notice.objects.filter(pk=notice.pk).update(
        first_sent_at=now, last_sent_at=now, remind_at=now + dt.timedelta(hours=24)
    )


def text(message: OutboxMessage) -> str:
    return " ".join(parts_of(bytes(message.raw)).text.split())


def test_an_open_notice_goes_out_anew_at_once_and_once(victim: Victim, liaison: User) -> None:
    issue_notices(NOW)
    notice = Notice.objects.get()
    sent(notice)
    first = notice.messages.get()
    assert "identified by law enforcement: not known to be" in text(first)
    assert queue_reminders(SOON) == 0
    identify(victim, liaison)
    assert (queue_reminders(SOON), queue_reminders(SOON)) == (1, 0)
    anew = notice.messages.exclude(pk=first.pk).get()
    assert SAID in text(anew)
    assert "identified by law enforcement: yes" in text(anew)
    assert [report["tags"] for report in parts_of(bytes(anew.raw)).reports] == [[TAG]]
    notice.refresh_from_db()
    assert (notice.identified, notice.news_at) == (True, None)
    sent(notice, SOON)
    identify(victim, liaison, now=SOON + dt.timedelta(days=1))
    assert queue_reminders(SOON + dt.timedelta(hours=1)) == 0, "the same word again is no news"
    assert queue_reminders(SOON + dt.timedelta(hours=25)) == 1
    reminder = notice.messages.latest("number")
    assert SAID not in text(reminder)
    assert "identified by law enforcement: yes" in text(reminder)


def test_neither_source_nor_series_travels(victim: Victim, liaison: User) -> None:
    issue_notices(NOW)
    sent(Notice.objects.get())
    identify(victim, liaison)
    queue_reminders(SOON)
    raw = bytes(OutboxMessage.objects.latest("number").raw)
    assert b"Police file" not in raw
    assert b"The lake" not in raw
    assert not any("Police file" in str(details) for details in Event.objects.values_list("details", flat=True))


def test_a_refused_notice_goes_out_anew(victim: Victim, liaison: User, make_person: Callable[..., User]) -> None:
    issue_notices(NOW)
    notice = Notice.objects.get()
    sent(notice)
    manager = make_person("Mia", Role.HOTLINE_MANAGER)
    row = PushBack.objects.create(notice=notice, reason="not_a_child", made_at=NOW)
    ask_for_review(row.public_id, manager, NOW)
    Appeal.objects.update(decided_at=NOW, outcome="upheld")
    decide_push_back(row.public_id, "conceded", manager, NOW)
    identify(victim, liaison)
    assert queue_reminders(SOON) == 1
    assert SAID in text(notice.messages.filter(push_back=None).latest("number"))


def test_what_is_gone_is_not_asked_about_again(victim: Victim, liaison: User) -> None:
    issue_notices(NOW)
    notice = Notice.objects.get()
    sent(notice)
    confirm_removal(NoticeUrl.objects.get(), NOW, NOW)
    identify(victim, liaison)
    assert queue_reminders(SOON) == 0


def test_what_has_not_left_yet_gives_way_to_the_letter_that_says_it(victim: Victim, liaison: User) -> None:
    issue_notices(NOW)
    identify(victim, liaison)
    queue_reminders(SOON)
    old, new = OutboxMessage.objects.order_by("number")
    assert (old.state, new.state) == (OutboxState.CANCELLED, OutboxState.QUEUED)
    assert "identified by law enforcement: yes" in text(new)
    assert SAID not in text(new), "there was no message before it"
    assert "reminder" not in text(new)


def test_it_waits_behind_no_reminder(victim: Victim, liaison: User, world: Any) -> None:
    issue_notices(NOW)
    notice = Notice.objects.get()
    sent(notice)
    world.verdict("https://host.example/other.png")
    issue_notices(NOW)
    other = Notice.objects.exclude(pk=notice.pk).get()
    sent(other)
    Notice.objects.filter(pk=other.pk).update(remind_at=SOON)
    assert queue_reminders(SOON) == 1
    identify(victim, liaison)
    assert queue_reminders(SOON) == 1
    waiting = OutboxMessage.objects.filter(state=OutboxState.QUEUED).order_by("rank", "pk")
    assert [each.notice_id for each in waiting] == [notice.pk, other.pk]


def test_a_new_notice_and_a_held_one_say_it(victim: Victim, liaison: User, world: Any) -> None:
    held = world.verdict("https://unknown.example/1.png", media=victim.series.items.get().media)
    identify(victim, liaison)
    issue_notices(SOON)
    assert "identified by law enforcement: yes" in text(OutboxMessage.objects.get())
    assert "identified by law enforcement: yes" in preview(NoticeUrl.objects.get(verdict=held).notice, SOON).text


def test_a_medium_that_is_linked_later_follows_its_series(victim: Victim, liaison: User, world: Any) -> None:
    identify(victim, liaison)
    later = world.verdict("https://host.example/2.png")
    issue_notices(NOW)
    notice = NoticeUrl.objects.get(verdict=later).notice
    sent(notice)
    link = link_item(victim.series, later.media, reason=LinkReason.PLACE, by=liaison, now=SOON)
    assert queue_reminders(SOON) == 1
    end_link(link, "another lake", by=liaison, now=SOON)
    later.refresh_from_db()
    assert (later.identified, later.identified_source) == ("unidentified", "")


def test_it_takes_all_children_of_the_series(victim: Victim, liaison: User, verdict: Verdict) -> None:
    other = add_victim(victim.series, "the younger child", 3, 4, by=liaison, now=NOW)
    identify(victim, liaison)
    verdict.refresh_from_db()
    assert verdict.identified == "unidentified"
    identify(other, liaison)
    verdict.refresh_from_db()
    assert (verdict.identified, verdict.identified_source) == ("identified", "Police file 77")


def test_a_correction_is_said_from_then_on_and_is_no_news(victim: Victim, liaison: User) -> None:
    issue_notices(NOW)
    notice = Notice.objects.get()
    sent(notice)
    identify(victim, liaison)
    queue_reminders(SOON)
    sent(notice, SOON)
    identify(victim, liaison, identified=False)
    notice.refresh_from_db()
    assert notice.identified is False
    assert queue_reminders(SOON) == 0
    queue_reminders(SOON + dt.timedelta(hours=25))
    assert "identified by law enforcement: not known to be" in text(notice.messages.latest("number"))


def test_own_entries_carry_it(victim: Victim, liaison: User, verdict: Verdict) -> None:
    update_own_list(verdict.media, verdict, NOW)
    before = set(HashListEntry.objects.values_list("identified", flat=True))
    highest = HashListEntry.objects.latest("change").change
    identify(victim, liaison)
    assert before == {"unidentified"}
    assert set(HashListEntry.objects.values_list("identified", flat=True)) == {"identified"}
    assert HashListEntry.objects.earliest("change").change > highest, "followers of the changes see it"


def test_a_list_that_says_it_later_counts_too(world: Any, make_sighting: Callable[..., Any], tmp_path: Path) -> None:
    sighting = make_sighting(b"one", url="https://host.example/one.png")
    entry = HashListEntry.objects.get()
    item = world.item(media=sighting.media)
    item.sightings.add(sighting)
    verdict = world.verdict(item=item)
    issue_notices(NOW)
    notice = Notice.objects.get()
    sent(notice)
    assert Match.objects.filter(entry=entry).exists()
    path = tmp_path / "list.csv"
    path.write_text(
        "kind,value,classification,identified,series,source,baseline\n"
        f"sha256,{bytes(entry.hashes.get().value).hex()},csam,identified,Series 7,NCMEC,no\n"
    )
    import_list(path, list_name="Known", supplier="NCMEC", now=SOON)
    verdict.refresh_from_db()
    assert (verdict.identified, verdict.identified_source) == ("identified", "NCMEC")
    assert (
        queue_reminders(SOON + dt.timedelta(minutes=1)) == 1
    )  # what an import writes carries the time at which it came
    assert SAID in text(notice.messages.latest("number"))


def test_the_figures_follow(victim: Victim, liaison: User) -> None:
    def cell() -> str:
        while bring_up_to_date():
            pass
        return next(str(row["identified"]) for row in responses(SOON).rows if row["notified"])

    issue_notices(NOW)
    sent(Notice.objects.get())
    assert cell() == "unidentified"
    identify(victim, liaison)
    assert cell() == "identified"


def test_recorded_on_the_page_by_the_liaison(victim: Victim, liaison: User) -> None:
    issue_notices(NOW)
    notice = Notice.objects.get()
    sent(notice)
    client = Client()
    client.force_login(liaison)
    said = {"identified": "identified", "source": "National police", "on": NOW.date().isoformat()}
    answer = client.post(f"/series/{victim.series.public_id}/victims/{victim.public_id}/", said)
    assert answer.status_code == 302
    assert VictimSeries.objects.get().victims.get().identified
    assert queue_reminders(dt.datetime.now(dt.UTC)) == 1
    assert SAID in text(notice.messages.latest("number"))


def test_news_that_is_taken_back_before_it_leaves_is_never_told(victim: Victim, liaison: User) -> None:
    issue_notices(NOW)
    notice = Notice.objects.get()
    sent(notice)
    identify(victim, liaison)
    identify(victim, liaison, identified=False)
    assert queue_reminders(SOON) == 0
    notice.refresh_from_db()
    assert notice.news_at is None


def test_a_letter_that_says_it_and_has_not_left_gives_way_to_a_correction(victim: Victim, liaison: User) -> None:
    issue_notices(NOW)
    notice = Notice.objects.get()
    sent(notice)
    identify(victim, liaison)
    queue_reminders(SOON)
    identify(victim, liaison, identified=False)
    queue_reminders(SOON)
    waiting = notice.messages.filter(state=OutboxState.QUEUED)
    assert [SAID in text(each) or "enforcement: yes" in text(each) for each in waiting] == [False]


@pytest.fixture
def slow_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Name servers that do not answer in time; the hosts they were asked about."""
    asked: list[str] = []

    async def wait(_: object, host: str, *__: object, **___: object) -> None:
        asked.append(host)
        await asyncio.sleep(60)

    monkeypatch.setattr(GuardedResolver, "resolve", wait)
    monkeypatch.setattr(lookup, "RESOLVE_S", 60.0)
    monkeypatch.setattr(lookup, "BRIEFLY_S", 0.02)
    return asked


@pytest.mark.django_db(transaction=True)
def test_its_letter_leaves_before_all_others_and_waits_for_no_name_server(
    victim: Victim, liaison: User, world: Any, mail: Any, slow_names: list[str]
) -> None:
    issue_notices(NOW)
    notice = Notice.objects.get()
    sent(notice)
    other = add_provider("Other", now=NOW, domains=["other.example"])
    add_contact(other, "abuse@other.example", now=NOW)
    world.verdict("https://other.example/first.png")
    issue_notices(SOON)  # waits to be sent since before the news
    identify(victim, liaison)
    assert queue_news(SOON) == 1
    assert Sender(lambda: SOON, ranks=[Rank.NEWS]).send_due().sent == 1
    [(address, raw)] = mail.received
    assert address == "abuse@host.example"
    assert SAID in " ".join(parts_of(raw).text.split())
    assert slow_names == ["host.example"], "asked, and not waited for"
    assert not HostLookup.objects.exists(), "nothing is noted that would put off the next look"


@pytest.mark.django_db(transaction=True)
def test_one_sender_for_all_sends_it_first(victim: Victim, liaison: User, world: Any, mail: Any) -> None:
    issue_notices(NOW)
    sent(Notice.objects.get())
    other = add_provider("Other", now=NOW, domains=["other.example"])
    add_contact(other, "abuse@other.example", now=NOW)
    world.verdict("https://other.example/first.png")
    issue_notices(SOON)
    identify(victim, liaison)
    queue_reminders(SOON)
    send_due(lambda: SOON)
    assert [address for address, _ in mail.received] == ["abuse@host.example", "abuse@other.example"]


@pytest.mark.django_db(transaction=True)
def test_the_first_notice_about_a_child_known_already_leaves_before_200_others(
    victim: Victim, liaison: User, verdict: Verdict, world: Any, mail: Any
) -> None:
    issue_notices(NOW)
    sent(Notice.objects.get())
    identify(victim, liaison)
    add_contact(add_provider("Other", now=NOW, domains=["other.example"]), "abuse@other.example", now=NOW)
    for number in range(3):
        world.verdict(f"https://other.example/{number}.png")
    assert issue_notices(NOW, limit=2)
    (waits,) = OutboxMessage.objects.filter(address="abuse@other.example")
    copies = []
    for number in range(200):
        own = {
            "pk": None,
            "occasion": f"{number}",
            "message_id": f"<{number}@x>",
            "rank": number % 2,
            "number": number + 1,
        }
        copies.append(OutboxMessage(**{**row_of(waits), **own}))
    OutboxMessage.objects.bulk_create(copies)
    world.verdict("https://host.example/again.png", media=verdict.media)
    assert issue_notices(SOON, limit=1) == 1
    first = OutboxMessage.objects.latest("pk")
    assert (first.address, first.number, first.rank) == ("abuse@host.example", 0, Rank.NEWS)
    assert "identified by law enforcement: yes" in text(first)
    assert SAID not in text(first), "it is the first that this notice says"
    assert send_due(lambda: SOON, limit=1).sent == 1
    assert [address for address, _ in mail.received] == ["abuse@host.example"]


def row_of(message: OutboxMessage) -> dict[str, Any]:
    return {field.attname: getattr(message, field.attname) for field in OutboxMessage._meta.concrete_fields}


def test_it_is_queued_in_a_lane_that_looks_no_host_up_and_sends_no_other_letter() -> None:
    for lane, duties in lanes().items():
        names = {duty.name for duty in duties}
        if "news of identified children queued" in names:
            assert lane == "urgent"
            assert not names & {"hosts looked at", "reminders queued", "messages sent", "disputed hosts looked up"}
            return
    raise AssertionError
