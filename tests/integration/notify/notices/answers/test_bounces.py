"""Which bounces are believed: real mails through the Maildir, real ones, forged ones, late ones, repeated ones."""

from __future__ import annotations

import datetime as dt
import os
import time
from typing import Any

import pytest

from orbweaver.account_for.transparency.ignored import ignored_notices
from orbweaver.account_for.transparency.recount import recount
from orbweaver.follow.escalation.services import escalate_due
from orbweaver.follow.recheck.selectors import removal_times
from orbweaver.notify.notices.answers.bounces import BOUNCE_WITHIN
from orbweaver.notify.notices.answers.incoming import collect
from orbweaver.notify.notices.letters.tokens import answer_token, bounce_address
from orbweaver.notify.notices.models import Bounce, Notice, OutboxMessage
from orbweaver.notify.notices.services import (
    answer,
    confirm_removal,
    follow_up_referrals,
    issue_notices,
    queue_reminders,
    send_due,
)
from orbweaver.notify.notices.settings import NoticeSettings
from orbweaver.notify.providers.models import Contact, ProviderLink
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.audit.models import Event

from ..post_office import EXIM, HOUR, NOW, POSTFIX, PostOffice, go_on, report

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def a_mail_for_each_notice(set_config: Any) -> None:
    """What comes back of a mail with several is told in ``sending/test_together.py``."""
    set_config(notice_together="false")


def first_message(notice: Notice | None = None) -> OutboxMessage:
    rows = OutboxMessage.objects.filter(notice=notice) if notice else OutboxMessage.objects.all()
    return rows.get(number=0)


def returned(message: OutboxMessage, raw: bytes, office: PostOffice) -> None:
    """A report for this message, at the address that its envelope named as sender."""
    office.deliver(bounce_address(message.occasion), raw)


def standing() -> list[tuple[Any, ...]]:
    """All that a bounce could touch."""
    notices = Notice.objects.order_by("pk")
    messages = OutboxMessage.objects.order_by("pk")
    return [
        *notices.values_list("state", "held_reason", "first_sent_at", "last_sent_at", "remind_at", "unreached"),
        *messages.values_list("state", "reason"),
        *Contact.objects.order_by("pk").values_list("bounced_at"),
    ]


@pytest.fixture
def others(contacts: tuple[Contact, Contact], world: Any) -> list[Notice]:
    """Two more notices to the same provider; all three have been sent."""
    for n in (3, 4):
        world.verdict(f"https://host.example/{n}.png")
        issue_notices(NOW)
    send_due(lambda: NOW)
    return list(Notice.objects.order_by("pk"))


def test_bounces_forged_weeks_later_hold_nothing_and_move_no_clock(office: PostOffice, others: list[Notice]) -> None:
    collect(office.maildir, NOW)
    before = standing()
    late = NOW + 21 * DAY
    for notice in others:
        returned(first_message(notice), report(), office)
    collect(office.maildir, late)
    assert standing() == before
    assert set(Bounce.objects.values_list("kind", "doubt")) == {("hard", "too_late")}
    assert Event.objects.filter(kind="notice.bounce_not_believed").count() == 3
    # nor may they stop what comes next
    Notice.objects.update(remind_at=late)
    queue_reminders(late)
    send_due(lambda: late)
    assert len(office.received) == 6
    assert {address for address, _ in office.received} == {"abuse@host.example"}


def test_a_bounce_counts_to_the_end_of_the_days_in_which_mail_servers_give_up(
    office: PostOffice, others: list[Notice]
) -> None:
    collect(office.maildir, NOW)
    first, second, _ = (first_message(notice) for notice in others)
    returned(first, report(), office)
    collect(office.maildir, NOW + BOUNCE_WITHIN)
    returned(second, report(), office)
    collect(office.maildir, NOW + BOUNCE_WITHIN + HOUR / 60)
    assert [each.doubt for each in Bounce.objects.order_by("pk")] == ["", "too_late"]


def test_what_came_in_time_and_was_read_late_counts(office: PostOffice, others: list[Notice]) -> None:
    """The machine was off for weeks: what counts is when the mail came, which its file tells."""
    collect(office.maildir, NOW)
    returned(first_message(others[0]), report(), office)
    came = time.time() - 3 * 7 * 86_400
    for path in (office.maildir / "new").iterdir():
        os.utime(path, (came, came))
    collect(office.maildir, NOW + 22 * DAY)
    assert Bounce.objects.get().doubt == ""
    assert first_message(others[0]).state == "bounced"


def test_a_bounce_never_counts_against_an_answer(office: PostOffice, others: list[Notice]) -> None:
    collect(office.maildir, NOW)
    answer(answer_token(others[0].public_id), "removed", "", NOW + HOUR)
    before = standing()
    returned(first_message(others[0]), report(), office)
    collect(office.maildir, NOW + 2 * HOUR)
    assert standing() == before
    assert Bounce.objects.get().doubt == "accepted"


def test_a_bounce_never_counts_against_a_removal(office: PostOffice, others: list[Notice]) -> None:
    collect(office.maildir, NOW)
    url = others[0].urls.order_by("pk").first()
    assert url is not None
    confirm_removal(url, NOW + HOUR, NOW + 2 * HOUR)
    before = standing()
    returned(first_message(others[0]), report(), office)
    collect(office.maildir, NOW + 3 * HOUR)
    assert standing() == before
    assert Bounce.objects.get().doubt == "accepted"


AUTO_REPLY = (
    b"From: Abuse Desk <Abuse@host.example>\r\nSubject: [#4711] Re: Please remove\r\nAuto-Submitted: auto-replied\r\n"
    b"\r\nWe have it.\r\n"
)


def test_a_bounce_never_counts_against_an_acknowledgement_of_that_contact(
    office: PostOffice, others: list[Notice]
) -> None:
    collect(office.maildir, NOW)
    returned(first_message(others[0]), AUTO_REPLY, office)
    returned(first_message(others[1]), report("2.1.5", "delivered"), office)
    returned(first_message(others[2]), AUTO_REPLY.replace(b"Abuse@host", b"root@host"), office)
    collect(office.maildir, NOW + HOUR)
    for notice in others:
        returned(first_message(notice), report(), office)
    collect(office.maildir, NOW + 2 * HOUR)
    assert [each.doubt for each in Bounce.objects.order_by("message_id")] == ["accepted", "accepted", ""]
    assert len(list((office.maildir / "cur").iterdir())) == 2 + 2  # acknowledgements, and what is not believed


def test_a_copy_for_our_journal_proves_no_delivery(office: PostOffice, others: list[Notice]) -> None:
    collect(office.maildir, NOW)
    message = first_message(others[0])
    assert message.journalled_at is not None
    returned(message, report(), office)
    collect(office.maildir, NOW + HOUR)
    assert Bounce.objects.get().doubt == ""


def naming(message_id: str, raw: bytes) -> bytes:
    """The same report with the returned message's own header in it."""
    return raw.replace(b"Subject: Please remove", b"Message-ID: " + message_id.encode() + b"\r\nSubject: Please remove")


def test_a_bounce_with_our_message_id_but_without_our_signature_is_shown_and_does_nothing(
    office: PostOffice, others: list[Notice]
) -> None:
    collect(office.maildir, NOW)
    before = standing()
    message = first_message(others[0])
    for address in ("bounces@hotline.example", f"bounces+{message.occasion}.aaaaaaaaaaaaaaaa@hotline.example"):
        office.deliver(address, naming(message.message_id, report()))
    collect(office.maildir, NOW + HOUR)
    assert standing() == before
    assert [(each.message_id, each.doubt) for each in Bounce.objects.all()] == [(message.pk, "unsigned")]


def test_a_bounce_of_another_providers_message_does_nothing(
    office: PostOffice, others: list[Notice], world: Any
) -> None:
    """Another provider, who knows the signed address of its own message, returns it for those of this one."""
    foreign = add_provider("Foreign", now=NOW, domains=["foreign.example"])
    add_contact(foreign, "abuse@foreign.example", now=NOW)
    world.verdict("https://foreign.example/9.png")
    issue_notices(NOW)
    send_due(lambda: NOW)
    collect(office.maildir, NOW)
    theirs = first_message(Notice.objects.get(provider=foreign))
    before = standing()
    returned(theirs, report(), office)  # about abuse@host.example
    ours = first_message(others[0])
    returned(theirs, naming(ours.message_id, report(style=POSTFIX.replace("host.example", "foreign.example"))), office)
    collect(office.maildir, NOW + HOUR)
    assert standing() == before
    assert {(each.message_id, each.doubt) for each in Bounce.objects.all()} == {
        (theirs.pk, "other_message"),
        (theirs.pk, "other_recipient"),
    }


def test_of_several_recipients_only_ours_counts(office: PostOffice, others: list[Notice]) -> None:
    collect(office.maildir, NOW)
    reached = EXIM.partition("\n\n")[2].format(action="delivered", status="2.0.0")
    elsewhere = POSTFIX.replace("abuse@host.example", "someone@else.example")
    returned(first_message(others[0]), report(style=f"{elsewhere}\n{reached}"), office)
    failed = EXIM.partition("\n\n")[2].format(action="failed", status="5.1.1")
    there = POSTFIX.replace("abuse@host.example", "someone@else.example").replace("{action}", "delivered")
    returned(first_message(others[1]), report(style=f"{there}\n{failed}"), office)
    collect(office.maildir, NOW + HOUR)
    assert [first_message(notice).state for notice in others] == ["sent", "bounced", "sent"]
    assert [(each.message_id, each.doubt) for each in Bounce.objects.all()] == [(first_message(others[1]).pk, "")]


def test_a_bounce_twice_counts_once_and_many_kinds_of_it_fill_nothing(office: PostOffice, others: list[Notice]) -> None:
    collect(office.maildir, NOW)
    message = first_message(others[0])
    for n in range(1, 7):  # 5.1.7 says nothing of the recipient
        returned(message, report(f"5.1.{n}"), office)
        go_on(NOW + n * HOUR / 60, office)
    assert Bounce.objects.count() == 1
    assert [address for address, _ in office.received[3:]] == ["noc@host.example"]
    for n in range(1, 8):
        returned(first_message(others[1]), report(f"5.4.{n}"), office)
    collect(office.maildir, NOW + 60 * DAY)
    assert Bounce.objects.count() == 2


def test_a_real_bounce_leads_that_notice_alone_to_the_next_contact(office: PostOffice, others: list[Notice]) -> None:
    collect(office.maildir, NOW)
    returned(first_message(others[0]), report(), office)
    go_on(NOW + HOUR / 60, office)
    assert [address for address, _ in office.received[3:]] == ["noc@host.example"]
    assert set(Notice.objects.values_list("state", "first_sent_at")) == {("open", NOW)}
    assert set(Notice.objects.values_list("unreached", flat=True)) == {""}


@pytest.fixture
def alone(office: PostOffice, world: Any) -> Notice:
    """A notice to a provider with one contact, whose mail comes back."""
    provider = add_provider("Alone", now=NOW, domains=["alone.example"])
    add_contact(provider, "abuse@alone.example", now=NOW)
    carrier = add_provider("Carrier", now=NOW, domains=["carrier.example"])
    add_contact(carrier, "abuse@carrier.example", now=NOW)
    ProviderLink.objects.create(provider=provider, to=carrier, kind="upstream", seen_at=NOW)
    world.verdict("https://alone.example/1.png")
    issue_notices(NOW)
    send_due(lambda: NOW)
    collect(office.maildir, NOW)
    notice = Notice.objects.get()
    returned(first_message(notice), report(style=POSTFIX.replace("host.example", "alone.example")), office)
    return notice


def test_where_nobody_is_left_to_tell_whoever_carries_it_is_told_and_reminders_go_on(
    office: PostOffice, alone: Notice
) -> None:
    now = NOW + HOUR / 60
    go_on(now, office)
    alone.refresh_from_db()
    assert (alone.state, alone.unreached, alone.first_sent_at) == ("open", "nobody", NOW)
    assert escalate_due(now) == 1
    send_due(lambda: now)
    assert [address for address, _ in office.received] == ["abuse@alone.example", "abuse@carrier.example"]
    assert escalate_due(now + HOUR) == 0
    later = now + dt.timedelta(hours=NoticeSettings.current().notice_reminder_hours)
    go_on(later, office)
    assert "abuse@alone.example" in [address for address, _ in office.received[2:]]


def test_what_did_not_arrive_counts_as_not_told_until_an_answer_shows_that_it_did(
    office: PostOffice, alone: Notice
) -> None:
    assert recount(NOW + HOUR).notified == 1
    collect(office.maildir, NOW + HOUR / 60)
    assert recount(NOW + HOUR).notified == 0
    year = NOW + 400 * DAY
    Notice.objects.update(occasions=50)
    assert not ignored_notices(year).exists()
    answer(answer_token(alone.public_id), "removed", "", NOW + HOUR)
    assert recount(NOW + 2 * HOUR).notified == 1
    assert ignored_notices(year).exists()
    url = alone.urls.get()
    confirm_removal(url, NOW + HOUR, NOW + 2 * HOUR)
    assert [each.since_notice_s for each in removal_times()] == [3600.0]


def test_a_hotline_abroad_whose_mail_comes_back_does_not_keep_its_provider_from_being_told(
    office: PostOffice, world: Any
) -> None:
    hotline = add_provider("Hotline of Germany", now=NOW, kind="hotline", country="DE")
    add_contact(hotline, "abuse@host.example", now=NOW)
    provider = add_provider("Far", now=NOW, domains=["far.example"], country="DE")
    add_contact(provider, "abuse@far.example", now=NOW)
    world.verdict("https://far.example/1.png")
    issue_notices(NOW)
    send_due(lambda: NOW)
    assert Notice.objects.get().route == "referral"
    collect(office.maildir, NOW)
    returned(first_message(), report(), office)
    now = NOW + HOUR / 60
    go_on(now, office)
    assert follow_up_referrals(now) == 1
    send_due(lambda: now)
    assert office.received[-1][0] == "abuse@far.example"
