"""Mail that comes back, over real sockets: a server that returns it, a Maildir, and what the notices then do."""

from __future__ import annotations

import time
from collections.abc import Callable
from email import message_from_bytes
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.errors import InvalidInput
from orbweaver.notify.notices.answers.delivery_reports import read_report
from orbweaver.notify.notices.answers.incoming import SIZE_LIMIT, Came, collect, receive
from orbweaver.notify.notices.letters.tokens import bounce_address, journal_address
from orbweaver.notify.notices.messages import CAME_BACK
from orbweaver.notify.notices.models import Bounce, Notice, OutboxMessage
from orbweaver.notify.notices.rules import Fate
from orbweaver.notify.notices.sending.channels import Doubt
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.notify.notices.services import issue_notices, send_due
from orbweaver.notify.providers.models import Contact
from orbweaver.notify.providers.selectors import contact_for
from orbweaver.notify.providers.services import add_contact, add_provider

from ..post_office import EXCHANGE, EXIM, HOUR, NOW, POSTFIX, PostOffice, go_on, report

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_comes_back_for_good_goes_to_the_next_contact_at_once_and_reads_as_a_first_notice(
    office: PostOffice, contacts: tuple[Contact, Contact]
) -> None:
    office.returns["abuse@host.example"] = report()
    send_due(lambda: NOW)
    go_on(NOW + HOUR / 60, office)
    assert [address for address, _ in office.received] == ["abuse@host.example", "noc@host.example"]
    assert b"Subject: Please remove: " in office.received[1][1]
    contacts[0].refresh_from_db()
    assert contacts[0].bounced_at == NOW + HOUR / 60
    assert contact_for(contacts[0].provider) == contacts[1]
    notice = Notice.objects.get()
    assert (notice.first_sent_at, notice.unreached) == (NOW, "")  # the clock stands where it was
    states = list(OutboxMessage.objects.order_by("pk").values_list("state", "reason"))
    assert states == [("bounced", CAME_BACK.of(status="5.1.1")), ("sent", None)]
    go_on(NOW + HOUR, office)
    assert len(office.received) == 2
    assert list(office.maildir.glob("*/*")) == []


def test_where_every_contact_bounced_the_notice_stays_open_and_each_was_tried_once(
    office: PostOffice, contacts: tuple[Contact, Contact]
) -> None:
    second = report(style=POSTFIX.replace("abuse@", "noc@"))
    office.returns |= {"abuse@host.example": report(), "noc@host.example": second}
    send_due(lambda: NOW)
    for minutes in range(1, 5):
        go_on(NOW + minutes * HOUR / 60, office)
    notice = Notice.objects.get()
    assert (notice.state, notice.unreached, notice.first_sent_at) == ("open", "nobody", NOW)
    assert len(office.received) == 2


def test_what_was_given_up_for_now_is_tried_again_in_an_hour_with_the_same_contact(
    office: PostOffice, contacts: tuple[Contact, Contact]
) -> None:
    office.returns["abuse@host.example"] = report("4.4.1")
    send_due(lambda: NOW)
    del office.returns["abuse@host.example"]
    go_on(NOW, office)
    go_on(NOW + 0.9 * HOUR, office)
    assert len(office.received) == 1
    go_on(NOW + HOUR, office)
    assert [address for address, _ in office.received] == ["abuse@host.example"] * 2
    assert contact_for(contacts[0].provider) == contacts[0]
    assert Bounce.objects.get().kind == "soft"


def test_a_delay_is_noted_and_changes_nothing(office: PostOffice, contacts: tuple[Contact, Contact]) -> None:
    office.returns["abuse@host.example"] = report("4.4.1", "delayed")
    send_due(lambda: NOW)
    go_on(NOW + HOUR, office)
    assert Bounce.objects.get().kind == "delayed"
    assert OutboxMessage.objects.get().state == "sent"


@pytest.mark.parametrize("style", [POSTFIX, EXIM, EXCHANGE])
@pytest.mark.parametrize(
    ("status", "action", "came"),
    [
        ("5.1.10", "failed", Fate.HARD),
        ("4.2.2", "failed", Fate.SOFT),
        ("4.4.7", "delayed", Fate.DELAYED),
        ("2.1.5", "delivered", Fate.DELIVERED),
        ("2.0.0", "relayed", Fate.PASSED_ON),
    ],
)
def test_reports_of_real_mail_servers_are_understood(style: str, status: str, action: str, came: Fate) -> None:
    (found,) = read_report(message_from_bytes(report(status, action, style)))
    assert (found.fate, found.status, found.recipients) == (came, status, frozenset({"abuse@host.example"}))


def test_of_several_words_on_a_recipient_the_gravest_comes_first() -> None:
    both = POSTFIX.replace("{action}", "delivered") + "\n" + EXIM.partition("\n\n")[2]
    found = read_report(message_from_bytes(report("5.1.1", "failed", both)))
    assert [each.fate for each in found] == [Fate.HARD, Fate.DELIVERED]


def test_a_copy_that_did_not_reach_us_is_no_bounce_of_the_providers(
    office: PostOffice, contacts: tuple[Contact, Contact]
) -> None:
    send_due(lambda: NOW)
    key = OutboxMessage.objects.get().occasion
    about = journal_address(key)
    style = POSTFIX.replace("abuse@host.example", about)
    assert about in style
    assert receive(report(style=style), bounce_address(key), NOW) == Came.OTHER
    assert receive(report(style=f"{style}\n{EXIM.partition(chr(10) * 2)[2]}"), bounce_address(key), NOW) == (Came.HARD)


@given(st.binary(max_size=300))
def test_no_report_however_broken_makes_the_reader_fail(said: bytes) -> None:
    raw = b"Content-Type: multipart/report; boundary=B\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\n"
    read_report(message_from_bytes(raw + said + b"\r\n--B--\r\n"))
    read_report(message_from_bytes(said))


def test_a_bounce_that_somebody_made_up_is_not_believed(office: PostOffice, contacts: tuple[Contact, Contact]) -> None:
    send_due(lambda: NOW)
    key = OutboxMessage.objects.get().occasion
    right = bounce_address(key)
    for address in (
        "bounces@hotline.example",
        f"bounces+{key}@hotline.example",
        f"bounces+{key}.aaaaaaaaaaaaaaaa@hotline.example",
        right.replace("ntc_", "ntc_x"),
        "",
    ):
        assert receive(report(), address, NOW) == Came.OTHER
    # the journal's token is another one: who knows a bounce address cannot fake a copy
    assert right.partition("+")[2] != journal_address(key).partition("+")[2]
    assert OutboxMessage.objects.get().state == "sent"
    assert receive(report(), right.upper(), NOW) == Came.HARD
    assert receive(report(), right, NOW) == Came.HARD
    assert Bounce.objects.count() == 1


def test_other_mail_stays_for_a_person_and_nothing_stops_the_collecting(
    office: PostOffice, contacts: tuple[Contact, Contact]
) -> None:
    send_due(lambda: NOW)
    own = bounce_address(OutboxMessage.objects.get().occasion)
    office.deliver("bounces@hotline.example", b"Subject: buy\r\n\r\nthis")
    office.deliver(own, b"Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nUntil Monday.")
    office.deliver(own, b"Subject: failure notice\r\n\r\nHi. This is the qmail-send program at mx.example.")
    office.deliver(own, b"\xff" * (SIZE_LIMIT + 1))
    office.deliver(own, report())
    assert collect(office.maildir, NOW) == 6  # and the copy of the notice
    assert sorted(path.name for path in office.maildir.glob("*/*")) == [f"000{n}.mx:2,S" for n in (2, 3, 4, 5)]
    assert OutboxMessage.objects.get().state == "bounced"
    with pytest.raises(InvalidInput):
        receive(b"x" * (SIZE_LIMIT + 1), own, NOW)


@pytest.fixture(params=["", "journal@hotline.example"])
def journalled(office: PostOffice, set_config: Callable[..., None], request: pytest.FixtureRequest) -> PostOffice:
    """Copies come to the mailbox of bounces, or to one of their own."""
    set_config(journal_address=request.param, journal_wait_minutes=0.0001)
    return office


def test_copies_can_be_switched_off_and_nothing_is_known_then(
    office: PostOffice, contacts: tuple[Contact, Contact], set_config: Callable[..., None]
) -> None:
    set_config(journal_address="off")
    assert SmtpChannel().doubt is Doubt.REMAINS
    office.hang_up_after_data = True
    send_due(lambda: NOW)
    office.hang_up_after_data = False
    go_on(NOW + HOUR, office)
    assert (OutboxMessage.objects.get().state, office.delivered, len(office.received)) == ("uncertain", 0, 1)


def test_without_a_folder_that_is_read_the_mailbox_of_bounces_is_no_journal(
    office: PostOffice, set_config: Callable[..., None]
) -> None:
    assert SmtpChannel().doubt is Doubt.JOURNAL
    set_config(mail_dir="")
    assert SmtpChannel().doubt is Doubt.REMAINS


def test_a_copy_settles_a_doubt_and_nothing_is_sent_twice(
    journalled: PostOffice, contacts: tuple[Contact, Contact]
) -> None:
    journalled.hang_up_after_data = True
    send_due(lambda: NOW)
    assert OutboxMessage.objects.get().state == "uncertain"
    journalled.hang_up_after_data = False
    go_on(NOW + HOUR, journalled)
    message = OutboxMessage.objects.get()
    assert (message.state, len(journalled.received)) == ("sent", 1)
    assert (message.sent_at, Notice.objects.get().first_sent_at) == (NOW, NOW)  # when it left, not when that was known
    assert list(journalled.maildir.glob("*/*")) == []


def test_without_a_copy_it_is_sent_again_but_only_once_the_journal_is_known_to_work(
    journalled: PostOffice, contacts: tuple[Contact, Contact], world: Any
) -> None:
    journalled.hang_up_after_data, journalled.journal = True, False
    send_due(lambda: NOW)
    journalled.hang_up_after_data, journalled.journal = False, True
    go_on(NOW + HOUR, journalled)
    assert OutboxMessage.objects.get().state == "uncertain"  # the journal may be broken: silence says nothing yet
    other = add_provider("Other", now=NOW, domains=["other.example"])
    add_contact(other, "abuse@other.example", now=NOW)
    world.verdict("https://other.example/3.png")
    issue_notices(NOW + HOUR)
    send_due(lambda: NOW + HOUR)
    for _ in range(2):
        go_on(NOW + HOUR, journalled)
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"sent"}
    assert [address for address, _ in journalled.received] == [
        "abuse@host.example",
        "abuse@other.example",
        "abuse@host.example",
    ]


def test_the_copy_of_an_earlier_message_that_is_read_late_says_nothing_of_a_later_one(
    journalled: PostOffice, contacts: tuple[Contact, Contact], world: Any
) -> None:
    """After a pause copies are read one by one: those of what left before the doubt are read before its own."""
    send_due(lambda: NOW)
    other = add_provider("Other", now=NOW, domains=["other.example"])
    add_contact(other, "abuse@other.example", now=NOW)
    world.verdict("https://other.example/3.png")
    issue_notices(NOW)
    journalled.hang_up_after_data = True
    send_due(lambda: NOW)
    journalled.hang_up_after_data = False
    time.sleep(0.02)  # longer than the setting: a copy that has not come by now means that nothing was sent
    collect(journalled.maildir, NOW, limit=1)
    send_due(lambda: NOW)
    collect(journalled.maildir, NOW)
    assert [address for address, _ in journalled.received] == ["abuse@host.example", "abuse@other.example"]
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"sent"}
