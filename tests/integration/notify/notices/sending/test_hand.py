"""A provider that takes notices by a web form, telephone, fax or chat alone: a person sends, and says when."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.follow.escalation.models import Escalation
from orbweaver.follow.escalation.services import escalate_due
from orbweaver.notify.notices.models import Notice, OutboxMessage, SubmittedReport
from orbweaver.notify.notices.services import (
    issue_notices,
    queue_reminders,
    say_not_taken,
    say_sent,
    send_due,
    to_send_by_hand,
    words_now,
    words_of,
)
from orbweaver.notify.notices.url_states import confirm_removal
from orbweaver.notify.providers.editing import change_contact, put_first
from orbweaver.notify.providers.models import Contact, Provider
from orbweaver.notify.providers.selectors import contact_for, contacts_in_order
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

from ..post_office import HOUR, NOW, PostOffice

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "https://host.example/report-abuse"
DAY = 24 * HOUR


@pytest.fixture
def provider(office: PostOffice, world: Any) -> Provider:
    """One with a web form alone, of whose places two are to go."""
    provider = add_provider("Host", now=NOW, domains=["host.example"])
    add_contact(provider, FORM, now=NOW, channel="web_form")
    world.verdict("https://host.example/1.png?a=1", "https://host.example/2.png")
    issue_notices(NOW)
    send_due(lambda: NOW)
    return provider


@pytest.fixture
def manager(make_person: Any) -> User:
    found: User = make_person("Mona", Role.HOTLINE_MANAGER)
    return found


def waiting() -> list[OutboxMessage]:
    return list(to_send_by_hand())


def test_it_waits_for_a_person_and_nobody_counts_as_told(provider: Provider, office: PostOffice) -> None:
    (message,) = waiting()
    assert (message.address, message.state, message.sent_at) == (FORM, "by_hand", None)
    send_due(lambda: NOW + 9 * DAY)
    queue_reminders(NOW + 9 * DAY)
    assert escalate_due(NOW + 60 * DAY) == 0
    notice = Notice.objects.get()
    assert (notice.first_sent_at, notice.told_at, notice.state) == (None, None, "open")
    assert len(waiting()) == 1
    assert office.received == []


def test_its_words_hold_all_that_a_form_asks_for(provider: Provider) -> None:
    words = words_of(waiting()[0])
    assert Notice.objects.get().public_id in words.subject
    assert words.urls == ("https://host.example/1.png?a=1", "https://host.example/2.png")
    assert words.body.endswith("\n".join(("THE EXACT ADDRESSES", *words.urls)) + "\n")
    assert "attached" not in words.body
    assert "/public/answer/" in words.body


def test_its_words_are_of_the_time_at_which_they_are_filled_in(provider: Provider) -> None:
    """A task may wait over a weekend: it asks for nothing by a day that is past, and not for what is gone."""
    (message,), later = waiting(), NOW + 3 * DAY
    confirm_removal(Notice.objects.get().urls.earliest("pk"), NOW + DAY, NOW + DAY)
    words, by = words_now(message.occasion, later), later + DAY
    assert f"Please act by {by.day} {by:%b %Y, %H:%M} UTC" in words.body
    assert words.urls == ("https://host.example/2.png",)
    assert words_of(waiting()[0]) == words, "what was shown is kept"


def test_sent_by_hand_starts_the_clock_when_it_was_sent(provider: Provider, manager: User) -> None:
    (message,) = waiting()
    say_sent(message.occasion, manager, NOW + 3 * HOUR, at=NOW + 2 * HOUR, reference=" T-123 ")
    notice = Notice.objects.get()
    assert notice.told_at == NOW + 2 * HOUR
    message.refresh_from_db()
    assert (message.state, message.sent_by, message.sent_at) == ("sent", manager, NOW + 2 * HOUR)
    assert SubmittedReport.objects.get().remote_id == "T-123"
    assert Event.objects.get(kind="notice.sent_by_hand").actor == manager
    with pytest.raises(InvalidInput):
        say_sent(message.occasion, manager, NOW + 3 * HOUR)


@pytest.mark.parametrize("at", [NOW - HOUR, NOW + 4 * HOUR])
def test_a_time_that_cannot_be_is_refused(provider: Provider, manager: User, at: dt.datetime) -> None:
    with pytest.raises(InvalidInput):
        say_sent(waiting()[0].occasion, manager, NOW + 3 * HOUR, at=at)
    assert Notice.objects.get().told_at is None


def test_whoever_may_not_send_notices_cannot_say_so(provider: Provider, make_person: Any) -> None:
    with pytest.raises(NotAllowed):
        say_sent(waiting()[0].occasion, make_person("Ann", Role.ANALYST), NOW)


def test_reminders_are_tasks_as_well_and_escalation_counts_what_was_sent(provider: Provider, manager: User) -> None:
    for number in range(4):
        now = NOW + number * DAY
        queue_reminders(now)
        send_due(lambda now=now: now)  # type: ignore[misc]
        (message,) = waiting()
        assert message.number == number
        say_sent(message.occasion, manager, now)
    queue_reminders(NOW + 4 * DAY)
    send_due(lambda: NOW + 4 * DAY)
    assert escalate_due(NOW + 6.9 * DAY) == 0
    assert escalate_due(NOW + 7 * DAY) == 1
    assert Escalation.objects.count() == 1


def test_a_form_that_takes_nothing_leads_to_the_next_contact_at_once(
    provider: Provider, manager: User, office: PostOffice
) -> None:
    add_contact(provider, "+1 204 555 0100", now=NOW - DAY, channel="phone")
    say_not_taken(waiting()[0].occasion, manager, NOW + HOUR)
    assert Contact.objects.get(channel="web_form").bounced_at == NOW + HOUR
    assert Notice.objects.get().told_at is None
    queue_reminders(NOW + HOUR)
    send_due(lambda: NOW + HOUR)
    (message,) = waiting()
    assert (message.channel, message.address) == ("phone", "+1 204 555 0100")
    say_not_taken(message.occasion, manager, NOW + 2 * HOUR)
    assert Notice.objects.get().unreached == "nobody"


def test_what_is_gone_before_anybody_sent_it_is_no_task_any_more(provider: Provider) -> None:
    for url in Notice.objects.get().urls.all():
        confirm_removal(url, NOW + HOUR, NOW + HOUR)
    assert waiting() == []


def test_what_a_person_puts_first_is_asked_of_the_desk_and_the_task_names_the_other_ways(
    provider: Provider, manager: User, client: Any
) -> None:
    """Telephone, fax and chat, entered in that order: nobody but a person knows which of them answers."""
    for minutes, (channel, address) in enumerate((("phone", "+1 204 555 0100"), ("chat", "Trust & Safety")), start=1):
        add_contact(provider, address, now=NOW + dt.timedelta(minutes=minutes), channel=channel)
    assert [each.channel for each in contacts_in_order(provider)] == ["chat", "phone", "web_form"]
    client.force_login(manager)
    phone = Contact.objects.get(channel="phone")
    assert client.post(f"/contacts/{phone.public_id}/first/", {"first": "yes"}).status_code == 302
    say_not_taken(waiting()[0].occasion, manager, NOW + HOUR)
    queue_reminders(NOW + HOUR)
    send_due(lambda: NOW + HOUR)
    (message,) = waiting()
    assert message.channel == "phone"
    page = client.get(f"/notices/by-hand/{message.occasion}/").content.decode()
    assert page.index("Chat: ") < page.index("Web form: "), "what took nothing comes last"
    add_contact(provider, "abuse@host.example", now=NOW)
    assert next(iter(contacts_in_order(provider))) == phone, "a person's word goes before what a program can reach"
    phone.refresh_from_db()
    changed = change_contact(phone, address="+1 204 555 0199", language="", now=NOW + HOUR)
    assert contact_for(provider) == changed
    put_first(changed, first=False, now=NOW + HOUR)
    assert [each.channel for each in contacts_in_order(provider)] == ["smtp", "phone", "chat", "web_form"]


def test_mail_goes_before_a_form_and_a_form_before_mail_that_came_back(provider: Provider) -> None:
    mail = add_contact(provider, "abuse@host.example", now=NOW - DAY, source="rdap")
    assert [each.channel for each in contacts_in_order(provider)] == ["smtp", "web_form"]
    Contact.objects.filter(pk=mail.pk).update(bounced_at=NOW)
    assert [each.channel for each in contacts_in_order(provider)] == ["web_form", "smtp"]
