"""Whoever answers is heard: mail over a real Maildir, threaded to its notice, read by a person, done as they say."""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from orbweaver.account_for.transparency.ignored import ignored_notices
from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.follow.conduct.evidence import behaviour_of
from orbweaver.follow.conduct.rules import thresholds
from orbweaver.follow.escalation.services import escalate_due
from orbweaver.notify.notices.answers.incoming import Came, collect, receive
from orbweaver.notify.notices.messages import ANSWER_DONE, NO_SUCH_NOTICE, WHICH_NOTICE
from orbweaver.notify.notices.models import IncomingAnswer, Notice, OutboxMessage, PushBack, Reply
from orbweaver.notify.notices.selectors import unread_about
from orbweaver.notify.notices.services import queue_reminders, record_by_hand, say_meaning, send_due
from orbweaver.notify.providers.models import Contact
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

from ..post_office import HOUR, NOW, PostOffice

pytestmark = pytest.mark.django_db(transaction=True)

DAY = 24 * HOUR


@pytest.fixture
def sent(office: PostOffice, contacts: tuple[Contact, Contact]) -> Notice:
    """A notice that was sent, its copy for the journal taken in."""
    send_due(lambda: NOW)
    collect(office.maildir, NOW)
    return Notice.objects.get()


@pytest.fixture
def manager(make_person: Any) -> User:
    person: User = make_person("Mona", Role.HOTLINE_MANAGER)
    return person


def letter() -> EmailMessage:
    message = message_from_bytes(bytes(OutboxMessage.objects.order_by("pk").first().raw), policy=policy.default)  # type: ignore[union-attr]
    assert isinstance(message, EmailMessage)
    return message


def mail(
    to: str, text: str = "It is gone.\n", sender: str = "Abuse Desk <abuse@host.example>", **headers: str
) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def came(
    raw: bytes, office: PostOffice, to: str = "notices@hotline.example", now: dt.datetime = NOW + HOUR
) -> IncomingAnswer:
    """The mail, delivered into the Maildir and taken in."""
    office.deliver(to, raw)
    collect(office.maildir, now)
    return IncomingAnswer.objects.get()


def test_an_answer_goes_where_the_letter_says_and_is_kept_raw_with_the_reply_apart(
    office: PostOffice, sent: Notice
) -> None:
    to = str(letter()["Reply-To"])
    assert to.startswith("bounces+")
    body = letter().get_body(("plain",))
    assert body is not None
    quoted = "\n".join(f"> {line}" for line in body.get_content().splitlines())
    raw = mail(to, f"Es ist gelöscht.\n\nAm 24.11.2026 schrieb {to}:\n{quoted}\n", Subject="AW: Please remove")
    row = came(raw, office, to)
    assert (row.notice, row.found_by, row.meaning) == (sent, "token", "")
    assert row.words == "Es ist gelöscht."
    assert "> Please" in row.quotation or "remove" in row.quotation
    assert bytes(row.raw or b"").endswith(raw)
    assert Reply.objects.count() == 0  # a person says what it means


@pytest.mark.sampled(3)
@pytest.mark.parametrize("form", ["message", "references", "number", "forwarded", "sender", "staff", "ticket"])
def test_an_answer_of_any_form_finds_its_notice(office: PostOffice, sent: Notice, form: str) -> None:
    ours = OutboxMessage.objects.get().message_id
    body = letter().get_body(("plain",))
    assert body is not None
    forms: dict[str, tuple[dict[str, str], str]] = {
        "message": ({"In_Reply_To": ours, "sender": "kim@elsewhere.example"}, "message_id"),
        "references": ({"References": f"<x@y.example> {ours}", "sender": "k@elsewhere.example"}, "message_id"),
        "number": ({"Subject": f"编号{sent.public_id.upper()}的回复", "sender": "k@elsewhere.example"}, "number"),
        "forwarded": ({"text": f"Done.\n\n{body.get_content()}", "sender": "k@elsewhere.example"}, "number"),
        "sender": ({"Subject": "gone"}, "sender"),
        "staff": ({"Subject": "gone", "sender": "Kim <kim@staff.host.example>"}, "sender"),
        "ticket": ({"Subject": "[Ticket#4711] Ihre Anfrage", "sender": "support@host.example"}, "sender"),
    }
    headers, found_by = forms[form]
    row = came(mail("notices@hotline.example", **headers), office)
    assert (row.notice, row.found_by) == (sent, found_by)


@pytest.mark.parametrize(("sender", "theirs"), [("somebody@gmail.com", False), ("Host.Reports@gmail.com", True)])
def test_at_a_mail_service_that_anybody_uses_only_the_whole_address_is_the_providers(
    office: PostOffice, sent: Notice, sender: str, theirs: bool
) -> None:
    assert sent.contact is not None
    Contact.objects.filter(pk=sent.contact.pk).update(address="host.reports@gmail.com")
    row = came(mail("notices@hotline.example", sender=sender), office)
    assert (row.notice, row.found_by) == ((sent, "sender") if theirs else (None, ""))


def test_what_belongs_to_no_notice_is_kept_and_a_person_names_its_notice(
    office: PostOffice, sent: Notice, manager: User
) -> None:
    row = came(mail("notices@hotline.example", sender="somebody@nowhere.example"), office)
    assert (row.notice, row.provider, row.found_by) == (None, None, "")
    with pytest.raises(InvalidInput) as refused:
        say_meaning(row.public_id, "removed", manager, NOW + HOUR)
    assert refused.value.message == WHICH_NOTICE
    with pytest.raises(InvalidInput) as refused:
        say_meaning(row.public_id, "removed", manager, NOW + HOUR, number="ntc_unknown")
    assert refused.value.message == NO_SUCH_NOTICE.of(number="ntc_unknown")
    say_meaning(row.public_id, "removed", manager, NOW + HOUR, number=sent.public_id)
    assert sent.replies.get().action == "removed"


def test_a_person_says_what_it_means_and_that_does_what_the_link_does_once(
    office: PostOffice, sent: Notice, manager: User, make_person: Any
) -> None:
    row = came(mail(str(letter()["Reply-To"]), "She is an adult.\n"), office, str(letter()["Reply-To"]))
    with pytest.raises(NotAllowed):
        say_meaning(row.public_id, "not_a_child", make_person("Ann", Role.ANALYST), NOW + HOUR)
    said = say_meaning(row.public_id, "not_a_child", manager, NOW + HOUR)
    objection = PushBack.objects.get()
    assert (objection.reason, objection.comment) == ("not_a_child", "She is an adult.")
    assert said.reply is not None
    assert (said.reply.via, said.read_by) == ("mail", manager)
    assert Event.objects.filter(kind="notice.answer_read").count() == 1
    with pytest.raises(InvalidInput) as refused:
        say_meaning(row.public_id, "removed", manager, NOW + HOUR)
    assert refused.value.message == ANSWER_DONE


@pytest.mark.parametrize("meaning", ["needs_information", "refuses", "other", "automatic"])
def test_other_meanings_make_no_answer_by_the_link_and_may_be_said_anew(
    office: PostOffice, sent: Notice, manager: User, meaning: str
) -> None:
    row = came(mail(str(letter()["Reply-To"])), office, str(letter()["Reply-To"]))
    say_meaning(row.public_id, meaning, manager, NOW + HOUR)
    assert (Reply.objects.count(), unread_about(sent).count()) == (0, 0)
    say_meaning(row.public_id, "removed", manager, NOW + HOUR)
    assert Reply.objects.count() == 1


def test_a_telephone_call_is_recorded_and_counts_alike(sent: Notice, manager: User) -> None:
    record_by_hand(sent.public_id, "phone", "removed", "Kim of the abuse desk: it is gone.", manager, NOW + HOUR)
    reply = sent.replies.get()
    assert (reply.via, reply.action, reply.comment) == ("phone", "removed", "Kim of the abuse desk: it is gone.")
    for via, meaning, words in (("link", "removed", "x"), ("phone", "", "x"), ("phone", "removed", " ")):
        with pytest.raises(InvalidInput):
            record_by_hand(sent.public_id, via, meaning, words, manager, NOW + HOUR)


def test_the_same_mail_twice_is_kept_once(office: PostOffice, sent: Notice) -> None:
    raw = mail("notices@hotline.example", In_Reply_To=OutboxMessage.objects.get().message_id)
    assert [receive(raw, "", NOW) for _ in range(2)] == [Came.ANSWER] * 2
    assert IncomingAnswer.objects.count() == 1


def test_an_automatic_reply_is_no_answer_and_is_shown_apart(office: PostOffice, sent: Notice, manager: User) -> None:
    to = str(letter()["Reply-To"])
    row = came(mail(to, "I am away.\n", Subject="Abwesend: Re: Please remove"), office, to)
    assert (row.sign, row.meaning) == ("subject", "automatic")
    assert not unread_about(sent).exists()
    say_meaning(row.public_id, "removed", manager, NOW + HOUR)  # a person may know better
    assert sent.replies.count() == 1


def silent(notice: Notice, now: dt.datetime) -> tuple[int, bool, int]:
    """Steps taken past it, whether it counts as ignored, addresses that its provider ignores."""
    assert notice.provider is not None
    steps = escalate_due(now)
    return steps, ignored_notices(now).exists(), behaviour_of(notice.provider, now, thresholds()).overdue


def remind(now: dt.datetime) -> None:
    queue_reminders(now)
    send_due(lambda: now)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("form", ["to the notice", "to its provider"])
def test_nobody_is_silent_while_an_answer_is_unread_and_reminders_go_on(
    office: PostOffice, sent: Notice, manager: User, form: str
) -> None:
    late = NOW + 43 * DAY
    for day in range(1, 14):
        remind(NOW + day * 3 * DAY)
    reminders = len(office.received)
    assert reminders > 5
    came(mail(str(letter()["Reply-To"]), "Which picture?\n"), office, str(letter()["Reply-To"]), late - DAY)
    if form == "to its provider":
        IncomingAnswer.objects.update(notice=None)
    steps, is_ignored, overdue = silent(sent, NOW + 20 * DAY)
    assert steps == 0
    _, is_ignored, overdue = silent(sent, late)
    assert (is_ignored, overdue) == (False, 0)
    remind(late)
    assert len(office.received) == reminders + 1
    row = IncomingAnswer.objects.get()
    say_meaning(row.public_id, "automatic", manager, late)
    _, is_ignored, overdue = silent(sent, late)
    assert (is_ignored, overdue) == (True, 2)


def test_who_was_never_reached_ignores_nothing(office: PostOffice, sent: Notice) -> None:
    """One of fourteen messages arrived: neither the regulator's export nor the conduct calls that silence."""
    late = NOW + 43 * DAY
    for day in range(1, 14):
        remind(NOW + day * 3 * DAY)
    assert silent(sent, late)[1:] == (True, 2)
    OutboxMessage.objects.filter(number__gt=0).update(state="failed")
    assert silent(sent, late)[1:] == (False, 0)
