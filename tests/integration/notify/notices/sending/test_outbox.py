"""The outbox over a real mail server: what arrives is what was stored, once for each occasion."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.notify.notices.errors import ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.messages import PAUSED
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.sending import outbox, together, uncertain
from orbweaver.notify.notices.sending.channels import CHANNELS, Doubt, Outgoing
from orbweaver.notify.notices.sending.channels.smtp.messages import NO_MAIL_SERVER
from orbweaver.notify.notices.sending.together import may_go
from orbweaver.notify.notices.services import issue_notices, preview, queue_reminders, send_due, set_paused
from orbweaver.notify.providers.services import add_contact, add_provider, retire_contact
from orbweaver.platform.clock import real_now

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(hours=24)


def at(instant: dt.datetime = NOW) -> Any:
    return lambda: instant


@pytest.fixture
def notice(world: Any) -> Notice:
    """A notice in the outbox."""
    provider = add_provider("Host", now=NOW, domains=["host.example"])
    add_contact(provider, "abuse@host.example", now=NOW)
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    return Notice.objects.get()


def the_message() -> OutboxMessage:
    return OutboxMessage.objects.order_by("-number")[0]


def try_again_now() -> None:
    OutboxMessage.objects.filter(state="failed").update(retry_at=real_now())


def test_the_bytes_that_were_previewed_are_the_bytes_that_arrive(mail: Any, notice: Notice) -> None:
    before = preview(notice, NOW)
    assert send_due(at()).sent == 1
    [(recipient, received)] = mail.received
    assert recipient == "abuse@host.example"
    assert received == before.raw == bytes(the_message().raw)
    notice.refresh_from_db()
    assert (notice.first_sent_at, notice.last_sent_at, notice.remind_at) == (NOW, NOW, NOW + DAY)
    assert (the_message().state, the_message().sent_at, the_message().attempts) == ("sent", NOW, 1)
    assert send_due(at()).sent == 0
    assert len(mail.received) == 1


def test_a_message_is_sent_when_it_leaves_so_that_no_removal_that_it_caused_is_older(mail: Any, notice: Notice) -> None:
    hours = [NOW + dt.timedelta(hours=number) for number in range(24)]
    ticking = iter(hours)
    assert send_due(lambda: next(ticking)).sent == 1
    message = the_message()
    assert message.left_at in hours
    assert message.sent_at == message.left_at < next(ticking) - dt.timedelta(hours=1), "the answer was read later"
    notice.refresh_from_db()
    assert notice.first_sent_at == message.left_at


def test_lines_that_begin_with_a_dot_arrive_unchanged(mail: Any, notice: Notice) -> None:
    OutboxMessage.objects.update(raw=b"Subject: x\r\n\r\n.\r\n..two\r\nend.\r\n")
    send_due(at())
    assert mail.received[0][1] == b"Subject: x\r\n\r\n.\r\n..two\r\nend.\r\n"


def test_without_a_mail_server_notices_wait_and_the_reason_is_said(notice: Notice) -> None:
    result = send_due(at())
    assert result.sent == 0
    assert result.waiting_for == [NO_MAIL_SERVER]
    assert the_message().state == "queued"


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
def test_a_server_that_is_busy_gets_it_later_once(mail: Any, notice: Notice, step: str) -> None:
    mail.answers[step] = ["451 busy"]
    assert send_due(at()).failed == 1
    message = the_message()
    assert (message.state, message.attempts, mail.received) == ("failed", 1, [])
    assert "451" in str(message.reason)
    assert message.retry_at is not None
    assert message.retry_at > real_now()
    assert send_due(at()).sent == 0
    try_again_now()
    assert send_due(at()).sent == 1
    assert len(mail.received) == 1


def test_a_refusal_for_good_is_shown_and_the_next_reminder_tries_anew(mail: Any, notice: Notice) -> None:
    mail.answers["rcpt"] = ["550 no such user abuse@host.example"]
    assert send_due(at()).refused == 1
    message = the_message()
    assert message.state == "refused"
    assert "host.example" not in str(message.reason)
    assert queue_reminders(NOW + DAY) == 1
    assert send_due(at(NOW + DAY)).sent == 1
    notice.refresh_from_db()
    assert notice.first_sent_at == NOW + DAY


def test_a_server_that_is_away_is_not_asked_once_for_each_message(
    world: Any, notice: Notice, set_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.verdict("https://host.example/2.png")
    issue_notices(NOW)
    set_config(smtp_host="127.0.0.1", smtp_port=1, smtp_tls="none", notice_together="false")
    result = send_due(at())
    assert result.failed == 1
    assert sorted(OutboxMessage.objects.values_list("state", flat=True)) == ["failed", "queued"]


def test_when_the_last_word_is_not_heard_it_is_uncertain_and_never_sent_again(mail: Any, notice: Notice) -> None:
    mail.hang_up_after_data = True
    assert send_due(at()).uncertain == 1
    mail.hang_up_after_data = False
    assert (the_message().state, len(mail.received)) == ("uncertain", 1)
    try_again_now()
    assert send_due(at()).sent == 0
    notice.refresh_from_db()
    assert (notice.first_sent_at, notice.remind_at) == (None, NOW + DAY)
    assert queue_reminders(NOW + DAY) == 1
    assert send_due(at(NOW + DAY)).sent == 1
    ids = [line for _, raw in mail.received for line in raw.splitlines() if line.startswith(b"Message-ID")]
    assert len(set(ids)) == len(ids) == 2


def test_what_a_dead_worker_left_half_sent_becomes_uncertain_when_its_lease_is_over(mail: Any, notice: Notice) -> None:
    OutboxMessage.objects.update(state="sending", lease_until=real_now() + dt.timedelta(seconds=30))
    assert send_due(at()).uncertain == 0
    OutboxMessage.objects.update(lease_until=real_now())
    assert send_due(at()).uncertain == 1
    assert the_message().state == "uncertain"
    assert mail.received == []


def test_a_claim_of_a_dead_worker_is_taken_over(mail: Any, notice: Notice) -> None:
    OutboxMessage.objects.update(lease_until=real_now() + dt.timedelta(seconds=30))
    assert send_due(at()).sent == 0
    OutboxMessage.objects.update(lease_until=real_now())
    assert send_due(at()).sent == 1


class Held:
    """A session during which the worker's heartbeat goes on."""

    def __init__(self, sender: outbox.Sender) -> None:
        self.sender = sender

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def deliver(self, message: Outgoing, before_commit: Any) -> tuple[()]:
        before_commit()
        OutboxMessage.objects.update(lease_until=real_now())
        self.sender.renew()
        assert uncertain.expire_sending(NOW) == 0
        return ()


def test_a_heartbeat_keeps_a_message_that_takes_long(notice: Notice, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = outbox.Sender(at())

    class Patient:
        doubt = Doubt.REMAINS
        joins = False

        def why_not(self) -> None:
            return None

        def session(self) -> Held:
            return Held(sender)

    monkeypatch.setitem(CHANNELS, "smtp", Patient)
    assert sender.send_due().sent == 1
    sender.renew()
    assert the_message().lease_until is None


class Slow:
    """A session whose worker is taken for dead between the dot and the reply, and yet lives."""

    def deliver(self, message: Outgoing, before_commit: Any) -> tuple[()]:
        before_commit()
        OutboxMessage.objects.update(lease_until=real_now())
        assert uncertain.expire_sending(NOW) == 1
        assert the_message().state == "uncertain"
        return ()


def test_a_slow_worker_that_lives_settles_what_was_taken_for_uncertain(notice: Notice) -> None:
    claimed = outbox._claim(OutboxMessage.objects.all(), "smtp", NOW)
    assert claimed is not None
    outbox._deliver([claimed], Doubt.REMAINS, Slow(), at(), outbox.Sent())
    assert the_message().state == "sent"
    notice.refresh_from_db()
    assert notice.first_sent_at == NOW


class Unheard:
    """A session that leaves without an answer, is refused, or is taken, in this order."""

    def __init__(self, *ends: Exception | None) -> None:
        self.ends = list(ends)

    def deliver(self, message: Outgoing, before_commit: Any) -> tuple[()]:
        before_commit()
        end = self.ends.pop(0)
        if end is not None:
            raise end
        return ()


@pytest.mark.parametrize(
    ("doubt", "ends", "left"),
    [
        (Doubt.REPEAT, [DeliveryUncertain("lost"), None], 0),
        (Doubt.REPEAT, [DeliveryUncertain("lost"), DeliveryUncertain("lost"), None], 0),
        (Doubt.REPEAT, [DeliveryUncertain("lost"), ChannelFailed("away"), None], 0),
        (Doubt.REPEAT, [ChannelFailed("away"), None], 1),
        (Doubt.REMAINS, [ChannelFailed("away"), None], 1),
    ],
)
def test_what_may_have_arrived_and_is_sent_again_was_sent_when_it_first_left(
    notice: Notice, doubt: Doubt, ends: list[Exception | None], left: int
) -> None:
    session = Unheard(*ends)
    for hour in range(len(ends)):
        OutboxMessage.objects.update(retry_at=None)
        claimed = outbox._claim(OutboxMessage.objects.all(), "smtp", NOW)
        assert claimed is not None
        outbox._deliver([claimed], doubt, session, at(NOW + dt.timedelta(hours=hour)), outbox.Sent())
    assert the_message().sent_at == NOW + dt.timedelta(hours=left)


class Overtaken:
    """A session in which another worker takes the message over just before the point of no return."""

    def __init__(self) -> None:
        self.committed = False

    def deliver(self, message: Outgoing, before_commit: Any) -> tuple[()]:
        OutboxMessage.objects.update(lease="00000000-0000-0000-0000-000000000001")
        before_commit()
        self.committed = True
        return ()


def test_a_slow_worker_whose_message_was_taken_over_sends_nothing(notice: Notice) -> None:
    claimed = outbox._claim(OutboxMessage.objects.all(), "smtp", NOW)
    assert claimed is not None
    session = Overtaken()
    outbox._deliver([claimed], Doubt.REMAINS, session, at(), outbox.Sent())
    assert not session.committed
    assert the_message().state == "queued"


def test_a_message_that_is_no_longer_wanted_does_not_leave(mail: Any, notice: Notice) -> None:
    from orbweaver.notify.notices.services import confirm_removal

    confirm_removal(notice.urls.get(), NOW, NOW)
    assert send_due(at()).sent == 0
    assert the_message().state == "cancelled"
    notice.refresh_from_db()
    assert (notice.state, notice.first_sent_at) == ("closed", None)


def test_a_notice_does_not_close_before_its_last_message_left(mail: Any, notice: Notice) -> None:
    """A check says what it saw when it began; a reminder may have left before its answer was written down."""
    from orbweaver.notify.notices.services import confirm_removal

    send_due(at(NOW + dt.timedelta(minutes=1)))
    confirm_removal(notice.urls.get(), NOW, NOW)
    notice.refresh_from_db()
    assert (notice.state, notice.closed_at) == ("closed", NOW + dt.timedelta(minutes=1))


def test_reminders_are_sent_a_whole_interval_apart_and_never_two_in_one_window(mail: Any, notice: Notice) -> None:
    hour = dt.timedelta(hours=1)
    for step in range(24 * 4 + 1):
        queue_reminders(NOW + step * hour)
        queue_reminders(NOW + step * hour)
        send_due(at(NOW + step * hour))
    sent = [message.sent_at for message in notice.messages.order_by("number")]
    assert [when - NOW for when in sent if when] == [n * DAY for n in range(5)]
    assert b"Subject: Still there after 4 days: " in mail.received[-1][1]


def test_a_late_message_puts_the_next_one_off(mail: Any, notice: Notice) -> None:
    late = NOW + dt.timedelta(hours=10)
    mail.answers["data"] = ["451 busy"]
    send_due(at())
    assert queue_reminders(late) == 0
    try_again_now()
    send_due(at(late))
    assert queue_reminders(NOW + DAY) == 0
    assert queue_reminders(late + DAY) == 1


def test_reminders_end_when_everything_is_gone_and_list_only_what_is_not(world: Any, mail: Any, notice: Notice) -> None:
    from orbweaver.notify.notices.services import confirm_removal

    world.verdict("https://host.example/2.png", "https://host.example/3.png")
    issue_notices(NOW)
    second = Notice.objects.latest("pk")
    send_due(at())
    one, other = second.urls.order_by("pk")
    confirm_removal(one, NOW + dt.timedelta(hours=1), NOW + dt.timedelta(hours=2))
    queue_reminders(NOW + DAY)
    shown = preview(second, NOW + DAY)
    assert [report["url"] for report in shown.reports] == [other.url]
    confirm_removal(other, NOW + dt.timedelta(hours=30), NOW + dt.timedelta(hours=31))
    assert second.messages.get(number=1).state == "cancelled"
    assert send_due(at(NOW + 2 * DAY)).sent == 1  # the reminder of the first notice alone
    assert queue_reminders(NOW + 3 * DAY) == 1


def test_the_pause_stops_everything_and_loses_nothing(mail: Any, notice: Notice, make_person: Any) -> None:
    from orbweaver.people.accounts.rules import Role

    manager = make_person("Max", Role.HOTLINE_MANAGER)
    set_paused(True, "a storm of bounces", manager, NOW)
    result = send_due(at())
    assert (result.sent, result.waiting_for) == (0, [PAUSED])
    set_paused(False, "", manager, NOW)
    assert send_due(at()).sent == 1
    set_paused(True, "again", manager, NOW)
    assert queue_reminders(NOW + DAY) == 0
    set_paused(False, "", manager, NOW)
    assert queue_reminders(NOW + DAY) == 1


def test_a_notice_whose_contact_is_retired_is_held_and_goes_on_with_a_new_one(mail: Any, notice: Notice) -> None:
    from orbweaver.notify.notices.services import release_held

    send_due(at())
    assert notice.contact is not None
    assert notice.provider is not None
    retire_contact(notice.contact, now=NOW)
    assert queue_reminders(NOW + DAY) == 0
    notice.refresh_from_db()
    assert (notice.state, notice.held_reason) == ("held", "no_contact")
    add_contact(notice.provider, "new@host.example", now=NOW + DAY)
    assert release_held(NOW + DAY) == 1
    assert send_due(at(NOW + DAY)).sent == 1
    assert mail.received[-1][0] == "new@host.example"
    notice.refresh_from_db()
    assert (notice.first_sent_at, notice.occasions) == (NOW, 2)


def test_a_picture_that_is_back_opens_its_notice_again_with_a_reminder_in_its_time(mail: Any, notice: Notice) -> None:
    from orbweaver.notify.notices.services import confirm_removal, mark_reappeared

    send_due(at())
    confirm_removal(notice.urls.get(), NOW + dt.timedelta(hours=1), NOW + dt.timedelta(hours=2))
    back = NOW + dt.timedelta(hours=5)
    mark_reappeared(notice.urls.get(), back)
    notice.refresh_from_db()
    assert (notice.state, notice.closed_at, notice.remind_at) == ("open", None, NOW + DAY)
    url = notice.urls.get()
    assert (url.state, url.reappearances, url.reappeared_at) == ("reappeared", 1, back)
    assert url.removed_at == NOW + dt.timedelta(hours=1)


def test_one_reminder_that_cannot_be_made_does_not_stop_the_others(
    world: Any, mail: Any, notice: Notice, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.verdict("https://host.example/2.png")
    issue_notices(NOW)
    send_due(at())
    notice.urls.get().verdict.__class__.objects.filter(notice_urls__notice=notice).update(age_class="adult")
    assert queue_reminders(NOW + DAY) == 1
    notice.refresh_from_db()
    assert notice.remind_at == NOW + DAY + dt.timedelta(hours=1)


def test_the_next_message_is_found_without_reading_all_that_wait(notice: Notice) -> None:
    from django.db import connection

    model = notice.messages.get()
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            notice=notice, contact=model.contact, channel="smtp", address=model.address, raw=b"", created_at=NOW,
            number=number, rank=number % 2, occasion=f"{notice.pk}:{number}", message_id=f"<{number}@hotline.example>",
        )
        for number in range(1, 2_000)
    )  # fmt: skip
    waiting = may_go(together.waiting().filter(channel="smtp"), NOW)
    query, values = waiting.order_by("rank", "pk")[:1].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notices_outboxmessage")
        cursor.execute(f"EXPLAIN {query}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "outbox_waiting" in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan
