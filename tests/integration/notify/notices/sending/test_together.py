"""One mail to a contact for all that waits for it (R48): each notice keeps its occasion, its clock and its answers."""

from __future__ import annotations

import datetime as dt
import hashlib
from email import message_from_bytes, policy
from itertools import pairwise
from typing import Any

import pytest

from orbweaver.assess.review.models import Verdict
from orbweaver.assess.series.rules import LinkReason
from orbweaver.assess.series.services import link_item, open_series
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.notify.notices.answers.incoming import receive
from orbweaver.notify.notices.answers.replies import ANSWERS_AN_HOUR, LINK_ENDS_AFTER
from orbweaver.notify.notices.errors import BadToken
from orbweaver.notify.notices.letters.tokens import answer_token, bounce_address, journal_address
from orbweaver.notify.notices.models import Bounce, Notice, OutboxMessage, PushBack
from orbweaver.notify.notices.sending import outbox
from orbweaver.notify.notices.services import (
    answer,
    confirm_removal,
    issue_notices,
    mark_reappeared,
    preview_message,
    queue_reminders,
    send_due,
    told_beside,
    told_together,
)
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.platform.clock import now as present
from orbweaver.platform.clock import real_now
from orbweaver.platform.network.domains import url_for_people

from ..post_office import report

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def at(instant: dt.datetime) -> Any:
    return lambda: instant


@pytest.fixture
def decide(world: Any) -> Any:
    """``decide(3, NOW)``: so many verdicts about addresses of one provider, each handed over by itself."""
    provider = add_provider("Host", now=NOW, domains=["host.example"])
    add_contact(provider, "abuse@host.example", now=NOW)
    made = iter(range(1000))

    def decide(count: int, now: dt.datetime) -> None:
        for _ in range(count):
            world.verdict(f"https://host.example/{next(made)}.png", decided_at=now)
            issue_notices(now)

    return decide


@pytest.fixture
def liaison(make_person: Any) -> User:
    made: User = make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)
    return made


def states() -> list[str]:
    return list(OutboxMessage.objects.order_by("pk").values_list("state", flat=True))


def reports(raw: bytes) -> list[Any]:
    message = message_from_bytes(raw, policy=policy.default)
    return [part for part in message.walk() if part.get_content_type() == "application/json"]


def test_what_waits_for_a_contact_leaves_as_one_mail(mail: Any, decide: Any) -> None:
    decide(3, NOW)
    assert send_due(at(NOW)).sent == 1
    [(_, raw)] = mail.received
    assert len(reports(raw)) == 3
    assert states() == ["sent"] * 3
    assert {notice.first_sent_at for notice in Notice.objects.all()} == {NOW}
    for message in OutboxMessage.objects.all():
        assert preview_message(message).raw == raw


def test_the_first_leaves_at_once_and_what_follows_within_the_hour_goes_together(mail: Any, decide: Any) -> None:
    decide(1, NOW)
    send_due(at(NOW))
    assert len(mail.received) == 1
    decide(2, NOW + 5 * MINUTE)
    send_due(at(NOW + 5 * MINUTE))
    decide(2, NOW + 40 * MINUTE)
    send_due(at(NOW + 59 * MINUTE))
    assert len(mail.received) == 1
    send_due(at(NOW + 60 * MINUTE))
    assert [len(reports(raw)) for _, raw in mail.received] == [1, 4]


PAGE = "https://host.example/album"


def test_a_neighbour_of_what_was_just_told_follows_within_minutes_and_takes_with_it_what_waits(
    mail: Any, decide: Any, world: Any
) -> None:
    def show(number: int, now: dt.datetime, page: str = PAGE) -> None:
        world.verdict(f"https://host.example/i/{number}.png", page=page, decided_at=now)
        issue_notices(now)

    decide(0, NOW)
    show(1, NOW)
    send_due(at(NOW))
    show(2, NOW + MINUTE, "https://host.example/another-album")
    show(3, NOW + 2 * MINUTE)
    send_due(at(NOW + 4 * MINUTE))
    assert len(mail.received) == 1, "a provider has a mail every few minutes at the most"
    send_due(at(NOW + 5 * MINUTE))
    assert [len(reports(raw)) for _, raw in mail.received] == [1, 2]
    show(4, NOW + 6 * MINUTE, "https://host.example/a-third-album")
    send_due(at(NOW + 64 * MINUTE))
    assert len(mail.received) == 2, "what belongs to nothing that was told waits its time"


def test_what_is_in_the_same_series_follows_within_minutes_too(
    mail: Any, decide: Any, world: Any, liaison: User
) -> None:
    decide(1, NOW)
    send_due(at(NOW))
    later = world.verdict("https://host.example/later.png", decided_at=NOW)
    series = open_series("The lake", by=liaison, now=NOW)
    for each in Verdict.objects.all():
        link_item(series, each.media, reason=LinkReason.SEQUENCE, by=liaison, now=NOW)
    issue_notices(NOW + MINUTE)
    assert Notice.objects.filter(urls__verdict=later).exists()
    send_due(at(NOW + 5 * MINUTE))
    assert [len(reports(raw)) for _, raw in mail.received] == [1, 1]


@pytest.mark.sweep
def test_a_day_of_verdicts_is_one_reminder_a_day(mail: Any, decide: Any) -> None:
    for hour in range(6):
        decide(2, NOW + hour * HOUR)
        send_due(at(NOW + hour * HOUR))
    mail.received.clear()
    for hour in range(6, 24 * 5):
        queue_reminders(NOW + hour * HOUR)
        send_due(at(NOW + hour * HOUR))
    assert [len(reports(raw)) for _, raw in mail.received] == [2, 12, 12, 12]
    for notice in Notice.objects.all():
        left = [message.sent_at for message in notice.messages.order_by("number") if message.sent_at]
        assert len(left) >= 4
        assert all(later - earlier >= DAY for earlier, later in pairwise(left))


def test_without_the_setting_each_notice_has_a_mail(mail: Any, decide: Any, set_config: Any) -> None:
    set_config(notice_together="false")
    decide(2, NOW)
    assert send_due(at(NOW)).sent == 2
    assert len(mail.received) == 2


def test_what_is_gone_before_the_mail_leaves_is_not_in_it(mail: Any, decide: Any) -> None:
    decide(3, NOW)
    confirm_removal(Notice.objects.order_by("pk")[1].urls.get(), NOW, NOW)
    send_due(at(NOW))
    [(_, raw)] = mail.received
    assert len(reports(raw)) == 2
    assert states() == ["sent", "cancelled", "sent"]


def test_a_refusal_is_one_of_each_and_a_later_try_is_one_mail_again(mail: Any, decide: Any) -> None:
    decide(2, NOW)
    mail.answers["data"] = ["451 busy"]
    assert send_due(at(NOW)).failed == 1
    assert states() == ["failed", "failed"]
    OutboxMessage.objects.update(retry_at=real_now())
    assert send_due(at(NOW)).sent == 1
    assert (len(mail.received), len(reports(mail.received[0][1])), states()) == (1, 2, ["sent", "sent"])


def test_one_that_is_left_alone_says_nothing_of_the_other(mail: Any, decide: Any) -> None:
    decide(2, NOW)
    mail.answers["data"] = ["451 busy"]
    send_due(at(NOW))
    first, second = OutboxMessage.objects.order_by("pk")
    OutboxMessage.objects.filter(pk=second.pk).update(state="cancelled")
    OutboxMessage.objects.filter(pk=first.pk).update(retry_at=real_now())
    send_due(at(NOW))
    [(_, raw)] = mail.received
    assert len(reports(raw)) == 1
    assert second.notice.public_id.encode() not in raw


def test_a_refusal_for_good_counts_for_each_notice(mail: Any, decide: Any) -> None:
    decide(2, NOW)
    mail.answers["rcpt"] = ["550 5.1.1 no such user"]
    send_due(at(NOW))
    assert states() == ["refused", "refused"]
    assert Bounce.objects.filter(kind="hard").count() == 2


def test_a_mail_that_comes_back_came_back_for_each_notice(office: Any, decide: Any) -> None:
    decide(2, NOW)
    send_due(at(NOW))
    carrier = OutboxMessage.objects.get(carried__isnull=False)
    to = bounce_address(carrier.occasion)
    receive(report(to=to), to, NOW + HOUR)
    assert states() == ["bounced", "bounced"]
    assert Notice.objects.filter(told_at=None).count() == 2


def test_a_worker_that_died_after_the_dot_left_a_doubt_about_each_that_one_copy_settles(
    office: Any, decide: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(2, NOW)

    def dies(*_: Any, **__: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_record_result", dies)
        with pytest.raises(KeyboardInterrupt):
            send_due(at(NOW))
    assert states() == ["sending", "sending"]
    OutboxMessage.objects.update(lease_until=real_now())
    send_due(at(NOW))
    assert states() == ["uncertain", "uncertain"]
    carrier = OutboxMessage.objects.get(carried__isnull=False)
    to = journal_address(carrier.occasion)
    receive(f"To: {to}\r\n\r\ncopy".encode(), to, NOW)
    assert states() == ["sent", "sent"]
    assert {notice.first_sent_at for notice in Notice.objects.all()} == {NOW}


def test_one_answer_by_link_may_be_for_all_of_a_mail(mail: Any, decide: Any) -> None:
    decide(3, NOW)
    send_due(at(NOW))
    first, second, third = Notice.objects.order_by("pk")
    token = answer_token(second.public_id)
    assert [each.pk for each in told_together(second)] == [second.pk, first.pk, third.pk]
    answer(token, "removed", "", NOW + HOUR, notices=[first.public_id, second.public_id])
    assert [notice.replies.count() for notice in (first, second, third)] == [1, 1, 0]
    answer(token, "removed", "", NOW + 2 * HOUR)
    assert [notice.replies.count() for notice in (first, second, third)] == [1, 2, 0]
    with pytest.raises(InvalidInput):
        answer(token, "removed", "", NOW + HOUR, notices=["ntc_other"])


def test_the_link_of_a_notice_answers_those_of_other_mails_to_the_same_address_and_shows_nothing_of_them(
    mail: Any, decide: Any, client: Any
) -> None:
    decide(1, NOW)
    send_due(at(NOW))
    decide(1, NOW + 2 * HOUR)
    send_due(at(NOW + 2 * HOUR))
    first, second = Notice.objects.order_by("pk")
    assert [each.pk for each in told_together(first)] == [first.pk]
    assert [each.pk for each in told_beside(first)] == [second.pk]
    link = f"/public/answer/{answer_token(first.public_id)}/"
    page = client.get(link).content.decode()
    assert url_for_people(first.urls.get().url) in page
    assert f"{second.public_id}: 1 address" in page
    assert url_for_people(second.urls.get().url) not in page
    answer(answer_token(first.public_id), "removed", "", NOW, notices=[second.public_id])
    assert [each.replies.count() for each in (first, second)] == [0, 1]
    with pytest.raises(InvalidInput):
        answer(answer_token(first.public_id), "removed", "", NOW, addresses=[second.urls.get().pk])
    OutboxMessage.objects.filter(notice=second).update(address="another@host.example")
    assert told_beside(first) == []
    with pytest.raises(InvalidInput):
        answer(answer_token(first.public_id), "removed", "", NOW, notices=[second.public_id])


def test_a_link_answers_no_more_often_for_others_than_for_its_own_notice(mail: Any, decide: Any) -> None:
    decide(2, NOW)
    send_due(at(NOW))
    first, second = Notice.objects.order_by("pk")
    token = answer_token(first.public_id)
    for number in range(ANSWERS_AN_HOUR):
        answer(token, "removed", "", NOW, comment=f"{number}", notices=[second.public_id])
    with pytest.raises(Conflict):
        answer(token, "removed", "", NOW, comment="once more", notices=[second.public_id])


def test_the_page_of_a_link_offers_all_notices_of_the_mail_and_answers_those_ticked(
    mail: Any, decide: Any, client: Any
) -> None:
    decide(3, NOW)
    send_due(at(NOW))
    first, second, third = Notice.objects.order_by("pk")
    address = f"/public/answer/{answer_token(first.public_id)}/"
    page = client.get(address).content.decode()
    assert all(page.count(f'value="{each.public_id}"') == 1 for each in (first, second, third))
    ticked = [first.public_id, third.public_id]
    assert client.post(address, {"action": "removed", "notices": ticked}).status_code == 302
    assert [notice.replies.count() for notice in (first, second, third)] == [1, 0, 1]
    assert client.post(address, {"action": "removed", "notices": ["ntc_x"]}).status_code == 400


def test_an_answer_counts_though_another_notice_left_or_an_address_came_since_its_page_was_opened(
    mail: Any, decide: Any, client: Any
) -> None:
    decide(1, NOW)
    send_due(at(NOW))
    first = Notice.objects.get()
    address = f"/public/answer/{answer_token(first.public_id)}/"
    assert 'name="notices"' not in client.get(address).content.decode()
    decide(1, NOW + 2 * HOUR)
    send_due(at(NOW + 2 * HOUR))
    assert 'name="offered"' in client.get(address).content.decode()
    assert client.post(address, {"action": "not_ours"}).status_code == 302
    assert client.post(address, {"action": "not_ours", "offered": "1"}).status_code == 400
    more = first.urls.get()
    more.pk, more.url = None, "https://host.example/more.png"
    more.url_key = hashlib.sha256(more.url.encode()).digest()
    more.save(force_insert=True)
    assert client.post(address, {"action": "removed", "offered": "1", "notices": [first.public_id]}).status_code == 302
    assert [each.replies.count() for each in Notice.objects.order_by("pk")] == [2, 0]
    assert client.post(address, {"action": "removed", "notices": [f"{first.public_id}:x"]}).status_code == 400


def closed(notice: Notice, since: dt.timedelta = HOUR) -> None:
    Notice.objects.filter(pk=notice.pk).update(state="closed", closed_at=present() - since)


def test_the_link_of_a_mail_answers_what_is_open_though_the_notice_that_it_names_is_closed(
    mail: Any, decide: Any, client: Any
) -> None:
    decide(3, NOW)
    send_due(at(NOW))
    first, second, third = Notice.objects.order_by("pk")
    token = answer_token(first.public_id)
    address = f"/public/answer/{token}/"
    closed(first, LINK_ENDS_AFTER + HOUR)
    page = client.get(address).content.decode()
    assert "This notice is closed" not in page
    assert [f'value="{each.public_id}"' in page for each in (first, second, third)] == [False, True, True]
    ticked = {"action": "push_back", "reason": "not_illegal", "offered": "1", "notices": [second.public_id]}
    thanks = client.post(address, ticked, follow=True).content.decode()
    assert PushBack.objects.get(notice=second).public_id in thanks, "an objection to another notice of the mail"
    closed(second)
    page = client.get(address).content.decode()
    assert url_for_people(third.urls.get().url) in page, "one is left: the page says which"
    assert client.post(address, {"action": "removed"}).status_code == 302
    assert [each.replies.count() for each in (first, second, third)] == [0, 1, 1]
    closed(third, LINK_ENDS_AFTER + HOUR)
    with pytest.raises(BadToken):
        answer(token, "removed", "", NOW)


def test_what_was_closed_since_the_page_was_opened_is_left_out_of_the_answer(
    mail: Any, decide: Any, client: Any
) -> None:
    decide(2, NOW)
    send_due(at(NOW))
    first, second = Notice.objects.order_by("pk")
    address = f"/public/answer/{answer_token(first.public_id)}/"
    both = {"action": "not_ours", "offered": "1", "notices": [first.public_id, second.public_id]}
    closed(first)
    assert client.post(address, both).status_code == 302
    assert [each.replies.count() for each in (first, second)] == [0, 1]
    closed(second)
    answer_now = client.post(address, both)
    assert answer_now.status_code == 400
    assert "This notice is closed" in answer_now.content.decode()
    decide(1, NOW + 2 * HOUR)
    send_due(at(NOW + 2 * HOUR))
    beside = Notice.objects.latest("pk")
    with pytest.raises(Conflict):
        answer(answer_token(first.public_id), "removed", "", NOW, notices=[first.public_id])
    with pytest.raises(InvalidInput):
        answer(answer_token(first.public_id), "removed", "", NOW, notices=[beside.public_id])


def test_what_is_back_after_weeks_is_repeated_as_often_as_what_is_new(mail: Any, decide: Any) -> None:
    decide(1, NOW)
    send_due(at(NOW))
    notice = Notice.objects.get()
    assert notice.told_of_it_since() == NOW
    confirm_removal(notice.urls.get(), NOW + 20 * DAY, NOW + 20 * DAY)
    mark_reappeared(notice.urls.get(), NOW + 30 * DAY)
    for day in range(30, 35):
        queue_reminders(NOW + day * DAY)
        send_due(at(NOW + day * DAY))
    assert len(mail.received) == 1 + 5
